import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { testServers } from '@baton/devstack/testing';
import type { Redis } from 'ioredis';
import { createConsumer, type Consumer } from './consumer.ts';
import { createInbox, makeTrack, openTestRedis, uniquePrefix } from './testing.ts';
import { trackMessageSchema, trackQueueName, type TrackMessage } from './track-message.ts';
import { createTrackQueue, MAX_PRIORITY, type TrackQueue } from './track-queue.ts';

let redis: Redis;
let blocking: Redis;
let prefix: string;
let queue: TrackQueue;
beforeAll(async () => {
  redis = await openTestRedis(testServers().redisUrl);
  blocking = await openTestRedis(testServers().redisUrl, 'consumer');
});
afterAll(() => {
  redis.disconnect();
  blocking.disconnect();
});
beforeEach(() => {
  prefix = uniquePrefix();
  queue = createTrackQueue(redis, prefix);
});
afterEach(async () => {
  await queue.queueOf('default').obliterate({ force: true });
  await queue.close();
});

function consume(labelSet: string, onTrack: (message: TrackMessage) => void): Consumer {
  return createConsumer({
    redis: blocking,
    prefix,
    queueName: trackQueueName(labelSet),
    schema: trackMessageSchema,
    concurrency: 1,
    keepFailed: true,
    async handle(message) {
      onTrack(message);
      return 'done';
    },
    onStuck: () => {},
    onFailed(error) {
      throw error;
    },
  });
}

test('an entry holds ids and names, nothing else', async () => {
  await queue.enqueueTracks([makeTrack(1)]);
  const [entry] = await queue.queueOf('default').getPrioritized();
  expect(entry?.id).toBe('t4194305-a1-d1');
  expect(entry?.name).toBe('a graph/V1');
  expect(Object.keys(entry?.data as object).toSorted()).toEqual([
    'attempt',
    'graph',
    'pipeline',
    'pipelineId',
    'seq',
    'trackId',
    'v',
    'vertex',
  ]);
});

test('the same enqueueing twice is one entry; each further number is one of its own', async () => {
  await queue.enqueueTracks([makeTrack(1), makeTrack(1)]);
  await queue.enqueueTracks([makeTrack(1), makeTrack(1, { seq: 2 }), makeTrack(1, { attempt: 2 })]);
  expect(await queue.queueOf('default').count()).toBe(3);
});

test('an entry id may be used again after its entry was taken', async () => {
  const inbox = createInbox<TrackMessage>();
  const consumer = consume('default', inbox.put);
  await queue.enqueueTracks([makeTrack(1)]);
  await inbox.waitFor(1);
  await consumer.close(5000);
  await queue.enqueueTracks([makeTrack(1)]);
  expect(await queue.queueOf('default').count()).toBe(1);
});

test('higher priority comes first, then the order of enqueueing; more than one statement holds', async () => {
  const many = Array.from({ length: 2500 }, (_, index) => makeTrack(index + 10));
  await queue.enqueueTracks(many);
  await queue.enqueueTracks([
    makeTrack(1, { priority: 5 }),
    makeTrack(2, { priority: MAX_PRIORITY }),
    makeTrack(3, { priority: 5 }),
  ]);
  const inbox = createInbox<TrackMessage>();
  const consumer = consume('default', inbox.put);
  await inbox.waitFor(5);
  await consumer.pause();
  await consumer.close(5000);
  expect(inbox.items.slice(0, 5).map(({ vertex }) => vertex)).toEqual(['V2', 'V1', 'V3', 'V10', 'V11']);
});

test('each label set has a queue of its own, whatever the order of the labels', async () => {
  await queue.enqueueTracks([
    makeTrack(1, { labels: ['linux', 'gpu'] }),
    makeTrack(2),
    makeTrack(3, { labels: ['gpu', 'linux'] }),
  ]);
  const inbox = createInbox<TrackMessage>();
  const consumer = consume('gpu+linux', inbox.put);
  await inbox.waitFor(2);
  await consumer.close(5000);
  expect(inbox.items.map(({ vertex }) => vertex).toSorted()).toEqual(['V1', 'V3']);
  expect(await queue.queueOf('default').count()).toBe(1);
  await queue.queueOf('gpu+linux').obliterate({ force: true });
});

test('it says which entries still wait', async () => {
  const waiting = makeTrack(1);
  await queue.enqueueTracks([waiting]);
  const asked = [makeTrack(1, { seq: 2 }), waiting, makeTrack(2), makeTrack(1, { labels: ['gpu'] })];
  expect(await queue.areQueued(asked)).toEqual([false, true, false, false]);
  expect(await queue.areQueued([])).toEqual([]);
});
