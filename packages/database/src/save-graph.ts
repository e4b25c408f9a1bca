import { BatonError, toVertexDocument, type GraphDefinition, type VertexDefinition } from '@baton/domain';
import { DUPLICATE_KEY, databaseErrorNumber } from './database-errors.ts';
import {
  findGraphHeader,
  loadContents,
  type GraphHeader,
  type GraphRecord,
  type StoredEdge,
  type StoredVertex,
} from './find-graphs.ts';
import { insertEdges, insertVertices } from './graph-contents.ts';
import { execute, selectRows, type Runner } from './statements.ts';

/*
 * Whole graphs. A graph's ids are handed out by its row (next_vertex_id, next_edge_id), so a vertex keeps its id over all
 * versions and an id is never used for another name. Numbers in a document's `next` count its vertices from 1; where a
 * vertex has another id they are stored as names.
 *
 * Locks: the graph's row first, then the version's; every edit takes both.
 */

/** What saving a document did. */
export type GraphChange = 'created' | 'replaced' | 'next_version' | 'unchanged';

/** What is stored: the definition is free of duplicates, self-loops and edges to nowhere. */
export interface GraphToSave {
  definition: GraphDefinition;
  /** It passed the check. */
  isSound: boolean;
}

interface Counters {
  graphId: number;
  latestVersion: number;
  nextVertexId: number;
  nextEdgeId: number;
}

/**
 * Makes a graph, in the caller's transaction.
 * @throws BatonError graph_name_taken
 */
export async function createGraph(runner: Runner, { definition, isSound }: GraphToSave): Promise<GraphRecord> {
  const graphId = await insertGraphRow(runner, definition.name);
  const counters = { graphId, latestVersion: 0, nextVertexId: 1, nextEdgeId: 1 };
  return writeVersion(runner, counters, { definition, isSound, kept: EMPTY });
}

/**
 * Makes a graph or gives it new contents: a latest version that no pipeline has used is replaced, a sealed one is followed
 * by the next. Vertices and edges that stay keep their ids. The caller's transaction.
 */
export async function replaceGraph(
  runner: Runner,
  { definition, isSound }: GraphToSave,
): Promise<{ graph: GraphRecord; change: GraphChange }> {
  const counters = await lockGraph(runner, definition.name);
  if (counters === null) return { graph: await createGraph(runner, { definition, isSound }), change: 'created' };
  const header = await findGraphHeader(runner, { graph: counters.graphId, version: null });
  const latest = await loadContents(runner, header);
  const saved = { definition, isSound, kept: latest };
  if (isSame(latest, definition, counters)) {
    if (isSound && latest.checkedAt === null) await markChecked(runner, header.versionId);
    return { graph: await reload(runner, latest), change: 'unchanged' };
  }
  if (header.sealedAt !== null) {
    return { graph: await writeVersion(runner, counters, saved), change: 'next_version' };
  }
  await execute(runner, 'DELETE FROM edge WHERE version_id = ?', [header.versionId]);
  await execute(runner, 'DELETE FROM vertex WHERE version_id = ?', [header.versionId]);
  await execute(
    runner,
    `UPDATE graph_version SET description = ?, on_failure = ?, checked_at = ${isSound ? 'UTC_TIMESTAMP(6)' : 'NULL'}
     WHERE id = ?`,
    [definition.description, definition.onFailure, header.versionId],
  );
  return {
    graph: await writeContents(runner, counters, { ...saved, versionId: header.versionId }),
    change: 'replaced',
  };
}

/** The version passed its check; it is locked by the caller's transaction, so it is what was checked. */
export async function markChecked(runner: Runner, versionId: number): Promise<void> {
  await execute(runner, 'UPDATE graph_version SET checked_at = COALESCE(checked_at, UTC_TIMESTAMP(6)) WHERE id = ?', [
    versionId,
  ]);
}

/** Locks a graph's row for an edit; null where there is no such graph. */
export async function lockGraph(runner: Runner, graph: number | string): Promise<Counters | null> {
  const [row] = await selectRows<Counters>(
    runner,
    `SELECT id AS graphId, latest_version AS latestVersion, next_vertex_id AS nextVertexId, next_edge_id AS nextEdgeId
       FROM graph WHERE ${typeof graph === 'number' ? 'id' : 'name'} = ? FOR UPDATE`,
    [graph],
  );
  if (row === undefined) return null;
  await selectRows(runner, 'SELECT id FROM graph_version WHERE graph_id = ? AND version = ? FOR UPDATE', [
    row.graphId,
    row.latestVersion,
  ]);
  return row;
}

async function insertGraphRow(runner: Runner, name: string): Promise<number> {
  try {
    const { insertId } = await execute(
      runner,
      `INSERT INTO graph (name, created_at, updated_at) VALUES (?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`,
      [name],
    );
    return insertId;
  } catch (cause) {
    if (databaseErrorNumber(cause) !== DUPLICATE_KEY) throw cause;
    const detail = `expected a name that no graph has, found ${JSON.stringify(name)}; PUT /graphs/{name} gives it new contents`;
    throw new BatonError('graph_name_taken', detail, { cause });
  }
}

interface Kept {
  vertices: readonly StoredVertex[];
  edges: readonly StoredEdge[];
}
const EMPTY: Kept = { vertices: [], edges: [] };

/** A new version, the latest from now on. */
async function writeVersion(
  runner: Runner,
  counters: Counters,
  version: GraphToSave & { kept: Kept },
): Promise<GraphRecord> {
  const { definition, isSound } = version;
  const { insertId } = await execute(
    runner,
    `INSERT INTO graph_version (graph_id, version, description, on_failure, checked_at, created_at)
     VALUES (?, ?, ?, ?, ${isSound ? 'UTC_TIMESTAMP(6)' : 'NULL'}, UTC_TIMESTAMP(6))`,
    [counters.graphId, counters.latestVersion + 1, definition.description, definition.onFailure],
  );
  const next = { ...counters, latestVersion: counters.latestVersion + 1 };
  return writeContents(runner, next, { ...version, versionId: insertId });
}

async function writeContents(
  runner: Runner,
  counters: Counters,
  version: GraphToSave & { kept: Kept; versionId: number },
): Promise<GraphRecord> {
  const { definition, kept, versionId } = version;
  const vertices = withIds(definition.vertices, kept, counters.nextVertexId);
  const idOf = new Map(vertices.map(({ name, id }) => [name, id]));
  const knownEdges = new Map(kept.edges.map(({ id, tail, head }) => [edgeKey(tail, head), id]));
  let nextEdgeId = counters.nextEdgeId;
  const edges = definition.edges.map((edge) => ({
    ...edge,
    id: knownEdges.get(edgeKey(edge.tail, edge.head)) ?? nextEdgeId++,
  }));
  await insertVertices(runner, versionId, vertices);
  const idIn = (name: string): number => idOf.get(name) ?? 0; // 0 breaks the foreign key: the check came before
  await insertEdges(
    runner,
    versionId,
    edges.map(({ id, tail, head }) => ({ id, tail: idIn(tail), head: idIn(head) })),
  );
  await execute(
    runner,
    `UPDATE graph SET latest_version = ?, next_vertex_id = ?, next_edge_id = ?, updated_at = UTC_TIMESTAMP(6) WHERE id = ?`,
    [counters.latestVersion, nextIdAfter(vertices, counters.nextVertexId), nextEdgeId, counters.graphId],
  );
  const header = await findGraphHeader(runner, { graph: counters.graphId, version: null });
  return { ...header, vertices: byId(vertices), edges: byId(edges) };
}

/** Known names keep their ids; the others get the next ones, in the order of the document. */
function withIds(vertices: readonly VertexDefinition[], kept: Kept, nextVertexId: number): StoredVertex[] {
  const known = new Map(kept.vertices.map(({ name, id }) => [name, id]));
  let nextId = nextVertexId;
  const ids = vertices.map(({ name }) => known.get(name) ?? nextId++);
  return vertices.map((vertex, index) => ({
    ...vertex,
    id: ids[index] ?? 0,
    next: vertex.next.map((entry) => (typeof entry === 'number' ? nameUnlessId(entry, { vertices, ids }) : entry)),
  }));
}

function nameUnlessId(position: number, of: { vertices: readonly VertexDefinition[]; ids: number[] }): string | number {
  if (of.ids[position - 1] === position) return position;
  // No vertex is named by digits, so what counted past the end stays unknown, whatever ids there are.
  return of.vertices[position - 1]?.name ?? String(position);
}

function nextIdAfter(vertices: readonly StoredVertex[], nextVertexId: number): number {
  return vertices.reduce((next, { id }) => Math.max(next, id + 1), nextVertexId);
}

function byId<T extends { id: number }>(items: readonly T[]): T[] {
  return items.toSorted((a, b) => a.id - b.id);
}

function edgeKey(tail: string, head: string): string {
  return `${tail}\n${head}`; // names hold no control characters
}

/** The order of vertices and edges in a document says nothing. */
function isSame(latest: GraphRecord, definition: GraphDefinition, counters: Counters): boolean {
  const { description, onFailure, vertices, edges } = definition;
  if (description !== latest.description || onFailure !== latest.onFailure) return false;
  if (vertices.length !== latest.vertices.length || edges.length !== latest.edges.length) return false;
  const texts = new Map(latest.vertices.map((vertex) => [vertex.name, textOf(vertex)]));
  const keys = new Set(latest.edges.map(({ tail, head }) => edgeKey(tail, head)));
  return (
    withIds(vertices, latest, counters.nextVertexId).every((vertex) => texts.get(vertex.name) === textOf(vertex)) &&
    edges.every(({ tail, head }) => keys.has(edgeKey(tail, head)))
  );
}

function textOf(vertex: VertexDefinition): string {
  return JSON.stringify(toVertexDocument(vertex));
}

async function reload(runner: Runner, record: GraphRecord): Promise<GraphRecord> {
  const header: GraphHeader = await findGraphHeader(runner, { graph: record.graphId, version: null });
  return { ...record, ...header };
}
