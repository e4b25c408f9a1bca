import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  buildFlowGraphInParts,
  toFlowStep,
  type FailurePolicy,
  type FlowGraph,
  type FlowStep,
  type FlowVertex,
  type VertexDefinition,
} from '@baton/domain';
import type { Database } from './data-source.ts';
import { estimateGraph, GraphCache } from './graph-cache.ts';
import { createGraphPaths, estimatePathBytes, type GraphPaths } from './graph-paths.ts';
import { LargeGraphError } from './large-graph-error.ts';
import { isTransaction, selectRows, type Runner } from './statements.ts';
import { createVertexReader, VERTEX_COLUMNS, type VertexRow } from './vertex-rows.ts';

export type GraphVertex = FlowVertex & VertexDefinition;

/** One graph version with everything that running it needs. */
export interface StoredGraph extends FlowGraph<GraphVertex> {
  versionId: number;
  graphId: number;
  /** The graph's name. */
  graph: string;
  version: number;
  onFailure: FailurePolicy | null;
  /** Of a whole pipeline, ms. */
  timeoutMs: number | null;
  /** So many tracks of this graph run at once, over all its pipelines. */
  limit: number | null;
  /** Of the graph of a map's items: the graph that the map is in, its vertex there, and how many items run at once. */
  map?: { of: StoredGraph; vertexId: number; concurrency: number | null };
  /** What is ahead of each vertex; absent: tracks go in the order in which they are enqueued. */
  paths?: GraphPaths;
}

/** Of this process, for all its databases (tests have several). */
export const sealedGraphs = new GraphCache<StoredGraph>();

export function graphKey({ dataSource }: Database, versionId: number): string {
  return `${String(dataSource.driver.database)}/${versionId}`;
}

/**
 * @throws LargeGraphError in a transaction, which withTransaction knows what to do with
 * @throws Error where there is no such version: callers come from rows with a foreign key to it
 */
export async function loadFlowGraph(runner: Runner, database: Database, versionId: number): Promise<StoredGraph> {
  return sealedGraphs.get(graphKey(database, versionId)) ?? readAndKeep(runner, database, versionId);
}

/** Under way, by key: what several transactions need at once is read once. */
const loading = new Map<string, Promise<StoredGraph>>();

function loadOnce(database: Database, versionId: number): Promise<StoredGraph> {
  const key = graphKey(database, versionId);
  const known = loading.get(key);
  if (known !== undefined) return known;
  const load = readAndKeep(database.dataSource, database, versionId).finally(() => loading.delete(key));
  loading.set(key, load);
  return load;
}

async function readAndKeep(runner: Runner, database: Database, versionId: number): Promise<StoredGraph> {
  const key = graphKey(database, versionId);
  const { graph, isSealed, bytes } = await readGraph(runner, database, versionId);
  if (database.criticalPath) graph.paths = await createGraphPaths(database, graph);
  if (isSealed) sealedGraphs.set(key, graph, bytes + estimatePathBytes(graph));
  return graph;
}

interface VersionRow {
  graphId: number;
  graph: string;
  version: number;
  onFailure: FailurePolicy | null;
  timeoutMs: number | null;
  limit: number | null;
  sealedAt: Date | null;
}

interface EdgeRow {
  id: number;
  tail: number;
  head: number;
  when: string | null;
}

async function readGraph(
  runner: Runner,
  database: Database,
  versionId: number,
): Promise<{ graph: StoredGraph; isSealed: boolean; bytes: number }> {
  const [header] = await selectRows<VersionRow>(
    runner,
    `SELECT g.id AS graphId, g.name AS graph, v.version, v.on_failure AS onFailure,
         v.timeout_ms AS timeoutMs, v.run_limit AS \`limit\`, v.sealed_at AS sealedAt
       FROM graph_version v JOIN graph g ON g.id = v.graph_id WHERE v.id = ?`,
    [versionId],
  );
  if (header === undefined) throw new Error(`there is no graph version ${versionId}`);
  const estimate = estimateGraph();
  const read = createVertexReader();
  const steps: (VertexDefinition & FlowStep)[] = [];
  const vertexRows = `SELECT ${VERTEX_COLUMNS} FROM vertex WHERE version_id = ?`;
  for await (const rows of readPages<VertexRow>(runner, vertexRows, versionId)) {
    if (header.sealedAt !== null && rows.length === ROWS_AT_ONCE && isInHaste(runner)) {
      throw new LargeGraphError(versionId, () => loadOnce(database, versionId));
    }
    for (const row of rows) {
      steps.push(toFlowStep(read(row)));
      estimate.addVertex(row);
    }
  }
  const edges: EdgeRow[] = [];
  const edgeRows = 'SELECT id, tail, head, when_expression AS `when` FROM edge WHERE version_id = ?';
  for await (const rows of readPages<EdgeRow>(runner, edgeRows, versionId)) {
    for (const row of rows) {
      edges.push(row);
      estimate.addEdge(row);
    }
  }
  const { sealedAt, ...names } = header;
  const graph = { ...names, versionId, ...(await takeParts(buildFlowGraphInParts(steps, edges, ROWS_AT_ONCE))) };
  return { graph, isSealed: sealedAt !== null, bytes: estimate.bytes };
}

function isInHaste(runner: Runner): boolean {
  return isTransaction(runner) && !runner.mayTakeLong;
}

/** A graph of 100,000 vertices takes most of a second to read: everything else of this process goes on in between. */
const ROWS_AT_ONCE = 1000;

/** The rows of a version by ascending id. @param select up to a condition that takes the version's id */
async function* readPages<R extends { id: number }>(
  runner: Runner,
  select: string,
  versionId: number,
): AsyncGenerator<R[]> {
  for (let after = 0; ;) {
    const sql = `${select} AND id > ? ORDER BY id LIMIT ?`;
    const rows = await selectRows<R>(runner, sql, [versionId, after, ROWS_AT_ONCE]);
    yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < ROWS_AT_ONCE) return;
    after = last.id;
  }
}

async function takeParts<T>(parts: Generator<undefined, T>): Promise<T> {
  for (;;) {
    const { done, value } = parts.next();
    if (done === true) return value;
    await nextTurn();
  }
}
