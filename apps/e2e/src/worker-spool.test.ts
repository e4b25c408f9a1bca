import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectRedis, createCompletionQueue } from '@baton/queue';
import { waitForEnd, waitUntil } from './testing/call-api.ts';
import { openWorkerScene, type WorkerScene } from './testing/worker-scene.ts';

/** The lease is long, so that within it a worker can die and come back. */
let scene: WorkerScene;
beforeAll(async () => {
  scene = await openWorkerScene({ BATON_LEASE_MS: '60000' });
}, 120_000);
afterAll(() => scene.stack.stop());

test('a report that Redis forgot and whose worker was killed is made again in the worker’s next life', async () => {
  const { stack } = scene;
  const redis = connectRedis({ url: stack.servers.redisUrl, prefix: stack.redisPrefix }, 'consumer', () => {});
  const completions = createCompletionQueue(redis, stack.redisPrefix);
  const worker = await scene.addWorker('default');
  const listSpool = (): Promise<string[]> => scene.listSpool(worker);
  const waitForReport = (): Promise<number> =>
    waitUntil(
      () => completions.queue.getWaitingCount(),
      (count) => count === 1,
    );
  // Nobody takes the report in its first life.
  scene.getProcess('orchestrator').kill('SIGSTOP');
  const id = await scene.start([{ name: 'A', labels: [], script: scene.note('spooled') }]);
  await waitForReport();
  await waitUntil(listSpool, (files) => files.length === 1);
  worker.kill('SIGKILL');
  await worker.exited;
  await completions.queue.drain();

  await worker.restart();
  await waitForReport();
  scene.getProcess('orchestrator').kill('SIGCONT');
  expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FINISH' });
  expect(await scene.getTrack(id)).toMatchObject({ attempts: [{ result: 'succeed' }], staleCompletions: 0 });
  expect(await scene.countNotes('spooled')).toBe(1);
  await waitUntil(listSpool, (files) => files.length === 0);
  await completions.close();
  redis.disconnect();
}, 60_000);
