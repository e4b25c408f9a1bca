import type { ParameterValues } from '@baton/domain';
import type { GraphVertex, StoredGraph } from './load-flow-graph.ts';
import type { LockedPipeline } from './load-transition-context.ts';

/** What a rerun does, shown beforehand or afterwards. */
export interface RerunPlan {
  /** Version numbers of the graph; the same twice where it stays. */
  version: { from: number; to: number };
  /** What runs again, and what runs for the first time, by ascending vertex id. */
  tracks: PlannedTrack[];
}

export interface PlannedTrack {
  vertexId: number;
  /** Its name. */
  vertex: string;
  /** The number of its next attempt. */
  attempt: number;
  /** The vertex is new in this version. */
  isNew: boolean;
  /** What differs from when it ran: `name`, `script`, `edges`, policies by their names, `params.<name>` of changed values. */
  changes: string[];
}

/**
 * @param from the version before
 * @param request ids of the vertices that run again or are new, and the values that change, by vertex id
 */
export function planRerun(
  from: StoredGraph,
  { graph, tracks }: Pick<LockedPipeline, 'graph' | 'tracks'>,
  request: { vertexIds: readonly number[]; values: ReadonlyMap<number, ParameterValues> },
): RerunPlan {
  const planned = request.vertexIds.map((vertexId): PlannedTrack => {
    const vertex = graph.vertices.get(vertexId);
    const track = tracks.get(vertexId);
    if (vertex === undefined || track === undefined) throw new Error(`vertex ${vertexId} has no track`);
    const old = from.vertices.get(vertexId);
    const params = Object.keys(request.values.get(vertexId) ?? {}).map((name) => `params.${name}`);
    const changes = old === undefined ? [] : [...findChangedFields(old, vertex), ...params];
    const attempt = track.startedAttempt > 0 ? Math.max(track.attempt, track.startedAttempt + 1) : track.attempt;
    return { vertexId, vertex: vertex.name, attempt, isNew: old === undefined, changes };
  });
  return { version: { from: from.version, to: graph.version }, tracks: planned };
}

function findChangedFields(old: GraphVertex, vertex: GraphVertex): string[] {
  if (old === vertex) return [];
  const [before, after] = [fieldsOf(old), fieldsOf(vertex)];
  return Object.keys(after).filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]));
}

function fieldsOf({ name, script, input, next, predecessors, policies }: GraphVertex): Record<string, unknown> {
  return { name, script, input, next, edges: predecessors, ...policies };
}
