import type { Database } from './data-source.ts';
import { execute, selectRows } from './statements.ts';

const WORKERS_AT_ONCE = 500;

const WHERE_SILENT = 'seen_at < UTC_TIMESTAMP(6) - INTERVAL ? MICROSECOND';

/** As in find-workers: only the entries of RUNNING tracks are read. */
const FIND_NEEDED = `SELECT DISTINCT worker_id AS id FROM track FORCE INDEX (ix_track_due)
  WHERE state = 'RUNNING' AND worker_id IN (?)`;

/**
 * Forgets workers that nobody has heard of for so long, on the database's clock: every start of a worker is one more. One whose
 * track is RUNNING stays until that is lost. Their attempts stay, and show the worker's id in place of its name. One that
 * comes back after all is there again with its next heartbeat.
 * @param options `keepMs`: of silence; `atOnce`: workers looked at in this step
 * @returns how many were forgotten; 0: nothing is left to do for now
 */
export async function forgetWorkers(
  { dataSource }: Database,
  { keepMs, atOnce = WORKERS_AT_ONCE }: { keepMs: number; atOnce?: number },
): Promise<number> {
  const keepMicroseconds = keepMs * 1000;
  const silent = await selectRows<{ id: string }>(
    dataSource,
    `SELECT id FROM worker WHERE ${WHERE_SILENT} ORDER BY seen_at LIMIT ?`,
    [keepMicroseconds, atOnce],
  );
  if (silent.length === 0) return 0;
  const ids = silent.map(({ id }) => id);
  const needed = new Set((await selectRows<{ id: string }>(dataSource, FIND_NEEDED, [ids])).map(({ id }) => id));
  const unneeded = ids.filter((id) => !needed.has(id));
  if (unneeded.length === 0) return 0;
  // Asked again: it may have come back meanwhile.
  const { affectedRows } = await execute(dataSource, `DELETE FROM worker WHERE id IN (?) AND ${WHERE_SILENT}`, [
    unneeded,
    keepMicroseconds,
  ]);
  return affectedRows;
}
