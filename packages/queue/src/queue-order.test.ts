import { expect, test } from '@jest/globals';
import type { TrackToDispatch } from '@baton/domain';
import type { Redis } from 'ioredis';
import { createConsumer } from './consumer.ts';
import { MAX_PRIORITY, orderTracks, priorityOfScore, scoreOf, setScores } from './queue-order.ts';
import { findQueuePlace } from './queue-place.ts';
import { createInbox, makeTrack } from './testing.ts';
import { useTestTrackQueue } from './testing-queues.ts';
import { trackEntryId, trackMessageSchema, trackQueueName } from './track-message.ts';

const given = useTestTrackQueue();
const NOW = Date.parse('2026-11-23T12:00:00Z');

/** The n-th vertex's track, whose turn is so many ms after now. */
function trackAt(number: number, ms: number, changes: Partial<TrackToDispatch> = {}): TrackToDispatch {
  return makeTrack(number, { turnMs: NOW + ms, ...changes });
}

/** Names of vertices as they stand in their queue. */
async function readOrder(): Promise<string[]> {
  return (await given.queue.queueOf('default').getPrioritized()).map(({ data }) => (data as { vertex: string }).vertex);
}

test('a score is whole, in the band of its priority at any time, and of a priority that BullMQ takes', () => {
  const times = [-Infinity, -1, 0, NOW, Date.parse('2100-01-01'), Number.MAX_SAFE_INTEGER, Infinity];
  let before = 0;
  for (const priority of [5000, MAX_PRIORITY, 1999, 1, 0, -5]) {
    const scores = times.map((turnMs) => scoreOf({ priority, turnMs }, NOW));
    expect(scores).toEqual(scores.toSorted((a, b) => a - b));
    expect(scores.every(Number.isSafeInteger)).toBe(true);
    const priorities = scores.map(priorityOfScore);
    expect(Math.min(...priorities)).toBeGreaterThan(0);
    expect(Math.max(...priorities)).toBeLessThan(2 ** 21);
    if (priority < MAX_PRIORITY && priority >= 0) expect(Math.min(...scores)).toBeGreaterThan(before);
    before = Math.max(...scores);
  }
  const [early = 0, late = 0] = [0.4, 1].map((ms) => scoreOf({ priority: 0, turnMs: NOW + ms }, NOW));
  expect([late - early, scoreOf({ priority: 0 }, NOW)]).toEqual([1, early]);
});

test('what is handed in together goes in by priority, then by turns, then as it was', () => {
  const tracks = [trackAt(1, 5), trackAt(2, 0), makeTrack(3), trackAt(4, 9, { priority: 1 }), trackAt(5, 0)];
  expect(orderTracks(tracks, NOW + 2).map(({ track }) => track.vertex)).toEqual(['V4', 'V2', 'V5', 'V3', 'V1']);
});

test('in the queue the lower turn is first, whenever it came in; a higher priority is before all', async () => {
  await given.queue.enqueueTracks([trackAt(1, 500), trackAt(2, 300)]);
  await given.queue.enqueueTracks([trackAt(3, 400)]);
  await given.queue.enqueueTracks([trackAt(4, 9_000_000_000, { priority: 1 }), trackAt(5, -9_000_000_000)]);
  await given.queue.enqueueTracks([trackAt(6, 400)]);
  expect(await readOrder()).toEqual(['V4', 'V5', 'V2', 'V3', 'V6', 'V1']);
  expect(await findQueuePlace(given.queue, makeTrack(1))).toMatchObject({ position: 6, length: 6 });
  expect(await given.queue.areQueued([makeTrack(1), makeTrack(7)])).toEqual([true, false]);
});

test('more than one statement holds', async () => {
  const many = Array.from({ length: 2500 }, (_, index) => trackAt(index + 1, -index));
  await given.queue.enqueueTracks(many.slice(0, 1200));
  await given.queue.enqueueTracks(many.slice(1200));
  expect(await readOrder()).toEqual(many.map(({ vertex }) => vertex).toReversed());
});

test('the same enqueueing twice moves an entry that waits, and brings back none that was taken', async () => {
  await given.queue.enqueueTracks([trackAt(1, 10), trackAt(2, 20)]);
  await given.queue.enqueueTracks([trackAt(1, 30)]);
  expect(await readOrder()).toEqual(['V2', 'V1']);
  const key = given.queue.queueOf('default').toKey('prioritized');
  await given.redis.zrem(key, trackEntryId(makeTrack(2)));
  await given.queue.enqueueTracks([trackAt(2, 20)]);
  expect(await given.redis.zrange(key, 0, -1)).toEqual([trackEntryId(makeTrack(1))]);
});

test('an entry that was given back is the next of its priority; the others keep their order', async () => {
  await given.queue.enqueueTracks([trackAt(1, 30), trackAt(2, 20), trackAt(3, 10), trackAt(4, 40, { priority: 1 })]);
  const inbox = createInbox<string>();
  await given.queue.queueOf('default').count();
  const consumer = createConsumer({
    redis: given.blocking,
    prefix: given.prefix,
    queueName: trackQueueName('default'),
    schema: trackMessageSchema,
    concurrency: 1,
    keepFailed: true,
    handle({ vertex }) {
      inbox.put(vertex);
      return Promise.resolve(inbox.items.length === 2 ? 'give_back' : 'done');
    },
    onStuck: () => {},
    onFailed(error) {
      throw error;
    },
  });
  await inbox.waitFor(5);
  await consumer.close(5000);
  expect(inbox.items).toEqual(['V4', 'V3', 'V3', 'V2', 'V1']);
});

test('the scores of a statement are one command, which may fail; tracks without a turn need none', async () => {
  const sent: unknown[][] = [];
  const away = {
    zadd(...given: unknown[]) {
      sent.push(given);
      return Promise.reject(new Error('Redis is away'));
    },
  } as unknown as Redis;
  setScores(away, 'key', orderTracks([makeTrack(1), makeTrack(2)], NOW));
  setScores(away, 'key', []);
  expect(sent).toEqual([]);
  const placed = orderTracks([trackAt(2, 1), makeTrack(1)], NOW);
  setScores(away, 'key', placed);
  const [first, second] = placed.map(({ score }) => score);
  expect(sent).toEqual([['key', 'XX', first, 't4194305-a1-d1', second, 't4194306-a1-d1']]);
  await new Promise((resolve) => setImmediate(resolve)); // a rejection that nobody heard would end the process here
});
