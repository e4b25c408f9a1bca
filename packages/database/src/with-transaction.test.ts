import { beforeAll, beforeEach, expect, test } from '@jest/globals';
import { databaseErrorNumber } from './database-errors.ts';
import { IDLE_SECONDS, openDatabase, type Database } from './data-source.ts';
import { execute, selectRows, type Runner } from './statements.ts';
import { useTestDatabase } from './testing-database.ts';
import { startProxy } from './testing.ts';
import { readRetryCounts, withTransaction } from './with-transaction.ts';

const database = useTestDatabase();
beforeAll(async () => {
  await database.dataSource.query('CREATE TABLE cell (id INT PRIMARY KEY, value INT NOT NULL) ENGINE=InnoDB');
});
beforeEach(() => database.dataSource.query('REPLACE INTO cell VALUES (1, 0), (2, 0)'));

const add = (runner: Runner, id: number): Promise<unknown> =>
  execute(runner, 'UPDATE cell SET value = value + 1 WHERE id = ?', [id]);

async function readCells(): Promise<number[]> {
  const rows = await selectRows<{ value: number }>(database.dataSource, 'SELECT value FROM cell ORDER BY id');
  return rows.map(({ value }) => value);
}

/** A promise, and what fulfils it. */
function makeSignal(): { reached: Promise<void>; reach: () => void } {
  let reach = (): void => {};
  const reached = new Promise<void>((resolve) => (reach = resolve));
  return { reached, reach };
}

/** Error number of a statement that servers refuse inside a transaction. */
const INSIDE_TRANSACTION = 1568;

/** How many of so many connections of a pool have a transaction open. */
async function countOpenTransactions(of: Database, connections: number): Promise<number> {
  const runners = Array.from({ length: connections }, () => of.dataSource.createQueryRunner());
  const answers = await Promise.allSettled(runners.map((runner) => runner.query('SET TRANSACTION READ WRITE')));
  await Promise.all(runners.map((runner) => runner.query('ROLLBACK').then(() => runner.release())));
  const errors = answers.flatMap((answer) =>
    answer.status === 'rejected' ? [databaseErrorNumber(answer.reason)] : [],
  );
  return errors.filter((number) => number === INSIDE_TRANSACTION).length;
}

test('two transactions that lock in opposite order are both done, one of them again', async () => {
  const [first, second] = [makeSignal(), makeSignal()];
  const retries: string[] = [];
  const options = { onRetry: (meaning: string) => void retries.push(meaning) };
  await Promise.all([
    withTransaction(
      database,
      async (runner) => {
        await add(runner, 1);
        first.reach();
        await second.reached;
        await add(runner, 2);
      },
      options,
    ),
    withTransaction(
      database,
      async (runner) => {
        await add(runner, 2);
        second.reach();
        await first.reached;
        await add(runner, 1);
      },
      options,
    ),
  ]);
  expect(retries).toEqual([expect.stringContaining('deadlock')]);
  expect(readRetryCounts().get('deadlock')).toBeGreaterThan(0);
  expect(await readCells()).toEqual([2, 2]);
});

test('after a lock wait nothing of the half-done transaction is kept', async () => {
  const small = await openDatabase({ url: database.url, poolSize: 1 });
  const holder = database.dataSource.createQueryRunner();
  await holder.startTransaction();
  await add(holder, 2);
  const failed = withTransaction(
    small,
    async (runner) => {
      await runner.query('SET SESSION innodb_lock_wait_timeout = 1');
      await add(runner, 1);
      await add(runner, 2);
    },
    { maxTries: 1 },
  );
  await expect(failed).rejects.toMatchObject({ errno: 1205 });
  expect(await countOpenTransactions(small, 1)).toBe(0);
  await withTransaction(small, async (runner) => void (await runner.query('SELECT 1')));
  await holder.rollbackTransaction();
  await holder.release();
  await small.close();
  expect(await readCells()).toEqual([0, 0]);
});

test('a lock wait is waited for again', async () => {
  const holder = database.dataSource.createQueryRunner();
  await holder.startTransaction();
  await add(holder, 1);
  const retried = makeSignal();
  const done = withTransaction(
    database,
    async (runner) => {
      await runner.query('SET SESSION innodb_lock_wait_timeout = 1');
      await add(runner, 2);
      await add(runner, 1);
      await runner.query('SET SESSION innodb_lock_wait_timeout = 5');
    },
    { onRetry: () => retried.reach() },
  );
  await retried.reached;
  await holder.rollbackTransaction();
  await holder.release();
  await done;
  expect(await readCells()).toEqual([1, 1]);
});

test('a connection that is killed in the middle is replaced, and the body done once', async () => {
  let tries = 0;
  await withTransaction(database, async (runner) => {
    tries += 1;
    await add(runner, 1);
    if (tries > 1) return;
    const [row] = await selectRows<{ id: number }>(runner, 'SELECT CONNECTION_ID() AS id');
    await database.dataSource.query(`KILL ${row?.id}`);
    await add(runner, 2);
  });
  expect(tries).toBe(2);
  expect(await readCells()).toEqual([1, 0]);
});

test('an error of the body rolls back and reaches the caller as it is, without another try', async () => {
  const error = new Error('no');
  let tries = 0;
  const failed = withTransaction(database, async (runner) => {
    tries += 1;
    await add(runner, 1);
    throw error;
  });
  await expect(failed).rejects.toBe(error);
  expect(tries).toBe(1);
  expect(await readCells()).toEqual([0, 0]);
});

test('an error of a statement that would fail again is not tried again', async () => {
  let tries = 0;
  const failed = withTransaction(database, async (runner) => {
    tries += 1;
    await runner.query('INSERT INTO cell VALUES (1, 1)');
  });
  const error: unknown = await failed.catch((caught: unknown) => caught);
  expect([databaseErrorNumber(error), tries]).toEqual([1062, 1]);
});

test('no connection leaks: a pool of two is whole after 50 failures of every kind', async () => {
  const small = await openDatabase({ url: database.url, poolSize: 2 });
  const failures = Array.from({ length: 50 }, (_, index) =>
    withTransaction(
      small,
      async (runner) => {
        await add(runner, 1);
        if (index % 3 === 0) throw new Error('no');
        if (index % 3 === 1) await runner.query('SELECT nothing FROM nowhere');
        await runner.query('KILL CONNECTION_ID()');
        await runner.query('SELECT 1');
      },
      { maxTries: 1 },
    ),
  );
  const results = await Promise.allSettled(failures);
  expect(results.filter(({ status }) => status === 'fulfilled')).toEqual([]);
  await Promise.all([1, 2].map((id) => withTransaction(small, (runner) => add(runner, id))));
  expect(await countOpenTransactions(small, 2)).toBe(0);
  await small.close();
  expect(await readCells()).toEqual([1, 1]);
});

test('READ COMMITTED holds: a later statement sees what was committed meanwhile', async () => {
  const seen = await withTransaction(database, async (runner) => {
    await selectRows(runner, 'SELECT value FROM cell WHERE id = 1');
    await database.dataSource.query('UPDATE cell SET value = 7 WHERE id = 1');
    const rows = await selectRows<{ value: number }>(runner, 'SELECT value FROM cell WHERE id = 1');
    return rows[0]?.value;
  });
  expect(seen).toBe(7);
});

test('a server that is away is given up after the tries, with its error, and found again', async () => {
  const proxy = await startProxy(database.url);
  const distant = await openDatabase({ url: proxy.url, poolSize: 1 });
  await proxy.refuse();
  const retries: string[] = [];
  const increment = (runner: Runner): Promise<unknown> => add(runner, 1);
  const failed = withTransaction(distant, increment, { maxTries: 3, onRetry: (why) => void retries.push(why) });
  await expect(failed).rejects.toThrow();
  expect(retries).toEqual(['the connection was lost', 'the connection was lost']);
  await proxy.accept();
  await withTransaction(distant, increment);
  await distant.close();
  await proxy.close();
  expect(await readCells()).toEqual([1, 0]);
});

test('the count of open transactions, which the tests above use, sees one', async () => {
  const small = await openDatabase({ url: database.url, poolSize: 1 });
  await small.dataSource.query('START TRANSACTION');
  expect(await countOpenTransactions(small, 1)).toBe(1);
  expect(await countOpenTransactions(small, 1)).toBe(0);
  await small.close();
});

test('a server that says nothing any more is given up, with its connections, and the body done once it answers', async () => {
  const proxy = await startProxy(database.url);
  const distant = await openDatabase({ url: proxy.url, poolSize: 2, silenceMs: 300 });
  await withTransaction(distant, (runner) => add(runner, 1));
  proxy.silence();
  const silentSince = performance.now();
  const retries: string[] = [];
  await withTransaction(distant, (runner) => add(runner, 1), { onRetry: (why) => void retries.push(why) });
  expect(retries).toEqual(['the connection was lost']);
  // Long before the server gives up its end (wait_timeout), which this proxy would tell.
  expect(performance.now() - silentSince).toBeLessThan(IDLE_SECONDS * 1000);
  const endSilence = distant.allowSilence();
  await withTransaction(distant, (runner) => runner.query('SELECT SLEEP(0.6)'));
  endSilence();
  await distant.close();
  await proxy.close();
  expect(await readCells()).toEqual([2, 0]);
});
