import type { RunKey } from './claim-attempts.ts';
import type { Database } from './data-source.ts';
import { execute, inChunks, selectRows } from './statements.ts';
import { withTransaction } from './with-transaction.ts';

/** What a worker is to do with a run: go on, end it because somebody wants it gone, or end it because it is no longer his. */
export type LeaseState = 'held' | 'cancel' | 'lost';

/** Lists longer than this make MariaDB turn the IN into a join with a temporary table. */
/**
 * Prolongs the leases of a worker's runs, from now on the database's clock.
 *
 * Rows that another transaction has locked are left out: a transaction that hangs over one completed track must not cost a
 * worker the leases of all its others. Declaring such a run lost would need the same lock.
 * @returns the state of each run that could be looked at, in the order asked; one that is missing stays as it was
 */
export async function renewLeases(
  database: Database,
  request: { workerId: string; leaseMs: number; runs: readonly RunKey[] },
): Promise<{ runId: string; state: LeaseState }[]> {
  const results: { runId: string; state: LeaseState }[] = [];
  for (const runs of inChunks(request.runs)) {
    const renewed = await renewUnlocked(database, { ...request, runs });
    const ids = runs.map(({ trackId }) => trackId);
    const rows = await selectRows<{ runId: string }>(
      database.dataSource,
      `SELECT run_id AS runId FROM track FORCE INDEX (PRIMARY) WHERE id IN (?) AND state = 'RUNNING'`,
      [ids],
    );
    const alive = new Set(rows.map(({ runId }) => runId));
    for (const { runId } of runs) {
      const state = renewed.get(runId) ?? (alive.has(runId) ? null : 'lost');
      if (state !== null) results.push({ runId, state });
    }
  }
  return results;
}

async function renewUnlocked(
  database: Database,
  { workerId, leaseMs, runs }: { workerId: string; leaseMs: number; runs: readonly RunKey[] },
): Promise<Map<string, LeaseState>> {
  return withTransaction(
    database,
    async (runner) => {
      const rows = await selectRows<{ id: number; runId: string; cancelRequestedAt: Date | null }>(
        runner,
        `SELECT id, run_id AS runId, cancel_requested_at AS cancelRequestedAt FROM track FORCE INDEX (PRIMARY)
         WHERE id IN (?) AND state = 'RUNNING' AND worker_id = ? AND run_id IN (?) ORDER BY id FOR UPDATE SKIP LOCKED`,
        [runs.map(({ trackId }) => trackId), workerId, runs.map(({ runId }) => runId)],
      );
      if (rows.length === 0) return new Map();
      await execute(
        runner,
        `UPDATE track FORCE INDEX (PRIMARY) SET due_at = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND
         WHERE id IN (?) AND state = 'RUNNING'`,
        [leaseMs * 1000, rows.map(({ id }) => id)],
      );
      return new Map(rows.map((row) => [row.runId, row.cancelRequestedAt === null ? 'held' : 'cancel'] as const));
    },
    { maxTries: 3 },
  );
}

/** @returns the run ids among these whose completion was applied or recorded as stale: nothing need be kept of them */
export async function findAppliedRuns(database: Database, runs: readonly RunKey[]): Promise<Set<string>> {
  const applied = new Set<string>();
  for (const chunk of inChunks(runs)) {
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

/** @returns all that is claimed for a worker: of the index only the entries of RUNNING tracks are read */
export async function findHeldRuns(database: Database, workerId: string): Promise<RunKey[]> {
  return selectRows<RunKey>(
    database.dataSource,
    `SELECT id AS trackId, attempt, run_id AS runId FROM track FORCE INDEX (ix_track_due)
     WHERE state = 'RUNNING' AND worker_id = ?`,
    [workerId],
  );
}
