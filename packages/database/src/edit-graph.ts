import {
  BatonError,
  MAX_VERTEX_ID,
  MAX_VERTICES,
  type Problem,
  type VertexDefinition,
  type VertexPatch,
} from '@baton/domain';
import type { Database } from './data-source.ts';
import { databaseErrorNumber, DUPLICATE_KEY } from './database-errors.ts';
import {
  findGraphHeader,
  loadContents,
  type GraphHeader,
  type GraphRecord,
  type StoredEdge,
  type StoredVertex,
} from './find-graphs.ts';
import { insertEdges, insertVertices } from './graph-contents.ts';
import { lockGraph } from './save-graph.ts';
import { execute, selectRows, type Runner } from './statements.ts';
import { fromVertexRow, toVertexRow, VERTEX_COLUMNS, type VertexRow } from './vertex-rows.ts';
import { withTransaction } from './with-transaction.ts';

/*
 * Edits step by step, each one transaction on the latest version. Every edit takes the graph's row and then the version's,
 * refuses a sealed version, and makes the version unchecked: a pipeline that starts at the same moment has either sealed
 * it before, or sees the edit.
 */

type Graph = number | string;
type VertexReference = number | string;

/** A version that is being edited. */
type Draft = GraphHeader & { nextVertexId: number; nextEdgeId: number };

async function editDraft<T>(
  database: Database,
  graph: Graph,
  edit: (runner: Runner, draft: Draft) => Promise<T>,
): Promise<T> {
  return withTransaction(database, async (runner) => {
    const counters = await lockGraph(runner, graph);
    const header = await findGraphHeader(runner, { graph, version: null });
    if (counters === null)
      throw new BatonError('graph_not_found', `expected a graph, found ${graph} being made just now`);
    if (header.sealedAt !== null) throw sealed(header);
    const result = await edit(runner, { ...header, ...counters });
    await execute(runner, 'UPDATE graph_version SET checked_at = NULL WHERE id = ?', [header.versionId]);
    await execute(runner, 'UPDATE graph SET updated_at = UTC_TIMESTAMP(6) WHERE id = ?', [header.graphId]);
    return result;
  });
}

function sealed({ graphId, name, version }: GraphHeader): BatonError {
  const detail =
    `expected a version that no pipeline has used, found version ${version} of ${JSON.stringify(name)} sealed; ` +
    `POST /api/v1/graphs/${graphId}/versions makes the next one, a copy to edit`;
  return new BatonError('graph_sealed', detail);
}

function invalid(problem: Problem): BatonError {
  return new BatonError('invalid_graph', problem.message, { problems: [problem] });
}

/**
 * Makes the next version, a copy of the latest; where the latest may be edited, it is the answer itself.
 * @throws BatonError graph_not_found
 */
export async function createNextVersion(
  database: Database,
  graph: Graph,
): Promise<{ graph: GraphRecord; isNew: boolean }> {
  return withTransaction(database, async (runner) => {
    await lockGraph(runner, graph);
    const latest = await findGraphHeader(runner, { graph, version: null });
    if (latest.sealedAt === null) return { graph: await loadContents(runner, latest), isNew: false };
    const { insertId } = await execute(
      runner,
      `INSERT INTO graph_version (graph_id, version, description, on_failure, checked_at, created_at)
       SELECT graph_id, version + 1, description, on_failure, checked_at, UTC_TIMESTAMP(6) FROM graph_version WHERE id = ?`,
      [latest.versionId],
    );
    await execute(
      runner,
      `INSERT INTO vertex (version_id, ${VERTEX_COLUMNS}) SELECT ?, ${VERTEX_COLUMNS} FROM vertex WHERE version_id = ?`,
      [insertId, latest.versionId],
    );
    await execute(
      runner,
      'INSERT INTO edge (version_id, id, tail, head) SELECT ?, id, tail, head FROM edge WHERE version_id = ?',
      [insertId, latest.versionId],
    );
    await execute(
      runner,
      'UPDATE graph SET latest_version = latest_version + 1, updated_at = UTC_TIMESTAMP(6) WHERE id = ?',
      [latest.graphId],
    );
    const header = await findGraphHeader(runner, { graph: latest.graphId, version: null });
    return { graph: await loadContents(runner, header), isNew: true };
  });
}

/** @throws BatonError graph_not_found, graph_sealed, invalid_graph where the name is taken or the graph is full */
export async function addVertex(database: Database, graph: Graph, vertex: VertexDefinition): Promise<StoredVertex> {
  return editDraft(database, graph, async (runner, draft) => {
    await refuseFullGraph(runner, draft);
    const stored = { ...vertex, id: draft.nextVertexId };
    await refuseTakenName(vertex.name, () => insertVertices(runner, draft.versionId, [stored]));
    await execute(runner, 'UPDATE graph SET next_vertex_id = next_vertex_id + 1 WHERE id = ?', [draft.graphId]);
    return stored;
  });
}

/** @throws BatonError graph_not_found, vertex_not_found, graph_sealed, invalid_graph where the new name is taken */
export async function changeVertex(
  database: Database,
  at: { graph: Graph; vertex: VertexReference },
  patch: VertexPatch,
): Promise<StoredVertex> {
  return editDraft(database, at.graph, async (runner, { versionId }) => {
    const before = await findVertex(runner, versionId, at.vertex);
    const after = { ...before, ...patch, policies: { ...before.policies, ...patch.policies } };
    const { name, description, script, input, next, policies } = toVertexRow(before.id, after);
    await refuseTakenName(name, () =>
      execute(
        runner,
        `UPDATE vertex SET name = ?, description = ?, script = ?, input = ?, next = ?, policies = ?
         WHERE version_id = ? AND id = ?`,
        [name, description, script, input, next, policies, versionId, before.id],
      ),
    );
    return after;
  });
}

/** Removes a vertex and its edges. @throws BatonError graph_not_found, vertex_not_found, graph_sealed */
export async function removeVertex(database: Database, at: { graph: Graph; vertex: VertexReference }): Promise<void> {
  await editDraft(database, at.graph, async (runner, { versionId }) => {
    const { id } = await findVertex(runner, versionId, at.vertex);
    await execute(runner, 'DELETE FROM vertex WHERE version_id = ? AND id = ?', [versionId, id]);
  });
}

export interface EdgeEnds {
  tail: VertexReference;
  head: VertexReference;
}

/** @throws BatonError graph_not_found, graph_sealed, invalid_graph (unknown_vertex, self_loop, duplicate_edge) */
export async function addEdge(database: Database, graph: Graph, ends: EdgeEnds): Promise<StoredEdge> {
  return editDraft(database, graph, async (runner, draft) => {
    const { tail, head } = await findEnds(runner, draft.versionId, ends);
    const id = draft.nextEdgeId;
    await refuseDuplicateEdge(tail, head, () =>
      insertEdges(runner, draft.versionId, [{ id, tail: tail.id, head: head.id }]),
    );
    await execute(runner, 'UPDATE graph SET next_edge_id = next_edge_id + 1 WHERE id = ?', [draft.graphId]);
    return { id, tail: tail.name, head: head.name };
  });
}

/** Moves one or both ends. @throws BatonError as addEdge, and edge_not_found */
export async function changeEdge(
  database: Database,
  at: { graph: Graph; edgeId: number },
  patch: { tail?: VertexReference | undefined; head?: VertexReference | undefined },
): Promise<StoredEdge> {
  return editDraft(database, at.graph, async (runner, { versionId }) => {
    const [row] = await selectRows<{ tail: number; head: number }>(
      runner,
      'SELECT tail, head FROM edge WHERE version_id = ? AND id = ?',
      [versionId, at.edgeId],
    );
    if (row === undefined) throw edgeNotFound(at.edgeId);
    const { tail, head } = await findEnds(runner, versionId, {
      tail: patch.tail ?? row.tail,
      head: patch.head ?? row.head,
    });
    await refuseDuplicateEdge(tail, head, () =>
      execute(runner, 'UPDATE edge SET tail = ?, head = ? WHERE version_id = ? AND id = ?', [
        tail.id,
        head.id,
        versionId,
        at.edgeId,
      ]),
    );
    return { id: at.edgeId, tail: tail.name, head: head.name };
  });
}

/** @throws BatonError graph_not_found, edge_not_found, graph_sealed */
export async function removeEdge(database: Database, at: { graph: Graph; edgeId: number }): Promise<void> {
  await editDraft(database, at.graph, async (runner, { versionId }) => {
    const { affectedRows } = await execute(runner, 'DELETE FROM edge WHERE version_id = ? AND id = ?', [
      versionId,
      at.edgeId,
    ]);
    if (affectedRows === 0) throw edgeNotFound(at.edgeId);
  });
}

function edgeNotFound(edgeId: number): BatonError {
  return new BatonError('edge_not_found', `expected an edge with id ${edgeId} in the latest version, found none`);
}

async function findVertex(runner: Runner, versionId: number, vertex: VertexReference): Promise<StoredVertex> {
  const row = await selectVertex(runner, versionId, vertex);
  if (row !== undefined) return fromVertexRow(row);
  const detail = `expected a vertex ${JSON.stringify(vertex)} in the latest version, found none`;
  throw new BatonError('vertex_not_found', detail);
}

async function selectVertex(
  runner: Runner,
  versionId: number,
  vertex: VertexReference,
): Promise<VertexRow | undefined> {
  const column = typeof vertex === 'number' ? 'id' : 'name';
  const rows = await selectRows<VertexRow>(
    runner,
    `SELECT ${VERTEX_COLUMNS} FROM vertex WHERE version_id = ? AND ${column} = ?`,
    [versionId, vertex],
  );
  return rows[0];
}

async function findEnds(
  runner: Runner,
  versionId: number,
  ends: EdgeEnds,
): Promise<{ tail: VertexRow; head: VertexRow }> {
  const tail = await selectVertex(runner, versionId, ends.tail);
  const head = await selectVertex(runner, versionId, ends.head);
  if (tail === undefined || head === undefined) {
    const unknown = [...(tail === undefined ? [ends.tail] : []), ...(head === undefined ? [ends.head] : [])].map(
      String,
    );
    const message = `expected two vertices of this graph, found the unknown ${unknown.join(' and ')}`;
    const problems = [
      ...(tail === undefined
        ? [{ code: 'unknown_vertex', message, pointer: '/tail', vertices: [String(ends.tail)] }]
        : []),
      ...(head === undefined
        ? [{ code: 'unknown_vertex', message, pointer: '/head', vertices: [String(ends.head)] }]
        : []),
    ];
    throw new BatonError('invalid_graph', message, { problems });
  }
  if (tail.id === head.id) {
    const message = `expected two vertices, found ${tail.name} twice`;
    throw invalid({ code: 'self_loop', message, pointer: '/head', vertices: [tail.name] });
  }
  return { tail, head };
}

async function refuseTakenName<T>(name: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (databaseErrorNumber(error) !== DUPLICATE_KEY) throw error;
    const message = `expected each vertex name once, found ${name} again`;
    throw invalid({ code: 'duplicate_vertex', message, pointer: '/name', vertices: [name] });
  }
}

async function refuseDuplicateEdge<T>(tail: VertexRow, head: VertexRow, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (databaseErrorNumber(error) !== DUPLICATE_KEY) throw error;
    const message = `expected each edge once, found ${tail.name} -> ${head.name} again`;
    throw invalid({ code: 'duplicate_edge', message, pointer: '', vertices: [tail.name, head.name] });
  }
}

/** Ids are never used again, so a graph below the limit in ids needs no counting. */
async function refuseFullGraph(runner: Runner, draft: Draft): Promise<void> {
  if (draft.nextVertexId <= MAX_VERTICES) return;
  const [row] = await selectRows<{ count: number }>(
    runner,
    'SELECT COUNT(*) AS count FROM vertex WHERE version_id = ?',
    [draft.versionId],
  );
  const count = row?.count ?? 0;
  if (count < MAX_VERTICES && draft.nextVertexId <= MAX_VERTEX_ID) return;
  const message = `expected at most ${MAX_VERTICES} vertices, and ids up to ${MAX_VERTEX_ID} over a graph's life, found ${count} and ${draft.nextVertexId - 1}`;
  throw invalid({ code: 'too_many_vertices', message, pointer: '' });
}
