import { endOf, findStaleness } from './completion-rules.ts';
import type { Completion } from './completion.ts';
import { findTakenWays } from './condition-rules.ts';
import { awaitsChoice, cancelTrack, failTrack, moveTrack, succeedTrack } from './ending-rules.ts';
import { decideRetry, type FailureReason } from './retry-policy.ts';
import { vertexIdOf } from './track-id.ts';
import type { TrackView } from './transition-types.ts';
import { isPipelineLive, type WorkingSet } from './working-set.ts';

/** The end of an attempt: stale, or the track succeeds, is tried again, fails or is cancelled. */
export function applyCompletion(work: WorkingSet, completion: Completion): void {
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
  track.detail = completion.detail;
  if (end.result === 'succeed') succeed(work, track, end.chosen);
  else if (end.result === 'cancelled') cancelTrack(work, track);
  else fail(work, track, end.result);
}

/** A script that did its work fails its track all the same where nobody can tell which way to go on. */
function succeed(work: WorkingSet, track: TrackView, chosen: readonly number[] | null): void {
  if (chosen === null && isPipelineLive(work.pipeline) && !awaitsChoice(work, track)) {
    const ways = findTakenWays(work, work.vertex(track.vertexId), 'SUCCEED');
    if (ways !== null && ways.problem !== null) {
      track.detail = ways.problem;
      return failTrack(work, track, 'bad_condition');
    }
  }
  succeedTrack(work, track, chosen);
}

function fail(work: WorkingSet, track: TrackView, reason: FailureReason): void {
  const isLost = reason === 'lost';
  if (track.cancelRequested || work.killRunning) {
    return isLost ? cancelTrack(work, track) : failTrack(work, track, reason);
  }
  if (!isPipelineLive(work.pipeline)) return failTrack(work, track, reason);
  const decision = decideRetry(work.vertex(track.vertexId), {
    reason,
    exitCode: track.exitCode,
    attemptsMade: isLost ? track.lostAttempts + 1 : track.attempt - track.budgetFromAttempt + 1 - track.lostAttempts,
    elapsedMs: track.elapsedMs,
    random: work.random,
  });
  if (decision.kind === 'give_up') return failTrack(work, track, reason);
  moveTrack(track, 'PENDING');
  track.reason = reason;
  track.attempt += 1;
  track.lostAttempts += isLost ? 1 : 0;
  work.delays.set(track.vertexId, decision.delayMs);
}
