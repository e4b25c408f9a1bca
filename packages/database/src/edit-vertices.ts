import { BatonError, MAX_VERTEX_ID, MAX_VERTICES, type VertexDefinition, type VertexPatch } from '@baton/domain';
import type { Database } from './data-source.ts';
import { databaseErrorNumber, DUPLICATE_KEY } from './database-errors.ts';
import { editDraft, refuseEdit, selectVertex, type Draft, type GraphName, type VertexReference } from './edit-draft.ts';
import type { StoredVertex } from './find-graphs.ts';
import { insertVertices } from './graph-contents.ts';
import { execute, selectRows, type Runner } from './statements.ts';
import { fromVertexRow, toVertexRow } from './vertex-rows.ts';

/** @throws BatonError graph_not_found, graph_sealed, invalid_graph where the name is taken or the graph is full */
export async function addVertex(database: Database, graph: GraphName, vertex: VertexDefinition): Promise<StoredVertex> {
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
  at: { graph: GraphName; vertex: VertexReference },
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
export async function removeVertex(
  database: Database,
  at: { graph: GraphName; vertex: VertexReference },
): Promise<void> {
  await editDraft(database, at.graph, async (runner, { versionId }) => {
    const { id } = await findVertex(runner, versionId, at.vertex);
    await execute(runner, 'DELETE FROM vertex WHERE version_id = ? AND id = ?', [versionId, id]);
  });
}

async function findVertex(runner: Runner, versionId: number, vertex: VertexReference): Promise<StoredVertex> {
  const row = await selectVertex(runner, versionId, vertex);
  if (row !== undefined) return fromVertexRow(row);
  const detail = `expected a vertex ${JSON.stringify(vertex)} in the latest version, found none`;
  throw new BatonError('vertex_not_found', detail);
}

async function refuseTakenName<T>(name: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (databaseErrorNumber(error) !== DUPLICATE_KEY) throw error;
    const message = `expected each vertex name once, found ${name} again`;
    throw refuseEdit({ code: 'duplicate_vertex', message, pointer: '/name', vertices: [name] });
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
  throw refuseEdit({ code: 'too_many_vertices', message, pointer: '' });
}
