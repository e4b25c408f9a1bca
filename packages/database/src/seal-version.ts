import { labelSetOf } from '@baton/domain';
import type { StoredGraph } from './load-flow-graph.ts';
import { execute, inChunks, placeRows, type Runner } from './statements.ts';

const ROWS_AT_ONCE = 1000;

/**
 * Seals a version that passed its check, in the transaction that makes its first pipeline: it never changes again. Notes
 * the label sets that its vertices ask for, so that workers know which queues there are.
 *
 * The caller has locked the version, and has loaded the graph before: a graph that is loaded sealed is kept in memory,
 * and this transaction may still be rolled back.
 */
export async function sealVersion(runner: Runner, graph: StoredGraph): Promise<void> {
  const { affectedRows } = await execute(
    runner,
    `UPDATE graph_version SET sealed_at = UTC_TIMESTAMP(6)
     WHERE id = ? AND sealed_at IS NULL AND checked_at IS NOT NULL`,
    [graph.versionId],
  );
  if (affectedRows === 0) throw new Error(`graph version ${graph.versionId} is sealed already or was not checked`);
  const labelSets = new Set([...graph.vertices.values()].map(({ policies }) => labelSetOf(policies.labels)));
  for (const chunk of inChunks([...labelSets].toSorted(), ROWS_AT_ONCE)) {
    const { places, values } = placeRows(chunk.map((labels) => [labels]));
    const rows = places.replaceAll('(?)', '(?, UTC_TIMESTAMP(6))');
    await execute(runner, `INSERT IGNORE INTO track_queue (labels, created_at) VALUES ${rows}`, values);
  }
}
