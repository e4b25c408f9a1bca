import { checkGraph, type Problem } from '@baton/domain';
import type { Database } from './data-source.ts';
import { findGraphHeader, loadContents, type GraphHeader, type GraphReference } from './find-graphs.ts';
import { markChecked } from './save-graph.ts';
import { selectRows, type Runner } from './statements.ts';
import { withTransaction } from './with-transaction.ts';

/** Locks one version of a graph: nobody edits, checks or seals it until the transaction ends. */
export async function lockVersion(runner: Runner, versionId: number): Promise<void> {
  await selectRows(runner, 'SELECT id FROM graph_version WHERE id = ? FOR UPDATE', [versionId]);
}

/**
 * Checks one version as it is stored, and notes that it passed.
 * @throws BatonError graph_not_found
 */
export async function checkStoredGraph(
  database: Database,
  reference: GraphReference,
): Promise<{ header: GraphHeader; problems: Problem[] }> {
  return withTransaction(database, async (runner) => {
    const { versionId } = await findGraphHeader(runner, reference);
    await lockVersion(runner, versionId);
    const problems = await checkLockedVersion(runner, reference);
    return { header: await findGraphHeader(runner, reference), problems };
  });
}

/** As checkStoredGraph, in a transaction that has locked the version. A version that passed is not checked again. */
export async function checkLockedVersion(runner: Runner, reference: GraphReference): Promise<Problem[]> {
  const header = await findGraphHeader(runner, reference);
  if (header.checkedAt !== null) return [];
  const problems = checkGraph(await loadContents(runner, header));
  if (problems.length === 0) await markChecked(runner, header.versionId);
  return problems;
}
