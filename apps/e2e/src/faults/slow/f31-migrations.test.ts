import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { beforeEach, expect, jest, test } from '@jest/globals';
import { isMigrated, migrate, openDatabase, readCompletionSecret, selectRows } from '@baton/database';
import { createTestDatabase, dumpSchema, type TestDatabase } from '@baton/database/testing';
import { testServers } from '@baton/devstack/testing';
import { createTcpProxy, type TcpProxy } from '../../chaos/tcp-proxy.ts';
import { waitUntil } from '../../testing/call-api.ts';
import { ROOT } from '../../read-sources.ts';
import { inRounds, ROUNDS } from '../rounds.ts';

/** F31: migrations are run by several processes at once, are cut off at each of their statements, and are run again. */
interface Place {
  database: TestDatabase;
  proxy: TcpProxy;
  /** Of the database, through the proxy. */
  url: string;
}

// TypeORM tells the console of each migration that failed, and here all do.
beforeEach(() => void jest.spyOn(console, 'log').mockImplementation(() => {}));

/** Each round with an empty database of its own. */
function onEmptyDatabase(body: (place: Place) => Promise<void>) {
  return inRounds(async () => {
    const database = await createTestDatabase(testServers().mysqlUrl, { isEmpty: true });
    const target = new URL(database.url);
    const proxy = await createTcpProxy({ host: target.hostname, port: Number(target.port) });
    const url = Object.assign(target, { hostname: '127.0.0.1', port: String(proxy.port) }).href;
    try {
      await body({ database, proxy, url });
    } finally {
      await proxy.close();
      await database.close();
    }
  });
}

const STATEMENT = /(?:CREATE TABLE|ALTER TABLE|INSERT |UPDATE )[^]+$/;

/** Lets so many statements through, and cuts the connection when the next one is done and nobody has heard of it. */
async function cutAfter(proxy: TcpProxy, statements: number): Promise<void> {
  if (statements > 0) {
    await proxy.intercept({
      match: STATEMENT,
      when: 'before',
      cuts: false,
      act: () => void cutAfter(proxy, statements - 1),
    });
  } else await proxy.intercept({ match: STATEMENT, when: 'after' });
}

/** @returns whether it came to its end */
async function migrateThrough(url: string): Promise<boolean> {
  const through = await openDatabase({ url, poolSize: 2 });
  try {
    await migrate(through);
    return true;
  } catch {
    return false; // what the database looks like then is what is tested
  } finally {
    await through.close();
  }
}

async function countRun({ dataSource }: TestDatabase): Promise<number> {
  const tables = await selectRows(dataSource, `SHOW TABLES LIKE 'migration'`);
  return tables.length === 0 ? 0 : (await selectRows(dataSource, 'SELECT id FROM migration')).length;
}

test(
  'migrations that are cut off after each of their statements are completed by the next run',
  onEmptyDatabase(async ({ database, proxy, url }) => {
    const cuts: number[] = [];
    let passed = 0;
    let run = 0;
    for (;;) {
      const cut = cutAfter(proxy, passed);
      if (await migrateThrough(url)) break;
      await cut;
      const before = run;
      run = await countRun(database);
      cuts.push(run);
      // Within one migration each run gets one statement further than the one before it.
      passed = run === before ? passed + 1 : 0;
    }
    expect(cuts.length).toBeGreaterThan(20);
    expect(await isMigrated(database)).toBe(true);
    expect(await migrate(database)).toEqual([]);
    await expectWhole(database);
    expect(await readCompletionSecret(database)).toHaveLength(32);
  }),
  120_000 * ROUNDS,
);

test(
  'three processes migrate at once, and the one that does it is killed: another completes it',
  onEmptyDatabase(async ({ database, proxy, url }) => {
    // The one that is killed reaches the server through the proxy, the others do not.
    const first = startMigrate(url);
    await proxy.intercept({ match: /CREATE TABLE/, when: 'before', act: () => first.kill('SIGSTOP'), cuts: false });
    const others = [startMigrate(database.url), startMigrate(database.url)];
    const ended = Promise.all(others.map(async (program) => (await once(program, 'close'))[0] as number));
    await waitUntil(
      () => countWaiting(database),
      (count) => count === others.length,
    );
    const killed = proxy.intercept({ match: CREATE_OUTPUTS, when: 'after', act: () => first.kill('SIGKILL') });
    first.kill('SIGCONT');
    await killed;
    expect(await ended).toEqual([0, 0]);
    expect(await migrate(database)).toEqual([]);
    await expectWhole(database);
  }),
  60_000 * ROUNDS,
);

async function expectWhole(database: TestDatabase): Promise<void> {
  const whole = await createTestDatabase(testServers().mysqlUrl);
  expect(await dumpSchema(database)).toBe(await dumpSchema(whole));
  await whole.close();
}

/** In the middle of the fourth migration. */
const CREATE_OUTPUTS = /CREATE TABLE IF NOT EXISTS track_output/;

/** Connections that wait for another to have migrated. */
async function countWaiting(database: TestDatabase): Promise<number> {
  const rows = await selectRows<{ db: string; State: string }>(database.dataSource, 'SHOW PROCESSLIST');
  return rows.filter(({ db, State }) => State === 'User lock' && database.url.endsWith(`/${db}`)).length;
}

function startMigrate(mysqlUrl: string): ChildProcess {
  return spawn(process.execPath, [join(ROOT, 'apps/api/dist/main.js'), 'migrate'], {
    env: { PATH: process.env['PATH'], BATON_MYSQL_URL: mysqlUrl, BATON_REDIS_URL: testServers().redisUrl },
    stdio: 'ignore',
  });
}
