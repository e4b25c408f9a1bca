import type { EdgeDefinition, GraphDefinition, VertexDefinition } from './graph-definition.ts';

/**
 * A graph as numbers, for checks that must be linear and must not recurse: vertices are positions in the document,
 * successors of vertex v are `heads[offsets[v]]` up to `heads[offsets[v + 1]]`.
 */
export interface GraphStructure {
  count: number;
  offsets: Int32Array;
  heads: Int32Array;
  inDegrees: Int32Array;
}

/** A definition whose vertices may have ids already; where they have none, ids are 1..n in document order. */
export interface CheckableGraph extends Omit<GraphDefinition, 'vertices'> {
  vertices: (VertexDefinition & { id?: number })[];
}

/** What the single checks look at. `edges` holds only those between known vertices, without self-loops and duplicates. */
export interface CheckContext {
  vertices: CheckableGraph['vertices'];
  positions: ReadonlyMap<string, number>;
  structure: GraphStructure;
}

/** Builds the structure from edges whose ends are known and that are no self-loops or duplicates. */
export function buildStructure(
  edges: readonly EdgeDefinition[],
  positions: ReadonlyMap<string, number>,
  count: number,
): GraphStructure {
  const offsets = new Int32Array(count + 1);
  const inDegrees = new Int32Array(count);
  const ends = new Int32Array(edges.length * 2);
  edges.forEach(({ tail, head }, index) => {
    const from = positions.get(tail) as number;
    const to = positions.get(head) as number;
    ends[index * 2] = from;
    ends[index * 2 + 1] = to;
    offsets[from + 1] = (offsets[from + 1] as number) + 1;
    inDegrees[to] = (inDegrees[to] as number) + 1;
  });
  for (let vertex = 0; vertex < count; vertex += 1) {
    offsets[vertex + 1] = (offsets[vertex + 1] as number) + (offsets[vertex] as number);
  }
  const filled = offsets.slice();
  const heads = new Int32Array(edges.length);
  for (let index = 0; index < ends.length; index += 2) {
    const from = ends[index] as number;
    heads[filled[from] as number] = ends[index + 1] as number;
    filled[from] = (filled[from] as number) + 1;
  }
  return { count, offsets, heads, inDegrees };
}

/** The direct successors of a vertex. */
export function successorsOf(structure: GraphStructure, vertex: number): Int32Array {
  return structure.heads.subarray(structure.offsets[vertex], structure.offsets[vertex + 1]);
}

/**
 * Strongly connected components by Tarjan's algorithm with a stack of its own.
 * @returns the component of each vertex, and the components of more than one vertex, each by its vertices in document order
 */
export function findComponents(structure: GraphStructure): { componentOf: Int32Array; cyclic: number[][] } {
  const { count, offsets, heads } = structure;
  const order = new Int32Array(count).fill(-1);
  const low = new Int32Array(count);
  const componentOf = new Int32Array(count).fill(-1);
  const nextEdge = offsets.slice(0, count);
  const path: number[] = [];
  const open: number[] = [];
  const cyclic: number[][] = [];
  let visited = 0;
  let components = 0;
  const enter = (vertex: number): void => {
    order[vertex] = low[vertex] = visited++;
    path.push(vertex);
    open.push(vertex);
  };
  const close = (vertex: number): void => {
    const members = open.splice(open.lastIndexOf(vertex));
    for (const member of members) componentOf[member] = components;
    components += 1;
    if (members.length > 1) cyclic.push(members.sort((a, b) => a - b));
  };
  for (let root = 0; root < count; root += 1) {
    if (order[root] !== -1) continue;
    enter(root);
    while (path.length > 0) {
      const vertex = path[path.length - 1] as number;
      const edge = nextEdge[vertex] as number;
      if (edge < (offsets[vertex + 1] as number)) {
        nextEdge[vertex] = edge + 1;
        const head = heads[edge] as number;
        if (order[head] === -1) enter(head);
        else if (componentOf[head] === -1) low[vertex] = Math.min(low[vertex] as number, order[head] as number);
        continue;
      }
      path.pop();
      if (low[vertex] === order[vertex]) close(vertex);
      const parent = path[path.length - 1];
      if (parent !== undefined) low[parent] = Math.min(low[parent] as number, low[vertex] as number);
    }
  }
  return { componentOf, cyclic: cyclic.sort((a, b) => (a[0] as number) - (b[0] as number)) };
}

/**
 * A shortest cycle through a vertex, by breadth-first search inside its component.
 * @returns the vertices in order, the first repeated at the end
 */
export function findShortestCycle(structure: GraphStructure, componentOf: Int32Array, start: number): number[] {
  const cameFrom = new Map<number, number>([[start, -1]]);
  const queue = [start];
  for (const vertex of queue) {
    for (const head of successorsOf(structure, vertex)) {
      if (head === start) return tracePath(cameFrom, vertex, start);
      if (componentOf[head] !== componentOf[start] || cameFrom.has(head)) continue;
      cameFrom.set(head, vertex);
      queue.push(head);
    }
  }
  throw new Error(`vertex ${start} is in a component of several vertices, so that a cycle leads through it`);
}

function tracePath(cameFrom: ReadonlyMap<number, number>, last: number, end: number): number[] {
  const reversed = [end];
  for (let vertex = last; vertex !== -1; vertex = cameFrom.get(vertex) as number) reversed.push(vertex);
  return reversed.reverse();
}

/**
 * Which of the targets come after the source? Breadth-first with an early end, so that near targets cost little.
 * @param budget edges that may still be looked at; what was used is taken off
 * @returns the targets that were not reached; null when the budget ran out first
 */
export function findUnreached(
  structure: GraphStructure,
  source: number,
  search: { targets: ReadonlySet<number>; budget: { edges: number } },
): Set<number> | null {
  const unreached = new Set(search.targets);
  const seen = new Set<number>();
  const queue = [source];
  for (const vertex of queue) {
    for (const head of successorsOf(structure, vertex)) {
      if (search.budget.edges-- <= 0) return null;
      if (seen.has(head)) continue;
      seen.add(head);
      unreached.delete(head);
      if (unreached.size === 0) return unreached;
      queue.push(head);
    }
  }
  return unreached;
}
