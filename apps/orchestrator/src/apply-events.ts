import type { Database } from '@baton/database';
import {
  applyFlowEvents,
  isDatabaseAway,
  takeLimitWaiters,
  type AppliedEvents,
  type TransactionOptions,
} from '@baton/database';
import { pipelineIdOf, type Completion, type FlowEvent } from '@baton/domain';
import { publishNudge, type Redis, type TrackQueue } from '@baton/queue';
import { crashPoint, type Counters, type LegTimes, type Logger } from '@baton/service';
import type { HandOverRound } from './hand-over.ts';
import { followChildren } from './run-children.ts';

/** Of one pipeline. What concerns more (a failure that cancels all after it) may take seconds: no other waits for it. */
export const TRACKS_TOGETHER = 2000;

/** What both ways of the orchestrator work with. */
export interface OrchestratorDeps {
  database: Database;
  trackQueue: TrackQueue;
  redis: Redis;
  redisPrefix: string;
  logger: Logger;
  counters: Counters;
  legs: LegTimes;
}

/**
 * The second half of every transition: apply in one transaction, and after its commit enqueue what may start.
 * When Redis is away the tracks stay PENDING, and the reconcile loop enqueues them as soon as it is back.
 */
export async function applyEvents(
  deps: OrchestratorDeps,
  events: ReadonlyMap<number, readonly FlowEvent[]>,
  {
    handOver,
    ...options
  }: Pick<TransactionOptions, 'retriesLockWaits'> & { maxTracks?: number; handOver?: HandOverRound } = {},
): Promise<AppliedEvents> {
  const applied = await applyFlowEvents(deps.database, events, {
    ...options,
    ...(handOver === undefined ? {} : { handOver }),
    onRetry: (meaning) => deps.logger.debug({ event: 'transaction_retried', meaning }),
  });
  crashPoint('orchestrator.committed');
  const committedAt = performance.now();
  await handOver?.tell(applied);
  try {
    if (applied.toDispatch.length > 0) await deps.trackQueue.enqueueTracks(applied.toDispatch);
    if (applied.killRequested.length > 0) await publishNudge(deps.redis, deps.redisPrefix);
  } catch (error) {
    deps.logger.warn({ event: 'enqueue_failed', tracks: applied.toDispatch.length, err: error }, 'enqueued later');
  }
  const ready = applied.handed.length + applied.toDispatch.length;
  for (let count = 0; count < ready; count += 1) deps.legs.observe('enqueued', performance.now() - committedAt);
  await wakeLimitWaiters(deps, applied.freedLimits);
  await followOrLog(deps, applied);
  for (const { pipelineId, state } of applied.ended) deps.logger.info({ event: 'pipeline_ended', pipelineId, state });
  return applied;
}

/** Pipelines that run in tracks, and tracks that run pipelines. Where that fails the reconcile loop does it. */
async function followOrLog(deps: OrchestratorDeps, applied: AppliedEvents): Promise<void> {
  if (applied.childrenDone.length === 0 && applied.killRequested.length === 0) return;
  try {
    await followChildren(deps, applied);
  } catch (error) {
    deps.logger.warn({ event: 'children_not_followed', err: error }, 'looked at later');
  }
}

/** What waited for the places of runs that have ended may start. Where that fails the reconcile loop does it. */
async function wakeLimitWaiters(deps: OrchestratorDeps, freedLimits: readonly string[]): Promise<void> {
  if (freedLimits.length === 0) return;
  try {
    const woken = await takeLimitWaiters(deps.database, freedLimits);
    if (woken.length > 0) await deps.trackQueue.enqueueTracks(woken);
  } catch (error) {
    deps.logger.warn({ event: 'limit_waiters_not_woken', limits: freedLimits.length, err: error }, 'woken later');
  }
}

/**
 * The same for events that the reconcile loop makes: where they cannot be applied together, each pipeline's are by
 * themselves, so that one that is locked or cannot be decided does not keep the others from theirs.
 * @returns what was applied; what failed is logged and comes again with the next round
 */
export async function applyEventsApart(
  deps: OrchestratorDeps,
  events: ReadonlyMap<number, readonly FlowEvent[]>,
): Promise<AppliedEvents[]> {
  const options = { retriesLockWaits: false };
  try {
    return [await applyEvents(deps, events, events.size === 1 ? options : { ...options, maxTracks: TRACKS_TOGETHER })];
  } catch (error) {
    if (isDatabaseAway(error)) throw error;
  }
  const applied: AppliedEvents[] = [];
  for (const one of events) {
    try {
      applied.push(await applyEvents(deps, new Map([one]), options));
    } catch (error) {
      deps.logger.warn({ event: 'pipeline_not_applied', pipelineId: one[0], err: error }, 'tried again next round');
    }
  }
  return applied;
}

/** Completions as events of their pipelines, in the order given. */
export function groupByPipeline(
  completions: readonly Completion[],
  condition: { ifLeaseIsOver?: true } = {},
): Map<number, FlowEvent[]> {
  const events = new Map<number, FlowEvent[]>();
  for (const completion of completions) {
    const pipelineId = pipelineIdOf(completion.trackId);
    const event: FlowEvent = { kind: 'completion', completion, ...condition };
    const list = events.get(pipelineId);
    if (list === undefined) events.set(pipelineId, [event]);
    else list.push(event);
  }
  return events;
}
