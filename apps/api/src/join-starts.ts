import { startPipelinesTogether, type JoinedStart, type StartedTogether } from '@baton/database';
import type { AppDeps } from './app-deps.ts';
import { enqueueOrLog } from './enqueue-or-log.ts';

/*
 * Starts that come while others are written are written together: one transaction and one round trip to Redis for all that
 * have come by then. Nobody waits for others to come: the first is begun at once, and what comes meanwhile is the next batch.
 *
 * Where a batch fails, for whatever reason, each of its starts is told so and is made by itself: one that cannot be made
 * takes no other with it, and each finds out by its own key whether a commit was done whose reply was lost.
 *
 * What is slow (a lock, a connection that has gone silent) keeps those that come after it for PATIENCE_MS, and not longer:
 * then the next batch is begun beside it.
 */

export interface StartJoiner {
  /**
   * @returns null: it is to be started by itself
   * @throws what the database does; nobody knows whether the pipeline was started: it is to be tried by itself
   */
  start(start: JoinedStart): Promise<StartedTogether | null>;
}

type JoinerDeps = Pick<AppDeps, 'database' | 'queue' | 'logger'>;

/** More at once would make those that come meanwhile wait longer than they save. */
const MAX_STARTS = 32;
/** Many times what a batch takes. */
const PATIENCE_MS = 100;
/** Leaves connections to everybody else. */
const MAX_BATCHES = 4;
/** One more is started by itself: the pool of connections has a bound of its own. */
const MAX_WAITING = 2000;

/** @param patienceMs how long one batch keeps the next at most */
export function createStartJoiner(deps: JoinerDeps, patienceMs = PATIENCE_MS): StartJoiner {
  const waiting: WaitingStart[] = [];
  let batches = 0;
  /** The batch that the next one waits for. */
  let newest: symbol | null = null;
  const beginBatch = (): void => {
    if (newest !== null || batches === MAX_BATCHES || waiting.length === 0) return;
    const batch = Symbol('batch');
    newest = batch;
    batches += 1;
    const letNextBegin = (): void => {
      if (newest === batch) newest = null;
      beginBatch();
    };
    const patience = setTimeout(letNextBegin, patienceMs);
    void startBatch(deps, waiting.splice(0, MAX_STARTS)).finally(() => {
      clearTimeout(patience);
      batches -= 1;
      letNextBegin();
    });
  };
  return {
    start: (start) =>
      new Promise((resolve, reject) => {
        if (waiting.length === MAX_WAITING) return resolve(null);
        waiting.push({ start, resolve, reject });
        beginBatch();
      }),
  };
}

interface WaitingStart {
  start: JoinedStart;
  resolve: (started: StartedTogether | null | Promise<StartedTogether | null>) => void;
  reject: (error: unknown) => void;
}

/** Never throws. Done with the commit: what is still to be done for each does not keep the next batch. */
async function startBatch(deps: JoinerDeps, batch: readonly WaitingStart[]): Promise<void> {
  const wanted = batch.filter(isWanted);
  if (wanted.length === 0) return;
  try {
    const started = await startPipelinesTogether(
      deps.database,
      wanted.map(({ start }) => start),
    );
    const made = started.filter((one) => one !== null);
    const toDispatch = made.flatMap(({ created }) => created.toDispatch);
    const enqueued = made.length === 0 ? undefined : enqueueOrLog(deps, toDispatch);
    for (const [index, { resolve }] of wanted.entries()) {
      const one = started[index] ?? null;
      resolve(one === null || enqueued === undefined ? null : enqueued.then(() => one));
    }
  } catch (error) {
    if (wanted.every(({ start }) => !start.signal.aborted)) {
      deps.logger.warn({ event: 'joined_starts_failed', starts: wanted.length, err: error }, 'each is tried by itself');
    }
    for (const { reject } of wanted) reject(error);
  }
}

/** Nobody waits any more for what waited too long: it is refused now, and takes no batch with it at its end. */
function isWanted({ start: { signal }, reject }: WaitingStart): boolean {
  if (signal.aborted) reject(signal.reason);
  return !signal.aborted;
}
