import { expect, test } from '@jest/globals';
import { parseGraphDocument, type GraphDefinition, type Problem } from '@baton/domain';
import { checkSavedGraph, checkStoredGraph, lockVersion } from './check-graph-version.ts';
import { checkGraphReferences } from './check-references.ts';
import { changeVertex } from './edit-vertices.ts';
import { findGraph } from './find-graphs.ts';
import { loadFlowGraph } from './load-flow-graph.ts';
import { setPool } from './pools.ts';
import { replaceGraph } from './save-graph.ts';
import { sealVersion } from './seal-version.ts';
import { useTestDatabase } from './testing-database.ts';
import { withTransaction } from './with-transaction.ts';

const database = useTestDatabase();

/** A graph whose vertices v1, v2, ... run these graphs. */
function define(name: string, graphs: readonly string[], more: readonly object[] = []): GraphDefinition {
  const runs = graphs.map((graph, index) => ({ name: `v${index + 1}`, pipeline: { graph } }));
  const parsed = parseGraphDocument({ name, vertices: [...runs, ...more, { name: 'last', script: 'true' }] });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

async function save(definition: GraphDefinition): Promise<{ checkedAt: Date | null; problems: Problem[] }> {
  return withTransaction(database, async (runner) => {
    const { graph } = await replaceGraph(runner, { definition, isSound: true });
    const checked = await checkSavedGraph(runner, graph, definition.vertices);
    return { checkedAt: checked.graph.checkedAt, problems: checked.problems };
  });
}

const linesOf = (problems: readonly Problem[]): string[] =>
  problems.map(({ code, pointer, vertices }) => `${code} ${pointer} ${vertices?.join(' ')}`);

async function check(name: string): Promise<Problem[]> {
  return (await checkStoredGraph(database, { graph: name, version: null })).problems;
}

test('graphs that are not there are named, each where it stands, and the version is not checked', async () => {
  await save(define('there', []));
  const saved = await save(define('names', ['there', 'nowhere', 'there@1', 'there@7']));
  expect(linesOf(saved.problems)).toEqual([
    'unknown_graph /vertices/1/pipeline/graph v2',
    'unknown_graph /vertices/3/pipeline/graph v4',
  ]);
  expect(saved.problems[1]?.message).toBe('expected a graph that v4 can run, found none named there@7');
  expect(saved.checkedAt).toBeNull();
  expect((await findGraph(database, { graph: 'names', version: null })).checkedAt).toBeNull();
  expect(linesOf(await check('names'))).toEqual(linesOf(saved.problems));
  await save(define('nowhere', []));
  expect(linesOf(await check('names'))).toEqual(['unknown_graph /vertices/3/pipeline/graph v4']);
});

test('a graph that contains itself is told, with the circle spelled out', async () => {
  const itself = await save(define('self', ['self']));
  expect(linesOf(itself.problems)).toEqual(['sub_pipeline_cycle /vertices/0/pipeline/graph v1']);
  expect(itself.problems[0]?.message).toBe('expected no pipeline that contains itself, found self -> self');
  await save(define('one', []));
  await save(define('two', ['one']));
  expect(await save(define('three', ['there', 'two']))).toMatchObject({ problems: [] });
  const closed = await save(define('one', ['there', 'three']));
  expect(closed.problems.map(({ message }) => message)).toEqual([
    'expected no pipeline that contains itself, found one -> three -> two -> one',
  ]);
  expect(linesOf(await check('three'))).toEqual([]);
  await changeVertex(database, { graph: 'three', vertex: 'last' }, { description: 'an edit', policies: {} });
  expect((await check('three'))[0]?.message).toContain('three -> two -> one -> three');
});

test('a version that is named is followed as it is, not as the latest', async () => {
  await save(define('old', []));
  const { versionId } = await findGraph(database, { graph: 'old', version: 1 });
  await withTransaction(database, async (runner) => {
    await lockVersion(runner, versionId);
    await sealVersion(runner, await loadFlowGraph(runner, database, versionId));
  });
  await save(define('pins', ['old@1']));
  expect(await save(define('old', ['pins']))).toMatchObject({ problems: [] });
  expect((await save(define('pins', ['old']))).problems).toMatchObject([{ code: 'sub_pipeline_cycle' }]);
});

test('a circle among others is their own problem, and ends the search', async () => {
  await save(define('ring-a', []));
  await save(define('ring-b', ['ring-a']));
  await save(define('ring-a', ['ring-b']));
  expect(await save(define('beside', ['ring-a']))).toMatchObject({ problems: [] });
});

test('pools that are not there are named', async () => {
  await setPool(database, 'db', 0);
  const vertex = { name: 'uses', script: 'true', pools: ['db', 'gpu'] };
  const { problems } = await save(define('pooled', [], [vertex]));
  expect(linesOf(problems)).toEqual(['unknown_pool /vertices/0/pools/1 uses']);
  await setPool(database, 'gpu', 3);
  expect(await check('pooled')).toEqual([]);
  // A claim makes the row of a pool that is not there any more, to lock it.
  await database.dataSource.query(`UPDATE limit_key SET capacity = NULL WHERE name = 'pool:gpu'`);
  await changeVertex(database, { graph: 'pooled', vertex: 'last' }, { description: 'an edit', policies: {} });
  expect(linesOf(await check('pooled'))).toEqual(['unknown_pool /vertices/0/pools/1 uses']);
});

test('takes two statements a level, whatever the number of vertices, and none where nothing is named', async () => {
  const statements: string[] = [];
  const runner = {
    query: (sql: string, values?: unknown[]): Promise<unknown> => {
      statements.push(sql);
      return database.dataSource.query(sql, values);
    },
  };
  await save(define('leaf', []));
  await save(define('middle', ['leaf']));
  const { vertices, name } = define(
    'wide',
    Array.from({ length: 500 }, () => 'middle'),
  );
  expect(await checkGraphReferences(runner, { versionId: 0, name, vertices })).toEqual([]);
  expect(statements).toHaveLength(4);
  await checkGraphReferences(runner, { versionId: 0, name, vertices: define('none', []).vertices });
  expect(statements).toHaveLength(4);
});
