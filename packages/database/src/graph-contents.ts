import { BatonError } from '@baton/domain';
import type { StoredVertex } from './find-graphs.ts';
import { execute, inChunks, placeRows, type Runner } from './statements.ts';
import { toVertexRow, type VertexRow } from './vertex-rows.ts';

/** Rows of one INSERT at most, and about how much text: servers refuse statements of over 16 MiB by default. */
const ROWS_AT_ONCE = 2000;
const CHARACTERS_AT_ONCE = 2_000_000;
/** Of script, input, next and policies of one vertex. */
const MAX_ROW_CHARACTERS = 3_000_000;

/** Writes new vertices of a version. @throws the database's error where an id or a name is there */
export async function insertVertices(
  runner: Runner,
  versionId: number,
  vertices: readonly StoredVertex[],
): Promise<void> {
  await writeVertices(runner, versionId, { vertices, onDuplicate: '' });
}

/** Writes vertices of a version, new ones and new contents of those that are there; no id may change its name. */
export async function putVertices(runner: Runner, versionId: number, vertices: readonly StoredVertex[]): Promise<void> {
  const onDuplicate = `ON DUPLICATE KEY UPDATE description = VALUES(description), script = VALUES(script),
    input = VALUES(input), next = VALUES(next), policies = VALUES(policies)`;
  await writeVertices(runner, versionId, { vertices, onDuplicate });
}

/** Removes vertices, with their edges, or edges alone, by ids. */
export async function deleteContents(
  runner: Runner,
  versionId: number,
  { table, ids }: { table: 'vertex' | 'edge'; ids: readonly number[] },
): Promise<void> {
  for (const chunk of inChunks(ids, ROWS_AT_ONCE)) {
    await execute(runner, `DELETE FROM ${table} WHERE version_id = ? AND id IN (?)`, [versionId, chunk]);
  }
}

async function writeVertices(
  runner: Runner,
  versionId: number,
  { vertices, onDuplicate }: { vertices: readonly StoredVertex[]; onDuplicate: string },
): Promise<void> {
  for (const chunk of inBoundedChunks(vertices.map((vertex) => toVertexRow(vertex.id, vertex)))) {
    const rows = chunk.map((row) => {
      const { id, name, description, script, input, next, policies } = row;
      return [versionId, id, name, description, script, input, next, policies];
    });
    const { places, values } = placeRows(rows);
    await execute(
      runner,
      `INSERT INTO vertex (version_id, id, name, description, script, input, next, policies) VALUES ${places}
       ${onDuplicate}`,
      values,
    );
  }
}

/** An edge as its row holds it: the ends are ids of vertices. */
export interface EdgeRow {
  id: number;
  tail: number;
  head: number;
  when: string | null;
}

/** Writes new edges of a version, by ids. */
export async function insertEdges(runner: Runner, versionId: number, edges: readonly EdgeRow[]): Promise<void> {
  for (let start = 0; start < edges.length; start += ROWS_AT_ONCE) {
    const chunk = edges.slice(start, start + ROWS_AT_ONCE);
    const rows = chunk.map(({ id, tail, head, when }) => [versionId, id, tail, head, when]);
    const { places, values } = placeRows(rows);
    await execute(runner, `INSERT INTO edge (version_id, id, tail, head, when_expression) VALUES ${places}`, values);
  }
}

/** @throws BatonError invalid_graph where one vertex alone is too large for a statement */
function* inBoundedChunks(rows: readonly VertexRow[]): Generator<VertexRow[]> {
  let chunk: VertexRow[] = [];
  let characters = 0;
  for (const row of rows) {
    const size = [row.script, row.input, row.next, row.policies].reduce((sum, text) => sum + (text?.length ?? 0), 0);
    if (size > MAX_ROW_CHARACTERS) throw tooLarge(row, size);
    chunk.push(row);
    characters += size;
    if (chunk.length < ROWS_AT_ONCE && characters < CHARACTERS_AT_ONCE) continue;
    yield chunk;
    chunk = [];
    characters = 0;
  }
  if (chunk.length > 0) yield chunk;
}

function tooLarge({ name }: VertexRow, size: number): BatonError {
  const message = `expected a vertex of at most ${MAX_ROW_CHARACTERS} characters, found ${size} in ${name}`;
  const problems = [{ code: 'vertex_too_large', message, vertices: [name] }];
  return new BatonError('invalid_graph', message, { problems });
}
