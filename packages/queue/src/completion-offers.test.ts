import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { testServers } from '@baton/devstack/testing';
import type { Completion } from '@baton/domain';
import type { Redis } from 'ioredis';
import {
  completionMessageSchema,
  createCompletionQueue,
  type CompletionExtras,
  type CompletionMessage,
  type CompletionQueue,
} from './completion-queue.ts';
import { signOffer, type SignedOffer } from './hand-over.ts';
import { openTestRedis, uniquePrefix } from './testing.ts';

let redis: Redis;
let prefix: string;
let opened: CompletionQueue[];
beforeAll(async () => {
  redis = await openTestRedis(testServers().redisUrl);
});
afterAll(() => redis.disconnect());
beforeEach(() => {
  prefix = uniquePrefix();
  opened = [];
});
afterEach(async () => {
  await opened[0]?.queue.obliterate({ force: true });
  for (const queue of opened) await queue.close();
});

function open(extras: Partial<CompletionExtras>): CompletionQueue {
  const none = { mayTogether: () => true, isBusy: () => false, makeOffer: () => null };
  const queue = createCompletionQueue(redis, prefix, { ...none, ...extras });
  opened.push(queue);
  return queue;
}

function completionOf(trackId: number): Completion {
  const run = { trackId, attempt: 1, runId: `run-of-the-track-${trackId}`, workerId: 'w-one' };
  const result = { outcome: 'exited' as const, exitCode: 0, signal: null, detail: null, next: null };
  return { ...run, ...result, durationMs: 1, outputBytes: 0, cutBytes: 0 };
}

function offerOf(number: number, count: number): SignedOffer {
  const ids = Array.from({ length: count }, (_, index) => `place-of-a-worker-${index}`);
  return signOffer('key', { workerId: 'w-one', number, labels: ['default'], queues: [], leaseMs: 15_000, ids });
}

/** What is in the queue, as orchestrators read it, the first that was sent first. */
async function readEntries(queue: CompletionQueue): Promise<CompletionMessage[]> {
  const entries = await queue.queue.getJobs(['waiting', 'prioritized'], 0, -1, true);
  return entries.map(({ data }) => completionMessageSchema.parse(data));
}

const tracksOf = ({ completions }: CompletionMessage): number[] => completions.map((one) => one.completion.trackId);

test('places are offered along with completions, as many as are about to be free', async () => {
  const counts: number[] = [];
  const queue = open({
    makeOffer(count) {
      counts.push(count);
      return offerOf(counts.length, count);
    },
  });
  await Promise.all([1, 2, 3].map((trackId) => queue.reportCompletion(completionOf(trackId), 'key', 1)));
  const entries = await readEntries(queue);
  expect(entries.map(tracksOf)).toEqual([[1], [2, 3]]);
  expect(entries.map(({ offered }) => offered)).toEqual([offerOf(1, 1), offerOf(2, 2)]);
  expect(counts).toEqual([1, 2]);
});

test('where nothing is offered one completion is sent as ever', async () => {
  const queue = open({});
  await queue.reportCompletion(completionOf(1), 'key', 1);
  const [entry] = await queue.queue.getJobs();
  expect(Object.keys(entry?.data as object).toSorted()).toEqual(['completion', 'signature', 'v']);
});

test('a worker with enough to do waits a moment for what ends at almost the same time', async () => {
  let later = (): void => {};
  const queue = open({
    isBusy() {
      setTimeout(later, 0);
      return true;
    },
  });
  const second = new Promise<void>((resolve, reject) => {
    later = () => {
      later = () => {};
      queue.reportCompletion(completionOf(2), 'key', 1).then(resolve, reject);
    };
  });
  await Promise.all([queue.reportCompletion(completionOf(1), 'key', 1), second]);
  expect((await readEntries(queue)).map(tracksOf)).toEqual([[1, 2]]);
});

test('an offer that cannot be read costs no completion', async () => {
  const queue = open({ makeOffer: () => offerOf(1, 1) });
  await queue.reportCompletion(completionOf(1), 'key', 1);
  const [entry] = await queue.queue.getJobs();
  if (entry === undefined) throw new Error('one was sent');
  const { offered } = entry.data as { offered: SignedOffer };
  const ids = Array.from({ length: 1000 }, (_, index) => `place-of-a-worker-${index}`);
  for (const wrong of [undefined, 'none', { ...offered, offer: { ...offered.offer, ids } }]) {
    const message = completionMessageSchema.parse({ ...(entry.data as object), offered: wrong });
    expect(tracksOf(message)).toEqual([1]);
    expect(message.offered).toBeNull();
  }
});
