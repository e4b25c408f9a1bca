import { beforeEach, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { Consumer, ConsumerOptions } from './consumer.ts';
import { createInbox, type Inbox } from './testing.ts';
import { useTestConsumers } from './testing-queues.ts';

const schema = z.object({ v: z.literal(1), number: z.int() });
type Message = z.infer<typeof schema>;

const given = useTestConsumers();
let failures: Inbox<Error>;
beforeEach(() => {
  failures = createInbox();
});

const open = (
  handle: ConsumerOptions<Message>['handle'],
  changes: { keepFailed?: boolean; concurrency?: number } = {},
): Promise<Consumer> =>
  given.open({ schema, concurrency: 4, onFailed: failures.put, onStuck: () => {}, handle, ...changes });

const add = (...numbers: number[]): Promise<unknown> =>
  given.queue.addBulk(numbers.map((number) => ({ name: 'a number', data: { v: 1, number } })));

test('entries come parsed, and are gone when they were handled', async () => {
  const inbox = createInbox<Message>();
  await open(async (message) => {
    inbox.put(message);
    return 'done';
  });
  await add(1, 2, 3);
  await inbox.waitFor(3);
  await given.opened[0]?.consumer.close(2000);
  expect(new Set(inbox.items.map(({ number }) => number))).toEqual(new Set([1, 2, 3]));
  expect(await given.queue.getJobCounts('wait', 'active', 'completed', 'failed')).toEqual({
    wait: 0,
    active: 0,
    completed: 0,
    failed: 0,
  });
});

test.each([
  ['of a later version', { v: 2, number: 1 }],
  ['that lacks a field', { v: 1 }],
  ['that is no object', 'hello'],
  ['that is empty', {}],
])('an entry %s is parked where people see it, told once, and holds up nobody', async (_, data) => {
  const inbox = createInbox<Message>();
  await open(async (message) => {
    inbox.put(message);
    return 'done';
  });
  await given.queue.add('strange', data);
  await add(7);
  const [error] = await failures.waitFor(1);
  expect(error?.message).toMatch(/^numbers entry \S+ is not of a known form/);
  expect(await inbox.waitFor(1)).toEqual([{ v: 1, number: 7 }]);
  expect(await given.queue.getJobCounts('failed', 'wait')).toEqual({ failed: 1, wait: 0 });
  expect((await given.queue.getFailed())[0]?.failedReason).toBe(error?.message);
});

/** @param written the data of an entry as Redis has it; @returns what is kept of it */
async function parkStrange(written: string): Promise<unknown> {
  const inbox = createInbox<Message>();
  await given.queue.add('strange', {}, { jobId: 'strange-1' });
  await add(1, 2);
  await given.redis.hset(`${given.prefix}:numbers:strange-1`, 'data', written);
  await open(
    async (message) => {
      inbox.put(message);
      return 'done';
    },
    { concurrency: 1 },
  );
  const [error] = await failures.waitFor(1);
  expect(error?.message).toMatch(/^numbers entry strange-1 is not of a known form/);
  expect(await inbox.waitFor(2)).toHaveLength(2);
  expect(await given.queue.getJobCounts('failed', 'wait')).toEqual({ failed: 1, wait: 0 });
  return (await given.queue.getFailed())[0]?.data;
}

test('an entry that is no JSON is parked as one that people can read, and holds up nobody', async () => {
  expect(await parkStrange('not { JSON')).toEqual({ unreadable: 'not { JSON' });
});

test('an entry of an unknown form is parked also where its maker does not want it kept', async () => {
  await open(() => Promise.resolve('done'));
  await given.queue.add('strange', { v: 2 }, { removeOnFail: true });
  await failures.waitFor(1);
  expect(await given.queue.getFailedCount()).toBe(1);
});

test('of a large entry that is parked only the beginning is kept', async () => {
  const text = JSON.stringify('x'.repeat(5_000_000));
  expect(await parkStrange(text)).toEqual({ unreadable: text.slice(0, 10_000) });
});

test('keys that nobody knows and an id without an entry hold up nobody', async () => {
  const inbox = createInbox<Message>();
  await add(1);
  await given.redis.rpush(`${given.prefix}:numbers:wait`, 'nobody');
  await given.redis.set(`${given.prefix}:numbers:stranger`, 'text');
  await open(async (message) => {
    inbox.put(message);
    return 'done';
  });
  await add(2);
  expect(new Set((await inbox.waitFor(2)).map(({ number }) => number))).toEqual(new Set([1, 2]));
});

test('an entry whose handler threw is parked and never tried again', async () => {
  let calls = 0;
  await open(async () => {
    calls += 1;
    throw new Error('cannot be applied');
  });
  await add(1);
  expect((await failures.waitFor(1))[0]?.message).toBe('cannot be applied');
  expect(await given.queue.getFailedCount()).toBe(1);
  expect(calls).toBe(1);
});

test('a queue that keeps no failures keeps none', async () => {
  await open(() => Promise.reject(new Error('no')), { keepFailed: false });
  await add(1);
  await failures.waitFor(1);
  expect(await given.queue.getFailedCount()).toBe(0);
});

test('an entry that is given back is taken by another consumer', async () => {
  const givenBack = createInbox<Message>();
  const taken = createInbox<Message>();
  const busy = await open(async (message) => {
    givenBack.put(message);
    await busy.pause();
    return 'give_back';
  });
  await add(5);
  await givenBack.waitFor(1);
  await open(async (message) => {
    taken.put(message);
    return 'done';
  });
  expect(await taken.waitFor(1)).toEqual([{ v: 1, number: 5 }]);
  expect(failures.items).toEqual([]);
});

test('an entry with a priority that is given back does not sleep beside an idle consumer', async () => {
  const [givenBack, taken] = [createInbox<number>(), createInbox<number>()];
  for (let index = 0; index < 2; index += 1) {
    const consumer = await open(async () => {
      if (givenBack.items.length > 0) {
        taken.put(performance.now());
        return 'done';
      }
      givenBack.put(performance.now());
      await consumer.pause();
      return 'give_back';
    });
  }
  await waitForIdleConsumers(2);
  await given.queue.add('a number', { v: 1, number: 5 }, { priority: 1_000_000 });
  const [givenBackAt = 0] = await givenBack.waitFor(1);
  const [takenAt = 0] = await taken.waitFor(1);
  expect(takenAt - givenBackAt).toBeLessThan(3000);
});

test('a paused consumer asks for nothing until it is resumed; what still came it gives back', async () => {
  const [inbox, other] = [createInbox<number>(), createInbox<number>()];
  let isPaused = false;
  const consumer = await open(async ({ number }) => {
    if (isPaused) return 'give_back';
    inbox.put(number);
    return 'done';
  });
  await add(1);
  await inbox.waitFor(1);
  isPaused = true;
  await consumer.pause();
  await add(2, 3);
  await open(async ({ number }) => {
    other.put(number);
    return 'done';
  });
  await other.waitFor(2);
  await given.opened.pop()?.consumer.close(2000);
  isPaused = false;
  consumer.resume();
  await add(4);
  await inbox.waitFor(2);
  expect([inbox.items, other.items.toSorted((a, b) => a - b)]).toEqual([
    [1, 4],
    [2, 3],
  ]);
});

test('a consumer whose connections are cut by Redis goes on', async () => {
  const inbox = createInbox<Message>();
  await open(async (message) => {
    inbox.put(message);
    return 'done';
  });
  await add(1);
  await inbox.waitFor(1);
  const ids = await findConsumerConnections();
  expect(ids.length).toBeGreaterThan(0);
  for (const id of ids) await given.redis.client('KILL', 'ID', id);
  await add(2, 3);
  await inbox.waitFor(3);
  expect(new Set(inbox.items.map(({ number }) => number))).toEqual(new Set([1, 2, 3]));
});

/** Waits until so many consumers wait for an entry. @throws Error where they do not within many looks */
async function waitForIdleConsumers(count: number): Promise<void> {
  const isIdle = (line: string): boolean => line.includes(`name=${given.prefix}`) && line.includes('cmd=bzpopmin');
  for (let looks = 0; looks < 5000; looks += 1) {
    const list = String(await given.redis.client('LIST'));
    if (list.split('\n').filter(isIdle).length >= count) return;
  }
  throw new Error(`expected ${count} consumers that wait for an entry, found fewer`);
}

/** Those that BullMQ named after this test's prefix: the blocking ones. */
async function findConsumerConnections(): Promise<string[]> {
  const list = String(await given.redis.client('LIST'));
  return list
    .split('\n')
    .filter((line) => line.includes(`name=${given.prefix}`))
    .map((line) => /^id=(\d+)/.exec(line)?.[1] ?? '');
}

test('closing waits for what is under way, but not longer than it is told', async () => {
  let release = (): void => {};
  const isReleased = new Promise<void>((resolve) => (release = resolve));
  const inbox = createInbox<Message>();
  const consumer = await open(async (message) => {
    inbox.put(message);
    await isReleased;
    return 'done';
  });
  await add(1);
  await inbox.waitFor(1);
  await consumer.close(300);
  expect(await given.queue.getActiveCount()).toBe(1);
  release();
});
