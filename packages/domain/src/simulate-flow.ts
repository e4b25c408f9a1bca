import { newConditionWork, type ConditionWork } from './condition-values.ts';
import { isPipelineEnded } from './pipeline-status.ts';
import { trackIdOf, vertexIdOf } from './track-id.ts';
import { decideChanges } from './transition-rules.ts';
import type { Changes, FlowEvent, PipelineView, TrackFacts, TrackView, TransitionContext } from './transition-types.ts';
import type { SimulationRequest } from './simulate-types.ts';
import { waitingTrack } from './waiting-track.ts';

/**
 * A pipeline in memory under the same rules as a real one: it shows them the smallest neighbourhood, and more when they
 * ask, so that an event costs what it moves and not what the graph is large.
 */
export interface SimulatedFlow {
  readonly pipeline: PipelineView;
  readonly tracks: ReadonlyMap<number, TrackView>;
  /** Of all its events. */
  readonly conditionWork: ConditionWork;
  /** Applies an event and stores what it changes. */
  apply(event: FlowEvent): Changes;
  /** Changes a track as something outside the rules does: a claim, a clock. */
  patch(vertexId: number, patch: Partial<TrackView>): void;
  /** What the attempt that runs has written. */
  setOutputs(vertexId: number, outputs: Readonly<Record<string, string>>): void;
  expire(): Changes;
}

/** Of the one pipeline that is simulated. */
const PIPELINE_ID = 1;

export function trackIdIn(vertexId: number): number {
  return trackIdOf(PIPELINE_ID, vertexId);
}

/** All its tracks wait; a recount lets those run whose turn it is. */
export function createSimulatedFlow(request: SimulationRequest): SimulatedFlow {
  const { graph } = request;
  const tracks = new Map([...graph.vertices.keys()].map((vertexId) => [vertexId, waitingTrack(vertexId)]));
  const facts = new Map<number, TrackFacts>();
  for (const { id, name } of graph.vertices.values()) {
    facts.set(id, { input: { ...request.inputs.get(name) }, outputs: {} });
  }
  let pipeline = startedPipeline(request);
  const conditionWork = newConditionWork();

  const store = (changes: Changes): Changes => {
    pipeline = changes.pipeline.after;
    for (const { after } of changes.tracks) tracks.set(after.vertexId, after);
    for (const [vertexId, values] of changes.inputs) {
      const known = facts.get(vertexId) as TrackFacts;
      facts.set(vertexId, { ...known, input: { ...known.input, ...values } });
    }
    if (changes.cancelUnstarted !== null) cancelUnstarted(changes.cancelUnstarted);
    return changes;
  };
  /** What the database does to the tracks that the rules have not seen. */
  const cancelUnstarted = (reason: NonNullable<Changes['cancelUnstarted']>): void => {
    let closed = 0;
    for (const track of tracks.values()) {
      const isUnstarted = track.state === 'WAITING' || track.state === 'PENDING';
      if (!isUnstarted && track.awaits === null) continue;
      const end = isUnstarted ? ({ state: 'CANCELLED', reason } as const) : {};
      tracks.set(track.vertexId, { ...track, ...end, awaits: null });
      closed += 1;
    }
    pipeline = { ...pipeline, openTracks: pipeline.openTracks - closed };
  };
  const flow: SimulatedFlow = {
    get pipeline() {
      return pipeline;
    },
    tracks,
    conditionWork,
    apply: (event) => store(decide({ graph, pipeline, tracks, facts, random: 0, conditionWork }, event)),
    patch(vertexId, patch) {
      tracks.set(vertexId, { ...(tracks.get(vertexId) as TrackView), ...patch });
    },
    setOutputs(vertexId, outputs) {
      facts.set(vertexId, { ...(facts.get(vertexId) as TrackFacts), outputs });
    },
    expire() {
      pipeline = { ...pipeline, isExpired: true };
      return flow.apply({ kind: 'expire' });
    },
  };
  flow.apply({ kind: 'recount' });
  return flow;
}

/** Shows the rules the tracks that the event names, and then what they ask for. */
function decide(whole: TransitionContext, event: FlowEvent): Changes {
  const shown = new Map<number, TrackView>();
  const show = (vertexId: number): void => void shown.set(vertexId, whole.tracks.get(vertexId) as TrackView);
  for (const vertexId of namedBy(event)) show(vertexId);
  for (;;) {
    const decided = decideChanges({ ...whole, tracks: shown }, [event]);
    if (decided.kind === 'changes') return decided;
    decided.vertexIds.forEach(show);
  }
}

export function isOver(flow: SimulatedFlow): boolean {
  return isPipelineEnded(flow.pipeline.state);
}

function namedBy(event: FlowEvent): number[] {
  if (event.kind === 'completion') return [vertexIdOf(event.completion.trackId)];
  return 'vertexId' in event ? [event.vertexId] : [];
}

function startedPipeline({ graph, mode, onFailure }: SimulationRequest): PipelineView {
  return {
    id: PIPELINE_ID,
    state: 'RUNNING',
    mode,
    onFailure,
    openTracks: graph.vertices.size,
    failures: 0,
    reason: null,
    isExpired: false,
  };
}
