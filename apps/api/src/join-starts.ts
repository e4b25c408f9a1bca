import {
  findPipelinesById,
  startPipelinesTogether,
  type CreatedPipeline,
  type JoinedStart,
  type PipelineRecord,
} from '@baton/database';
import type { AppDeps } from './app-deps.ts';
import { enqueueOrLog } from './enqueue-or-log.ts';

/*
 * Starts that come while others are written are written together: one transaction and one round trip to Redis for all that
 * have come by then. Nobody waits for others to come: the first is begun at once, and what comes meanwhile is the next batch.
 *
 * Where a batch fails, for whatever reason, each of its starts is told so and is made by itself: one that cannot be made
 * takes no other with it, and each finds out by its own key whether a commit was done whose reply was lost.
 */

export interface StartedTogether {
  created: CreatedPipeline;
  /** As it is after its start; what was enqueued may have begun. */
  pipeline: PipelineRecord;
}

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

export function createStartJoiner(deps: JoinerDeps): StartJoiner {
  const waiting: WaitingStart[] = [];
  let isBusy = false;
  const serve = async (): Promise<void> => {
    isBusy = true;
    while (waiting.length > 0) await startBatch(deps, waiting.splice(0, MAX_STARTS));
    isBusy = false;
  };
  return {
    start: (start) =>
      new Promise((resolve, reject) => {
        waiting.push({ start, resolve, reject });
        if (!isBusy) void serve();
      }),
  };
}

interface WaitingStart {
  start: JoinedStart;
  resolve(started: StartedTogether | null | Promise<StartedTogether | null>): void;
  reject(error: unknown): void;
}

/** Never throws. Done with the commit: what is still to be done for each does not keep the next batch. */
async function startBatch(deps: JoinerDeps, batch: readonly WaitingStart[]): Promise<void> {
  try {
    const made = await startPipelinesTogether(
      deps.database,
      batch.map(({ start }) => start),
    );
    const shown = showTogether(deps, made);
    for (const [index, { resolve }] of batch.entries()) resolve(shown.then((all) => all[index] ?? null));
  } catch (error) {
    for (const { reject } of batch) reject(error);
  }
}

async function showTogether(
  deps: JoinerDeps,
  made: readonly (CreatedPipeline | null)[],
): Promise<(StartedTogether | null)[]> {
  const created = made.filter((one) => one !== null);
  if (created.length === 0) return made.map(() => null);
  const [pipelines] = await Promise.all([
    findPipelinesById(
      deps.database,
      created.map(({ pipelineId }) => pipelineId),
    ),
    enqueueOrLog(
      deps,
      created.flatMap(({ toDispatch }) => toDispatch),
    ),
  ]);
  const byId = new Map(pipelines.map((pipeline) => [pipeline.id, pipeline]));
  return made.map((one) => {
    if (one === null) return null;
    const pipeline = byId.get(one.pipelineId);
    if (pipeline === undefined) throw new Error(`expected pipeline ${one.pipelineId}, found none`);
    return { created: one, pipeline };
  });
}
