import { expect, test } from '@jest/globals';
import { createConsumer } from './consumer.ts';
import { connectRedis } from './redis.ts';
import { putBack, takeEntries, type TakenEntry } from './take-entries.ts';
import { createInbox, makeTrack } from './testing.ts';
import { useTestTrackQueue } from './testing-queues.ts';
import { trackMessageSchema, trackQueueName, type TrackMessage } from './track-message.ts';

const given = useTestTrackQueue();
const take = (count: number, labelSet = 'default'): Promise<TakenEntry[]> => takeEntries(given, labelSet, count);
const namesOf = (entries: readonly TakenEntry[]): string[] => entries.map(({ message }) => message.vertex);

/** Has a worker pull everything. */
function pullAll(count: number): Promise<string[]> {
  const inbox = createInbox<string>();
  const consumer = createConsumer<TrackMessage>({
    redis: given.blocking,
    prefix: given.prefix,
    queueName: trackQueueName('default'),
    schema: trackMessageSchema,
    concurrency: 1,
    keepFailed: true,
    async handle({ vertex }) {
      inbox.put(vertex);
      return 'done';
    },
    onStuck: () => {},
    onFailed: () => inbox.put('parked'),
  });
  return inbox.waitFor(count).finally(() => consumer.close(5000));
}

test('the first entries are taken, as workers would get them, and are gone', async () => {
  const priorities = [0, 5, 0, 9, 5];
  await given.queue.enqueueTracks(priorities.map((priority, number) => makeTrack(number, { priority })));
  const entries = await take(3);
  expect(namesOf(entries)).toEqual(['V3', 'V1', 'V4']);
  expect(entries.map(({ message }) => message.trackId)).toEqual([4_194_307, 4_194_305, 4_194_308]);
  expect(await given.queue.queueOf('default').count()).toBe(2);
  const track = { attempt: 1, seq: 1, labels: [] };
  expect(await given.queue.areQueued([3, 0].map((number) => ({ ...track, trackId: 4_194_304 + number })))).toEqual([
    false,
    true,
  ]);
  expect(namesOf(await take(10))).toEqual(['V0', 'V2']);
  expect(await given.redis.keys(`${given.prefix}:tracks:t*`)).toEqual([]);
  expect(await take(10)).toEqual([]);
});

test('what is put back has its place again, before what came later', async () => {
  await given.queue.enqueueTracks([1, 2, 3].map((number) => makeTrack(number)));
  const [first, second] = await take(2);
  if (first === undefined || second === undefined) throw new Error('three wait');
  await given.queue.enqueueTracks([makeTrack(4), makeTrack(5, { priority: 1 })]);
  await putBack(given, [second, first]);
  expect(await pullAll(5)).toEqual(['V5', 'V1', 'V2', 'V3', 'V4']);
});

test('a worker that waits is woken by what is put back', async () => {
  await given.queue.enqueueTracks([makeTrack(1)]);
  const entries = await take(1);
  const pulled = pullAll(1);
  // It blocks, and would for seconds.
  const isBlocked = async (): Promise<boolean> => String(await given.redis.client('LIST')).includes(' cmd=bzpopmin');
  while (!(await isBlocked())) await new Promise(setImmediate);
  const putAt = performance.now();
  await putBack(given, entries);
  expect(await pulled).toEqual(['V1']);
  expect(performance.now() - putAt).toBeLessThan(4000);
});

test('a queue that a person has paused gives nothing', async () => {
  await given.queue.enqueueTracks([makeTrack(1)]);
  await given.queue.queueOf('default').pause();
  expect(await take(1)).toEqual([]);
  await given.queue.queueOf('default').resume();
  expect(namesOf(await take(1))).toEqual(['V1']);
});

test('each label set has a queue of its own', async () => {
  await given.queue.enqueueTracks([makeTrack(1), makeTrack(2, { labels: ['gpu'] })]);
  expect(namesOf(await take(5, 'gpu'))).toEqual(['V2']);
  expect(namesOf(await take(5))).toEqual(['V1']);
});

test('what is no message stays, and is parked by who pulls it', async () => {
  const priority = 1;
  await given.queue.queueOf('default').add('strange', { v: 2, text: 'later' }, { jobId: 'strange', priority });
  await given.redis.zadd(`${given.prefix}:tracks:prioritized`, 0, 'an-id-without-an-entry');
  await given.queue.enqueueTracks([makeTrack(1), makeTrack(2)]);
  expect(namesOf(await take(3))).toEqual(['V1']);
  expect(namesOf(await take(3))).toEqual(['V2']);
  expect(await given.redis.zrange(`${given.prefix}:tracks:prioritized`, 0, -1)).toEqual([
    'an-id-without-an-entry',
    'strange',
  ]);
  await given.redis.zrem(`${given.prefix}:tracks:prioritized`, 'an-id-without-an-entry');
  expect(await pullAll(1)).toEqual(['parked']);
  const [parked] = await given.queue.queueOf('default').getFailed();
  expect(parked?.data).toEqual({ v: 2, text: 'later' });
});

test('while Redis is away it is refused at once', async () => {
  const redis = connectRedis({ url: 'redis://127.0.0.1:1', prefix: given.prefix }, 'producer', () => {}); // nobody listens
  await expect(takeEntries({ redis, prefix: given.prefix }, 'default', 1)).rejects.toThrow(/Redis is away/);
  redis.disconnect();
});
