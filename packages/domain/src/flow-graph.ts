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
}

export interface FlowVertex extends FlowStep {
  /** Ids of the heads of its edges, ascending: the order in which rows are locked. */
  successors: readonly number[];
  predecessors: readonly number[];
}

/** One sealed graph version in memory: immutable, so it may be cached for ever. */
export interface FlowGraph<V extends FlowVertex = FlowVertex> {
  vertices: ReadonlyMap<number, V>;
}

type Edges = Pick<FlowVertex, 'successors' | 'predecessors'>;

/**
 * Builds the structure from rows. Linear in vertices and edges, but for sorting each vertex's neighbours.
 * @param edges pairs of vertex ids
 * @throws Error where an edge names an unknown vertex: the database's foreign keys do not let that happen
 */
export function buildFlowGraph<S extends FlowStep>(
  steps: readonly S[],
  edges: readonly { tail: number; head: number }[],
): FlowGraph<S & Edges> {
  const neighbours = new Map(steps.map(({ id }) => [id, { successors: [] as number[], predecessors: [] as number[] }]));
  const of = (id: number): { successors: number[]; predecessors: number[] } => {
    const found = neighbours.get(id);
    if (found === undefined) throw new Error(`an edge names vertex ${id}, which this graph version does not have`);
    return found;
  };
  for (const { tail, head } of edges) {
    of(tail).successors.push(head);
    of(head).predecessors.push(tail);
  }
  for (const { successors, predecessors } of neighbours.values()) {
    successors.sort((a, b) => a - b);
    predecessors.sort((a, b) => a - b);
  }
  return { vertices: new Map(steps.map((step) => [step.id, { ...step, ...of(step.id) }])) };
}

/** The vertices that are PENDING as soon as a pipeline starts: nothing before them, or a rule that waits for nothing. */
export function startsAtOnce(vertex: FlowVertex): boolean {
  return vertex.predecessors.length === 0 || vertex.join === 'always';
}
