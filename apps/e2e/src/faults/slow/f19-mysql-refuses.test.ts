import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openDatabase, selectRows } from '@baton/database';
import { openMysqlScene } from '../mysql-scene.ts';
import { inRounds, ROUNDS } from '../rounds.ts';
import { allWell, type ServerScene } from '../server-scene.ts';

/** F19: MySQL keeps rows locked, is read-only, has no connections left. What runs goes on, and all ends when it can. */
let scene: ServerScene;
beforeAll(async () => {
  scene = await openMysqlScene();
}, 120_000);
afterAll(() => scene.stop(), 60_000);

test(
  'F19: a pipeline that is kept locked waits, and is done when it is free; no other waits with it',
  inRounds(async () => {
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
  }),
  60_000 * ROUNDS,
);

test(
  'F19: MySQL is read-only: a clean 503, what runs goes on, and all is done when it takes writes again',
  inRounds(async () => {
    const long = await scene.start('long');
    await scene.waitForLines('START', long, 1);
    await scene.admin.dataSource.query('SET GLOBAL read_only = 1');
    await expectUnavailable();
    expect(await scene.stack.api.get(`/pipelines/${long}`)).toMatchObject({ state: 'RUNNING' });
    await scene.waitForLines('END', long, 1);
    await scene.admin.dataSource.query('SET GLOBAL read_only = 0');
    expect(await scene.settle([long, await scene.start('fork')])).toEqual(allWell(6));
  }),
  60_000 * ROUNDS,
);

test(
  'F19: MySQL has no connections left: a clean 503, and all is done when it has',
  inRounds(async () => {
    const long = await scene.start('long');
    await scene.waitForLines('START', long, 1);
    const release = await takeAllConnections();
    await expectUnavailable();
    await scene.waitForLines('END', long, 1);
    await release();
    expect(await scene.settle([long, await scene.start('fork')])).toEqual(allWell(6));
  }),
  60_000 * ROUNDS,
);

test(
  'F19: a server that refuses to lock rows changed since they were read (1020, where it can) changes nothing',
  inRounds(async () => {
    const { dataSource } = scene.admin;
    const known = await selectRows(dataSource, "SHOW GLOBAL VARIABLES LIKE 'innodb_snapshot_isolation'");
    if (known.length > 0) {
      await dataSource.query('SET GLOBAL innodb_snapshot_isolation = 1');
      await endConnections(dataSource);
    }
    const ids = await Promise.all([1, 2, 3, 4].map(() => scene.start('fork')));
    expect(await scene.settle(ids)).toEqual(allWell(16));
  }),
  60_000 * ROUNDS,
);

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
