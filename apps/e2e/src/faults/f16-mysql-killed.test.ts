import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { selectRows } from '@baton/database';
import { waitUntil } from '../testing/call-api.ts';
import { commitAfter, readMetrics } from './fault-scene.ts';
import { killMysql, openMysqlScene } from './mysql-scene.ts';
import { inRounds, ROUNDS } from './rounds.ts';
import { allWell, type ServerScene } from './server-scene.ts';

/**
 * F16, F17 and F19 as far as outages are shorter than leases: MySQL is killed and started again, stands still, makes deadlocks.
 * Nobody does anything about it: what runs goes on, and all ends. At other moments: slow/f16-mysql-moments.
 */
const STANDSTILL_MS = ROUNDS > 1 ? 10_000 : 5000;

let scene: ServerScene;
beforeAll(async () => {
  scene = await openMysqlScene();
}, 120_000);
afterAll(() => scene.stop(), 60_000);

test(
  'F16: MySQL is killed with the COMMIT of a completion in flight',
  inRounds(() =>
    killMysql(scene, { process: 'orchestrator', match: commitAfter('INSERT INTO attempt'), when: 'after' }),
  ),
  90_000 * ROUNDS,
);

test(
  'F17: MySQL stands still for less than a lease',
  inRounds(async () => {
    const pids = scene.pids();
    const [long, fork] = [await scene.start('long'), await scene.start('fork')];
    await scene.waitForLines('START', long, 1);
    scene.stack.server('mysql').kill('SIGSTOP');
    await sleep(STANDSTILL_MS);
    scene.stack.server('mysql').kill('SIGCONT');
    expect(await scene.settle([long, fork])).toEqual(allWell(6));
    expect(scene.pids()).toEqual(pids);
  }),
  90_000 * ROUNDS,
);

test(
  'F19: a completion whose transaction is the victim of a deadlock is applied',
  inRounds(async () => {
    const { dataSource } = scene.admin;
    const retries = await readRetries('deadlock');
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
      (count) => count > retries,
    );
  }),
  60_000 * ROUNDS,
);

/** Transactions of Baton that want to lock tracks at this moment. */
async function countLockWaits(): Promise<number> {
  const sql = `SELECT COUNT(*) AS count FROM information_schema.processlist
    WHERE user = 'baton' AND info LIKE '%FROM track WHERE id IN%FOR UPDATE%'`;
  const [row] = await selectRows<{ count: number }>(scene.admin.dataSource, sql);
  return row?.count ?? 0;
}

/** As the processes have reported it themselves. */
async function readRetries(cause: string): Promise<number> {
  const counts = (await readMetrics(scene.stack)).matchAll(
    new RegExp(`^baton_transaction_retries_total\\{.*"${cause}"\\} (\\d+)$`, 'gm'),
  );
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}
