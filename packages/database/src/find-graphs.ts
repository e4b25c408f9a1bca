import { BatonError, type FailurePolicy, type VertexDefinition } from '@baton/domain';
import type { Database } from './data-source.ts';
import type { EdgeRow } from './graph-contents.ts';
import { selectRows, type Runner } from './statements.ts';
import { createVertexReader, VERTEX_COLUMNS, type VertexRow } from './vertex-rows.ts';
import { withTransaction } from './with-transaction.ts';

/** Which graph somebody means: an id is a number, a name never is; null: the latest version. */
export interface GraphReference {
  graph: number | string;
  version: number | null;
}

/** One version of a graph, without what is in it. */
export interface GraphHeader {
  graphId: number;
  name: string;
  versionId: number;
  version: number;
  latestVersion: number;
  description: string | null;
  onFailure: FailurePolicy | null;
  /** Of a whole pipeline, ms. */
  timeoutMs: number | null;
  /** So many tracks at once, over all pipelines. */
  limit: number | null;
  /** Null: not checked since its last edit, or it did not pass. */
  checkedAt: Date | null;
  /** Null: no pipeline has used it; it may be edited if it is the latest. */
  sealedAt: Date | null;
  /** Of the graph, not of the version. */
  createdAt: Date;
  updatedAt: Date;
}

export interface StoredEdge {
  id: number;
  /** Names. */
  tail: string;
  head: string;
  /** CEL. */
  when: string | null;
}

export type StoredVertex = VertexDefinition & { id: number };

/** One version of a graph, whole. */
export interface GraphRecord extends GraphHeader {
  vertices: StoredVertex[];
  edges: StoredEdge[];
}

const HEADER_COLUMNS = `g.id AS graphId, g.name, v.id AS versionId, v.version, g.latest_version AS latestVersion, v.description,
  v.on_failure AS onFailure, v.timeout_ms AS timeoutMs, v.run_limit AS \`limit\`, v.checked_at AS checkedAt, v.sealed_at AS sealedAt, g.created_at AS createdAt,
  g.updated_at AS updatedAt`;

/** As SQL. */
type HeaderLock = '' | 'LOCK IN SHARE MODE' | 'LOCK IN SHARE MODE SKIP LOCKED' | 'FOR SHARE SKIP LOCKED';

/** Nobody edits the version until the transaction ends. */
const SHARE: HeaderLock = 'LOCK IN SHARE MODE';

/** The same; but what somebody has locked, to edit it, is as if it were not there. */
export function shareUnlessTaken({ flavor }: Database): HeaderLock {
  return flavor === 'mariadb' ? 'LOCK IN SHARE MODE SKIP LOCKED' : 'FOR SHARE SKIP LOCKED';
}

/** @throws BatonError graph_not_found, saying whether the graph or the version is unknown */
export async function findGraphHeader(
  runner: Runner,
  { graph, version }: GraphReference,
  lock: HeaderLock = '',
): Promise<GraphHeader> {
  const [header] = await selectRows<GraphHeader>(
    runner,
    `SELECT ${HEADER_COLUMNS} FROM graph g
       JOIN graph_version v ON v.graph_id = g.id AND v.version = COALESCE(?, g.latest_version)
     WHERE g.${typeof graph === 'number' ? 'id' : 'name'} = ? ${lock}`,
    [version, graph],
  );
  if (header !== undefined) return header;
  const name = typeof graph === 'number' ? `with id ${graph}` : `named ${JSON.stringify(graph)}`;
  if (version === null) throw new BatonError('graph_not_found', `expected a graph ${name}, found none`);
  const { latestVersion } = await findGraphHeader(runner, { graph, version: null });
  const detail = `expected version 1 to ${latestVersion} of the graph ${name}, found version ${version} asked for`;
  throw new BatonError('graph_not_found', detail);
}

/** Reads one version whole, as it was at one moment. @throws BatonError graph_not_found */
export async function findGraph(database: Database, reference: GraphReference): Promise<GraphRecord> {
  return withTransaction(database, async (runner) =>
    loadContents(runner, await findGraphHeader(runner, reference, SHARE)),
  );
}

/** What is in a version: the caller's transaction keeps others from editing it. */
export async function loadContents(runner: Runner, header: GraphHeader): Promise<GraphRecord> {
  const rows = await selectRows<VertexRow>(
    runner,
    `SELECT ${VERTEX_COLUMNS} FROM vertex WHERE version_id = ? ORDER BY id`,
    [header.versionId],
  );
  const edges = await selectRows<EdgeRow>(
    runner,
    'SELECT id, tail, head, when_expression AS `when` FROM edge WHERE version_id = ? ORDER BY id',
    [header.versionId],
  );
  const names = new Map(rows.map(({ id, name }) => [id, name]));
  const nameOf = (id: number): string => names.get(id) ?? ''; // foreign keys: every end is a vertex of the version
  return {
    ...header,
    vertices: rows.map(createVertexReader()),
    edges: edges.map(({ id, tail, head, when }) => ({ id, tail: nameOf(tail), head: nameOf(head), when })),
  };
}

export interface GraphFilter {
  /** Names that begin so. */
  name: string | null;
  /** Only graphs with a smaller id: the newest come first. */
  beforeId: number | null;
  limit: number;
}

/** Lists graphs by their latest versions, newest first. */
export function findGraphs(database: Database, { name, beforeId, limit }: GraphFilter): Promise<GraphHeader[]> {
  const conditions: [string, unknown][] = [];
  if (name !== null) conditions.push([`g.name LIKE ? ESCAPE '|'`, `${name.replaceAll(/[|%_]/g, '|$&')}%`]);
  if (beforeId !== null) conditions.push(['g.id < ?', beforeId]);
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.map(([condition]) => condition).join(' AND ')}`;
  return selectRows<GraphHeader>(
    database.dataSource,
    `SELECT ${HEADER_COLUMNS} FROM graph g JOIN graph_version v ON v.graph_id = g.id AND v.version = g.latest_version
     ${where} ORDER BY g.id DESC LIMIT ?`,
    [...conditions.map(([, value]) => value), limit],
  );
}

/** The latest versions that have not passed their check since their last edit, oldest first. */
export function findUncheckedGraphs(database: Database): Promise<Pick<GraphHeader, 'graphId' | 'name' | 'version'>[]> {
  return selectRows(
    database.dataSource,
    `SELECT g.id AS graphId, g.name, v.version FROM graph_version v
       JOIN graph g ON g.id = v.graph_id AND g.latest_version = v.version
     WHERE v.checked_at IS NULL ORDER BY v.id`,
  );
}
