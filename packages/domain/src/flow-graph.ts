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

/**
 * Builds the structure from rows. Linear in vertices and edges, but for sorting each vertex's neighbours.
 * @param edges pairs of vertex ids
 * @throws Error where an edge names an unknown vertex: the database's foreign keys do not let that happen
 */
export function buildFlowGraph<S extends FlowStep>(
  steps: readonly S[],
  edges: readonly { tail: number; head: number; when?: string | null }[],
): FlowGraph<S & Edges> {
  const neighbours = new Map(steps.map(({ id }) => [id, noNeighbours()]));
  const of = (id: number): Neighbours => {
    const found = neighbours.get(id);
    if (found === undefined) throw new Error(`an edge names vertex ${id}, which this graph version does not have`);
    return found;
  };
  for (const { tail, head, when = null } of edges) {
    of(tail).successors.push(head);
    if (when !== null) of(tail).edgeConditions.set(head, when);
    of(head).predecessors.push(tail);
  }
  return { vertices: new Map(steps.map((step) => [step.id, { ...step, ...toEdges(of(step.id)) }])) };
}

interface Neighbours {
  successors: number[];
  predecessors: number[];
  edgeConditions: Map<number, string>;
}

function noNeighbours(): Neighbours {
  return { successors: [], predecessors: [], edgeConditions: new Map() };
}

/** Shared: a graph of 100,000 vertices has to fit into little memory. */
const NO_CONDITIONS: Edges['edgeConditions'] = new Map();
const NO_IDS: readonly number[] = [];

function toEdges({ successors, predecessors, edgeConditions }: Neighbours): Edges {
  return {
    successors: ascending(successors),
    predecessors: ascending(predecessors),
    edgeConditions: edgeConditions.size === 0 ? NO_CONDITIONS : edgeConditions,
  };
}

/** A copy: an array that has grown by push keeps room for more. */
function ascending(ids: readonly number[]): readonly number[] {
  return ids.length === 0 ? NO_IDS : [...ids].sort((a, b) => a - b);
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
