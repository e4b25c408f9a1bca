import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { testServers } from '@baton/devstack/testing';
import { loadFlowGraph } from './load-flow-graph.ts';
import { execute, selectRows, type Runner } from './statements.ts';
import { insertGraphRows } from './testing-rows.ts';
import { createTestDatabase, type TestDatabase } from './testing.ts';
import { withTransaction } from './with-transaction.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase(testServers().mysqlUrl);
}, 60_000);

afterAll(() => database.close());

const COUNT = 4500;

test('a large graph is read in statements of so many rows, and others have their turn while it is built', async () => {
  const vertices = Array.from({ length: COUNT }, (_, at) => ({ name: `v${at + 1}` }));
  const { versionId } = await insertGraphRows(database, { vertices });
  // Two edges of each vertex, their ids from the last vertex to the first.
  for (const [step, first] of [
    [7, 0],
    [3, COUNT],
  ]) {
    await execute(
      database.dataSource,
      `INSERT INTO edge (version_id, id, tail, head)
       SELECT version_id, ? + ? - id + 1, id, id + ? FROM vertex WHERE version_id = ? AND id + ? <= ?`,
      [first, COUNT, step, versionId, step, COUNT],
    );
  }
  const read: number[] = [];
  const runner: Runner = {
    async query(sql: string, values?: unknown[]) {
      const rows = await selectRows<object>(database.dataSource, sql, values);
      read.push(rows.length);
      return rows;
    },
  };
  let turns = 0;
  let isOver = false;
  const takeTurn = (): void => {
    if (read.length === 15) turns += 1; // after the last rows have come
    if (!isOver) setImmediate(takeTurn);
  };
  takeTurn();
  const graph = await loadFlowGraph(runner, database, versionId);
  isOver = true;
  expect(read).toEqual([1, 1000, 1000, 1000, 1000, 500, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 990]);
  expect(turns).toBeGreaterThan(6);
  expect([...graph.vertices.keys()]).toEqual(vertices.map((_, at) => at + 1));
  expect(graph.vertices.get(2000)).toMatchObject({
    name: 'v2000',
    predecessors: [1993, 1997],
    successors: [2003, 2007],
  });
  expect(graph.vertices.get(1)).toMatchObject({ predecessors: [], successors: [4, 8] });
  expect(graph.vertices.get(COUNT)).toMatchObject({ predecessors: [COUNT - 7, COUNT - 3], successors: [] });
}, 60_000);

test('a large graph is read while no transaction holds its locks, once for all that need it; a small one in the transaction', async () => {
  const versionOf = async (count: number): Promise<number> => {
    const vertices = Array.from({ length: count }, (_, at) => ({ name: `v${at + 1}` }));
    const { versionId } = await insertGraphRows(database, { vertices });
    await execute(database.dataSource, 'UPDATE graph_version SET sealed_at = UTC_TIMESTAMP(6) WHERE id = ?', [
      versionId,
    ]);
    return versionId;
  };
  const statements: string[] = [];
  jest.spyOn(database.dataSource.logger, 'logQuery').mockImplementation((sql) => void statements.push(sql));
  const readIn = async (versionId: number, transactions: number): Promise<string[]> => {
    statements.length = 0;
    const sizes = Array.from({ length: transactions }, () =>
      withTransaction(database, async (runner) => (await loadFlowGraph(runner, database, versionId)).vertices.size),
    );
    expect(new Set(await Promise.all(sizes)).size).toBe(1);
    return statements.flatMap((sql) => /^(?:ROLLBACK|COMMIT|SELECT (?=.* FROM vertex))/s.exec(sql) ?? []);
  };
  const page = 'SELECT ';
  expect(await readIn(await versionOf(3), 1)).toEqual([page, 'COMMIT']);
  const large = await versionOf(COUNT);
  expect(await readIn(large, 1)).toEqual([page, 'ROLLBACK', page, page, page, page, page]);
  expect(await readIn(large, 1)).toEqual([]);
  const together = await readIn(await versionOf(COUNT), 3);
  expect(together.filter((sql) => sql === page)).toHaveLength(3 + 5);
}, 60_000);
