import { beforeEach, expect, test } from '@jest/globals';
import { testServers } from '@baton/devstack/testing';
import { Worker } from 'bullmq';
import { z } from 'zod';
import type { Consumer } from './consumer.ts';
import type { Stuck } from './consumer-watchdog.ts';
import { createInbox, openForgetfulLink, type Inbox } from './testing.ts';
import { useTestConsumers } from './testing-queues.ts';

const STUCK_AFTER_MS = 400;

const given = useTestConsumers();
let stuck: Inbox<Stuck>;
let taken: Inbox<number>;
beforeEach(() => {
  [stuck, taken] = [createInbox(), createInbox()];
});

const open = (url?: string, handle: (number: number) => Promise<void> = () => Promise.resolve()): Promise<Consumer> =>
  given.open(
    {
      schema: z.object({ number: z.int() }),
      concurrency: 2,
      stuckAfterMs: STUCK_AFTER_MS,
      onFailed: () => {},
      onStuck: stuck.put,
      async handle({ number }) {
        taken.put(number);
        await handle(number);
        return 'done';
      },
    },
    url,
  );

const add = (number: number): Promise<unknown> =>
  given.queue.add('a number', { number }, { priority: 1000, removeOnComplete: true });

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
  expect(await given.queue.getActiveCount()).toBeGreaterThan(0);
  release();
  await add(3);
  await taken.waitFor(3);
  await given.opened[0]?.consumer.close(2000);
  expect(await given.queue.getJobCounts('prioritized', 'active', 'failed')).toEqual({
    prioritized: 0,
    active: 0,
    failed: 0,
  });
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
  await given.queue.pause();
  idle.resume();
  await add(5);
  await waitForLooks();
  expect([stuck.items, taken.items.length]).toEqual([[], 4]);
  await given.queue.resume();
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
  await given.opened[0]?.consumer.close(500);
  given.opened.pop()?.blocking.disconnect();
  await link.close();
});

/** As long as a consumer that stands still would be left alone, twice. */
function waitForLooks(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 2 * STUCK_AFTER_MS);
  });
}
