import type { GatePolicy, VertexDefinition } from './graph-definition.ts';
import type { JoinRule } from './join-rules.ts';
import type { RetryPolicy } from './retry-policy.ts';

/** What the transition rules need to know of a vertex, without its edges. */
export interface FlowStep {
  /** Unique in its graph, stable over its versions. */
  id: number;
  name: string;
  join: JoinRule;
  retry: RetryPolicy | null;
  onLost: 'fail' | 'retry';
  allowFailure: boolean;
  /** CEL; false when its join rule lets it run: SKIPPED. */
  when: string | null;
  /** A person's word is needed before it runs; the rules need to know of it only this. */
  gate: (Pick<GatePolicy, 'onExpiry' | 'onReject'> & Partial<Pick<GatePolicy, 'form'>>) | null;
  /** Required parameters that a person is asked for where they have no value; absent: none. */
  asks?: readonly string[];
}

export interface FlowVertex extends FlowStep {
  /** Ids of the heads of its edges, ascending: the order in which rows are locked. */
  successors: readonly number[];
  predecessors: readonly number[];
  /** CEL by the head's id, of its edges that have a condition. */
  edgeConditions: ReadonlyMap<number, string>;
}

/** One sealed graph version in memory: immutable, so it may be cached for ever. */
export interface FlowGraph<V extends FlowVertex = FlowVertex> {
  vertices: ReadonlyMap<number, V>;
}

type Edges = Pick<FlowVertex, 'successors' | 'predecessors' | 'edgeConditions'>;

/** A row of a graph version: two vertex ids, and CEL where it has a condition. */
export interface FlowEdge {
  tail: number;
  head: number;
  when?: string | null;
}

/**
 * Builds the structure from rows. Linear in vertices and edges, but for sorting each vertex's neighbours.
 * @throws Error where an edge names an unknown vertex: the database's foreign keys do not let that happen
 */
export function buildFlowGraph<S extends FlowStep>(
  steps: readonly S[],
  edges: readonly FlowEdge[],
): FlowGraph<S & Edges> {
  const parts = buildFlowGraphInParts(steps, edges, Number.MAX_SAFE_INTEGER);
  for (;;) {
    const { done, value } = parts.next();
    if (done === true) return value;
  }
}

/**
 * As buildFlowGraph, but it pauses after so many vertices or edges: what builds 100,000 may let others have their turn.
 * Neighbours are gathered in a few flat lists: small ones of each vertex would be far more than the graph itself.
 */
export function* buildFlowGraphInParts<S extends FlowStep>(
  steps: readonly S[],
  edges: readonly FlowEdge[],
  size: number,
): Generator<undefined, FlowGraph<S & Edges>> {
  const places = new Map(steps.map(({ id }, place) => [id, place]));
  const placeOf = (id: number): number => {
    const place = places.get(id);
    if (place === undefined) throw new Error(`an edge names vertex ${id}, which this graph version does not have`);
    return place;
  };
  yield;
  const [tails, heads] = [new Int32Array(edges.length), new Int32Array(edges.length)];
  const conditions = new Map<number, Map<number, string>>();
  for (const [at, { tail, head, when = null }] of edges.entries()) {
    tails[at] = placeOf(tail);
    heads[at] = placeOf(head);
    if (when !== null) conditions.set(tail, (conditions.get(tail) ?? new Map<number, string>()).set(head, when));
    if (at % size === size - 1) yield;
  }
  const ids = Int32Array.from(steps, ({ id }) => id);
  const successorsAt = groupNeighbours(ids, tails, heads);
  const predecessorsAt = groupNeighbours(ids, heads, tails);
  yield;
  const vertices = new Map<number, S & Edges>();
  for (const [place, step] of steps.entries()) {
    const edgeConditions = conditions.get(step.id) ?? NO_CONDITIONS;
    const [successors, predecessors] = [successorsAt(place), predecessorsAt(place)];
    vertices.set(step.id, { ...step, successors, predecessors, edgeConditions });
    if (place % size === size - 1) yield;
  }
  return { vertices };
}

/** Shared: a graph of 100,000 vertices has to fit into little memory. */
const NO_CONDITIONS: Edges['edgeConditions'] = new Map();
const NO_IDS: readonly number[] = [];

/**
 * @param ids of the vertices, by place
 * @param ends places, the n-th and the n-th of `others` joined by an edge
 * @returns what gives the ids of the neighbours of the vertex at a place, ascending
 */
function groupNeighbours(ids: Int32Array, ends: Int32Array, others: Int32Array): (place: number) => readonly number[] {
  // First how many each has, then where its own end, then, filled from there, where they begin.
  const starts = new Int32Array(ids.length + 1);
  for (const end of ends) starts[end] = at(starts, end) + 1;
  let sum = 0;
  for (const [place, count] of starts.entries()) starts[place] = sum += count;
  const neighbours = new Int32Array(ends.length);
  for (const [edge, end] of ends.entries()) {
    const start = at(starts, end) - 1;
    starts[end] = start;
    neighbours[start] = at(ids, at(others, edge));
  }
  return (place) => {
    const [start, end] = [starts[place], starts[place + 1]];
    return start === end ? NO_IDS : [...neighbours.subarray(start, end).sort()];
  };
}

/** Of a place that is there. */
function at(list: Int32Array, place: number): number {
  return list[place] as number;
}

/** By graph: few graphs ask for a vertex by its name, and those ask often. */
const idsByName = new WeakMap<FlowGraph['vertices'], ReadonlyMap<string, number>>();

/** @returns null where the graph has no vertex of this name */
export function vertexNamed({ vertices }: FlowGraph, name: string): FlowVertex | null {
  let ids = idsByName.get(vertices);
  if (ids === undefined) {
    ids = new Map([...vertices.values()].map((vertex) => [vertex.name, vertex.id]));
    idsByName.set(vertices, ids);
  }
  return vertices.get(ids.get(name) ?? 0) ?? null;
}

/** A vertex as the rules see it. */
export function toFlowStep<V extends VertexDefinition & { id: number }>(vertex: V): V & FlowStep {
  const { join, onLost, allowFailure, when, gate, map } = vertex.policies;
  // The items of a map are tried again, each by itself; their map is not.
  const retry = map === null ? vertex.policies.retry : null;
  return { ...vertex, join, retry, onLost, allowFailure, when, gate, asks: parametersAskedFor(vertex) };
}

/** `asks` of a step: the required parameters that the start of a pipeline may leave open. */
export function parametersAskedFor({ input, policies }: Pick<VertexDefinition, 'input' | 'policies'>): string[] {
  if (policies.onMissing !== 'ask') return [];
  const names = Object.keys(input).filter((name) => input[name]?.required === true);
  return names.filter((name) => name !== policies.map?.as);
}

/** The vertices whose turn it is as soon as a pipeline starts: nothing before them, or a rule that waits for nothing. */
export function startsAtOnce(vertex: FlowVertex): boolean {
  return vertex.predecessors.length === 0 || vertex.join === 'always';
}
