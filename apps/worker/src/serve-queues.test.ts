import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { testServers } from '@baton/devstack/testing';
import { connectRedis, createTrackQueue, waitForRedis, type Redis, type TrackMessage } from '@baton/queue';
import { uniquePrefix } from '@baton/queue/testing';
import { createCounters } from '@baton/service';
import { createLookAhead } from './look-ahead.ts';
import { serveQueues, type ServedQueues } from './serve-queues.ts';
import { makeSignal, recordEvents, waitFor, type Signal } from './testing.ts';

let prefix: string;
let producer: Redis;
let queue: ReturnType<typeof createTrackQueue>;
let workers: FakeWorker[];

beforeEach(async () => {
  prefix = uniquePrefix();
  producer = connect('producer');
  await waitForRedis(producer, 10_000);
  queue = createTrackQueue(producer, prefix);
  workers = [];
});
afterEach(async () => {
  for (const worker of workers) {
    worker.finishAll();
    await worker.queues.close(2000);
    worker.redis.disconnect();
  }
  await queue.close();
  producer.disconnect();
});

function connect(purpose: 'producer' | 'consumer'): Redis {
  return connectRedis({ url: testServers().redisUrl, prefix }, purpose, (error) => {
    throw error;
  });
}

interface FakeWorker {
  redis: Redis;
  queues: ServedQueues;
  /** Track ids in the order they were started. */
  started: number[];
  /** The largest number that ran at once. */
  most: number;
  /** Lets a track that runs end. */
  finish(trackId: number): void;
  /** And all that start from now on, at once. */
  finishAll(): void;
}

/** None but those that have a slot. */
const NO_LOOK_AHEAD = createLookAhead({ slots: 1, most: () => 0 });

function openWorker(options: { slots: number; labels?: string[] }): FakeWorker {
  const under = new Map<number, Signal<void>>();
  let isAuto = false;
  const worker: Omit<FakeWorker, 'queues' | 'redis'> = {
    started: [],
    most: 0,
    finish: (trackId) => under.get(trackId)?.resolve(),
    finishAll() {
      isAuto = true;
      for (const signal of under.values()) signal.resolve();
    },
  };
  const redis = connect('consumer');
  const queues = serveQueues({
    counters: createCounters(),
    redis,
    prefix,
    slots: options.slots,
    lookAhead: NO_LOOK_AHEAD,
    outstanding: () => 0,
    isFed: () => false,
    labels: options.labels ?? ['default'],
    async run({ trackId }: TrackMessage) {
      worker.started.push(trackId);
      const signal = makeSignal();
      under.set(trackId, signal);
      worker.most = Math.max(worker.most, under.size);
      if (isAuto) signal.resolve();
      await signal.promise;
      under.delete(trackId);
      return 'done';
    },
    logger: recordEvents().logger,
  });
  const whole: FakeWorker = Object.assign(worker, { redis, queues });
  workers.push(whole);
  return whole;
}

function enqueue(trackIds: readonly number[], labels: string[] = []): Promise<void> {
  return queue.enqueueTracks(
    trackIds.map((trackId) => ({
      trackId,
      attempt: 1,
      seq: 1,
      labels,
      priority: 0,
      pipelineId: 1,
      pipeline: 'p',
      vertex: `v${trackId}`,
      graph: 'g',
    })),
  );
}

/**
 * How often an entry is pulled in half a second: being given back again and again would show as hundreds, and as a load
 * on Redis that nobody ordered.
 */
async function countPulls(trackId: number, labelSet = 'default'): Promise<number> {
  const until = performance.now() + 500;
  await waitFor(() => performance.now() > until, 'half a second');
  const entry = await queue.queueOf(labelSet).getJob(`t${trackId}-a1-d1`);
  if (entry === undefined) throw new Error(`track ${trackId} has no entry`);
  return entry.attemptsStarted;
}

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index);

test('one queue: as many run as there are slots, the others when one is free', async () => {
  const worker = openWorker({ slots: 2 });
  await enqueue(range(1, 5));
  await waitFor(() => worker.started.length === 2, 'two started');
  worker.finish(worker.started[0] ?? 0);
  await waitFor(() => worker.started.length === 3, 'a third started');
  worker.finishAll();
  await waitFor(() => worker.started.length === 5, 'all started');
  expect(worker.most).toBe(2);
});

test('a label set is pulled from once the worker is told of it', async () => {
  const worker = openWorker({ slots: 4, labels: ['gpu'] });
  await enqueue([1], ['gpu']);
  await enqueue([2]);
  worker.queues.serve(['gpu']);
  worker.queues.serve(['gpu']);
  await waitFor(() => worker.started.length === 1, 'the track with the label');
  expect(worker.started).toEqual([1]);
});

test.each([
  ['one queue', ['default']],
  ['several queues', ['default', 'gpu']],
])('%s of a worker that rests: nothing is taken, others take it, and later it takes again', async (_title, labels) => {
  const worker = openWorker({ slots: 2, labels });
  worker.queues.serve(labels);
  worker.queues.rest(true);
  await enqueue([1, 2]);
  expect(await countPulls(1)).toBeLessThan(3);
  expect(worker.started).toEqual([]);
  const other = openWorker({ slots: 1 });
  await waitFor(() => other.started.length === 1, 'another worker takes one');
  worker.queues.rest(false);
  await waitFor(() => worker.started.length === 1, 'and this one the other');
  expect([...worker.started, ...other.started].toSorted((a, b) => a - b)).toEqual([1, 2]);
});

describe('several queues', () => {
  test('share the slots: nothing runs beyond them, and everything runs in the end', async () => {
    const worker = openWorker({ slots: 3, labels: ['default', 'gpu', 'linux'] });
    worker.queues.serve(['default', 'gpu', 'linux']);
    await Promise.all([enqueue(range(1, 20)), enqueue(range(101, 20), ['gpu']), enqueue(range(201, 20), ['linux'])]);
    await waitFor(() => worker.started.length === 3, 'the slots taken');
    for (let ended = 0; ended < 60; ended += 1) {
      await waitFor(() => worker.started.length > ended, `track number ${ended + 1}`);
      worker.finish(worker.started[ended] ?? 0);
    }
    expect(worker.most).toBe(3);
    expect(new Set(worker.started).size).toBe(60);
  });

  test('what a full worker gave back is run by another one', async () => {
    const full = openWorker({ slots: 1, labels: ['default', 'gpu'] });
    full.queues.serve(['gpu']);
    await enqueue([1]);
    await waitFor(() => full.started.length === 1, 'the first worker full');
    await enqueue([2], ['gpu']);
    const free = openWorker({ slots: 1, labels: ['gpu'] });
    free.queues.serve(['gpu']);
    await waitFor(() => free.started.length === 1, 'the other worker to take it');
    expect(free.started).toEqual([2]);
    expect(full.started).toEqual([1]);
  });

  test('a queue that is new to a full worker is left alone until there is a slot', async () => {
    const worker = openWorker({ slots: 1, labels: ['default', 'gpu'] });
    await enqueue([1]);
    await waitFor(() => worker.started.length === 1, 'the worker full');
    await enqueue([2], ['gpu']);
    worker.queues.serve(['gpu']);
    expect(await countPulls(2, 'gpu')).toBeLessThan(20);
    worker.finish(1);
    await waitFor(() => worker.started.length === 2, 'the new queue served');
  });
});

describe('pausing', () => {
  test('takes nothing more; what runs goes on, and what waits is there for others', async () => {
    const worker = openWorker({ slots: 2, labels: ['default', 'gpu'] });
    worker.queues.serve(['gpu']);
    await enqueue([1]);
    await waitFor(() => worker.started.length === 1, 'a track running');
    await worker.queues.pause();
    await enqueue([2, 3]);
    await enqueue([4], ['linux']);
    worker.queues.serve(['linux']);
    // A pull that was under way when the pause came may bring one entry, which is given back.
    expect(await countPulls(2)).toBeLessThanOrEqual(1);
    expect(await countPulls(4, 'linux')).toBe(0);
    const other = openWorker({ slots: 2 });
    await waitFor(() => other.started.length === 2, 'the other worker to take them');
    worker.finish(1);
    await worker.queues.slots.whenIdle();
    expect(worker.started).toEqual([1]);
    expect(other.started.toSorted((one, another) => one - another)).toEqual([2, 3]);
  });

  test('of a full worker: the slot that is free again is not filled', async () => {
    const worker = openWorker({ slots: 1, labels: ['default', 'gpu'] });
    worker.queues.serve(['gpu']);
    await enqueue([1]);
    await waitFor(() => worker.started.length === 1, 'a track running');
    await worker.queues.pause();
    await enqueue([2]);
    worker.finish(1);
    await worker.queues.slots.whenIdle();
    expect(await countPulls(2)).toBe(0);
    const other = openWorker({ slots: 1 });
    await waitFor(() => other.started.length === 1, 'the other worker to take it');
    expect(worker.started).toEqual([1]);
  });
});

test('20 starts and stops leave no connection of theirs', async () => {
  const before = countConnections();
  for (let round = 0; round < 20; round += 1) {
    const worker = openWorker({ slots: 1, labels: ['default', 'gpu'] });
    worker.queues.serve(['gpu']);
    if (round % 2 === 0) await waitForRedis(worker.redis, 10_000);
    await worker.queues.close(2000);
    worker.redis.disconnect();
    workers.pop();
  }
  await waitFor(() => countConnections() <= before, 'the connections closed');
});

/** Of this process: other tests use the same server. */
function countConnections(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length;
}
