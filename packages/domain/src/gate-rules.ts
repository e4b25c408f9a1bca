/**
 * What may still hold a track whose join rule lets it run, in this order: parameters that a person must give, its own
 * condition, its gate. Each is passed once a life of the track: another attempt keeps what was passed, a person's rerun
 * passes all of them anew. A track that awaits a person is in no queue and holds no worker.
 */
import { askVertexCondition } from './condition-rules.ts';
import { failTrack, moveTrack, skipTrack } from './ending-rules.ts';
import type { FlowStep } from './flow-graph.ts';
import { defaultsOf, type ParameterValues } from './parameters.ts';
import type { GateDecision } from './track-status.ts';
import type { TrackView, Verdict } from './transition-types.ts';
import { cutDetail, DONE, refuse, UNCHANGED, type WorkingSet } from './working-set.ts';

/** Its turn has come: it becomes PENDING, free or held, or its condition ends it. */
export function letRun(work: WorkingSet, track: TrackView): void {
  if (track.awaits === 'params') {
    moveTrack(track, 'PENDING');
    track.awaits = 'params';
    return;
  }
  const vertex = work.vertex(track.vertexId);
  const answer = askVertexCondition(work, vertex);
  if (answer === null) return;
  if ('problem' in answer) {
    track.detail = cutDetail(`its condition has no answer: ${answer.problem}`);
    return failTrack(work, track, 'bad_condition');
  }
  if (!answer.value) return skipTrack(work, track, 'condition_false');
  if (track.state === 'WAITING') moveTrack(track, 'PENDING');
  if (vertex.gate !== null && track.gateDecision === null) track.awaits = 'approval';
}

/** A person decides at the gate. @param values of its form, complete and checked */
export function decideGate(
  work: WorkingSet,
  track: TrackView,
  { decision, values = {} }: { decision: GateDecision; values?: ParameterValues },
): Verdict {
  if (track.gateDecision === decision) return UNCHANGED;
  const { name } = work.vertex(track.vertexId);
  if (track.gateDecision !== null)
    return refuse(`expected the gate of ${name} to be open, found it ${track.gateDecision}`);
  if (track.awaits !== 'approval') {
    return refuse(`expected ${name} to await an approval, found it ${describeTrack(track)}`);
  }
  if (Object.keys(values).length > 0) work.inputs.set(track.vertexId, values);
  passGate(work, track, decision);
  return DONE;
}

function passGate(work: WorkingSet, track: TrackView, decision: GateDecision): void {
  track.gateDecision = decision;
  track.awaits = null;
  track.isExpired = false;
  if (decision === 'approved') return;
  if (work.vertex(track.vertexId).gate?.onReject === 'fail') failTrack(work, track, 'rejected');
  else skipTrack(work, track, 'rejected');
}

/**
 * Its gate, or its wait in the queue, may have lasted too long. In a paused pipeline nothing could take it from the queue:
 * that wait counts anew when the pipeline goes on.
 */
export function expireTrack(work: WorkingSet, track: TrackView): void {
  if (track.state !== 'PENDING' || !track.isExpired) return;
  if (track.awaits === 'approval') {
    const { onExpiry, form } = work.vertex(track.vertexId).gate as NonNullable<FlowStep['gate']>;
    const values = defaultsOf(form ?? {});
    if (onExpiry === 'approve' && Object.keys(values).length > 0) work.inputs.set(track.vertexId, values);
    passGate(work, track, onExpiry === 'approve' ? 'approved' : 'rejected');
  } else if (track.awaits === null && work.pipeline.state === 'RUNNING') {
    failTrack(work, track, 'queue_timeout');
  }
}

/** For messages: `PENDING`, `FAILED and awaiting a decision`. */
export function describeTrack({ state, awaits }: TrackView): string {
  return awaits === null ? state : `${state} and awaiting ${AWAITED_WORDS[awaits]}`;
}

const AWAITED_WORDS: Record<NonNullable<TrackView['awaits']>, string> = {
  params: 'parameters',
  approval: 'an approval',
  choice: 'a choice',
  decision: 'a decision',
};
