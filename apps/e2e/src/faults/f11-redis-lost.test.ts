import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { waitUntil } from '../testing/call-api.ts';
import { FAN_STARTS, openRedisScene } from './redis-scene.ts';
import { inRounds, ROUNDS } from './rounds.ts';
import { allWell, type ServerScene } from './server-scene.ts';

/**
 * F11 and F13: Redis loses everything, or cuts everybody off. It only holds hints: running scripts go on, each attempt is started
 * once, and everything ends without anybody's help.
 */
let scene: ServerScene;
beforeAll(async () => {
  scene = await openRedisScene();
}, 120_000);
afterAll(() => scene.stop(), 60_000);

test(
  'F11: Redis is emptied with entries waiting, active and completions waiting',
  inRounds(async () => {
    const orchestrator = scene.stack.process('orchestrator');
    const id = await scene.start('fan fail');
    await scene.waitForLines('START', id, 1);
    orchestrator.kill('SIGSTOP');
    await scene.waitForLines('END', id, 2);
    await waitUntil(countCompletions, (count) => count > 0);
    const before = await emptyRedis();
    orchestrator.kill('SIGCONT');
    expect(Math.min(before.waiting, before.active, before.completions)).toBeGreaterThan(0);
    expect(await scene.settle([id])).toEqual(allWell(FAN_STARTS));
  }),
  60_000 * ROUNDS,
);

test(
  'F13: Redis cuts everybody off, again and again',
  inRounds(async () => {
    const pids = scene.pids();
    const ids = [await scene.start('fan fail')];
    for (let times = 0; times < 8; times += 1) {
      ids.push(await scene.start('chain'));
      for (const type of ['normal', 'pubsub']) await scene.redis.call('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes');
      await sleep(150);
    }
    expect(await scene.settle(ids)).toEqual(allWell(FAN_STARTS + 8 * 3));
    expect(scene.pids()).toEqual(pids);
  }),
  60_000 * ROUNDS,
);

const keyOf = (name: string): string => `${scene.stack.redisPrefix}:${name}`;

function countCompletions(): Promise<number> {
  return scene.redis.llen(keyOf('completions:wait'));
}

/** @returns what was there at the very moment */
async function emptyRedis(): Promise<{ waiting: number; active: number; completions: number }> {
  const replies = await scene.redis
    .multi()
    .zcard(keyOf('tracks:prioritized'))
    .llen(keyOf('tracks:active'))
    .llen(keyOf('completions:active'))
    .llen(keyOf('completions:wait'))
    .flushall()
    .exec();
  const [waiting = 0, active = 0, taken = 0, left = 0] = (replies ?? []).map(([, reply]) => Number(reply));
  return { waiting, active, completions: taken + left };
}
