import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hasMark } from '@baton/queue';
import { waitUntil } from '../../testing/call-api.ts';
import { FAN_STARTS, openRedisScene } from '../redis-scene.ts';
import { inRounds, ROUNDS } from '../rounds.ts';
import { allWell, type ServerScene } from '../server-scene.ts';

/**
 * F12, and F11 and F13 for longer: Redis dies and comes back with what it had or empty, is emptied again and again, stands still.
 * What is promised then is what is promised in f11-redis-lost.
 */
/** Longer than leases and BullMQ's locks where there is time for that, else than leases and the patience of calls. */
const FROZEN_MS = ROUNDS > 1 ? 45_000 : 6000;

let scene: ServerScene;
beforeAll(async () => {
  scene = await openRedisScene();
}, 120_000);
afterAll(() => scene.stop(), 60_000);

test(
  'F11: Redis is emptied every half second for 8 s',
  inRounds(async () => {
    const ids = [await scene.start('long'), await scene.start('fan fail')];
    for (let times = 0; times < 16; times += 1) {
      if (times % 3 === 0) ids.push(await scene.start('chain'));
      await scene.redis.flushall();
      await sleep(500);
    }
    expect(await scene.settle(ids)).toEqual(allWell(1 + FAN_STARTS + 6 * 3));
  }),
  60_000 * ROUNDS,
);

test.each(['with its file', 'empty'])(
  'F12: Redis is killed and starts again %s, while a worker ends and an API starts',
  inRounds(async (_round, how: string) => {
    const [api, worker] = [scene.stack.process('api'), scene.stack.process('worker')];
    const ids = [await scene.start('long'), await scene.start('fan retry')];
    await scene.waitForLines('START', ids[1] ?? 0, 1);
    await killRedis();
    worker.kill('SIGTERM');
    api.kill('SIGKILL');
    await api.exited;
    await api.restart();
    const { id, tookMs } = await scene.startOnce('chain');
    expect(tookMs).toBeLessThan(5000);
    const { code } = await worker.exited;
    if (how === 'empty') await rm(join(scene.stack.directory, 'servers/redis-data/appendonlydir'), { recursive: true });
    await Promise.all([scene.stack.server('redis').restart(), worker.restart()]);
    expect(code).toBe(0);
    const settled = await scene.settle([...ids, id]);
    // What a worker kills at its end, or cannot report within its lease, is lost, and made again where its vertex says so.
    expect(settled).toEqual(allWell(settled.starts));
    await waitUntil(
      () => hasMark(scene.redis, scene.stack.redisPrefix),
      (isThere) => isThere,
    );
  }),
  90_000 * ROUNDS,
);

test(
  'F13: Redis stands still for longer than leases last',
  inRounds(async () => {
    const pids = scene.pids();
    const ids = [await scene.start('long'), await scene.start('fan fail')];
    await scene.waitForLines('START', ids[0] ?? 0, 1);
    scene.stack.server('redis').kill('SIGSTOP');
    const [{ id, tookMs }] = await Promise.all([scene.startOnce('chain'), sleep(FROZEN_MS)]);
    scene.stack.server('redis').kill('SIGCONT');
    expect(tookMs).toBeLessThan(5000);
    expect(await scene.settle([...ids, id])).toEqual(allWell(1 + FAN_STARTS + 3));
    expect(scene.pids()).toEqual(pids);
  }),
  120_000 * ROUNDS,
);

async function killRedis(): Promise<void> {
  const server = scene.stack.server('redis');
  const { exited } = server;
  server.kill('SIGKILL');
  await exited;
}
