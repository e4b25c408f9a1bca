import { toVertexDocument, type GraphDefinition, type VertexDefinition } from '@baton/domain';
import { findGraphHeader, type GraphRecord, type StoredEdge, type StoredVertex } from './find-graphs.ts';
import { deleteContents, insertEdges, insertVertices, putVertices } from './graph-contents.ts';
import { execute, type Runner } from './statements.ts';

/** What is stored: the definition is free of duplicates, self-loops and edges to nowhere. */
export interface GraphToSave {
  definition: GraphDefinition;
  /** It passed the check. */
  isSound: boolean;
}

/** What a graph's row says: the ids to hand out next. */
export interface Counters {
  graphId: number;
  latestVersion: number;
  nextVertexId: number;
  nextEdgeId: number;
}

/** What stays where it is named again. */
export interface Kept {
  vertices: readonly StoredVertex[];
  edges: readonly StoredEdge[];
}
export const EMPTY: Kept = { vertices: [], edges: [] };

/** A new version, the latest from now on. */
export async function writeVersion(
  runner: Runner,
  counters: Counters,
  version: GraphToSave & { kept: Kept },
): Promise<GraphRecord> {
  const { definition, isSound } = version;
  const { insertId } = await execute(
    runner,
    `INSERT INTO graph_version (graph_id, version, description, on_failure, timeout_ms, run_limit, checked_at, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ${isSound ? 'UTC_TIMESTAMP(6)' : 'NULL'}, UTC_TIMESTAMP(6))`,
    [counters.graphId, counters.latestVersion + 1, ...headerValuesOf(definition)],
  );
  const next = { ...counters, latestVersion: counters.latestVersion + 1 };
  return writeContents(runner, next, { ...version, versionId: insertId, stored: EMPTY });
}

type Header = Pick<GraphDefinition, 'description' | 'onFailure' | 'timeoutMs' | 'limit'>;

/** In the order of the columns description, on_failure, timeout_ms, run_limit. */
export function headerValuesOf({ description, onFailure, timeoutMs, limit }: Header): unknown[] {
  return [description, onFailure, timeoutMs, limit];
}

/** Makes the contents of a version those of the definition; `stored` is what it holds now. */
export async function writeContents(
  runner: Runner,
  counters: Counters,
  version: GraphToSave & { kept: Kept; versionId: number; stored: Kept },
): Promise<GraphRecord> {
  const { definition, kept, versionId, stored } = version;
  const vertices = withIds(definition.vertices, kept, counters.nextVertexId);
  const knownEdges = new Map(kept.edges.map(({ id, tail, head }) => [edgeKey(tail, head), id]));
  let nextEdgeId = counters.nextEdgeId;
  const edges = definition.edges.map((edge) => ({
    ...edge,
    id: knownEdges.get(edgeKey(edge.tail, edge.head)) ?? nextEdgeId++,
  }));
  await writeDifference(runner, versionId, { stored, vertices, edges });
  await execute(
    runner,
    `UPDATE graph SET latest_version = ?, next_vertex_id = ?, next_edge_id = ?, updated_at = UTC_TIMESTAMP(6) WHERE id = ?`,
    [counters.latestVersion, nextIdAfter(vertices, counters.nextVertexId), nextEdgeId, counters.graphId],
  );
  const header = await findGraphHeader(runner, { graph: counters.graphId, version: null });
  return { ...header, vertices: byId(vertices), edges: byId(edges) };
}

/** Writes only what is not there already: a small change of a large graph is a small write. */
async function writeDifference(
  runner: Runner,
  versionId: number,
  { stored, vertices, edges }: Kept & { stored: Kept },
): Promise<void> {
  const texts = new Map(stored.vertices.map((vertex) => [vertex.id, textOf(vertex)]));
  const idOf = new Map(vertices.map(({ name, id }) => [name, id]));
  const whenOf = new Map(edges.map(({ id, when }) => [id, when]));
  const isKept = ({ id, when }: StoredEdge): boolean => whenOf.get(id) === when;
  const known = new Set(stored.edges.filter(isKept).map(({ id }) => id));
  const idIn = (name: string): number => idOf.get(name) ?? 0; // 0 breaks the foreign key: the check came before
  const removed = stored.vertices.filter(({ name }) => !idOf.has(name)).map(({ id }) => id);
  const removedEdges = stored.edges.filter((edge) => !isKept(edge)).map(({ id }) => id);
  await deleteContents(runner, versionId, { table: 'edge', ids: removedEdges });
  await deleteContents(runner, versionId, { table: 'vertex', ids: removed });
  const changed = vertices.filter((vertex) => texts.get(vertex.id) !== textOf(vertex));
  await (texts.size === 0 ? insertVertices : putVertices)(runner, versionId, changed);
  await insertEdges(
    runner,
    versionId,
    edges
      .filter(({ id }) => !known.has(id))
      .map(({ id, tail, head, when }) => ({ id, tail: idIn(tail), head: idIn(head), when })),
  );
}

/** Known names keep their ids; the others get the next ones, in the order of the document. */
export function withIds(vertices: readonly VertexDefinition[], kept: Kept, nextVertexId: number): StoredVertex[] {
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

/** Tells edges apart. */
export function edgeKey(tail: string, head: string): string {
  return `${tail}\n${head}`; // names hold no control characters
}

/** Equal texts: equal vertices. */
export function textOf(vertex: VertexDefinition): string {
  return JSON.stringify(toVertexDocument(vertex));
}
