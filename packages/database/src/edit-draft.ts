import { BatonError, type Problem } from '@baton/domain';
import type { Database } from './data-source.ts';
import { findGraphHeader, type GraphHeader } from './find-graphs.ts';
import { lockGraph } from './save-graph.ts';
import { execute, selectRows, type Runner } from './statements.ts';
import { VERTEX_COLUMNS, type VertexRow } from './vertex-rows.ts';
import { withTransaction } from './with-transaction.ts';

/*
 * Edits step by step, each one transaction on the latest version. Every edit takes the graph's row and then the version's,
 * refuses a sealed version, and makes the version unchecked: a pipeline that starts at the same moment has either sealed
 * it before, or sees the edit.
 */

/** Id or name. */
export type GraphName = number | string;
/** Id or name. */
export type VertexReference = number | string;

/** A version that is being edited. */
export type Draft = GraphHeader & { nextVertexId: number; nextEdgeId: number };

/** Runs one edit. @throws BatonError graph_not_found, graph_sealed, and what the edit throws */
export async function editDraft<T>(
  database: Database,
  graph: GraphName,
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

/** One problem that keeps an edit from being made. */
export function refuseEdit(problem: Problem): BatonError {
  return new BatonError('invalid_graph', problem.message, { problems: [problem] });
}

/** @returns the vertex of a version, or undefined */
export async function selectVertex(
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
