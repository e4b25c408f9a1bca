import { useTestDatabase } from './testing-database.ts';
import { expect, test } from '@jest/globals';
import { testServers } from '@baton/devstack/testing';
import { dumpSchema, findColumns } from './testing-schema.ts';
import { claimTracks, createTestDatabase, runTracks, startTestFlow } from './testing.ts';
import { isMigrated, migrate } from './migrate.ts';
import { openDatabase } from './data-source.ts';

const database = useTestDatabase();

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

test('a migration that was cut off is run again, over data that is there', async () => {
  const halfWay = await createTestDatabase(testServers().mysqlUrl);
  try {
    const flow = await startTestFlow(halfWay, { edges: ['A->B', 'A->C'] });
    await runTracks(flow, ['A']);
    await claimTracks(flow, ['B']);
    const whole = await dumpSchema(halfWay);
    for (const statement of CUT_OFF) await halfWay.dataSource.query(statement);
    expect(await migrate(halfWay)).toEqual(['Control1700000000004']);
    const columns = findColumns(await dumpSchema(halfWay));
    for (const [table, names] of Object.entries(findColumns(whole))) {
      expect({ table, names: columns[table]?.toSorted() }).toEqual({ table, names: names.toSorted() });
    }
    const sql = 'SELECT state, started_attempt AS started FROM track ORDER BY id';
    expect(await halfWay.dataSource.query(sql)).toEqual([
      { state: 'SUCCEED', started: 1 },
      { state: 'RUNNING', started: 1 },
      { state: 'PENDING', started: 0 },
    ]);
    await runTracks(flow, ['C']);
  } finally {
    await halfWay.close();
  }
});

/** As the tables are when the fourth migration ends in its middle, and tracks are from before it. */
const CUT_OFF = [
  `DELETE FROM migration WHERE name = 'Control1700000000004'`,
  'ALTER TABLE track DROP CONSTRAINT ck_track_started, DROP COLUMN started_attempt',
  'DROP TABLE limit_holder',
  'ALTER TABLE pipeline DROP KEY ix_pipeline_parent',
];

test('every connection speaks UTC, READ COMMITTED and strict SQL', async () => {
  const [row] = await database.dataSource.query(
    `SELECT @@session.time_zone AS zone, @@session.innodb_lock_wait_timeout AS wait, @@session.sql_mode AS mode`,
  );
  expect(row).toMatchObject({ zone: '+00:00', wait: 2, mode: expect.stringContaining('STRICT_ALL_TABLES') });
});
