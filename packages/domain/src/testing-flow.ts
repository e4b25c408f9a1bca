/* istanbul ignore file -- what tests are made of is no rule; its refusals are there for rules that break */
import { isDeepStrictEqual } from 'node:util';
import type { Completion } from './completion.ts';
import { buildFlowGraph, startsAtOnce, type FlowGraph, type FlowStep, type FlowVertex } from './flow-graph.ts';
import { DEFAULT_JOIN_RULE } from './join-rules.ts';
import { mayPipelineBecome } from './pipeline-status.ts';
import { trackIdOf, vertexIdOf } from './track-id.ts';
import { mayTrackBecome, type TrackState } from './track-status.ts';
import { decideChanges } from './transition-rules.ts';
import type { Changes, FlowEvent, PipelineView, TrackView } from './transition-types.ts';

/**
 * For tests: one pipeline in memory, with what the database does for the rules. It hands them the smallest neighbourhood
 * and more only when they ask, and it refuses a change whose `before` is not what is stored or that the table of allowed
 * transitions does not have.
 */
export interface Flow {
  readonly graph: FlowGraph;
  pipeline: PipelineView;
  /** By vertex id. Views are replaced, never changed, so that a copy of the map is a copy of the flow. */
  tracks: Map<number, TrackView>;
}

export const PIPELINE_ID = 7;

export interface FlowOptions {
  /** Like `A->B`. Vertices are numbered from 1 in the order of their first mention. */
  edges?: readonly string[];
  /** Policies by name; vertices without edges are named here as well. */
  vertices?: Readonly<Record<string, Partial<FlowStep>>>;
  pipeline?: Partial<PipelineView>;
}

/** A pipeline that has just started. */
export function startFlow({ edges = [], vertices = {}, pipeline = {} }: FlowOptions): Flow {
  const pairs = edges.map((edge) => edge.split('->') as [string, string]);
  const names = [...new Set([...pairs.flat(), ...Object.keys(vertices)])];
  const idOf = (name: string): number => names.indexOf(name) + 1;
  const steps = names.map((name) => ({ ...makeStep(idOf(name), name), ...vertices[name] }));
  return startGraph(
    buildFlowGraph(
      steps,
      pairs.map(([tail, head]) => ({ tail: idOf(tail), head: idOf(head) })),
    ),
    pipeline,
  );
}

export function startGraph(graph: FlowGraph, pipeline: Partial<PipelineView> = {}): Flow {
  const tracks = new Map<number, TrackView>();
  for (const vertex of graph.vertices.values()) {
    tracks.set(vertex.id, { ...makeTrack(vertex.id), state: startsAtOnce(vertex) ? 'PENDING' : 'WAITING' });
  }
  return { graph, pipeline: { ...makePipeline(), openTracks: tracks.size, ...pipeline }, tracks };
}

export function makeStep(id: number, name: string): FlowStep {
  return { id, name, join: DEFAULT_JOIN_RULE, retry: null, onLost: 'fail', allowFailure: false };
}

function makePipeline(): PipelineView {
  return {
    id: PIPELINE_ID,
    state: 'RUNNING',
    mode: 'auto',
    onFailure: 'stop',
    openTracks: 0,
    failures: 0,
    reason: null,
  };
}

export function makeTrack(vertexId: number): TrackView {
  return {
    vertexId,
    state: 'WAITING',
    attempt: 1,
    budgetFromAttempt: 1,
    lostAttempts: 0,
    elapsedMs: 0,
    runId: null,
    awaits: null,
    cancelRequested: false,
    counts: { succeeded: 0, failed: 0, skipped: 0, cancelled: 0, notTaken: 0 },
    chosen: null,
    exitCode: null,
    reason: null,
  };
}

export function copyFlow(flow: Flow): Flow {
  return { ...flow, tracks: new Map(flow.tracks) };
}

function vertexNamed(flow: Flow, name: string): FlowVertex {
  for (const vertex of flow.graph.vertices.values()) if (vertex.name === name) return vertex;
  throw new Error(`this flow has no vertex ${name}`);
}

export function trackOf(flow: Flow, name: string): TrackView {
  return flow.tracks.get(vertexNamed(flow, name).id) as TrackView;
}

export function patchTrack(flow: Flow, name: string, patch: Partial<TrackView>): void {
  const track = trackOf(flow, name);
  flow.tracks.set(track.vertexId, { ...track, ...patch });
}

/** The state of every track by its vertex's name. */
export function statesOf(flow: Flow): Record<string, TrackState> {
  return Object.fromEntries(
    [...flow.graph.vertices.values()].map(({ id, name }) => [name, (flow.tracks.get(id) as TrackView).state]),
  );
}

export function runIdOf(vertexId: number, attempt: number): string {
  return `run-of-vertex-${vertexId}-attempt-${attempt}`;
}

/** A worker claims the track: PENDING -> RUNNING, as packages/database does it. */
export function claim(flow: Flow, name: string): void {
  const { state, awaits, attempt, vertexId } = trackOf(flow, name);
  if (flow.pipeline.state !== 'RUNNING' || state !== 'PENDING' || awaits !== null) {
    throw new Error(`${name} cannot be claimed: it is ${state}, its pipeline ${flow.pipeline.state}`);
  }
  patchTrack(flow, name, { state: 'RUNNING', runId: runIdOf(vertexId, attempt) });
}

/** How the current attempt of a track ends; with exit code 0 unless `end` says otherwise. */
export function completionOf(flow: Flow, name: string, end: Partial<Completion> = {}): Completion {
  const { vertexId, attempt } = trackOf(flow, name);
  return {
    trackId: trackIdOf(PIPELINE_ID, vertexId),
    attempt,
    runId: runIdOf(vertexId, attempt),
    workerId: 'worker-1',
    outcome: 'exited',
    exitCode: end.outcome === undefined || end.outcome === 'exited' ? 0 : null,
    signal: null,
    detail: null,
    durationMs: 1,
    outputBytes: 0,
    cutBytes: 0,
    next: null,
    ...end,
  };
}

export function eventOf(completion: Completion): FlowEvent {
  return { kind: 'completion', completion };
}

/** Claims a track, ends its attempt and applies that. */
export function runTrack(flow: Flow, name: string, end: Partial<Completion> = {}): Changes {
  claim(flow, name);
  return applyEvents(flow, [eventOf(completionOf(flow, name, end))]);
}

interface DecideOptions {
  /** For the jitter of retries. */
  random?: number;
  /** Vertex ids that are shown although nobody asked; the decision must not depend on them. */
  alsoShown?: Iterable<number>;
}

/** Decides and stores, as one transaction does. */
export function applyEvents(flow: Flow, events: readonly FlowEvent[], options: DecideOptions = {}): Changes {
  const changes = decideFor(flow, events, options);
  store(flow, changes);
  return changes;
}

/** Shows the rules the tracks that the events name, and then what they ask for. */
function decideFor(flow: Flow, events: readonly FlowEvent[], { random = 0, alsoShown = [] }: DecideOptions): Changes {
  const visible = new Map<number, TrackView>();
  const show = (vertexId: number): void => void visible.set(vertexId, flow.tracks.get(vertexId) as TrackView);
  for (const event of events) if (event.kind === 'completion') show(vertexIdOf(event.completion.trackId));
  for (const vertexId of alsoShown) show(vertexId);
  for (;;) {
    const context = { graph: flow.graph, pipeline: flow.pipeline, tracks: visible, random };
    const decided = decideChanges(context, events);
    if (decided.kind === 'changes') return decided;
    const missing = decided.vertexIds.filter((vertexId) => !visible.has(vertexId));
    if (missing.length !== decided.vertexIds.length || missing.length === 0) {
      throw new Error(`the rules ask again for tracks they have: ${decided.vertexIds.join(', ')}`);
    }
    missing.forEach(show);
  }
}

function store(flow: Flow, changes: Changes): void {
  const { before, after } = changes.pipeline;
  if (before !== flow.pipeline) throw new Error('the change is not of the stored pipeline');
  if (before.state !== after.state && !mayPipelineBecome(before.state, after.state)) {
    throw new Error(`a pipeline may not go from ${before.state} to ${after.state}`);
  }
  flow.pipeline = after;
  for (const change of changes.tracks) {
    const { vertexId } = change.before;
    if (!isDeepStrictEqual(flow.tracks.get(vertexId), change.before)) {
      throw new Error(`the guard of vertex ${vertexId} is not what is stored`);
    }
    const [from, to] = [change.before.state, change.after.state];
    if (from !== to && !mayTrackBecome(from, to, 'flow')) throw new Error(`a track may not go from ${from} to ${to}`);
    flow.tracks.set(vertexId, change.after);
  }
  for (const track of flow.tracks.values()) storeForWholePipeline(flow, track, changes);
}

/** What the database does to the tracks that the rules did not load. */
function storeForWholePipeline(flow: Flow, track: TrackView, { cancelUnstarted, killRunning }: Changes): void {
  const { vertexId, state } = track;
  if (cancelUnstarted !== null && (state === 'WAITING' || state === 'PENDING')) {
    flow.tracks.set(vertexId, { ...track, state: 'CANCELLED', reason: cancelUnstarted, awaits: null });
    flow.pipeline = { ...flow.pipeline, openTracks: flow.pipeline.openTracks - 1 };
  } else if (cancelUnstarted !== null && track.awaits !== null) {
    flow.tracks.set(vertexId, { ...track, awaits: null });
    flow.pipeline = { ...flow.pipeline, openTracks: flow.pipeline.openTracks - 1 };
  } else if (killRunning && state === 'RUNNING') {
    flow.tracks.set(vertexId, { ...track, cancelRequested: true });
  }
}
