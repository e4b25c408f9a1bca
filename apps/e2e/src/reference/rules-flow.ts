import {
  buildFlowGraph,
  decideChanges,
  trackIdOf,
  vertexIdOf,
  type Changes,
  type Completion,
  type FlowEvent,
  type FlowGraph,
  type ParameterValues,
  type PipelineView,
  type TrackFacts,
  type TrackView,
} from '@baton/domain';
import type { Scenario } from './scenario.ts';
import { startTracks } from './start-tracks.ts';

/**
 * The product's pure rules over tables in memory: loads what the rules ask for, applies what they answer, and claims.
 * Nothing is decided here.
 */
export interface RulesFlow {
  graph: FlowGraph;
  pipeline: PipelineView;
  tracks: Map<number, RulesTrack>;
  /** @throws Error where the rules name a track that is not as they say */
  apply(events: readonly FlowEvent[]): Changes;
  claim(vertexId: number): void;
  /** What its worker reports; `lost` and `cancelled` included. */
  completionOf(vertexId: number, end: Pick<Completion, 'outcome' | 'exitCode' | 'signal' | 'next'>): Completion;
  store(vertexId: number, outputs: Readonly<Record<string, string>>): void;
}

export interface RulesTrack {
  view: TrackView;
  input: ParameterValues;
  outputs: Map<number, Readonly<Record<string, string>>>;
}

const PIPELINE_ID = 1;

export function openRulesFlow(scenario: Scenario): RulesFlow {
  const graph = buildFlowGraph(
    scenario.vertices.map(({ id, name, join, retry, onLost, allowFailure, when, gate, asks }) => ({
      id,
      name,
      join,
      retry,
      onLost,
      allowFailure,
      gate,
      asks: asks === null ? [] : ['asked'],
      when: when?.text ?? null,
    })),
    scenario.edges.map(({ tail, head, when }) => ({ tail, head, when: when?.text ?? null })),
  );
  const flow: RulesFlow = {
    graph,
    pipeline: {
      id: PIPELINE_ID,
      state: 'RUNNING',
      mode: scenario.mode,
      onFailure: scenario.onFailure,
      openTracks: scenario.vertices.length,
      failures: 0,
      reason: null,
      isExpired: false,
    },
    tracks: new Map(),
    apply: (events) => applyEvents(flow, events),
    claim: (vertexId) => claimTrack(flow, vertexId),
    completionOf(vertexId, end) {
      const { view } = trackOf(flow, vertexId);
      const ids = {
        trackId: trackIdOf(PIPELINE_ID, vertexId),
        attempt: view.attempt,
        runId: view.runId ?? 'none',
        workerId: 'w',
      };
      return { ...ids, ...end, detail: null, durationMs: 1, outputBytes: 0, cutBytes: 0 };
    },
    store(vertexId, outputs) {
      const { view, outputs: all } = trackOf(flow, vertexId);
      all.set(view.attempt, outputs);
    },
  };
  startTracks(flow, scenario);
  return flow;
}

export function trackOf(flow: Pick<RulesFlow, 'tracks'>, vertexId: number): RulesTrack {
  const track = flow.tracks.get(vertexId);
  if (track === undefined) throw new Error(`no track of vertex ${vertexId}`);
  return track;
}

function claimTrack(flow: RulesFlow, vertexId: number): void {
  const track = trackOf(flow, vertexId);
  const { state, awaits, attempt } = track.view;
  if (flow.pipeline.state !== 'RUNNING' || state !== 'PENDING' || awaits !== null) throw new Error('not claimable');
  if (track.view.startedAttempt >= attempt) throw new Error(`attempt ${attempt} of vertex ${vertexId} starts twice`);
  const runId = `run-of-attempt-${vertexId}-${attempt}`;
  track.view = { ...track.view, state: 'RUNNING', runId, startedAttempt: attempt, isExpired: false };
}

function applyEvents(flow: RulesFlow, events: readonly FlowEvent[]): Changes {
  const changes = decide(flow, events);
  if (JSON.stringify(changes.pipeline.before) !== JSON.stringify(flow.pipeline)) throw new Error('another pipeline');
  flow.pipeline = changes.pipeline.after;
  const named = new Set<number>();
  for (const { before, after } of changes.tracks) {
    const track = trackOf(flow, before.vertexId);
    if (JSON.stringify(before) !== JSON.stringify(track.view)) throw new Error(`vertex ${before.vertexId} is not so`);
    if (named.has(before.vertexId)) throw new Error(`vertex ${before.vertexId} is changed twice`);
    named.add(before.vertexId);
    track.view = { ...after, isExpired: false, runId: after.state === 'RUNNING' ? after.runId : null };
  }
  for (const [vertexId, values] of changes.inputs) Object.assign(trackOf(flow, vertexId).input, values);
  for (const [vertexId, track] of flow.tracks) {
    if (changes.cancelUnstarted !== null && !named.has(vertexId))
      track.view = endUnstarted(track.view, changes.cancelUnstarted);
    if (changes.killRunning && track.view.state === 'RUNNING') track.view = { ...track.view, cancelRequested: true };
  }
  return changes;
}

/** What the one statement for all of them does: nothing of an ended pipeline starts, and nothing of it awaits anybody. */
function endUnstarted(view: TrackView, reason: TrackView['reason']): TrackView {
  const isUnstarted = view.state === 'WAITING' || view.state === 'PENDING';
  return isUnstarted ? { ...view, state: 'CANCELLED', reason, awaits: null } : { ...view, awaits: null };
}

/** Asks until the rules have seen enough. */
function decide(flow: RulesFlow, events: readonly FlowEvent[]): Changes {
  const tracks = new Map<number, TrackView>();
  const facts = new Map<number, TrackFacts>();
  const load = (vertexId: number): void => {
    tracks.set(vertexId, trackOf(flow, vertexId).view);
  };
  const all = events.some(({ kind }) => kind === 'recount');
  for (const id of flow.tracks.keys()) if (all) load(id);
  for (const event of events) {
    if ('vertexId' in event) load(event.vertexId);
    if (event.kind === 'completion') load(vertexIdOf(event.completion.trackId));
  }
  for (let asked = 0; asked < 100; asked += 1) {
    const context = {
      graph: flow.graph,
      pipeline: flow.pipeline,
      tracks: new Map(tracks),
      facts: new Map(facts),
      random: 0.5,
    };
    const answer = decideChanges(context, events);
    if (answer.kind === 'changes') return answer;
    answer.vertexIds.forEach(load);
    for (const id of answer.factsOf) {
      const track = trackOf(flow, id);
      facts.set(id, { input: { ...track.input }, outputs: track.outputs.get(track.view.attempt) ?? {} });
    }
  }
  throw new Error('the rules ask without end');
}
