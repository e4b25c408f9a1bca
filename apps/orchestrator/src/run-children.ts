import {
  findChildrenToCancel,
  isDatabaseAway,
  lookAtChildren,
  postponeChildren,
  startChildren,
  type AppliedEvents,
  type ChildLook,
} from '@baton/database';
import type { FlowEvent } from '@baton/domain';
import {
  CHILD_QUEUE,
  createConsumer,
  trackMessageSchema,
  type Consumer,
  type Redis,
  type TrackMessage,
} from '@baton/queue';
import { crashPoint } from '@baton/service';
import { applyEventsApart, groupByPipeline, type OrchestratorDeps } from './apply-events.ts';
import { noteStuck } from './note-stuck.ts';

/**
 * Tracks that run pipelines of their own: orchestrators take them from a queue of theirs and start the pipelines, tell the
 * tracks of their ends, and pass cancels down. All of it is found again by the reconcile loop, which looks at what is due.
 */

/** A track that was looked at and goes on: its child's end, or a cancel, makes it due earlier. */
const LOOKED_AT_AGAIN_AFTER_MS = 60_000;
const STARTED_AT_ONCE = 16;

/** @param redis a consumer's connection; stays the caller's to close */
export function consumeChildren(deps: OrchestratorDeps, redis: Redis): Consumer {
  return createConsumer({
    redis,
    prefix: deps.redisPrefix,
    queueName: CHILD_QUEUE,
    schema: trackMessageSchema,
    concurrency: STARTED_AT_ONCE,
    keepFailed: true,
    handle: (message) => startChild(deps, message),
    onFailed(error) {
      deps.counters.add('parked_messages', 1, CHILD_QUEUE);
      deps.logger.error({ event: 'child_not_started', err: error }, 'tried again in seconds');
    },
    onStuck: (stuck) => noteStuck(deps, stuck),
  });
}

/** @returns `give_back` where somebody keeps the track locked: another look soon */
async function startChild(
  deps: OrchestratorDeps,
  { trackId, attempt }: Pick<TrackMessage, 'trackId' | 'attempt'>,
): Promise<'done' | 'give_back'> {
  const started = await startChildren(deps.database, [{ trackId, attempt }]);
  crashPoint('orchestrator.child_started');
  if (started.toDispatch.length > 0) await enqueueFirst(deps, started.toDispatch);
  await settleChildren(deps, started.toLookAt);
  return started.busy.length > 0 ? 'give_back' : 'done';
}

/** They are PENDING and due: where Redis does not take them the reconcile loop enqueues them. */
async function enqueueFirst(
  deps: OrchestratorDeps,
  tracks: Parameters<OrchestratorDeps['trackQueue']['enqueueTracks']>[0],
): Promise<void> {
  try {
    await deps.trackQueue.enqueueTracks(tracks);
  } catch (error) {
    deps.logger.warn({ event: 'enqueue_failed', tracks: tracks.length, err: error }, 'enqueued later');
  }
}

/** After a commit: tracks whose children are through end, and children of tracks that are to be killed are cancelled. */
export async function followChildren(
  deps: OrchestratorDeps,
  { childrenDone, killRequested }: Pick<AppliedEvents, 'childrenDone' | 'killRequested'>,
): Promise<void> {
  const toCancel = killRequested.length === 0 ? [] : await findChildrenToCancel(deps.database, killRequested);
  await settleChildren(deps, [...childrenDone, ...toCancel]);
}

/** Looks at the children of these tracks, and does what is to be done. */
async function settleChildren(deps: OrchestratorDeps, trackIds: readonly number[]): Promise<void> {
  if (trackIds.length === 0) return;
  const { completions, toCancel } = await lookApart(deps, trackIds);
  const events = groupByPipeline(completions);
  for (const pipelineId of toCancel) {
    const cancel: FlowEvent = { kind: 'cancel' };
    events.set(pipelineId, [...(events.get(pipelineId) ?? []), cancel]);
  }
  if (events.size > 0) await applyEventsApart(deps, events);
}

/** Where they cannot be looked at together, each is by itself: one that cannot be does not keep the others from their ends. */
async function lookApart(deps: OrchestratorDeps, trackIds: readonly number[]): Promise<ChildLook> {
  try {
    return await lookAtChildren(deps.database, trackIds);
  } catch (error) {
    if (isDatabaseAway(error)) throw error;
  }
  const all: ChildLook = { completions: [], toCancel: [] };
  for (const trackId of trackIds) {
    try {
      const { completions, toCancel } = await lookAtChildren(deps.database, [trackId]);
      all.completions.push(...completions);
      all.toCancel.push(...toCancel);
    } catch (error) {
      deps.logger.error({ event: 'child_not_looked_at', trackId, err: error }, 'tried again later');
    }
  }
  return all;
}

/** The same for tracks that are due, in the reconcile loop. */
export async function settleDueChildren(deps: OrchestratorDeps, trackIds: readonly number[]): Promise<void> {
  const since = performance.now();
  await settleChildren(deps, trackIds);
  const lookedForMs = performance.now() - since;
  await postponeChildren(deps.database, trackIds, { afterMs: LOOKED_AT_AGAIN_AFTER_MS, lookedForMs });
}
