import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { waitUntil } from '../../testing/call-api.ts';
import { readMetrics } from '../fault-scene.ts';
import { inRounds, ROUNDS } from '../rounds.ts';
import { allWell, openServerScene, type ServerScene } from '../server-scene.ts';

/**
 * F14: Redis answers and takes no writes: it is full, it cannot write to its disk, or it has become a replica. The API goes on
 * accepting, what runs goes on, health and metrics say what is wrong, and everything that waited comes when it is mended.
 */
interface Refusal {
  refusal: RegExp;
  begin: () => Promise<unknown>;
  end: () => Promise<unknown>;
}

let scene: ServerScene;
beforeAll(async () => {
  scene = await openServerScene();
  await scene.makeGraph('chain', { A: 0.2, B: 0 }, ['A->B']);
  await scene.makeGraph('long', { L: 3, after: 0 }, ['L->after']);
}, 120_000);
afterAll(() => scene.stop(), 60_000);

const config = (...words: string[]): Promise<unknown> => scene.redis.call('CONFIG', 'SET', ...words);
const snapshot = (): string => join(scene.stack.directory, 'servers/redis-data/dump.rdb');

test(
  'F14: Redis is full',
  inRounds(() =>
    proveRefusal({
      refusal: /^OOM/,
      begin: () => config('maxmemory', '1mb'),
      end: () => config('maxmemory', '0'),
    }),
  ),
  60_000 * ROUNDS,
);

test(
  'F14: Redis cannot write to its disk',
  inRounds(() =>
    proveRefusal({
      refusal: /^MISCONF/,
      async begin() {
        await config('appendonly', 'no', 'save', '3600 1', 'stop-writes-on-bgsave-error', 'yes');
        await rm(snapshot(), { force: true });
        // Stands where the snapshot is to go.
        await mkdir(snapshot());
        await scene.redis.bgsave('SCHEDULE');
      },
      async end() {
        await rm(snapshot(), { recursive: true });
        await config('save', '', 'stop-writes-on-bgsave-error', 'no');
      },
    }),
  ),
  60_000 * ROUNDS,
);

test(
  'F14: Redis has become a replica',
  inRounds(() =>
    proveRefusal({
      refusal: /^READONLY/,
      // Of nobody: it keeps what it has.
      begin: () => scene.redis.call('REPLICAOF', '127.0.0.1', '1'),
      end: () => scene.redis.call('REPLICAOF', 'NO', 'ONE'),
    }),
  ),
  60_000 * ROUNDS,
);

async function proveRefusal({ refusal, begin, end }: Refusal): Promise<void> {
  const long = await scene.start('long');
  await scene.waitForLines('START', long, 1);
  await begin();
  await waitUntil(readRefusal, (message) => refusal.test(message));
  const { id, tookMs } = await scene.startOnce('chain');
  expect(tookMs).toBeLessThan(5000);
  await scene.waitForLines('END', long, 1);
  expect(await readHealth()).toEqual({ redis: 'refuses_writes', up: '1', writable: '0' });
  expect(await scene.api.get(`/pipelines/${id}`)).toMatchObject({ state: 'RUNNING' });
  await end();
  expect(await scene.settle([long, id])).toEqual(allWell(4));
  expect(await readHealth()).toEqual({ redis: 'ready', up: '1', writable: '1' });
}

/** @returns what Redis says to a write, or nothing where it takes it */
async function readRefusal(): Promise<string> {
  try {
    await scene.redis.set('a test', '1');
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

/** As a probe and as Prometheus see it. */
async function readHealth(): Promise<{ redis: string; up: string | undefined; writable: string | undefined }> {
  const [readiness, metrics] = await Promise.all([fetch(`${scene.stack.url}/readyz`), readMetrics(scene.stack)]);
  const { redis } = (await readiness.json()) as { redis: string };
  const [up, writable] = ['up', 'writable'].map(
    (name) => new RegExp(`^baton_redis_${name} (\\d)$`, 'm').exec(metrics)?.[1],
  );
  return { redis, up, writable };
}
