/* istanbul ignore file -- what tests are made of is no rule; its refusals are there for rules that break */
import type { Completion } from './completion.ts';
import { buildFlowGraph, type FlowGraph, type FlowStep, type FlowVertex } from './flow-graph.ts';
import { DEFAULT_JOIN_RULE } from './join-rules.ts';
import type { ParameterValues } from './parameters.ts';
import { decideStart } from './start-rules.ts';
import { applyEvents } from './testing-store.ts';
import { trackIdOf } from './track-id.ts';
import type { TrackState } from './track-status.ts';
import type { Changes, FlowEvent, PersonEvent, PipelineView, TrackView, Verdict } from './transition-types.ts';
import { waitingTrack } from './waiting-track.ts';

/** For tests: one pipeline in memory, with its workers' part; testing-store does the database's part. */
export interface Flow {
  readonly graph: FlowGraph;
  pipeline: PipelineView;
  /** By vertex id. Views are replaced, never changed, so that a copy of the map is a copy of the flow. */
  tracks: Map<number, TrackView>;
  /** Parameter values by vertex id. */
  inputs: Map<number, ParameterValues>;
  /** What attempts handed on, by `vertex id.attempt`. */
  outputs: Map<string, Readonly<Record<string, string>>>;
  /** A person changed ends that others had heard of: then joins may have been decided by what is no longer so. */
  isRewritten: boolean;
}

export const PIPELINE_ID = 7;

export interface FlowOptions {
  /** Like `A->B`, with a condition `A->B if states.A == "FAILED"`. Vertices are numbered in the order of their first mention. */
  edges?: readonly string[];
  /** Policies by name; vertices without edges are named here as well. */
  vertices?: Readonly<Record<string, Partial<FlowStep>>>;
  pipeline?: Partial<PipelineView>;
  /** Parameter values by name of the vertex. */
  inputs?: Readonly<Record<string, ParameterValues>>;
  /** Names of vertices whose parameters a person has to give. */
  held?: readonly string[];
}

/** A pipeline that has just started. */
export function startFlow({ edges = [], vertices = {}, ...start }: FlowOptions): Flow {
  const ways = edges.map((edge) => {
    const [way, when = null] = edge.split(' if ') as [string, string?];
    const [tail, head] = way.split('->') as [string, string];
    return { tail, head, when };
  });
  const names = [...new Set([...ways.flatMap(({ tail, head }) => [tail, head]), ...Object.keys(vertices)])];
  const idOf = (name: string): number => names.indexOf(name) + 1;
  const steps = names.map((name) => ({ ...makeStep(idOf(name), name), ...vertices[name] }));
  const graph = buildFlowGraph(
    steps,
    ways.map(({ tail, head, when }) => ({ tail: idOf(tail), head: idOf(head), when })),
  );
  return startGraph(graph, start);
}

/** As the database does it: what the rules do not name is plainly WAITING. */
export function startGraph(
  graph: FlowGraph,
  { pipeline = {}, inputs = {}, held = [] }: Pick<FlowOptions, 'pipeline' | 'inputs' | 'held'> = {},
): Flow {
  const view = { ...makePipeline(), ...pipeline };
  const byName = new Map(Object.entries(inputs));
  const started = decideStart(graph, { ...view, inputs: byName, held: new Set(held) });
  const flow: Flow = {
    graph,
    pipeline: { ...makePipeline(), ...started.pipeline, ...pipeline },
    tracks: new Map(),
    inputs: new Map(),
    outputs: new Map(),
    isRewritten: false,
  };
  for (const { id, name } of graph.vertices.values()) {
    flow.tracks.set(id, started.tracks.get(id) ?? waitingTrack(id));
    flow.inputs.set(id, byName.get(name) ?? {});
  }
  return flow;
}

export function makeStep(id: number, name: string): FlowStep {
  return {
    id,
    name,
    join: DEFAULT_JOIN_RULE,
    retry: null,
    onLost: 'fail',
    allowFailure: false,
    when: null,
    gate: null,
  };
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
    isExpired: false,
  };
}

export function copyFlow(flow: Flow): Flow {
  const { tracks, inputs, outputs } = flow;
  return { ...flow, tracks: new Map(tracks), inputs: new Map(inputs), outputs: new Map(outputs) };
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
  patchTrack(flow, name, {
    state: 'RUNNING',
    runId: runIdOf(vertexId, attempt),
    startedAttempt: attempt,
    isExpired: false,
  });
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

/** One person's event. @returns its verdict */
export function act(flow: Flow, event: PersonEvent): Verdict {
  return applyEvents(flow, [event]).verdicts[0] as Verdict;
}

/** L has failed; M waits for it; A is free, and then B. */
export function startFailed(onFailure: PipelineView['onFailure']): Flow {
  const flow = startFlow({ edges: ['L->M', 'A->B'], pipeline: { onFailure } });
  runTrack(flow, 'L', { exitCode: 1 });
  return flow;
}

/** A, then L and R; both lead to J, and R to S. */
export const FORK_EDGES = ['A->L', 'A->R', 'L->J', 'R->J', 'R->S'];

/** A fork in which L has failed, which ended the pipeline. */
export function startStopped(): Flow {
  const flow = startFlow({ edges: FORK_EDGES });
  runTrack(flow, 'A');
  runTrack(flow, 'L', { exitCode: 1 });
  return flow;
}

/** What the current attempt of a track wrote to $BATON_OUTPUT. */
export function handOn(flow: Flow, name: string, values: Readonly<Record<string, string>>): void {
  const { vertexId, attempt } = trackOf(flow, name);
  flow.outputs.set(`${vertexId}.${attempt}`, values);
}

/** Whose id is that of the named vertex. */
export function idOf(flow: Flow, name: string): number {
  return vertexNamed(flow, name).id;
}
