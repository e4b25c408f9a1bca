import type { Database } from './data-source.ts';
import { CHILD_WORKER } from './start-children.ts';
import { selectRows } from './statements.ts';

/** Something that a run sends about its attempt. */
interface SentByRun {
  trackId: number;
  attempt: number;
  runId: string;
}

/** A run whose sending was refused: another one has the attempt, or no run has started it. */
export interface RefusedOutput {
  runId: string;
  why: 'other_run' | 'unknown_attempt';
}

/**
 * Tells what comes from the run that holds its attempt, or held it until its end, from all else. An attempt starts at most
 * once, so its run never changes: what was accepted may be written without a lock.
 */
export async function acceptFromOwners<T extends SentByRun>(
  database: Database,
  sent: readonly T[],
): Promise<{ accepted: T[]; refused: RefusedOutput[] }> {
  const owners = await findOwners(database, sent);
  const refused = new Map<string, RefusedOutput>();
  const accepted: T[] = [];
  for (const one of sent) {
    const runs = owners.get(attemptKey(one)) ?? [];
    if (runs.includes(one.runId)) accepted.push(one);
    else refused.set(one.runId, { runId: one.runId, why: runs.length > 0 ? 'other_run' : 'unknown_attempt' });
  }
  return { accepted, refused: [...refused.values()] };
}

/** A run that is a pipeline has an id that others can work out: no worker may write for it. */
const NO_WORKERS_RUN = '';

/** The runs that hold or held each attempt. */
async function findOwners(database: Database, sent: readonly SentByRun[]): Promise<Map<string, string[]>> {
  const trackIds = [...new Set(sent.map(({ trackId }) => trackId))];
  if (trackIds.length === 0) return new Map();
  const rows = await selectRows<SentByRun>(
    database.dataSource,
    `SELECT id AS trackId, attempt, IF(worker_id = ?, ?, run_id) AS runId FROM track
      WHERE id IN (?) AND run_id IS NOT NULL
      UNION ALL SELECT track_id, attempt, IF(worker_id = ?, ?, run_id) FROM attempt WHERE track_id IN (?)`,
    [CHILD_WORKER, NO_WORKERS_RUN, trackIds, CHILD_WORKER, NO_WORKERS_RUN, trackIds],
  );
  const owners = new Map<string, string[]>();
  for (const row of rows) owners.set(attemptKey(row), [...(owners.get(attemptKey(row)) ?? []), row.runId]);
  return owners;
}

function attemptKey({ trackId, attempt }: { trackId: number; attempt: number }): string {
  return `${trackId}/${attempt}`;
}
