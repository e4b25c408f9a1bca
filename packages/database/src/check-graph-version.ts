import { checkGraph, type Problem, type VertexDefinition } from '@baton/domain';
import type { Database } from './data-source.ts';
import { checkGraphReferences } from './check-references.ts';
import {
  findGraphHeader,
  loadContents,
  type GraphHeader,
  type GraphRecord,
  type GraphReference,
} from './find-graphs.ts';
import { markChecked } from './save-graph.ts';
import { execute, selectRows, type Runner } from './statements.ts';
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
  const graph = await loadContents(runner, header);
  const problems = [...checkGraph(graph), ...(await checkGraphReferences(runner, graph))];
  if (problems.length === 0) await markChecked(runner, header.versionId);
  return problems;
}

/**
 * Checks what a graph that was just saved names outside of itself, in the transaction that saved it; with problems it is
 * unchecked. A version that a pipeline has used stays as it is.
 * @param vertices in the order of the document, which is that of the problems' pointers
 */
export async function checkSavedGraph(
  runner: Runner,
  graph: GraphRecord,
  vertices: readonly VertexDefinition[],
): Promise<{ graph: GraphRecord; problems: Problem[] }> {
  const problems = graph.sealedAt === null ? await checkGraphReferences(runner, { ...graph, vertices }) : [];
  if (problems.length === 0) return { graph, problems };
  await execute(runner, 'UPDATE graph_version SET checked_at = NULL WHERE id = ?', [graph.versionId]);
  return { graph: { ...graph, checkedAt: null }, problems };
}
