/* istanbul ignore file -- what tests are made of is no rule */
import { copyFlow, type Flow } from './testing-flow.ts';
import type { RandomSource } from './testing-random.ts';
import type { Answer, Scenario } from './testing-scenario.ts';
import type { FlowEvent, PersonEvent, TrackView } from './transition-types.ts';

/** For tests: what persons are asked and answer, and what they do unasked. */

/** The answers to everything that awaits a person now. */
export function answersTo(flow: Flow, scenario: Scenario): PersonEvent[] {
  return [...flow.tracks.values()].flatMap((track) => {
    if (track.awaits === null || track.state === 'WAITING') return [];
    return [answerTo(flow, track, scenario.answers.get(track.vertexId) as Answer)];
  });
}

function answerTo(flow: Flow, { vertexId, awaits, attempt, startedAttempt }: TrackView, answer: Answer): PersonEvent {
  switch (awaits) {
    case 'params':
      return { kind: 'give_params', vertexId, values: { n: answer.n } };
    case 'approval':
      return answer.approves ? { kind: 'approve', vertexId, values: {} } : { kind: 'reject', vertexId };
    case 'choice':
      return { kind: 'choose', vertexId, names: chosenBy(flow, vertexId, answer.choice) };
    default: {
      const mayRunAgain = startedAttempt === attempt && attempt <= 2;
      if (answer.decision === 'rerun' && mayRunAgain) {
        return { kind: 'rerun', from: { vertexIds: [vertexId], descendants: false } };
      }
      return { kind: answer.decision === 'rerun' ? 'give_up' : answer.decision, vertexId };
    }
  }
}

function chosenBy(flow: Flow, vertexId: number, bits: number): string[] {
  const successors = flow.graph.vertices.get(vertexId)?.successors ?? [];
  return successors.filter((_, index) => (bits >> index) % 2 === 1).map(String);
}

/** Anything that a person could want, at any time. */
export function meddle(flow: Flow, random: RandomSource): FlowEvent {
  const { pick } = random;
  const vertexId = pick([...flow.tracks.keys()]);
  const events: FlowEvent[] = [
    { kind: 'pause' },
    { kind: 'resume' },
    { kind: 'set_mode', mode: pick(['auto', 'manual']) },
    { kind: 'give_params', vertexId, values: { n: 2 } },
    { kind: 'choose', vertexId, names: chosenBy(flow, vertexId, random.below(4096)) },
    { kind: 'approve', vertexId, values: {} },
    { kind: 'reject', vertexId },
    { kind: 'cancel_track', vertexId },
    { kind: 'skip', vertexId },
    { kind: 'succeed', vertexId },
    { kind: 'give_up', vertexId },
    { kind: 'rerun', from: 'failed' },
    { kind: 'rerun', from: { vertexIds: [vertexId, pick([...flow.tracks.keys()])], descendants: random.chance(0.5) } },
    { kind: 'expire_track', vertexId },
    { kind: 'cancel' },
    { kind: 'expire' },
  ];
  return pick(random.chance(0.1) ? events : events.slice(0, -2));
}

/** Lets a time run out as the database would see it; `expire` events find it so. */
export function letTimeRunOut(flow: Flow, event: FlowEvent): void {
  if (event.kind === 'expire') flow.pipeline = { ...flow.pipeline, isExpired: true };
  if (event.kind !== 'expire_track') return;
  const track = flow.tracks.get(event.vertexId) as TrackView;
  if (track.state === 'PENDING') flow.tracks.set(event.vertexId, { ...track, isExpired: true });
}

/** Time that ran out in vain (in a paused pipeline, say) counts anew. */
export function forgetTime(flow: Flow): void {
  for (const [vertexId, track] of copyFlow(flow).tracks) {
    if (track.isExpired) flow.tracks.set(vertexId, { ...track, isExpired: false });
  }
}
