import type { Database } from './data-source.ts';
import type { GraphName } from './edit-draft.ts';
import { findGraphHeader, loadContents, type GraphRecord } from './find-graphs.ts';
import { lockGraph } from './save-graph.ts';
import { execute } from './statements.ts';
import { VERTEX_COLUMNS } from './vertex-rows.ts';
import { withTransaction } from './with-transaction.ts';

/**
 * Makes the next version, a copy of the latest; where the latest may be edited, it is the answer itself.
 * @throws BatonError graph_not_found
 */
export async function createNextVersion(
  database: Database,
  graph: GraphName,
): Promise<{ graph: GraphRecord; isNew: boolean }> {
  return withTransaction(database, async (runner) => {
    await lockGraph(runner, graph);
    const latest = await findGraphHeader(runner, { graph, version: null });
    if (latest.sealedAt === null) return { graph: await loadContents(runner, latest), isNew: false };
    const { insertId } = await execute(
      runner,
      `INSERT INTO graph_version (graph_id, version, description, on_failure, timeout_ms, run_limit, checked_at, created_at)
       SELECT graph_id, version + 1, description, on_failure, timeout_ms, run_limit, checked_at, UTC_TIMESTAMP(6) FROM graph_version WHERE id = ?`,
      [latest.versionId],
    );
    await execute(
      runner,
      `INSERT INTO vertex (version_id, ${VERTEX_COLUMNS}) SELECT ?, ${VERTEX_COLUMNS} FROM vertex WHERE version_id = ?`,
      [insertId, latest.versionId],
    );
    await execute(
      runner,
      `INSERT INTO edge (version_id, id, tail, head, when_expression)
       SELECT ?, id, tail, head, when_expression FROM edge WHERE version_id = ?`,
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
