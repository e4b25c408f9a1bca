import type { FlowGraph } from '@baton/domain';
import { LRUCache } from 'lru-cache';

/** Sealed graphs never change, so what was found is kept; bounded to about 20 MB of ids. */
const ancestors = new LRUCache<string, ReadonlySet<number>>({
  maxSize: 400_000,
  sizeCalculation: (ids) => ids.size + 1,
});
const graphNumbers = new WeakMap<FlowGraph, number>();
let nextGraphNumber = 0;

/** @returns the ids of all vertices that come before one, through any number of edges */
export function findAncestors(graph: FlowGraph, vertexId: number): ReadonlySet<number> {
  const number = graphNumbers.get(graph) ?? (nextGraphNumber += 1);
  graphNumbers.set(graph, number);
  const key = `${number}/${vertexId}`;
  const known = ancestors.get(key);
  if (known !== undefined) return known;
  const found = new Set<number>();
  const pending = [vertexId];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    for (const before of graph.vertices.get(id)?.predecessors ?? []) {
      if (found.has(before)) continue;
      found.add(before);
      pending.push(before);
    }
  }
  ancestors.set(key, found);
  return found;
}
