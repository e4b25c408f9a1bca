import type { FlowGraph, FlowVertex } from './flow-graph.ts';
import type { SimulatedAttempt } from './simulate-types.ts';

/**
 * The vertices that the makespan is made of: from the attempt that ended last back to what each waited for, which is its
 * predecessor that ended last before it started, whatever the slots.
 */
export function findCriticalPath(graph: FlowGraph<FlowVertex>, timeline: readonly SimulatedAttempt[]): string[] {
  const lastOf = new Map<number, SimulatedAttempt>();
  let current: SimulatedAttempt | undefined;
  for (const attempt of timeline) {
    lastOf.set(attempt.vertexId, attempt);
    if (current === undefined || attempt.endMs > current.endMs) current = attempt;
  }
  const path: string[] = [];
  while (current !== undefined) {
    path.unshift(current.vertex);
    const { predecessors } = graph.vertices.get(current.vertexId) as FlowVertex;
    let before: SimulatedAttempt | undefined;
    for (const id of predecessors) {
      const candidate = lastOf.get(id);
      if (candidate === undefined || candidate.endMs > current.startMs) continue;
      if (before === undefined || candidate.endMs > before.endMs) before = candidate;
    }
    current = before;
  }
  return path;
}
