import { expect, test } from '@jest/globals';
import { createConsumer, type Consumer } from './consumer.ts';
import { createInbox, makeTrack } from './testing.ts';
import { useTestTrackQueue } from './testing-queues.ts';
import { trackMessageSchema, trackQueueName, type TrackMessage } from './track-message.ts';
import { MAX_PRIORITY } from './queue-order.ts';

const given = useTestTrackQueue();

function consume(labelSet: string, onTrack: (message: TrackMessage) => void): Consumer {
  return createConsumer({
    redis: given.blocking,
    prefix: given.prefix,
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
  await given.queue.enqueueTracks([makeTrack(1)]);
  const [entry] = await given.queue.queueOf('default').getPrioritized();
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
  await given.queue.enqueueTracks([makeTrack(1), makeTrack(1)]);
  await given.queue.enqueueTracks([makeTrack(1), makeTrack(1, { seq: 2 }), makeTrack(1, { attempt: 2 })]);
  expect(await given.queue.queueOf('default').count()).toBe(3);
});

test('an entry id may be used again after its entry was taken', async () => {
  const inbox = createInbox<TrackMessage>();
  const consumer = consume('default', inbox.put);
  await given.queue.enqueueTracks([makeTrack(1)]);
  await inbox.waitFor(1);
  await consumer.close(5000);
  await given.queue.enqueueTracks([makeTrack(1)]);
  expect(await given.queue.queueOf('default').count()).toBe(1);
});

test('higher priority comes first, then the order of enqueueing; more than one statement holds', async () => {
  const many = Array.from({ length: 2500 }, (_, index) => makeTrack(index + 10));
  await given.queue.enqueueTracks(many);
  await given.queue.enqueueTracks([
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
  await given.queue.enqueueTracks([
    makeTrack(1, { labels: ['linux', 'gpu'] }),
    makeTrack(2),
    makeTrack(3, { labels: ['gpu', 'linux'] }),
  ]);
  const inbox = createInbox<TrackMessage>();
  const consumer = consume('gpu+linux', inbox.put);
  await inbox.waitFor(2);
  await consumer.close(5000);
  expect(inbox.items.map(({ vertex }) => vertex).toSorted()).toEqual(['V1', 'V3']);
  expect(await given.queue.queueOf('default').count()).toBe(1);
  await given.queue.queueOf('gpu+linux').obliterate({ force: true });
});

test('it says which entries still wait', async () => {
  const waiting = makeTrack(1);
  await given.queue.enqueueTracks([waiting]);
  const asked = [makeTrack(1, { seq: 2 }), waiting, makeTrack(2), makeTrack(1, { labels: ['gpu'] })];
  expect(await given.queue.areQueued(asked)).toEqual([false, true, false, false]);
  expect(await given.queue.areQueued([])).toEqual([]);
});
