import { findChosen } from './completion-rules.ts';
import type { GatePolicy } from './graph-definition.ts';
import { defaultsOf } from './parameters.ts';
import type { SimulatedVertex, SimulationRequest, VertexOutcome } from './simulate-types.ts';
import type { PersonEvent, TrackView } from './transition-types.ts';

/** What a person says to a track that awaits somebody, and how long after it was asked; null: nobody says anything. */
export interface Answer {
  event: PersonEvent;
  afterMs: number;
}

/** Approves, gives what is asked for, and goes the way that is offered first, unless the request says otherwise. */
export function answerFor(request: SimulationRequest, track: TrackView, vertex: SimulatedVertex): Answer | null {
  const outcome: VertexOutcome = request.outcomes.get(vertex.name) ?? {};
  const event = eventFor(request, { track, vertex, outcome });
  return event === null ? null : { event, afterMs: outcome.afterMs ?? 0 };
}

interface Asked {
  track: TrackView;
  vertex: SimulatedVertex;
  outcome: VertexOutcome;
}

function eventFor(request: SimulationRequest, { track, vertex, outcome }: Asked): PersonEvent | null {
  const { vertexId } = track;
  if (track.awaits === 'approval') {
    if (outcome.gate === 'wait') return null;
    return outcome.gate === 'reject'
      ? { kind: 'reject', vertexId }
      : { kind: 'approve', vertexId, values: defaultsOf((vertex.policies.gate as GatePolicy).form) };
  }
  if (track.awaits === 'choice') {
    if (outcome.choice === 'wait') return null;
    return { kind: 'choose', vertexId, names: outcome.choice ?? offeredFirst(request, vertex) };
  }
  // Parameters are never asked for: whoever asks what if has given them.
  return decide(vertexId, outcome.decision ?? 'wait');
}

function decide(vertexId: number, decision: NonNullable<VertexOutcome['decision']>): PersonEvent | null {
  switch (decision) {
    case 'wait':
      return null;
    case 'retry':
      return { kind: 'rerun', from: { vertexIds: [vertexId], descendants: false } };
    case 'skip':
    case 'give_up':
      return { kind: decision, vertexId };
  }
}

/** `next` of the vertex; where it names none, or none that is a successor: all successors. */
function offeredFirst({ graph }: SimulationRequest, { next, successors }: SimulatedVertex): string[] {
  const offered = successors.map((id) => graph.vertices.get(id) as SimulatedVertex);
  const names = next.map(String);
  const isSound = names.length > 0 && findChosen(names, offered) !== null;
  return isSound ? names : offered.map(({ name }) => name);
}
