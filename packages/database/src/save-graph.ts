import { isDeepStrictEqual } from 'node:util';
import { BatonError, type GraphDefinition } from '@baton/domain';
import { DUPLICATE_KEY, databaseErrorNumber } from './database-errors.ts';
import { findGraphHeader, loadContents, type GraphHeader, type GraphRecord } from './find-graphs.ts';
import { execute, selectRows, type Runner } from './statements.ts';
import {
  edgeKey,
  EMPTY,
  headerValuesOf,
  textOf,
  withIds,
  writeContents,
  writeVersion,
  type Counters,
  type GraphToSave,
} from './write-version.ts';

export type { GraphToSave };

/*
 * Whole graphs. A graph's ids are handed out by its row (next_vertex_id, next_edge_id), so a vertex keeps its id over all
 * versions and an id is never used for another name. Numbers in a document's `next` count its vertices from 1; where a
 * vertex has another id they are stored as names.
 *
 * Locks: the graph's row first, then the version's; every edit takes both.
 */

/** What saving a document did. */
export type GraphChange = 'created' | 'replaced' | 'next_version' | 'unchanged';

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
  await execute(
    runner,
    `UPDATE graph_version SET description = ?, on_failure = ?, timeout_ms = ?, run_limit = ?,
       checked_at = ${isSound ? 'UTC_TIMESTAMP(6)' : 'NULL'} WHERE id = ?`,
    [...headerValuesOf(definition), header.versionId],
  );
  return {
    graph: await writeContents(runner, counters, { ...saved, versionId: header.versionId, stored: latest }),
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

/** The order of vertices and edges in a document says nothing. */
function isSame(latest: GraphRecord, definition: GraphDefinition, counters: Counters): boolean {
  const { vertices, edges } = definition;
  if (!isDeepStrictEqual(headerValuesOf(definition), headerValuesOf(latest))) return false;
  if (vertices.length !== latest.vertices.length || edges.length !== latest.edges.length) return false;
  const texts = new Map(latest.vertices.map((vertex) => [vertex.name, textOf(vertex)]));
  const conditions = new Map(latest.edges.map(({ tail, head, when }) => [edgeKey(tail, head), when]));
  return (
    withIds(vertices, latest, counters.nextVertexId).every((vertex) => texts.get(vertex.name) === textOf(vertex)) &&
    edges.every(({ tail, head, when }) => conditions.get(edgeKey(tail, head)) === when)
  );
}

async function reload(runner: Runner, record: GraphRecord): Promise<GraphRecord> {
  const header: GraphHeader = await findGraphHeader(runner, { graph: record.graphId, version: null });
  return { ...record, ...header };
}
