import { randomBytes } from 'node:crypto';
import { claimAttempts, type ClaimResult, type RunKey } from './claim-attempts.ts';
import type { Database } from './data-source.ts';
import { selectRows } from './statements.ts';
import { makeRunId, TEST_LEASE_MS, TEST_WORKER } from './testing-flow.ts';

/** A name of a pool that no other test uses. */
export function makePoolName(): string {
  return `pool-${randomBytes(6).toString('hex')}`;
}

/** Claims first attempts for the worker of the tests. */
export function claimAll(
  database: Database,
  trackIds: readonly number[],
): Promise<(ClaimResult & { trackId: number })[]> {
  return claimRuns(
    database,
    trackIds.map((trackId) => ({ trackId, attempt: 1, runId: makeRunId() })),
  );
}

export async function claimRuns(
  database: Database,
  claims: readonly RunKey[],
): Promise<(ClaimResult & { trackId: number })[]> {
  const request = { workerId: TEST_WORKER, labels: ['default'], leaseMs: TEST_LEASE_MS, claims };
  const results = await claimAttempts(database, request);
  return results.map((result, index) => ({ ...result, trackId: claims[index]?.trackId ?? 0 }));
}

/** `granted`, or why not. */
export const whyOf = (result: ClaimResult): string => (result.granted ? 'granted' : result.why);

/** How many tracks run, asked of the tracks alone: what limits note about them is not looked at. */
export async function countRunning(database: Database, trackIds: readonly number[]): Promise<number> {
  const [row] = await selectRows<{ running: number }>(
    database.dataSource,
    `SELECT COUNT(*) AS running FROM track WHERE id IN (?) AND state = 'RUNNING'`,
    [trackIds],
  );
  return row?.running ?? 0;
}
