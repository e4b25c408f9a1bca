import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openDatabase, selectRows } from '@baton/database';
import { readRounds } from '../config.ts';
import { waitUntil } from '../testing/call-api.ts';
import { allWell, linkOf, openServerScene, type ServerScene } from './server-scene.ts';

/**
 * F16, F17 and F19 as far as outages are shorter than leases: MySQL is killed and started again, stands still, is read-only, has
 * no connections left, makes deadlocks, keeps rows locked. Nobody does anything about it: what runs goes on, and all ends.
 */
const ROUNDS = readRounds(1);
/** Longer than MySQL takes to be there again. */
const LONG_SECONDS = 4;
const STANDSTILL_MS = ROUNDS > 1 ? 10_000 : 5000;

let scene: ServerScene;
beforeAll(async () => {
  scene = await openServerScene({ environment: { BATON_LEASE_MS: '30000' } });
  await scene.makeGraph('fork', { A: 0, B: 0, C: 0, J: 0 }, ['A->B', 'A->C', 'B->J', 'C->J']);
  await scene.makeGraph('long', { L: LONG_SECONDS, after: 0 }, ['L->after']);
}, 120_000);
afterAll(() => scene.stop(), 60_000);

interface Moment {
  when: string;
  /** Resolves when MySQL was killed. */
  kill: (kill: () => void) => Promise<void>;
}

/** Those of the second half only where there is time for them. */
const MOMENTS: Moment[] = [
  { when: 'while an orchestrator looks for what stands still', kill: at('orchestrator', /due_at/, 'before') },
  {
    when: 'with the COMMIT of a completion in flight',
    kill: at('orchestrator', endsWith('INSERT INTO attempt'), 'after'),
  },
  { when: 'with the COMMIT of a claim in flight', kill: at('api', endsWith("SET state = 'RUNNING'"), 'after') },
  { when: 'with the COMMIT of a start in flight', kill: at('api', endsWith('INSERT INTO pipeline '), 'after') },
  { when: 'in the transaction of a completion', kill: at('orchestrator', /INSERT INTO attempt/, 'after') },
  {
    when: 'with the COMMIT of a completion not arrived',
    kill: at('orchestrator', endsWith('INSERT INTO attempt'), 'before'),
  },
  { when: 'in the transaction of a claim', kill: at('api', /SET state = 'RUNNING'/, 'after') },
];

/** One transaction, from a statement of it to its COMMIT. */
function endsWith(statement: string): RegExp {
  return new RegExp(`${statement}(?:(?!START TRANSACTION)[^])*COMMIT$`);
}

function at(process: 'api' | 'orchestrator', match: RegExp, when: 'before' | 'after'): Moment['kill'] {
  return (kill) => linkOf(scene.stack.process(process), 'mysql').intercept({ match, when, act: kill });
}

test.each(ROUNDS > 1 ? MOMENTS : MOMENTS.slice(0, 4))(
  'F16: MySQL is killed $when',
  async ({ kill }) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const pids = scene.pids();
      const server = scene.stack.server('mysql');
      const long = await scene.start('long');
      await scene.waitForLines('START', long, 1);
      const { exited } = server;
      const killed = kill(() => server.kill('SIGKILL'));
      const starting = scene.start('fork');
      await killed;
      await exited;
      await server.restart();
      expect(await scene.settle([long, await starting])).toEqual(allWell(6));
      expect(scene.pids()).toEqual(pids);
    }
  },
  90_000 * ROUNDS,
);

test('F17: MySQL stands still for less than a lease', async () => {
  const pids = scene.pids();
  const [long, fork] = [await scene.start('long'), await scene.start('fork')];
  await scene.waitForLines('START', long, 1);
  scene.stack.server('mysql').kill('SIGSTOP');
  await sleep(STANDSTILL_MS);
  scene.stack.server('mysql').kill('SIGCONT');
  expect(await scene.settle([long, fork])).toEqual(allWell(6));
  expect(scene.pids()).toEqual(pids);
}, 90_000);

test('F19: a completion whose transaction is the victim of a deadlock is applied', async () => {
  const { dataSource } = scene.admin;
  await dataSource.query('CREATE TABLE IF NOT EXISTS ballast (id INT PRIMARY KEY)');
  const id = await scene.start('long');
  await scene.waitForLines('START', id, 1);
  const runner = dataSource.createQueryRunner();
  await runner.startTransaction();
  // The server undoes the transaction that has written less.
  await runner.query(`INSERT INTO ballast VALUES ${Array.from({ length: 500 }, (_, index) => `(${index})`).join()}`);
  await runner.query(`SELECT id FROM track WHERE pipeline_id = ${id} FOR UPDATE`);
  await waitUntil(countLockWaits, (count) => count > 0);
  await runner.query(`SELECT id FROM pipeline WHERE id = ${id} FOR UPDATE`);
  await runner.rollbackTransaction();
  await runner.release();
  expect(await scene.settle([id])).toEqual(allWell(2));
  await waitUntil(
    () => readRetries('deadlock'),
    (count) => count > 0,
  );
}, 60_000);

test('F19: a pipeline that is kept locked waits, and is done when it is free; no other waits with it', async () => {
  const id = await scene.start('long');
  await scene.waitForLines('START', id, 1);
  const runner = scene.admin.dataSource.createQueryRunner();
  await runner.startTransaction();
  await runner.query(`SELECT id FROM pipeline WHERE id = ${id} FOR UPDATE`);
  await scene.waitForLines('END', id, 1);
  expect(await scene.settle([await scene.start('fork')], [id])).toEqual(allWell(4));
  await runner.rollbackTransaction();
  await runner.release();
  expect(await scene.settle([id])).toEqual(allWell(2));
}, 60_000);

test('F19: MySQL is read-only: a clean 503, what runs goes on, and all is done when it takes writes again', async () => {
  const long = await scene.start('long');
  await scene.waitForLines('START', long, 1);
  await scene.admin.dataSource.query('SET GLOBAL read_only = 1');
  await expectUnavailable();
  expect(await scene.stack.api.get(`/pipelines/${long}`)).toMatchObject({ state: 'RUNNING' });
  await scene.waitForLines('END', long, 1);
  await scene.admin.dataSource.query('SET GLOBAL read_only = 0');
  expect(await scene.settle([long, await scene.start('fork')])).toEqual(allWell(6));
}, 60_000);

test('F19: MySQL has no connections left: a clean 503, and all is done when it has', async () => {
  const long = await scene.start('long');
  await scene.waitForLines('START', long, 1);
  const release = await takeAllConnections();
  await expectUnavailable();
  await scene.waitForLines('END', long, 1);
  await release();
  expect(await scene.settle([long, await scene.start('fork')])).toEqual(allWell(6));
}, 60_000);

test('F19: a server that refuses to lock rows changed since they were read (1020, where it can) changes nothing', async () => {
  const { dataSource } = scene.admin;
  const known = await selectRows(dataSource, "SHOW GLOBAL VARIABLES LIKE 'innodb_snapshot_isolation'");
  if (known.length > 0) {
    await dataSource.query('SET GLOBAL innodb_snapshot_isolation = 1');
    await endConnections(dataSource);
  }
  const ids = await Promise.all([1, 2, 3, 4].map(() => scene.start('fork')));
  expect(await scene.settle(ids)).toEqual(allWell(16));
}, 60_000);

/** A call that has to write. */
async function expectUnavailable(): Promise<void> {
  const failure: unknown = await scene.startOnce('fork').catch((error: unknown) => error);
  expect(failure).toMatchObject({
    status: 503,
    body: { code: expect.stringMatching(/^(database_unavailable|deadline_exceeded)$/) },
  });
}

const MOST_CONNECTIONS = 10;

/** Lowers the limit, takes every connection that it allows, and ends all others. @returns what gives them back */
async function takeAllConnections(): Promise<() => Promise<void>> {
  const holder = await openDatabase({ url: scene.stack.database.url, poolSize: MOST_CONNECTIONS - 2 });
  const runners = [
    ...Array.from({ length: MOST_CONNECTIONS - 2 }, () => holder.dataSource.createQueryRunner()),
    ...Array.from({ length: 2 }, () => scene.admin.dataSource.createQueryRunner()),
  ];
  const held = await Promise.all(
    runners.map(async (runner) => {
      const [row] = await selectRows<{ id: number }>(runner, 'SELECT CONNECTION_ID() AS id');
      return row?.id ?? 0;
    }),
  );
  const admin = runners.at(-1) as (typeof runners)[number];
  const [row] = await selectRows<{ most: number }>(admin, 'SELECT @@GLOBAL.max_connections AS most');
  await admin.query(`SET GLOBAL max_connections = ${MOST_CONNECTIONS}`);
  await endConnections(admin, held);
  return async () => {
    await admin.query(`SET GLOBAL max_connections = ${row?.most ?? 200}`);
    for (const runner of runners) await runner.release();
    await holder.close();
  };
}

/** Of Baton and of this process, except some. */
async function endConnections(asked: Parameters<typeof selectRows>[0], except: readonly number[] = []): Promise<void> {
  const sql = `SELECT id FROM information_schema.processlist WHERE user = 'baton' AND id NOT IN (?)`;
  for (const { id } of await selectRows<{ id: number }>(asked, sql, [[0, ...except]])) {
    await asked.query(`KILL ${id}`).catch(() => {}); // it may have ended meanwhile
  }
}

/** Transactions of Baton that want to lock tracks at this moment. */
async function countLockWaits(): Promise<number> {
  const sql = `SELECT COUNT(*) AS count FROM information_schema.processlist
    WHERE user = 'baton' AND info LIKE '%FROM track WHERE id IN%FOR UPDATE%'`;
  const [row] = await selectRows<{ count: number }>(scene.admin.dataSource, sql);
  return row?.count ?? 0;
}

/** As the processes have reported it themselves. */
async function readRetries(cause: string): Promise<number> {
  const { url, token } = scene.stack;
  const metrics = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  const counts = (await metrics.text()).matchAll(
    new RegExp(`^baton_transaction_retries_total\\{.*"${cause}"\\} (\\d+)$`, 'gm'),
  );
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}
