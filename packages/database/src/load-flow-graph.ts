import {
  buildFlowGraph,
  toFlowStep,
  type FailurePolicy,
  type FlowGraph,
  type FlowStep,
  type FlowVertex,
  type VertexDefinition,
} from '@baton/domain';
import { LRUCache } from 'lru-cache';
import type { Database } from './data-source.ts';
import { selectRows, type Runner } from './statements.ts';
import { fromVertexRow, VERTEX_COLUMNS, type VertexRow } from './vertex-rows.ts';

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
}

/** Sealed versions never change, so they are kept; the sum of their vertices is bounded, about a gigabyte at worst. */
const sealedGraphs = new LRUCache<string, StoredGraph>({
  maxSize: 500_000,
  sizeCalculation: (graph) => graph.vertices.size + 1,
});

/** @throws Error where there is no such version: callers come from rows with a foreign key to it */
export async function loadFlowGraph(runner: Runner, database: Database, versionId: number): Promise<StoredGraph> {
  // One process may use several databases (tests do).
  const key = `${String(database.dataSource.driver.database)}/${versionId}`;
  const known = sealedGraphs.get(key);
  if (known !== undefined) return known;
  const { graph, isSealed } = await readGraph(runner, versionId);
  if (isSealed) sealedGraphs.set(key, graph);
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

async function readGraph(runner: Runner, versionId: number): Promise<{ graph: StoredGraph; isSealed: boolean }> {
  const [header] = await selectRows<VersionRow>(
    runner,
    `SELECT g.id AS graphId, g.name AS graph, v.version, v.on_failure AS onFailure,
         v.timeout_ms AS timeoutMs, v.run_limit AS \`limit\`, v.sealed_at AS sealedAt
       FROM graph_version v JOIN graph g ON g.id = v.graph_id WHERE v.id = ?`,
    [versionId],
  );
  if (header === undefined) throw new Error(`there is no graph version ${versionId}`);
  const rows = await selectRows<VertexRow>(
    runner,
    `SELECT ${VERTEX_COLUMNS} FROM vertex WHERE version_id = ? ORDER BY id`,
    [versionId],
  );
  const edges = await selectRows<{ tail: number; head: number; when: string | null }>(
    runner,
    'SELECT tail, head, when_expression AS `when` FROM edge WHERE version_id = ?',
    [versionId],
  );
  const { sealedAt, ...names } = header;
  return { graph: { ...names, versionId, ...buildFlowGraph(rows.map(toStep), edges) }, isSealed: sealedAt !== null };
}

function toStep(row: VertexRow): VertexDefinition & FlowStep {
  return toFlowStep(fromVertexRow(row));
}
