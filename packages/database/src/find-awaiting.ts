import type { Awaited, JsonValue, ParameterDeclarations, TrackState, VertexPolicies } from '@baton/domain';
import type { Database } from './data-source.ts';
import { selectRows } from './statements.ts';
import { fromVertexRow } from './vertex-rows.ts';

/** A track of a live pipeline that awaits a person, with what its vertex says about that. */
export interface AwaitingTrack {
  id: number;
  vertexId: number;
  awaits: Awaited;
  state: TrackState;
  attempt: number;
  /** Values by parameter name: secrets are in clear here. */
  input: Record<string, JsonValue>;
  exitCode: number | null;
  reason: string | null;
  detail: string | null;
  pendingAt: Date | null;
  finishedAt: Date | null;
  expiresAt: Date | null;
  pipelineId: number;
  pipeline: string;
  graph: string;
  versionId: number;
  /** Of the pipeline. */
  createdBy: string;
  vertex: string;
  declarations: ParameterDeclarations;
  policies: VertexPolicies;
}

export interface AwaitingFilter {
  /** At least one. */
  kinds: readonly Awaited[];
  /** Only tracks with a greater id: the last one of the page before; 0 for the first. */
  afterId: number;
  limit: number;
}

interface AwaitingRow extends Omit<AwaitingTrack, 'input' | 'vertex' | 'declarations' | 'policies'> {
  input: string | null;
  vertex: string;
  declared: string | null;
  policies: string | null;
}

/**
 * Reads a page of what awaits persons, by ascending id: the oldest pipelines first. A track of a map's pipeline is an item
 * of the vertex that the map is of.
 * @returns `limit` at most
 */
export async function findAwaiting(database: Database, filter: AwaitingFilter): Promise<AwaitingTrack[]> {
  const { sql, values } = awaitingIdsQuery(filter);
  const rows = await selectRows<AwaitingRow>(
    database.dataSource,
    // The page comes first: MySQL might else read the whole table and look each row up in the page.
    `SELECT t.id, t.vertex_id AS vertexId, t.awaits, t.state, t.attempt, t.input, t.exit_code AS exitCode, t.reason, t.detail,
       t.pending_at AS pendingAt, t.finished_at AS finishedAt, t.expires_at AS expiresAt, p.id AS pipelineId,
       p.name AS pipeline, g.name AS graph, p.version_id AS versionId, p.created_by AS createdBy, v.name AS vertex,
       v.input AS declared, v.policies
     FROM (${sql}) page STRAIGHT_JOIN track t ON t.id = page.id
       STRAIGHT_JOIN pipeline p ON p.id = t.pipeline_id AND p.state IN ('RUNNING', 'PAUSED')
       STRAIGHT_JOIN graph g ON g.id = p.graph_id
       STRAIGHT_JOIN vertex v ON v.version_id = p.version_id AND v.id = COALESCE(p.map_vertex_id, t.vertex_id)
     ORDER BY page.id`,
    values,
  );
  return rows.map(toAwaiting);
}

/** One branch a kind: each reads its own piece of the index (awaits, id) and stops at the limit. */
function awaitingIdsQuery({ kinds, afterId, limit }: AwaitingFilter): { sql: string; values: unknown[] } {
  const branches = [...new Set(kinds)].map((kind) => ({
    sql: '(SELECT id FROM track WHERE awaits = ? AND id > ? ORDER BY id LIMIT ?)',
    values: [kind, afterId, limit],
  }));
  return {
    sql: `${branches.map((branch) => branch.sql).join(' UNION ALL ')} ORDER BY id LIMIT ?`,
    values: [...branches.flatMap((branch) => branch.values), limit],
  };
}

function toAwaiting({ declared, policies, ...row }: AwaitingRow): AwaitingTrack {
  const stored = { id: row.vertexId, name: row.vertex, description: null, script: '', next: null };
  const vertex = fromVertexRow({ ...stored, input: declared, policies });
  const input = (row.input === null ? {} : JSON.parse(row.input)) as Record<string, JsonValue>;
  return { ...row, input, declarations: vertex.input, policies: vertex.policies };
}
