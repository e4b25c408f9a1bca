/**
 * The heart of Baton: what the events of a flow do to a pipeline and its tracks.
 *
 * Everything here is a function of values. `decideChanges` works on a copy of the neighbourhood, event by event, and
 * returns the difference; the caller holds the pipeline's row lock from before it loaded the context until the changes
 * are committed, so no two decisions about one pipeline overlap. A late, repeated or foreign completion is no error:
 * it changes nothing and is listed as stale. The same events in any order give the same final states as long as no
 * failure ends the pipeline early (transition-rules.property.test.ts).
 *
 * Cost: a completion touches its track and its successors. Only what it really moves goes further: skipped and
 * cancelled tracks pass their end on, each once in a pipeline's life.
 */
import type { Completion } from './completion.ts';
import { endOf, findStaleness } from './completion-rules.ts';
import { propagateEnds } from './propagation-rules.ts';
import { recountPipeline } from './recount-rules.ts';
import { decideRetry, type FailureReason } from './retry-policy.ts';
import { vertexIdOf } from './track-id.ts';
import type { Changes, FlowEvent, NeedsTracks, TrackView, TransitionContext } from './transition-types.ts';
import { createWorkingSet, isFailure, isPipelineLive, type WorkingSet } from './working-set.ts';

/**
 * Decides what events do.
 * @param context the neighbourhood; the rules ask for what they miss in it
 * @param events of this pipeline, in the order in which they are to count
 * @returns the changes, or which further tracks to load before asking again
 */
export function decideChanges(context: TransitionContext, events: readonly FlowEvent[]): Changes | NeedsTracks {
  const work = createWorkingSet(context);
  for (const event of events) {
    applyEvent(work, event);
    propagateEnds(work);
    endPipelineIfDone(work, event);
  }
  return work.result();
}

function applyEvent(work: WorkingSet, event: FlowEvent): void {
  switch (event.kind) {
    case 'completion':
      return applyCompletion(work, event.completion);
    case 'cancel':
      return cancelPipeline(work);
    case 'recount':
      return recountPipeline(work);
  }
}

function applyCompletion(work: WorkingSet, completion: Completion): void {
  const vertex = work.vertex(vertexIdOf(completion.trackId));
  const track = work.track(vertex.id);
  if (track === null) return;
  const why = findStaleness(track, completion);
  if (why !== null) {
    work.stale.push({ completion, why });
    return;
  }
  const end = endOf(
    completion,
    vertex.successors.map((id) => work.vertex(id)),
  );
  work.attempts.push({ vertexId: vertex.id, completion, result: end.result });
  track.runId = null;
  track.exitCode = completion.exitCode;
  if (end.result === 'succeed') succeed(work, track, end.chosen);
  else if (end.result === 'cancelled') endBadly(work, track, 'CANCELLED');
  else fail(work, track, end.result);
}

function succeed(work: WorkingSet, track: TrackView, chosen: readonly number[] | null): void {
  track.state = 'SUCCEED';
  track.reason = null;
  track.chosen = chosen;
  const hasSuccessors = work.vertex(track.vertexId).successors.length > 0;
  if (work.pipeline.mode === 'manual' && chosen === null && hasSuccessors && isPipelineLive(work.pipeline)) {
    track.awaits = 'choice';
  } else {
    work.close(track);
  }
}

function fail(work: WorkingSet, track: TrackView, reason: FailureReason): void {
  track.reason = reason;
  const isLost = reason === 'lost';
  if (track.cancelRequested || work.killRunning) return endBadly(work, track, isLost ? 'CANCELLED' : 'FAILED');
  if (!isPipelineLive(work.pipeline)) return endBadly(work, track, 'FAILED');
  const decision = decideRetry(work.vertex(track.vertexId), {
    reason,
    exitCode: track.exitCode,
    attemptsMade: isLost ? track.lostAttempts + 1 : track.attempt - track.budgetFromAttempt + 1 - track.lostAttempts,
    elapsedMs: track.elapsedMs,
    random: work.random,
  });
  if (decision.kind === 'give_up') return endBadly(work, track, 'FAILED');
  track.state = 'PENDING';
  track.attempt += 1;
  track.lostAttempts += isLost ? 1 : 0;
  work.delays.set(track.vertexId, decision.delayMs);
}

/** The track ended badly and stays so: the failure policy of the pipeline applies. */
function endBadly(work: WorkingSet, track: TrackView, state: 'FAILED' | 'CANCELLED'): void {
  const { pipeline } = work;
  const vertex = work.vertex(track.vertexId);
  track.state = state;
  if (state === 'CANCELLED') track.reason = reasonOfCancelled(work);
  const counts = isFailure(vertex, track);
  if (counts) pipeline.failures += 1;
  if (!counts || !isPipelineLive(pipeline)) return work.close(track);
  pipeline.reason ??= `track ${vertex.name}: ${track.reason}${track.reason === 'exit_code' ? ` ${track.exitCode}` : ''}`;
  if (pipeline.onFailure === 'hold') {
    track.awaits = 'decision';
    return;
  }
  work.close(track);
  if (pipeline.onFailure === 'continue') return;
  work.killRunning ||= pipeline.onFailure === 'kill';
  endPipeline(work, 'FAILED');
}

function reasonOfCancelled(work: WorkingSet): NonNullable<TrackView['reason']> {
  if (isPipelineLive(work.pipeline)) return 'cancelled';
  return work.pipeline.state === 'FAILED' ? 'pipeline_failed' : 'pipeline_cancelled';
}

/** A person ends the pipeline. What still runs of an ended one is killed as well; its state stays. */
function cancelPipeline(work: WorkingSet): void {
  work.killRunning = true;
  if (!isPipelineLive(work.pipeline)) return;
  work.pipeline.reason ??= 'cancelled';
  endPipeline(work, 'CANCELLED');
}

function endPipeline(work: WorkingSet, state: 'FAILED' | 'CANCELLED'): void {
  work.pipeline.state = state;
  work.cancelUnstarted = state === 'FAILED' ? 'pipeline_failed' : 'pipeline_cancelled';
  for (const track of work.loaded()) {
    if (track.state === 'WAITING' || track.state === 'PENDING') {
      track.state = 'CANCELLED';
      track.reason = work.cancelUnstarted;
      track.awaits = null;
      work.close(track);
    } else if (track.awaits !== null) {
      track.awaits = null;
      work.close(track);
    }
  }
}

/** After every single event, so that what comes later in the same batch meets an ended pipeline as it would alone. */
function endPipelineIfDone(work: WorkingSet, event: FlowEvent): void {
  const { pipeline } = work;
  if (pipeline.openTracks > 0 || !isPipelineLive(pipeline)) return;
  pipeline.state = pipeline.failures > 0 ? 'FAILED' : 'FINISH';
  if (event.kind === 'recount') work.repairs += 1;
}
