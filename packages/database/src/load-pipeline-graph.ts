import { DEFAULT_JOIN_RULE, declarationsOf } from '@baton/domain';
import type { Database } from './data-source.ts';
import { estimateMapBytes } from './graph-cache.ts';
import { PATHS_OF_ITEMS } from './graph-paths.ts';
import { graphKey, loadFlowGraph, sealedGraphs, type GraphVertex, type StoredGraph } from './load-flow-graph.ts';
import type { Runner } from './statements.ts';

/** What a pipeline's row says about the graph that it runs. */
export interface PipelineGraphKey {
  versionId: number;
  /** Of a pipeline that runs the items of a map: the map's vertex, and how many items there are. */
  mapVertexId: number | null;
  mapSize: number | null;
}

/** These columns of `pipeline p`, as PipelineGraphKey. */
export const PIPELINE_GRAPH_COLUMNS =
  'p.version_id AS versionId, p.map_vertex_id AS mapVertexId, p.map_size AS mapSize';

/**
 * The graph of a pipeline: that of its version, or, for the items of a map, one vertex an item.
 * @throws Error where there is no such version or vertex: callers come from rows with foreign keys to them
 */
export async function loadPipelineGraph(
  runner: Runner,
  database: Database,
  { versionId, mapVertexId, mapSize }: PipelineGraphKey,
): Promise<StoredGraph> {
  if (mapVertexId === null || mapSize === null) return loadFlowGraph(runner, database, versionId);
  const key = itemsKey(graphKey(database, versionId), mapVertexId, mapSize);
  const known = sealedGraphs.get(key);
  // Asked for after its map: the graph of a map holds it, so it must not go before.
  const graph = await loadFlowGraph(runner, database, versionId);
  if (known !== undefined) return known;
  const made = makeMapGraph(graph, mapVertexId, mapSize);
  sealedGraphs.set(key, made, estimateMapBytes(made.vertices.values()));
  return made;
}

/** @returns the graph of a pipeline where this process has it in memory */
export function findKnownGraph(
  database: Database,
  { versionId, mapVertexId, mapSize }: PipelineGraphKey,
): StoredGraph | undefined {
  const key = graphKey(database, versionId);
  const isMap = mapVertexId !== null && mapSize !== null;
  return sealedGraphs.get(isMap ? itemsKey(key, mapVertexId, mapSize) : key);
}

function itemsKey(versionKey: string, mapVertexId: number, mapSize: number): string {
  return `${versionKey}/${mapVertexId}/${mapSize}`;
}

/** Vertices 1 to `size` without edges, each the map's vertex without what concerns the map as a whole. */
function makeMapGraph(graph: StoredGraph, vertexId: number, size: number): StoredGraph {
  const vertex = graph.vertices.get(vertexId);
  const map = vertex?.policies.map;
  if (vertex === undefined || map == null)
    throw new Error(`version ${graph.versionId} has no map at vertex ${vertexId}`);
  const { retry } = vertex.policies;
  const own = { join: DEFAULT_JOIN_RULE, when: null, gate: null, allowFailure: false };
  const common = {
    ...vertex,
    ...own,
    retry,
    input: declarationsOf(vertex),
    asks: [],
    next: [],
    successors: [],
    predecessors: [],
    edgeConditions: new Map<number, string>(),
    policies: { ...vertex.policies, ...own, map: null, onMissing: 'refuse' as const },
  };
  const vertices = new Map<number, GraphVertex>();
  for (let item = 0; item < size; item += 1) {
    vertices.set(item + 1, { ...common, id: item + 1, name: itemName(vertex.name, item) });
  }
  const paths = graph.paths === undefined ? {} : { paths: PATHS_OF_ITEMS };
  return { ...graph, ...paths, vertices, timeoutMs: null, map: { of: graph, vertexId, concurrency: map.concurrency } };
}

/** @param item from 0 */
export function itemName(vertex: string, item: number): string {
  return `${vertex}[${item}]`;
}
