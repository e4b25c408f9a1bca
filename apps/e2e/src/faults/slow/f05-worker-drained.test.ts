import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ChaosProcess } from '../../chaos/chaos-stack.ts';
import { uniqueSleep, waitForProcesses, waitForPulledEntries } from '../../testing/worker-scene.ts';
import { linkOf } from '../fault-scene.ts';
import { inRounds, ROUNDS } from '../rounds.ts';
import { openWorkerFaults, type WorkerFaults } from '../worker-faults.ts';

/**
 * F5: a worker is told to end, and what it needs for that is away. It ends in order and in its time all the same; what it
 * could not say it says in its next life. (SIGTERM while all is well: worker-life.test.ts.)
 */
const TIMEOUT_MS = 60_000 * ROUNDS;
const DRAIN_MS = 2000;
/** After the drain: to kill, to report, to let go. */
const END_MS = 5000;
/** For a machine that is busy with other tests. */
const SLACK_MS = 2000;

let scene: WorkerFaults;
beforeAll(async () => {
  // Within a lease a worker must end, be started again, and be heard.
  scene = await openWorkerFaults({
    slots: 2,
    environment: { BATON_LEASE_MS: '10000', BATON_DRAIN_MS: String(DRAIN_MS) },
  });
}, 120_000);
afterAll(() => scene.stack.stop());

async function endInTime(worker: ChaosProcess): Promise<void> {
  const { exited } = worker;
  const toldAt = performance.now();
  worker.kill('SIGTERM');
  expect(await exited).toEqual({ code: 0, signal: null });
  expect(performance.now() - toldAt).toBeLessThan(DRAIN_MS + END_MS + SLACK_MS);
}

/** What a link held while it was silent is lost with the process that had sent it. */
async function heal(link: ChaosProcess['links']['redis']): Promise<void> {
  link.cut();
  await link.setMode('pass');
}

test.concurrent(
  'SIGTERM while Redis is away: the script ends by itself, the worker in its time, and its next life reports the end',
  inRounds(async (round) => {
    const label = `no-redis-${round}`;
    const worker = await scene.addWorker(label);
    const id = await scene.startOne(label, { lines: 'sleep 1' });
    await scene.waitForWritten(id, 'START 1');
    await worker.links.redis.setMode('silent');
    await endInTime(worker);
    await heal(worker.links.redis);
    await worker.restart();
    const written = ['START 1', 'END 1'];
    expect(await scene.waitForOutcome(id)).toEqual({ state: 'FINISH', results: ['succeed'], written });
  }),
  TIMEOUT_MS,
);

test.concurrent(
  'SIGTERM while the API is away: what runs is killed and lost, what was being claimed runs once later',
  inRounds(async (round) => {
    const label = `no-api-${round}`;
    const worker = await scene.addWorker(label);
    const api = linkOf(worker, 'api');
    const sleep = uniqueSleep();
    const running = await scene.startOne(label, { lines: `echo printed; ${sleep}` });
    await waitForProcesses(sleep, 1);
    await api.setMode('silent');
    const claimed = await scene.startOne(label);
    await waitForPulledEntries(scene.stack, label, 2);
    await endInTime(worker);
    await waitForProcesses(sleep, 0);
    await heal(api);
    expect(await scene.waitForOutcome(running)).toEqual({ state: 'FAILED', results: ['lost'], written: ['START 1'] });
    await worker.restart();
    const written = ['START 1', 'END 1'];
    expect(await scene.waitForOutcome(claimed)).toEqual({ state: 'FINISH', results: ['succeed'], written });
  }),
  TIMEOUT_MS,
);

test('all that the drained workers did is as the rules say', async () => {
  expect(await scene.judge()).toEqual([]);
});
