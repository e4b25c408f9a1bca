import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { startServers, type Servers } from '@baton/devstack';
import { testServers } from '@baton/devstack/testing';
import { openDatabase, type Database } from './data-source.ts';
import { databaseErrorNumber, isDatabaseAway } from './database-errors.ts';
import { selectRows } from './statements.ts';
import { withTransaction } from './with-transaction.ts';

const TABLE_FULL = 1114;

/** A server of this file's own, all of whose tables are in one file that cannot grow beyond so much. */
const directory = mkdtempSync(path.join(tmpdir(), 'baton-full-'));
let servers: Servers;
let database: Database;
afterAll(async () => {
  await close();
  rmSync(directory, { recursive: true, force: true });
});

async function open(megabytes: number): Promise<void> {
  const { redisUrl } = testServers();
  const mysqlOptions = [
    '--innodb-file-per-table=OFF',
    `--innodb-data-file-path=ibdata1:12M:autoextend:max:${megabytes}M`,
    '--innodb-autoextend-increment=1',
  ];
  servers = await startServers({ directory, report: () => {}, purpose: 'tests', redisUrl, mysqlOptions });
  database = await openDatabase({ url: servers.mysqlUrl });
}

async function close(): Promise<void> {
  await database.close();
  await servers.stop();
}

async function countCells(): Promise<number> {
  const [row] = await selectRows<{ count: number }>(database.dataSource, 'SELECT COUNT(*) AS count FROM cell');
  return row?.count ?? 0;
}

function writeTwo(): Promise<void> {
  return withTransaction(
    database,
    async (runner) => {
      await runner.query("INSERT INTO cell (bytes) VALUES ('small')");
      await runner.query("INSERT INTO cell (bytes) VALUES (REPEAT('x', 2000000))");
    },
    { maxTries: 2 },
  );
}

/** @returns what ends it */
async function fillDisk(): Promise<unknown> {
  for (;;) {
    try {
      await database.dataSource.query("INSERT INTO ballast (bytes) VALUES (REPEAT('x', 1000000))");
    } catch (error) {
      return error;
    }
  }
}

test('the disk is full: the server counts as away, nothing is half done, and it is done when there is room', async () => {
  await open(40);
  for (const name of ['ballast', 'cell']) {
    const columns = 'id INT AUTO_INCREMENT PRIMARY KEY, bytes LONGBLOB';
    await database.dataSource.query(`CREATE TABLE ${name} (${columns}) ENGINE=InnoDB`);
  }
  expect(databaseErrorNumber(await fillDisk())).toBe(TABLE_FULL);
  const failure: unknown = await writeTwo().catch((error: unknown) => error);
  expect([databaseErrorNumber(failure), isDatabaseAway(failure)]).toEqual([TABLE_FULL, true]);
  expect(await countCells()).toBe(0);
  await close();
  await open(80);
  await writeTwo();
  expect(await countCells()).toBe(2);
}, 120_000);
