import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { testServers } from '@baton/devstack/testing';
import type { Completion } from '@baton/domain';
import type { Redis } from 'ioredis';
import { completionMessageSchema, createCompletionQueue, type CompletionQueue } from './completion-queue.ts';
import { isCompletionSignedBy } from './completion-signature.ts';
import { openTestRedis, uniquePrefix } from './testing.ts';

const KEY = 'the key of the claim';

let redis: Redis;
let queue: CompletionQueue;
/** What the orchestrators are said to know. */
let mayTogether: boolean;
beforeAll(async () => {
  redis = await openTestRedis(testServers().redisUrl);
});
afterAll(() => redis.disconnect());
beforeEach(() => {
  mayTogether = true;
  queue = createCompletionQueue(redis, uniquePrefix(), {
    mayTogether: () => mayTogether,
    isBusy: () => false,
    makeOffer: () => null,
  });
});
afterEach(async () => {
  await queue.queue.obliterate({ force: true });
  await queue.close();
});

function makeCompletion(number: number): Completion {
  return {
    trackId: 4_194_304 + number,
    attempt: 1,
    runId: 'run-0123456789abcdef',
    workerId: 'a-worker',
    outcome: 'exited',
    exitCode: 0,
    signal: null,
    detail: null,
    durationMs: 1,
    outputBytes: 0,
    cutBytes: 0,
    next: null,
  };
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

function reportAll(numbers: readonly number[]): Promise<void[]> {
  return Promise.all(numbers.map((number) => queue.reportCompletion(makeCompletion(number), KEY, 1)));
}

/** Of each entry, in order: its version, and the numbers of the tracks as an orchestrator reads them. */
async function readEntries(): Promise<{ v: number; tracks: number[] }[]> {
  const entries = await queue.queue.getWaiting();
  return entries.map(({ data }) => {
    const { completions } = completionMessageSchema.parse(data);
    for (const { completion, signature } of completions) {
      if (!isCompletionSignedBy(KEY, completion, signature)) throw new Error('expected a signature that holds');
    }
    return {
      v: (data as { v: number }).v,
      tracks: completions.map(({ completion }) => completion.trackId - 4_194_304),
    };
  });
}

test('what is reported while an entry is on its way is the next entry, of 256 at most', async () => {
  await reportAll(range(0, 300));
  expect(await readEntries()).toEqual([
    { v: 1, tracks: [0] },
    { v: 2, tracks: range(1, 257) },
    { v: 2, tracks: range(257, 300) },
  ]);
});

test('where an orchestrator of before is alive each has an entry of its own, of the form that it knows', async () => {
  mayTogether = false;
  await reportAll(range(0, 5));
  expect(await readEntries()).toEqual(range(0, 5).map((number) => ({ v: 1, tracks: [number] })));
});

test('what waits when an orchestrator of before is heard of goes alone as well', async () => {
  const reported = reportAll(range(0, 4));
  mayTogether = false; // the first entry is on its way
  await reported;
  expect((await readEntries()).map(({ v }) => v)).toEqual([1, 1, 1, 1]);
});

test('where an entry could not be sent each of its completions hears so, and what comes later is sent', async () => {
  const add = queue.queue.add.bind(queue.queue);
  let calls = 0;
  queue.queue.add = (...given: Parameters<typeof add>) => {
    calls += 1;
    return calls === 2 ? Promise.reject(new Error('Redis is away')) : add(...given);
  };
  const results = await Promise.allSettled(range(0, 3).map((number) => reportAll([number])));
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
  await reportAll([3]);
  expect((await readEntries()).flatMap(({ tracks }) => tracks)).toEqual([0, 3]);
});

test.each([
  ['of none', { v: 2, completions: [] }],
  [
    'of more than 256',
    { v: 2, completions: range(0, 257).map((number) => ({ completion: makeCompletion(number), signature: '' })) },
  ],
  ['of a later version', { v: 3, completions: [{ completion: makeCompletion(1), signature: '' }] }],
  ['of one in the form of several', { v: 2, completion: makeCompletion(1), signature: '' }],
])('an entry %s is of no known form', (_title, data) => {
  expect(completionMessageSchema.safeParse(data).success).toBe(false);
});
