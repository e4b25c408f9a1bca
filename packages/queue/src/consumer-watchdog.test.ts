import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { testServers } from '@baton/devstack/testing';
import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { createConsumer, type Consumer } from './consumer.ts';
import type { Stuck } from './consumer-watchdog.ts';
import { createInbox, openForgetfulLink, openTestRedis, uniquePrefix, type Inbox } from './testing.ts';

const STUCK_AFTER_MS = 400;

let redis: Redis;
let prefix: string;
let queue: Queue;
let stuck: Inbox<Stuck>;
let taken: Inbox<number>;
const opened: { consumer: Consumer; blocking: Redis }[] = [];
beforeAll(async () => {
  redis = await openTestRedis(testServers().redisUrl);
});
afterAll(() => redis.disconnect());
beforeEach(() => {
  prefix = uniquePrefix();
  [stuck, taken] = [createInbox(), createInbox()];
  queue = new Queue('numbers', { connection: redis, prefix, skipVersionCheck: true });
});
afterEach(async () => {
  for (const { consumer, blocking } of opened.splice(0)) {
    await consumer.close(2000);
    blocking.disconnect();
  }
  await queue.obliterate({ force: true });
  await queue.close();
});

async function open(
  url: string,
  handle: (number: number) => Promise<void> = () => Promise.resolve(),
): Promise<Consumer> {
  const blocking = await openTestRedis(url, 'consumer');
  const consumer = createConsumer({
    redis: blocking,
    prefix,
    queueName: 'numbers',
    schema: z.object({ number: z.int() }),
    concurrency: 2,
    keepFailed: true,
    stuckAfterMs: STUCK_AFTER_MS,
    onFailed: () => {},
    onStuck: stuck.put,
    async handle({ number }) {
      taken.put(number);
      await handle(number);
      return 'done';
    },
  });
  opened.push({ consumer, blocking });
  return consumer;
}

const add = (number: number): Promise<unknown> =>
  queue.add('a number', { number }, { priority: 1000, removeOnComplete: true });

test('a consumer that stands still beside waiting entries is made anew, and what it had goes on', async () => {
  let release = (): void => {};
  const isReleased = new Promise<void>((resolve) => (release = resolve));
  await open(testServers().redisUrl, (number) => (number === 1 ? isReleased : Promise.resolve()));
  await add(1);
  await taken.waitFor(1);
  // From here on it never gets an answer to its question for the next entry, as in the bugs above.
  const worker = Worker.prototype as unknown as { moveToActive: () => Promise<unknown> };
  const { moveToActive } = worker;
  let isAsked = (): void => {};
  const asked = new Promise<void>((resolve) => (isAsked = resolve));
  worker.moveToActive = () => {
    isAsked();
    return new Promise(() => {});
  };
  await add(2);
  await asked;
  worker.moveToActive = moveToActive;
  expect(await stuck.waitFor(1)).toEqual([{ kind: 'consumer', queueName: 'numbers', waiting: 1 }]);
  expect(await taken.waitFor(2)).toEqual([1, 2]);
  expect(await queue.getActiveCount()).toBeGreaterThan(0);
  release();
  await add(3);
  await taken.waitFor(3);
  await opened[0]?.consumer.close(2000);
  expect(await queue.getJobCounts('prioritized', 'active', 'failed')).toEqual({ prioritized: 0, active: 0, failed: 0 });
  expect(stuck.items).toHaveLength(1);
});

test('a consumer that is full, paused or idle is left alone', async () => {
  let release = (): void => {};
  const isReleased = new Promise<void>((resolve) => (release = resolve));
  const consumer = await open(testServers().redisUrl, () => isReleased);
  const idle = await open(testServers().redisUrl);
  await idle.pause();
  for (let number = 1; number <= 4; number += 1) await add(number);
  await taken.waitFor(2);
  await waitForLooks();
  release();
  await taken.waitFor(4);
  await consumer.pause();
  await queue.pause();
  idle.resume();
  await add(5);
  await waitForLooks();
  expect([stuck.items, taken.items.length]).toEqual([[], 4]);
  await queue.resume();
  await taken.waitFor(5);
});

test('a connection whose other end has vanished without a word is made anew', async () => {
  const link = await openForgetfulLink(testServers().redisUrl);
  await open(link.url);
  await add(1);
  await taken.waitFor(1);
  link.forget();
  await add(2);
  expect(await taken.waitFor(2)).toEqual([1, 2]);
  expect(stuck.items).toContainEqual({ kind: 'connection', queueName: 'numbers', waiting: 0 });
  await opened[0]?.consumer.close(500);
  opened.pop()?.blocking.disconnect();
  await link.close();
});

/** As long as a consumer that stands still would be left alone, twice. */
function waitForLooks(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 2 * STUCK_AFTER_MS);
  });
}
