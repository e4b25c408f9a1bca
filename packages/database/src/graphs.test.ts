import { expect, test } from '@jest/globals';
import { checkGraph, parseGraphDocument, type GraphDefinition } from '@baton/domain';
import { checkStoredGraph, lockVersion } from './check-graph-version.ts';
import { createNextVersion } from './create-next-version.ts';
import { addEdge } from './edit-edges.ts';
import { addVertex, removeVertex } from './edit-vertices.ts';
import { findGraph, type GraphRecord } from './find-graphs.ts';
import { loadFlowGraph } from './load-flow-graph.ts';
import { createGraph, replaceGraph, type GraphChange } from './save-graph.ts';
import { sealVersion } from './seal-version.ts';
import { useTestDatabase } from './testing-database.ts';
import { withTransaction } from './with-transaction.ts';

const database = useTestDatabase();

function define(name: string, names: readonly string[], edges: [string, string][] = []): GraphDefinition {
  const vertices = names.map((vertex) => ({ name: vertex, script: `echo ${vertex}` }));
  const parsed = parseGraphDocument({ name, vertices, edges });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

const create = (definition: GraphDefinition): Promise<GraphRecord> =>
  withTransaction(database, (runner) =>
    createGraph(runner, { definition, isSound: checkGraph(definition).length === 0 }),
  );
const replace = (definition: GraphDefinition): Promise<{ graph: GraphRecord; change: GraphChange }> =>
  withTransaction(database, (runner) => replaceGraph(runner, { definition, isSound: true }));
const vertexOf = (name: string): GraphDefinition['vertices'][number] => {
  const [vertex] = define('any', [name]).vertices;
  if (vertex === undefined) throw new Error('expected a vertex');
  return vertex;
};

async function seal(graphId: number): Promise<void> {
  const { versionId } = await findGraph(database, { graph: graphId, version: null });
  await withTransaction(database, async (runner) => {
    await lockVersion(runner, versionId);
    await sealVersion(runner, await loadFlowGraph(runner, database, versionId));
  });
}

test('twenty vertices added at the same moment get twenty ids', async () => {
  const { graphId } = await create(define('crowd', []));
  const names = Array.from({ length: 20 }, (_none, index) => `v${index}`);
  const added = await Promise.all(names.map((name) => addVertex(database, graphId, vertexOf(name))));
  const ids = added.map(({ id }) => id).toSorted((a, b) => a - b);
  expect(ids).toEqual(Array.from({ length: 20 }, (_none, index) => index + 1));
});

test('the same edge added twice at the same moment is there once', async () => {
  const { graphId } = await create(define('twice', ['A', 'B']));
  const ends = { tail: 'A', head: 'B' };
  const outcomes = await Promise.allSettled([1, 2, 3].map(() => addEdge(database, graphId, ends)));
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect((await findGraph(database, { graph: graphId, version: null })).edges).toHaveLength(1);
});

test('an id is never used for another name', async () => {
  const { graphId } = await create(define('ids', ['A', 'B']));
  await removeVertex(database, { graph: graphId, vertex: 'B' });
  expect((await addVertex(database, graphId, vertexOf('C'))).id).toBe(3);
  await checkStoredGraph(database, { graph: graphId, version: null });
  await seal(graphId);
  const { graph } = await replace(define('ids', ['D', 'C', 'A']));
  expect(graph.vertices.map(({ id, name }) => [id, name])).toEqual([
    [1, 'A'],
    [3, 'C'],
    [4, 'D'],
  ]);
});

test('an edit and a seal at the same moment: the edit is in the sealed version, or refused', async () => {
  for (let round = 0; round < 20; round += 1) {
    const { graphId } = await create(define(`race-${round}`, ['A']));
    const edit = addVertex(database, graphId, vertexOf('B')).then(
      () => true,
      (error: { code?: string }) => {
        expect(error.code).toBe('graph_sealed');
        return false;
      },
    );
    const sealing = seal(graphId).then(
      () => true,
      () => false, // the edit came first: the version is unchecked, and is not sealed
    );
    const [isEdited, isSealed] = await Promise.all([edit, sealing]);
    const { vertices, sealedAt } = await findGraph(database, { graph: graphId, version: null });
    expect([vertices.length, sealedAt !== null]).toEqual([isEdited ? 2 : 1, isSealed]);
    expect(isEdited && isSealed).toBe(false);
  }
});

test('an unchecked version cannot be sealed', async () => {
  const { graphId } = await create(
    define(
      'unchecked',
      ['A', 'B'],
      [
        ['A', 'B'],
        ['B', 'A'],
      ],
    ),
  );
  await expect(seal(graphId)).rejects.toThrow('was not checked');
  expect((await checkStoredGraph(database, { graph: graphId, version: null })).problems[0]?.code).toBe('cycle');
});

test('two who save the same sealed graph make one next version each, or the same', async () => {
  const { graphId } = await create(define('next', ['A']));
  await seal(graphId);
  const saves = await Promise.all([1, 2].map(() => replace(define('next', ['A', 'B']))));
  expect(saves.map(({ change }) => change).toSorted()).toEqual(['next_version', 'unchanged']);
  const copies = await Promise.all([1, 2].map(() => createNextVersion(database, graphId)));
  expect(copies.map(({ graph, isNew }) => [graph.version, isNew])).toEqual([
    [2, false],
    [2, false],
  ]);
});

test('numbers in `next` count the vertices of their document, whatever ids these have', async () => {
  const first = define('counted', ['A', 'B', 'C']);
  await create(first);
  const second = define('counted', ['C', 'A', 'B'], [['A', 'B']]);
  const [, a] = second.vertices;
  a?.next.push(3, 7);
  const { graph } = await replace(second);
  expect(graph.vertices.map(({ name, next }) => [name, next])).toEqual([
    ['A', ['B', '7']],
    ['B', []],
    ['C', []],
  ]);
});

test('what is too long for one statement is split', async () => {
  const definition = define(
    'long',
    Array.from({ length: 30 }, (_none, index) => `v${index}`),
  );
  for (const vertex of definition.vertices) vertex.script = '界'.repeat(300_000);
  const { graphId } = await create(definition);
  const stored = await findGraph(database, { graph: graphId, version: null });
  expect(stored.vertices.every(({ script }) => script.length === 300_000)).toBe(true);
});

test('one vertex that no statement could hold is refused', async () => {
  const definition = define('heavy', ['A']);
  const [vertex] = definition.vertices;
  const declaration = { type: 'string', choices: Array.from({ length: 40 }, () => 'x'.repeat(100_000)) };
  Object.assign(vertex?.input ?? {}, { a: declaration });
  await expect(create(definition)).rejects.toMatchObject({ code: 'invalid_graph', problems: [{ vertices: ['A'] }] });
  await expect(findGraph(database, { graph: 'heavy', version: null })).rejects.toMatchObject({
    code: 'graph_not_found',
  });
});
