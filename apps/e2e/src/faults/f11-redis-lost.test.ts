import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hasMark } from '@baton/queue';
import { readRounds } from '../config.ts';
import { waitUntil } from '../testing/call-api.ts';
import { allWell, openServerScene, type ServerScene } from './server-scene.ts';

/**
 * F11 to F13: Redis loses everything, dies, comes back with what it had or empty, cuts everybody off, stands still. It only
 * holds hints: running scripts go on, each attempt is started once, and everything ends without anybody's help.
 */
const ROUNDS = readRounds(1);
/** Longer than leases and BullMQ's locks where there is time for that, else than leases and the patience of calls. */
const FROZEN_MS = ROUNDS > 1 ? 45_000 : 6000;

/** So many that some wait for long after the first have ended. */
const ROOTS = Array.from({ length: 16 }, (_, index) => `R${index + 1}`);

let scene: ServerScene;
beforeAll(async () => {
  scene = await openServerScene();
  const edges = [...ROOTS.map((name) => `${name}->join`), 'join->last'];
  for (const onLost of ['fail', 'retry']) {
    const roots = Object.fromEntries(ROOTS.map((name) => [name, { seconds: 0.6, onLost }]));
    await scene.makeGraph(`fan ${onLost}`, { ...roots, join: { onLost }, last: { onLost } }, edges);
  }
  await scene.makeGraph('chain', { A: 0, B: 0.3, C: 0 }, ['A->B', 'B->C']);
  await scene.makeGraph('long', { L: { seconds: 9, onLost: 'retry' } });
}, 120_000);
afterAll(() => scene.stop(), 60_000);

const FAN_STARTS = ROOTS.length + 2;

test(
  'F11: Redis is emptied with entries waiting, active and completions waiting',
  repeated(async () => {
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
  'F11: Redis is emptied every half second for 8 s',
  repeated(async () => {
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
  repeated(async (how: string) => {
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
  'F13: Redis cuts everybody off, again and again',
  repeated(async () => {
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

test(
  'F13: Redis stands still for longer than leases last',
  repeated(async () => {
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

/** As often as there are rounds. */
function repeated<Arguments extends unknown[]>(body: (...given: Arguments) => Promise<void>) {
  return async (...given: Arguments): Promise<void> => {
    for (let round = 0; round < ROUNDS; round += 1) await body(...given);
  };
}

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

async function killRedis(): Promise<void> {
  const server = scene.stack.server('redis');
  const { exited } = server;
  server.kill('SIGKILL');
  await exited;
}
