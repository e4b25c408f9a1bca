import type { Edge } from '@baton/client';

/**
 * How deep each vertex lies: 0 without predecessors, else one more than the deepest of them. Vertices of a cycle are left
 * out. Time is linear in the size of the graph.
 */
export function findDepths(
  vertices: readonly string[],
  edges: readonly Pick<Edge, 'tail' | 'head'>[],
): Map<string, number> {
  const successors = new Map<string, string[]>(vertices.map((vertex) => [vertex, []]));
  const missing = new Map<string, number>(vertices.map((vertex) => [vertex, 0]));
  for (const { tail, head } of edges) {
    successors.get(tail)?.push(head);
    missing.set(head, (missing.get(head) ?? 0) + 1);
  }
  const depths = new Map<string, number>();
  const deepest = new Map<string, number>();
  const ready = vertices.filter((vertex) => missing.get(vertex) === 0);
  for (let vertex = ready.shift(); vertex !== undefined; vertex = ready.shift()) {
    const depth = deepest.get(vertex) ?? 0;
    depths.set(vertex, depth);
    for (const head of successors.get(vertex) ?? []) {
      deepest.set(head, Math.max(deepest.get(head) ?? 0, depth + 1));
      const left = (missing.get(head) ?? 0) - 1;
      missing.set(head, left);
      if (left === 0) ready.push(head);
    }
  }
  return depths;
}
