import type { Changes } from '@baton/domain';
import type { GraphVertex, StoredGraph } from './load-flow-graph.ts';

/** A limit that a track counts against while it runs. */
export interface Limit {
  /** Of its row in limit_key; in ASCII, so that JavaScript and every server sort it in the same way. */
  key: string;
  /** So many tracks at once; null: a pool, whose row says it. */
  capacity: number | null;
}

/** What limits need to know of a graph. */
export type LimitedGraph = Pick<StoredGraph, 'graphId' | 'limit'> & {
  /** The graph of a map's child: the vertex whose items its vertices are, and how many of them may run at once. */
  map?: Pick<NonNullable<StoredGraph['map']>, 'vertexId' | 'concurrency'> | undefined;
};

const POOL_PREFIX = 'pool:';

export function poolKey(name: string): string {
  return `${POOL_PREFIX}${name}`;
}

/** Of the items of a map: of one run of it, and never asked about again once that has ended. */
export function mapKey(pipelineId: number): string {
  return `map:${pipelineId}`;
}

/** @returns the pool's name; null where the key is another limit's */
export function poolNameOf(key: string): string | null {
  return key.startsWith(POOL_PREFIX) ? key.slice(POOL_PREFIX.length) : null;
}

/**
 * The limits of a track, from values in memory alone: a track without limits costs no statement.
 *
 * A map's own track counts against none: its items do, each by itself, and would otherwise wait for a place that their map
 * holds. For the same reason a track that runs another graph counts against its vertex and its graph, but not against
 * pools: a track of the other graph may need the same pool. (Graphs cannot contain themselves, so that waiting for vertices
 * and graphs ends.)
 * @returns in the order of their keys, which is the order that their rows are locked in
 */
export function limitsOf(
  graph: LimitedGraph,
  vertex: Pick<GraphVertex, 'id' | 'policies'>,
  pipelineId: number,
): Limit[] {
  const { limit, pools, map, pipeline } = vertex.policies;
  if (map !== null) return [];
  const limits: Limit[] = [];
  if (graph.limit !== null) limits.push({ key: `graph:${graph.graphId}`, capacity: graph.limit });
  const items = graph.map ?? { vertexId: vertex.id, concurrency: null };
  if (items.concurrency !== null) limits.push({ key: mapKey(pipelineId), capacity: items.concurrency });
  if (limit !== null) limits.push({ key: `vertex:${graph.graphId}:${items.vertexId}`, capacity: limit });
  if (pipeline === null) for (const name of pools) limits.push({ key: poolKey(name), capacity: null });
  return limits.length < 2 ? limits : limits.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/**
 * What the ends of runs have freed.
 * @returns the limits' keys, one for each place: a key is there as often as runs that counted against it have ended
 */
export function freedLimitsOf(
  { graph, pipeline }: { graph: StoredGraph; pipeline: { id: number } },
  { attempts }: Pick<Changes, 'attempts'>,
): string[] {
  return attempts.flatMap(({ vertexId }) => {
    const vertex = graph.vertices.get(vertexId);
    return vertex === undefined ? [] : limitsOf(graph, vertex, pipeline.id).map(({ key }) => key);
  });
}

/** @returns a track's place among those that wait for the same limit: lower first, then the one that is PENDING longer */
export function rankOf(pipeline: { priority: number }, vertex: Pick<GraphVertex, 'policies'>): number {
  return -(pipeline.priority + vertex.policies.priority);
}
