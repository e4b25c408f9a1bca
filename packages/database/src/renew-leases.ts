import type { RunKey } from './claim-attempts.ts';
import type { Database } from './data-source.ts';
import { execute, inChunks, selectRows } from './statements.ts';
import { withRetries } from './with-transaction.ts';

/** What a worker is to do with a run: go on, end it because somebody wants it gone, or end it because it is no longer his. */
export type LeaseState = 'held' | 'cancel' | 'lost';

/** Lists longer than this make MariaDB turn the IN into a join with a temporary table. */
const RUNS_AT_ONCE = 500;

/**
 * Prolongs the leases of a worker's runs, from now on the database's clock.
 * @returns one state a run, in the order asked
 */
export async function renewLeases(
  database: Database,
  request: { workerId: string; leaseMs: number; runs: readonly RunKey[] },
): Promise<{ runId: string; state: LeaseState }[]> {
  const results: { runId: string; state: LeaseState }[] = [];
  for (const runs of inChunks(request.runs, RUNS_AT_ONCE)) {
    const ids = runs.map(({ trackId }) => trackId).toSorted((a, b) => a - b);
    // A cancel of several pipelines locks the same rows in another order: one of the two is rolled back.
    await withRetries(
      () =>
        execute(
          database.dataSource,
          `UPDATE track SET due_at = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND
           WHERE id IN (?) AND state = 'RUNNING' AND worker_id = ? AND run_id IN (?)`,
          [request.leaseMs * 1000, ids, request.workerId, runs.map(({ runId }) => runId)],
        ),
      { maxTries: 3 },
    );
    const rows = await selectRows<{ runId: string; cancelRequestedAt: Date | null }>(
      database.dataSource,
      `SELECT run_id AS runId, cancel_requested_at AS cancelRequestedAt FROM track WHERE id IN (?) AND state = 'RUNNING'`,
      [ids],
    );
    const held = new Map(rows.map((row) => [row.runId, row.cancelRequestedAt === null ? 'held' : 'cancel'] as const));
    results.push(...runs.map(({ runId }) => ({ runId, state: held.get(runId) ?? ('lost' as const) })));
  }
  return results;
}

/** @returns the run ids among these whose completion was applied or recorded as stale: nothing need be kept of them */
export async function findAppliedRuns(database: Database, runs: readonly RunKey[]): Promise<Set<string>> {
  const applied = new Set<string>();
  for (const chunk of inChunks(runs, RUNS_AT_ONCE)) {
    const ids = chunk.map(({ trackId }) => trackId);
    const rows = await selectRows<{ runId: string }>(
      database.dataSource,
      `SELECT run_id AS runId FROM attempt WHERE track_id IN (?)
       UNION SELECT run_id AS runId FROM stale_completion WHERE track_id IN (?)`,
      [ids, ids],
    );
    const found = new Set(rows.map(({ runId }) => runId));
    for (const { runId } of chunk) if (found.has(runId)) applied.add(runId);
  }
  return applied;
}
