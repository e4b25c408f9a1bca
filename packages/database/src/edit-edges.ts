import { BatonError } from '@baton/domain';
import type { Database } from './data-source.ts';
import { databaseErrorNumber, DUPLICATE_KEY } from './database-errors.ts';
import { editDraft, refuseEdit, selectVertex, type GraphName, type VertexReference } from './edit-draft.ts';
import type { StoredEdge } from './find-graphs.ts';
import { insertEdges, type EdgeRow } from './graph-contents.ts';
import { execute, selectRows, type Runner } from './statements.ts';
import type { VertexRow } from './vertex-rows.ts';

export interface EdgeEnds {
  tail: VertexReference;
  head: VertexReference;
}

/** A condition in CEL; null: none. */
type When = string | null;

/** @throws BatonError graph_not_found, graph_sealed, invalid_graph (unknown_vertex, self_loop, duplicate_edge) */
export async function addEdge(
  database: Database,
  graph: GraphName,
  { when = null, ...ends }: EdgeEnds & { when?: When | undefined },
): Promise<StoredEdge> {
  return editDraft(database, graph, async (runner, draft) => {
    const { tail, head } = await findEnds(runner, draft.versionId, ends);
    const id = draft.nextEdgeId;
    await refuseDuplicateEdge(tail, head, () =>
      insertEdges(runner, draft.versionId, [{ id, tail: tail.id, head: head.id, when }]),
    );
    await execute(runner, 'UPDATE graph SET next_edge_id = next_edge_id + 1 WHERE id = ?', [draft.graphId]);
    return { id, tail: tail.name, head: head.name, when };
  });
}

/** Moves one or both ends, or changes the condition. @throws BatonError as addEdge, and edge_not_found */
export async function changeEdge(
  database: Database,
  at: { graph: GraphName; edgeId: number },
  patch: { tail?: VertexReference | undefined; head?: VertexReference | undefined; when?: When | undefined },
): Promise<StoredEdge> {
  return editDraft(database, at.graph, async (runner, { versionId }) => {
    const [row] = await selectRows<EdgeRow>(
      runner,
      'SELECT id, tail, head, when_expression AS `when` FROM edge WHERE version_id = ? AND id = ?',
      [versionId, at.edgeId],
    );
    if (row === undefined) throw edgeNotFound(at.edgeId);
    const { tail, head } = await findEnds(runner, versionId, {
      tail: patch.tail ?? row.tail,
      head: patch.head ?? row.head,
    });
    const when = patch.when === undefined ? row.when : patch.when;
    await refuseDuplicateEdge(tail, head, () =>
      execute(runner, 'UPDATE edge SET tail = ?, head = ?, when_expression = ? WHERE version_id = ? AND id = ?', [
        tail.id,
        head.id,
        when,
        versionId,
        at.edgeId,
      ]),
    );
    return { id: at.edgeId, tail: tail.name, head: head.name, when };
  });
}

/** @throws BatonError graph_not_found, edge_not_found, graph_sealed */
export async function removeEdge(database: Database, at: { graph: GraphName; edgeId: number }): Promise<void> {
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
    throw refuseEdit({ code: 'self_loop', message, pointer: '/head', vertices: [tail.name] });
  }
  return { tail, head };
}

async function refuseDuplicateEdge<T>(tail: VertexRow, head: VertexRow, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (databaseErrorNumber(error) !== DUPLICATE_KEY) throw error;
    const message = `expected each edge once, found ${tail.name} -> ${head.name} again`;
    throw refuseEdit({ code: 'duplicate_edge', message, pointer: '', vertices: [tail.name, head.name] });
  }
}
