import {
  findDueSchedules,
  findMovableQueues,
  fireSchedule,
  isDatabaseAway,
  readClock,
  startQueuedFire,
  type Fired,
  type FireOptions,
} from '@baton/database';
import type { FlowEvent } from '@baton/domain';
import { crashPoint } from '@baton/service';
import { applyEvents, type OrchestratorDeps } from './apply-events.ts';
import { repeatRounds, type Rounds } from './repeat-rounds.ts';

/*
 * Starts what schedules are due for. Every orchestrator does this: each due time is decided in one transaction that has
 * locked its schedule (packages/database, fire-schedules), so with any number of them each is decided once, and the death of
 * one at any moment leaves it to the others. The clock is the database's; hosts may disagree about the time.
 */

/** Schedules looked at in one round at most, the longest due first; the rest comes with the next round. */
const SCHEDULES_AT_ONCE = 1000;
/** Due times of one schedule in one round, so that one with much to catch up does not keep the others. */
const DUE_TIMES_AT_ONCE = 50;

export interface SchedulesResult {
  /** Due times that were decided about, and how many of them became pipelines. */
  decided: number;
  started: number;
}

/** One round at a given time. A schedule that fails does not keep the others from being looked at. */
export async function runSchedules(deps: OrchestratorDeps, options: FireOptions): Promise<SchedulesResult> {
  const { database } = deps;
  const result: SchedulesResult = { decided: 0, started: 0 };
  for (const scheduleId of await findDueSchedules(database, options.now, SCHEDULES_AT_ONCE)) {
    await repeat(deps, result, { scheduleId, fire: () => fireSchedule(database, scheduleId, options) });
  }
  for (const queue of await findMovableQueues(database, SCHEDULES_AT_ONCE)) {
    const { scheduleId } = queue;
    await repeat(deps, result, { scheduleId, fire: () => startQueuedFire(database, queue, options) });
  }
  return result;
}

/** Decides about one due time after the other, until nothing is left to decide. */
async function repeat(
  deps: OrchestratorDeps,
  result: SchedulesResult,
  { scheduleId, fire }: { scheduleId: number; fire: () => Promise<Fired> },
): Promise<void> {
  try {
    for (let times = 0; times < DUE_TIMES_AT_ONCE; times += 1) {
      const fired = await fire();
      if (fired.kind === 'nothing') return;
      if (fired.kind === 'replace') await cancelPipelines(deps, fired);
      else await finish(deps, result, fired);
    }
  } catch (error) {
    if (isDatabaseAway(error)) throw error;
    deps.logger.error({ event: 'schedule_not_run', scheduleId, err: error }, 'tried again next round');
  }
}

/** Ends the pipelines that the one to come replaces, as a person would. The due time stays undecided until then. */
async function cancelPipelines(
  deps: OrchestratorDeps,
  { schedule, pipelineIds }: Extract<Fired, { kind: 'replace' }>,
): Promise<void> {
  const cancel: FlowEvent[] = [{ kind: 'cancel' }];
  await applyEvents(deps, new Map(pipelineIds.map((pipelineId) => [pipelineId, cancel])));
  deps.logger.info({ event: 'schedule_replaces', schedule: schedule.name, pipelineIds });
}

/** What is left to do after the commit: where that fails, the reconcile loop enqueues the tracks. */
async function finish(
  deps: OrchestratorDeps,
  result: SchedulesResult,
  { schedule, fires, toDispatch, error }: Extract<Fired, { kind: 'decided' }>,
): Promise<void> {
  result.decided += fires.length;
  result.started += fires.filter(({ state }) => state === 'started').length;
  const missed = fires.filter(({ state }) => state === 'missed').length;
  if (missed > 0) deps.logger.warn({ event: 'due_times_missed', schedule: schedule.name, dueTimes: missed });
  for (const { dueAt, state, pipelineId, detail } of fires) {
    const line = { event: `due_time_${state}`, schedule: schedule.name, dueAt, pipelineId, detail };
    if (state === 'failed') deps.logger.error({ ...line, err: error });
    else if (state !== 'missed') deps.logger.info(line);
  }
  crashPoint('orchestrator.scheduled');
  try {
    if (toDispatch.length > 0) await deps.trackQueue.enqueueTracks(toDispatch);
  } catch (failure) {
    deps.logger.warn({ event: 'enqueue_failed', tracks: toDispatch.length, err: failure }, 'enqueued later');
  }
}

/** Looks at the schedules again and again. */
export function startSchedules(deps: OrchestratorDeps, intervalMs: number): Rounds {
  const runRound = async (): Promise<void> => {
    try {
      await runSchedules(deps, { now: await readClock(deps.database.dataSource) });
    } catch (error) {
      deps.logger.warn({ event: 'schedules_not_run', err: error }, 'MySQL is away: tried again');
    }
  };
  return repeatRounds(runRound, intervalMs);
}
