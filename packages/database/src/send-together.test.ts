import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { databaseErrorNumber } from './database-errors.ts';
import { openDatabase, type Database } from './data-source.ts';
import { composePackets } from './packets.ts';
import { addWrite, selectRows, type Runner, type Statement } from './statements.ts';
import { useTestDatabase } from './testing-database.ts';
import { recordStatements } from './testing-explain.ts';
import { countPackets } from './testing-packets.ts';
import { withTransaction } from './with-transaction.ts';

const together = useTestDatabase({ sendsTogether: true });
let apart: Database;
beforeAll(async () => {
  apart = await openDatabase({ url: together.url });
  await together.dataSource.query(
    'CREATE TABLE note (id INT PRIMARY KEY, text LONGTEXT, bytes LONGBLOB) ENGINE=InnoDB CHARACTER SET utf8mb4',
  );
});
beforeEach(() => together.dataSource.query('DELETE FROM note'));
afterAll(() => apart.close());

const insert = (id: number, text: unknown = null, bytes: unknown = null): Statement => ({
  sql: 'INSERT INTO note (id, text, bytes) VALUES (?, ?, ?)',
  values: [id, text, bytes],
});

async function readIds(): Promise<number[]> {
  const rows = await selectRows<{ id: number }>(together.dataSource, 'SELECT id FROM note ORDER BY id');
  return rows.map(({ id }) => id);
}

const HOSTILE = [
  `'; DROP TABLE note; -- `,
  `\\'; DROP TABLE note; -- `,
  `\\`,
  `\\\\'`,
  `"; DELETE FROM note; #`,
  '`; DELETE FROM note; `',
  '/* */ ; */ DELETE FROM note /*',
  `\0'; DELETE FROM note; \u001a\r\n\b\t`,
  '? ?? :name ? ;',
  "é ß 世界 \u00bf\u005c \u{1F600} \u{20000}'; DELETE FROM note;",
  `$(';')`,
  '',
];

test.each([
  ['together', () => together],
  ['one by one', () => apart],
] as const)('whatever values hold is stored as it is, sent %s', async (_, choose) => {
  const database = choose();
  await withTransaction(database, async (runner) => {
    for (const [index, text] of HOSTILE.entries()) await addWrite(runner, insert(index, text, Buffer.from(text)));
    await addWrite(runner, { sql: 'UPDATE note SET text = ? WHERE id IN (?)', values: [HOSTILE[0], [0]] });
  });
  const rows = await selectRows<{ text: string; bytes: Buffer }>(
    database.dataSource,
    'SELECT text, bytes FROM note WHERE id IN (?) ORDER BY id',
    [HOSTILE.map((_text, index) => index)],
  );
  expect(rows.map(({ text }) => text)).toEqual(HOSTILE);
  expect(rows.map(({ bytes }) => bytes.toString())).toEqual(HOSTILE);
});

test('an object or a list as a value does not become SQL of another kind', async () => {
  await withTransaction(together, async (runner) => {
    await addWrite(runner, insert(1, { toSqlString: 'no', id: `1'; DELETE FROM note; --` }));
    await addWrite(runner, insert(2, new Date(0)));
  });
  const rows = await selectRows<{ text: string }>(together.dataSource, 'SELECT text FROM note ORDER BY id');
  expect(rows.map(({ text }) => text)).toEqual(['[object Object]', '1970-01-01 00:00:00.000']);
});

test('a process that was not told otherwise cannot send two statements, whatever it joins', async () => {
  const twice = 'SELECT 1; SELECT 2';
  await expect(apart.dataSource.query(twice)).rejects.toMatchObject({ errno: 1064 });
  await expect(withTransaction(apart, (runner) => runner.query(twice))).rejects.toMatchObject({ errno: 1064 });
  await expect(withTransaction(together, (runner) => runner.query(twice))).rejects.toThrow('expected one statement');
});

test('a transaction is three packets: what it reads first, what it writes, the commit', async () => {
  const single = await openDatabase({ url: together.url, poolSize: 1, sendsTogether: true });
  const sent = await countPackets(single, () =>
    withTransaction(single, async (runner) => {
      await selectRows(runner, 'SELECT id FROM note WHERE id = 1 FOR UPDATE');
      for (const id of [1, 2, 3]) await addWrite(runner, insert(id));
    }),
  );
  await single.close();
  expect(sent).toBe(3);
  expect(await readIds()).toEqual([1, 2, 3]);
});

test('whoever reads sees what was added before', async () => {
  for (const database of [together, apart]) {
    const seen = await withTransaction(database, async (runner) => {
      await addWrite(runner, { sql: 'DELETE FROM note' });
      await addWrite(runner, insert(7));
      return selectRows<{ id: number }>(runner, 'SELECT id FROM note');
    });
    expect(seen).toEqual([{ id: 7 }]);
  }
});

test('nothing behind a statement that fails is done, and its error says which statements, without values', async () => {
  for (const database of [together, apart]) {
    const failed = withTransaction(database, async (runner) => {
      await addWrite(runner, insert(1, 'secret'));
      await addWrite(runner, insert(1, 'secret'));
      // Not rolled back by itself: had it been done, it would stay.
      await addWrite(runner, { sql: 'ALTER TABLE note COMMENT = ?', values: ['done'] });
    });
    const error: unknown = await failed.catch((caught: unknown) => caught);
    expect(databaseErrorNumber(error)).toBe(1062);
    expect(JSON.stringify(error)).toContain('INSERT INTO note');
    expect(JSON.stringify(error)).not.toContain('secret');
  }
  expect(await readIds()).toEqual([]);
  const [table] = await selectRows<{ comment: string }>(
    together.dataSource,
    `SELECT table_comment AS comment FROM information_schema.tables
     WHERE table_schema = DATABASE() AND table_name = 'note'`,
  );
  expect(table).toEqual({ comment: '' });
});

test('the victim of a deadlock does nothing more of its packet, neither outside of its transaction', async () => {
  await withTransaction(together, async (runner) => {
    for (const id of [1, 2]) await addWrite(runner, insert(id, ''));
  });
  const touch = (runner: Runner, id: number): Promise<void> =>
    addWrite(runner, { sql: `UPDATE note SET text = 'touched' WHERE id = ?`, values: [id] });
  const other = together.dataSource.createQueryRunner();
  await other.startTransaction();
  // The heavier one: the victim is who has changed less.
  for (let id = 100; id < 120; id += 1) await other.query('INSERT INTO note (id) VALUES (?)', [id]);
  await other.query(`UPDATE note SET text = 'other' WHERE id = 1`);
  let blocked: Promise<unknown> = Promise.resolve();
  const victim = withTransaction(
    together,
    async (runner) => {
      await runner.query('UPDATE note SET text = ? WHERE id = 2', ['victim']);
      blocked = other.query(`UPDATE note SET text = 'other' WHERE id = 2`);
      await addWrite(runner, insert(3));
      await touch(runner, 1);
      await addWrite(runner, insert(4));
    },
    { maxTries: 1 },
  );
  await expect(victim).rejects.toMatchObject({ errno: 1213 });
  await blocked;
  await other.commitTransaction();
  await other.release();
  expect((await readIds()).filter((id) => id < 100)).toEqual([1, 2]);
});

test('a row that is not as expected rolls back all of its packet', async () => {
  for (const database of [together, apart]) {
    const failed = withTransaction(database, async (runner) => {
      await addWrite(runner, insert(1));
      const check = (affectedRows: number): void => {
        if (affectedRows !== 1) throw new Error(`${affectedRows} of 1`);
      };
      await addWrite(runner, { sql: 'UPDATE note SET text = 1 WHERE id = ?', values: [2], check });
      await addWrite(runner, insert(3));
    });
    await expect(failed).rejects.toThrow('0 of 1');
  }
  expect(await readIds()).toEqual([]);
});

test('what is too much for one packet is sent in several, in order, and one long statement by itself', async () => {
  const long = 'é'.repeat(1_500_000);
  await withTransaction(together, async (runner) => {
    for (const id of [1, 2, 3, 4]) await addWrite(runner, insert(id, long));
    await addWrite(runner, { sql: 'UPDATE note SET text = CHAR_LENGTH(text) WHERE text = ?', values: [long] });
  });
  const rows = await selectRows<{ text: string }>(together.dataSource, 'SELECT text FROM note ORDER BY id');
  expect(rows.map(({ text }) => text)).toEqual(Array(4).fill(String(long.length)));
  const runner = together.dataSource.createQueryRunner();
  const connection = (await runner.connect()) as Parameters<typeof composePackets>[0];
  await runner.release();
  const packets = [
    ...composePackets(
      connection,
      [1, 2, 3, 4, 5].map((id) => insert(id, 'éé')),
      150,
    ),
  ];
  expect(packets.map(({ statements }) => statements.length)).toEqual([2, 2, 1]);
  for (const { sql } of packets) expect(Buffer.byteLength(sql)).toBeLessThanOrEqual(150);
});

test('a transaction that does nothing sends nothing', async () => {
  const sent = await recordStatements(together, () => withTransaction(together, async () => 1), /./);
  expect(sent).toEqual([]);
});
