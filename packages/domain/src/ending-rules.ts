/**
 * How tracks end, and what that does to their pipeline. An ended track is open as long as it awaits a person's choice or
 * decision; once it is closed its successors hear of it (propagation-rules.ts) and it no longer keeps its pipeline open.
 */
import { findTakenWays } from './condition-rules.ts';
import type { FlowVertex } from './flow-graph.ts';
import { mayTrackBecome, type TrackState, type TransitionCause } from './track-status.ts';
import type { TrackReason, TrackView } from './transition-types.ts';
import { isFailure, isPipelineLive, type WorkingSet } from './working-set.ts';

/** @throws Error where the table of allowed transitions has no such row: the rules are wrong then, and nothing is written */
export function moveTrack(track: TrackView, to: TrackState, cause: TransitionCause = 'flow'): void {
  if (!mayTrackBecome(track.state, to, cause)) {
    throw new Error(`a track may not go from ${track.state} to ${to} by the ${cause}: vertex ${track.vertexId}`);
  }
  track.state = to;
  track.awaits = null;
  track.isExpired = false;
}

/** Its script did its work. @param chosen the successors that it named; null: none */
export function succeedTrack(work: WorkingSet, track: TrackView, chosen: readonly number[] | null): void {
  moveTrack(track, 'SUCCEED');
  track.reason = null;
  track.detail = null;
  track.chosen = chosen;
  goOn(work, track);
}

/** In manual mode the flow stops here until a person chooses; else it goes on by itself. */
export function goOn(work: WorkingSet, track: TrackView): void {
  if (awaitsChoice(work, track)) track.awaits = 'choice';
  else closeTrack(work, track);
}

/** Would this track, ended well, await a person's choice? */
export function awaitsChoice(work: WorkingSet, track: TrackView): boolean {
  if (work.pipeline.mode !== 'manual' || track.chosen !== null || !isPipelineLive(work.pipeline)) return false;
  return work.vertex(track.vertexId).successors.length > 0;
}

/** Without another attempt: the failure policy applies. */
export function failTrack(work: WorkingSet, track: TrackView, reason: TrackReason): void {
  moveTrack(track, 'FAILED');
  track.reason = reason;
  applyFailurePolicy(work, track);
}

/** Somebody wanted it gone. In an ended pipeline it is gone with that; in a live one it counts as a failure. */
export function cancelTrack(work: WorkingSet, track: TrackView): void {
  moveTrack(track, 'CANCELLED');
  track.reason = reasonOfCancelled(work);
  applyFailurePolicy(work, track);
}

function reasonOfCancelled({ pipeline }: WorkingSet): TrackReason {
  if (isPipelineLive(pipeline)) return 'cancelled';
  return pipeline.state === 'FAILED' ? 'pipeline_failed' : 'pipeline_cancelled';
}

/** SKIPPED: the flow went another way, or a person said so. */
export function skipTrack(work: WorkingSet, track: TrackView, reason: TrackReason): void {
  moveTrack(track, 'SKIPPED');
  track.reason = reason;
  closeTrack(work, track);
}

function applyFailurePolicy(work: WorkingSet, track: TrackView): void {
  const { pipeline } = work;
  const vertex = work.vertex(track.vertexId);
  const counts = isFailure(vertex, track);
  if (counts) pipeline.failures += 1;
  if (!isPipelineLive(pipeline)) return closeTrack(work, track);
  if (!counts) return goOn(work, track);
  pipeline.reason ??= describeFailure(vertex, track);
  if (pipeline.onFailure === 'hold') {
    track.awaits = 'decision';
    return;
  }
  if (pipeline.onFailure !== 'continue') {
    work.killRunning ||= pipeline.onFailure === 'kill';
    endPipeline(work, 'FAILED');
  }
  closeTrack(work, track);
}

/** The pipeline's reason while this track's failure is the first of it. */
export function describeFailure(vertex: Pick<FlowVertex, 'name'>, { reason, exitCode }: TrackView): string {
  return `track ${vertex.name}: ${reason}${reason === 'exit_code' ? ` ${exitCode}` : ''}`;
}

/**
 * The track ended for good. Where nobody chose its ways, its edges' conditions do, as far as the pipeline goes on. A
 * condition without an answer: of a failed track, that way is not taken; of one that succeeded, a person chooses (the end
 * of an attempt is asked before, and fails the track).
 */
export function closeTrack(work: WorkingSet, track: TrackView): void {
  decideWays(work, track);
  if (track.awaits === null) work.close(track);
}

/** Writes what the conditions of its edges say to `chosen`; where a person must choose in their place, it awaits that. */
export function decideWays(work: WorkingSet, track: TrackView): void {
  track.awaits = null;
  if (track.chosen !== null || !isPipelineLive(work.pipeline)) return;
  if (track.state !== 'SUCCEED' && track.state !== 'FAILED') return;
  const ways = findTakenWays(work, work.vertex(track.vertexId), track.state);
  if (ways === null) return;
  track.detail ??= ways.problem;
  if (ways.problem !== null && track.state === 'SUCCEED') track.awaits = 'choice';
  else track.chosen = ways.taken;
}

/** Nothing of it starts any more and nothing of it awaits anybody; what runs goes on unless it is killed as well. */
export function endPipeline(work: WorkingSet, state: 'FAILED' | 'CANCELLED'): void {
  work.pipeline.state = state;
  work.cancelUnstarted = state === 'FAILED' ? 'pipeline_failed' : 'pipeline_cancelled';
  for (const track of work.loaded()) {
    if (track.state === 'WAITING' || track.state === 'PENDING') {
      moveTrack(track, 'CANCELLED');
      track.reason = work.cancelUnstarted;
      work.close(track);
    } else if (track.awaits !== null) {
      track.awaits = null;
      work.close(track);
    }
  }
}

/**
 * The reason of a pipeline that goes on although tracks of it stay CANCELLED without a failure that counts: a person ran
 * only others again. Nobody counts those tracks, so this is how its end knows that not every track did its work.
 */
export const LEFT_CANCELLED = 'not every track that had been cancelled ran again';

/** @returns whether it has just ended: nothing keeps it open any more */
export function endPipelineIfDone({ pipeline }: WorkingSet): boolean {
  if (pipeline.openTracks > 0 || !isPipelineLive(pipeline)) return false;
  const isWhole = pipeline.failures === 0 && pipeline.reason !== LEFT_CANCELLED;
  pipeline.state = isWhole ? 'FINISH' : 'FAILED';
  if (pipeline.state === 'FAILED') pipeline.reason ??= `${pipeline.failures} of its tracks failed`;
  return true;
}

/** The pipeline's deadline may have passed: then it is FAILED, and what runs is killed. */
export function expirePipeline(work: WorkingSet): void {
  const { pipeline } = work;
  if (!pipeline.isExpired || !isPipelineLive(pipeline)) return;
  work.killRunning = true;
  pipeline.reason = 'timeout';
  endPipeline(work, 'FAILED');
}
