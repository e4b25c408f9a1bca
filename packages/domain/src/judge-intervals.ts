import type { Finding } from './finding.ts';

/**
 * @param reconcileMs between two looks of an orchestrator
 * @param leasesMs of the APIs that are alive
 */
export function judgeReconcile(reconcileMs: number, leasesMs: readonly number[]): Finding[] {
  const shortest = Math.min(...leasesMs);
  if (reconcileMs <= shortest) return [];
  return [
    {
      code: 'reconcile_too_seldom',
      severity: 'error',
      found: `BATON_RECONCILE_MS is ${reconcileMs} and leases last ${shortest} ms: a lost worker would be noticed later than its lease is long`,
      advice: 'set BATON_RECONCILE_MS to a third of BATON_LEASE_MS or less',
    },
  ];
}
