import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { PipelineWhy } from '@baton/client';
import { connectRedis, createTrackQueue } from '@baton/queue';
import { waitForEnd, waitUntil } from './testing/call-api.ts';
import { runCli } from './testing/run-cli.ts';
import { openWhyScene, type WhyScene } from './testing/why-scene.ts';

/** Why is it not running? Each thing that can hold a track is brought about on a real stack, and has to be named. */
let scene: WhyScene;
beforeAll(async () => {
  scene = await openWhyScene();
}, 120_000);
afterAll(() => scene.stack.stop());

test('what waits for others names those that really hold it, and those say where they run', async () => {
  const hold = scene.holding('running');
  const vertices = [{ name: 'A', script: hold.script }, { name: 'B' }, { name: 'C' }, { name: 'D' }];
  const id = await scene.startNew(vertices, {
    edges: [
      ['A', 'B'],
      ['B', 'C'],
      ['D', 'C'],
    ],
  });
  await waitUntil(
    () => scene.why(id, 'A'),
    ({ blockers: [first] }) => first?.kind === 'running' && first.lastLine !== null,
  );
  await waitUntil(
    () => scene.getTrack(id, 'D'),
    ({ state }) => state === 'SUCCEED',
  );
  const running = await scene.why(id, 'A');
  expect(running).toMatchObject({ state: 'RUNNING', vertex: 'A', pipelineId: id });
  expect(running.blockers).toMatchObject([
    { kind: 'running', worker: 'worker of free', attempt: 1, lastLine: 'here is running', cancelRequestedAt: null },
  ]);
  const [{ leaseUntil } = { leaseUntil: null }] = running.blockers as { leaseUntil: string | null }[];
  expect(Date.parse(leaseUntil ?? '')).toBeGreaterThan(Date.now() - 5000);

  const waiting = await scene.why(id, 'C');
  expect(waiting.sentence).toMatch(
    /^C is WAITING: waits for B \(WAITING\), 1 of 2 predecessors have ended; what holds it is A: attempt 1 runs on worker of free/,
  );
  expect(waiting.blockers).toMatchObject([
    {
      kind: 'predecessors',
      join: 'none_failed_min_one_success',
      needs: 'the ends of all 2 predecessors',
      unfinished: [{ vertex: 'B', state: 'WAITING' }],
      roots: [{ vertex: 'A', kind: 'running', trackId: running.trackId }],
      isComplete: true,
    },
  ]);
  const { stdout } = await runCli(scene.stack, ['why', `${id}/C`]);
  expect(stdout).toMatch(/^C \(track \d+ of pipeline \d+\) is WAITING\n {2}predecessors: waits for B/);
  expect(stdout).toContain(`A (track ${running.trackId}, RUNNING): attempt 1 runs`);
  await hold.letGo();
  expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FINISH' });
}, 60_000);

test('what waits for a slot knows its place in the queue, and what a paused pipeline holds says who paused it', async () => {
  const hold = scene.holding('busy');
  const labels = ['busy'];
  const first = await scene.startNew([{ name: 'A', labels, script: hold.script }]);
  await scene.waitForBlocker(first, 'A', 'running');
  const next = await scene.startNew([{ name: 'A', labels }]);
  const last = await scene.startNew([{ name: 'A', labels }]);
  expect((await scene.waitForBlocker(next, 'A', 'queue')).blockers).toMatchObject([
    { kind: 'queue', labels, position: 1, length: 2, before: [], slots: 1, freeSlots: 0 },
  ]);
  const { id: nextTrack } = await scene.getTrack(next);
  expect((await scene.why(last, 'A')).blockers).toMatchObject([
    { kind: 'queue', position: 2, length: 2, before: [nextTrack] },
  ]);
  expect((await scene.why(last, 'A')).sentence).toBe(
    'A is PENDING: waits in the queue for a worker: place 2 of 2; 0 of 1 slot of 1 worker free',
  );

  await scene.api.post(`/pipelines/${next}/pause`, { reason: 'a look first' });
  expect((await scene.why(next, 'A')).blockers).toMatchObject([
    { kind: 'paused', by: 'admin', reason: 'a look first' },
  ]);
  const whole = await scene.api.get<PipelineWhy>(`/pipelines/${next}/why`);
  expect(whole.sentence).toMatch(/PAUSED: 1 track waits because the pipeline is paused by admin \(a look first\): A$/);
  await scene.api.post(`/pipelines/${next}/resume`);
  await hold.letGo();
  for (const id of [first, next, last]) expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FINISH' });
}, 60_000);

test('what Redis has lost is not in its queue, and is enqueued again by itself', async () => {
  const hold = scene.holding('lost');
  const labels = ['busy'];
  const first = await scene.startNew([{ name: 'A', labels, script: hold.script }]);
  await scene.waitForBlocker(first, 'A', 'running');
  const lost = await scene.startNew([{ name: 'A', labels }]);
  await scene.waitForBlocker(lost, 'A', 'queue');
  const redis = connectRedis(
    { url: scene.stack.servers.redisUrl, prefix: scene.stack.redisPrefix },
    'consumer',
    () => {},
  );
  const queue = createTrackQueue(redis, scene.stack.redisPrefix);
  await queue.queueOf('busy').drain();
  await queue.close();
  redis.disconnect();
  const { blockers } = await scene.why(lost, 'A');
  expect(blockers).toMatchObject([{ kind: 'not_queued', isRedisReady: true, enqueuedAt: expect.any(String) }]);
  await scene.waitForBlocker(lost, 'A', 'queue');
  await hold.letGo();
  expect(await waitForEnd(scene.api, lost)).toMatchObject({ state: 'FINISH' });
}, 60_000);

test('what no worker serves says what each worker lacks', async () => {
  const id = await scene.startNew([{ name: 'A', labels: ['gpu', 'free'] }]);
  const [blocker] = (await scene.waitForBlocker(id, 'A', 'no_worker')).blockers;
  expect(blocker).toMatchObject({
    labels: ['gpu', 'free'],
    workers: [
      { name: 'worker of busy', lacks: ['gpu', 'free'], isDraining: false },
      { name: 'worker of free', lacks: ['gpu'] },
    ],
  });
  expect(blocker?.sentence).toBe(
    'needs a worker that serves gpu, free: of 2 workers none does (worker of busy lacks gpu, free, worker of free lacks gpu)',
  );
  // It is in its queue all the same, and that is told after it.
  expect((await scene.why(id, 'A')).blockers.map(({ kind }) => kind)).toEqual(['no_worker', 'queue']);
  await scene.api.post(`/pipelines/${id}/cancel`);
}, 60_000);

test('what is tried again says when', async () => {
  const id = await scene.startNew([{ name: 'A', script: 'false', retry: { max: 1, delayMs: 3_600_000 } }]);
  const { blockers } = await scene.waitForBlocker(id, 'A', 'retry');
  expect(blockers).toMatchObject([{ kind: 'retry', attempt: 2 }]);
  const [{ at } = { at: '' }] = blockers as { at: string }[];
  expect(Date.parse(at) - Date.now()).toBeGreaterThan(3_000_000);
  await scene.api.post(`/pipelines/${id}/cancel`);
}, 60_000);
