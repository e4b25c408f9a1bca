import { expect, test } from '@jest/globals';
import { createConsumer } from './consumer.ts';
import { findQueuePlace } from './queue-place.ts';
import { createInbox, makeTrack } from './testing.ts';
import { useTestTrackQueue } from './testing-queues.ts';
import { CHILD_QUEUE, trackEntryId, trackMessageSchema, trackQueueName } from './track-message.ts';

const given = useTestTrackQueue();

test('an entry has its place by priority and age, and the tracks before it are named', async () => {
  const tracks = [makeTrack(1), makeTrack(2), makeTrack(3, { priority: 5 })];
  await given.queue.enqueueTracks(tracks);
  const places = await Promise.all(tracks.map((track) => findQueuePlace(given.queue, track)));
  expect(places).toEqual([
    { kind: 'waiting', position: 2, length: 3, before: [makeTrack(3).trackId] },
    { kind: 'waiting', position: 3, length: 3, before: [makeTrack(3).trackId, makeTrack(1).trackId] },
    { kind: 'waiting', position: 1, length: 3, before: [] },
  ]);
});

test('of many before it the first ten are named', async () => {
  const tracks = Array.from({ length: 30 }, (_, index) => makeTrack(index + 1));
  await given.queue.enqueueTracks(tracks);
  const place = await findQueuePlace(given.queue, makeTrack(30));
  expect(place).toEqual({
    kind: 'waiting',
    position: 30,
    length: 30,
    before: tracks.slice(0, 10).map(({ trackId }) => trackId),
  });
});

test('far back in a long queue', async () => {
  const tracks = Array.from({ length: 2500 }, (_, index) => makeTrack(index + 1));
  await given.queue.enqueueTracks(tracks);
  expect(await findQueuePlace(given.queue, makeTrack(2400))).toMatchObject({ position: 2400, length: 2500 });
});

test('one that somebody has taken, and one that is not there', async () => {
  const taken = createInbox<number>();
  let finish = (): void => {};
  const isFinished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const consumer = createConsumer({
    redis: given.blocking,
    prefix: given.prefix,
    queueName: trackQueueName('default'),
    schema: trackMessageSchema,
    concurrency: 1,
    keepFailed: true,
    async handle({ trackId }) {
      taken.put(trackId);
      await isFinished;
      return 'done';
    },
    onStuck: () => {},
    onFailed(error) {
      throw error;
    },
  });
  await given.queue.enqueueTracks([makeTrack(1), makeTrack(2)]);
  await taken.waitFor(1);
  expect(await findQueuePlace(given.queue, makeTrack(1))).toEqual({ kind: 'taken' });
  expect(await findQueuePlace(given.queue, makeTrack(2))).toEqual({
    kind: 'waiting',
    position: 1,
    length: 1,
    before: [],
  });
  expect(await findQueuePlace(given.queue, makeTrack(2, { seq: 2 }))).toEqual({ kind: 'absent' });
  expect(await findQueuePlace(given.queue, makeTrack(4))).toEqual({ kind: 'absent' });
  finish();
  await taken.waitFor(2);
  await consumer.close(5000);
});

test('what BullMQ took back from a worker that went away is taken before all others', async () => {
  await given.queue.enqueueTracks([makeTrack(1), makeTrack(2), makeTrack(3)]);
  const { toKey } = given.queue.queueOf('default');
  for (const track of [makeTrack(3), makeTrack(2)]) {
    await given.redis.zrem(toKey('prioritized'), trackEntryId(track));
    await given.redis.rpush(toKey('wait'), trackEntryId(track));
  }
  const places = await Promise.all([1, 2, 3].map((number) => findQueuePlace(given.queue, makeTrack(number))));
  const [second, third] = [makeTrack(2).trackId, makeTrack(3).trackId];
  expect(places).toEqual([
    { kind: 'waiting', position: 3, length: 3, before: [second, third] },
    { kind: 'waiting', position: 1, length: 3, before: [] },
    { kind: 'waiting', position: 2, length: 3, before: [second] },
  ]);
});

test('tracks that run pipelines have a queue of their own', async () => {
  await given.queue.enqueueTracks([makeTrack(1, { runsPipeline: true })]);
  expect(await given.queue.childQueue().count()).toBe(1);
  expect(CHILD_QUEUE).toBe(given.queue.childQueue().name);
  expect(await findQueuePlace(given.queue, makeTrack(1, { runsPipeline: true }))).toMatchObject({ position: 1 });
  expect(await findQueuePlace(given.queue, makeTrack(1))).toEqual({ kind: 'absent' });
  await given.queue.childQueue().obliterate({ force: true });
});
