import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testServers } from '@baton/devstack/testing';
import { createTestDatabase, type TestDatabase } from './testing.ts';
import { isMigrated, migrate } from './migrate.ts';
import { openDatabase } from './data-source.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase(testServers().mysqlUrl);
});
afterAll(() => database.close());

test('migrations run once, also when several processes start together', async () => {
  expect(await isMigrated(database)).toBe(true);
  const empty = await createTestDatabase(testServers().mysqlUrl);
  await empty.dataSource.query('SET FOREIGN_KEY_CHECKS = 0');
  const others = await Promise.all([1, 2, 3].map(() => openDatabase({ url: empty.url, poolSize: 2 })));
  const runs = await Promise.all(others.map((other) => migrate(other)));
  expect(runs.flat()).toEqual([]);
  await Promise.all(others.map((other) => other.close()));
  await empty.close();
});

test('every connection speaks UTC, READ COMMITTED and strict SQL', async () => {
  const [row] = await database.dataSource.query(
    `SELECT @@session.time_zone AS zone, @@session.innodb_lock_wait_timeout AS wait, @@session.sql_mode AS mode`,
  );
  expect(row).toMatchObject({ zone: '+00:00', wait: 2, mode: expect.stringContaining('STRICT_ALL_TABLES') });
});
