import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testServers } from '@baton/devstack/testing';
import type { Redis } from 'ioredis';
import {
  handedRunId,
  isOfferSignedBy,
  openMessage,
  publishHanded,
  sealMessage,
  signOffer,
  subscribeHanded,
  workerKey,
  type HandedMessage,
  type Offer,
} from './hand-over.ts';
import { createInbox, openTestRedis, uniquePrefix } from './testing.ts';

const SECRET = Buffer.alloc(32, 7);
const KEY = workerKey(SECRET, 'w-one');
const OFFER: Offer = {
  workerId: 'w-one',
  number: 3,
  labels: ['default'],
  queues: ['default', 'gpu'],
  leaseMs: 15_000,
  ids: ['place-0000000001', 'place-0000000002'],
};

let redis: Redis;
let subscriber: Redis;
beforeAll(async () => {
  redis = await openTestRedis(testServers().redisUrl);
  subscriber = await openTestRedis(testServers().redisUrl, 'subscriber');
});
afterAll(() => {
  redis.disconnect();
  subscriber.disconnect();
});

function messageOf(count: number, run: unknown = 'to be run'): HandedMessage<unknown> {
  const runs = Array.from({ length: count }, (_, index) => {
    return { id: `place-${index}`, trackId: index, attempt: 1, runId: `run-${index}`, run };
  });
  return { answered: [{ number: 3, runs: count }], runs };
}

test('each worker has a key of its own, and each installation others', () => {
  const keys = [KEY, workerKey(SECRET, 'w-two'), workerKey(Buffer.alloc(32, 8), 'w-one')];
  expect(new Set(keys).size).toBe(3);
  expect(workerKey(SECRET, 'w-one')).toBe(KEY);
});

test('an offer is as its worker signed it, in every field', () => {
  const { offer, signature } = signOffer(KEY, OFFER);
  expect(isOfferSignedBy(KEY, { offer, signature })).toBe(true);
  expect(isOfferSignedBy(workerKey(SECRET, 'w-two'), { offer, signature })).toBe(false);
  for (const changed of [
    { workerId: 'w-two' },
    { number: 4 },
    { labels: ['default', 'gpu'] },
    { queues: ['default'] },
    { leaseMs: 16_000 },
    { ids: [...offer.ids, 'place-0000000003'] },
  ]) {
    expect(isOfferSignedBy(KEY, { offer: { ...offer, ...changed }, signature })).toBe(false);
  }
  expect(isOfferSignedBy(KEY, { offer, signature: '' })).toBe(false);
});

test('what is sealed is read by its worker alone, unchanged or not at all, and shows nothing of itself', () => {
  const message = messageOf(2, { script: 'echo a secret of the script' });
  const sealed = sealMessage(KEY, message);
  expect(openMessage(KEY, sealed)).toEqual(message);
  expect(sealed.toString('latin1')).not.toMatch(/script|secret|run-0/);
  expect(sealMessage(KEY, message).equals(sealed)).toBe(false);
  expect(() => openMessage(workerKey(SECRET, 'w-two'), sealed)).toThrow();
  for (const at of [0, 12, 28, sealed.length - 1]) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => openMessage(KEY, changed)).toThrow();
  }
  expect(() => openMessage(KEY, sealed.subarray(0, 20))).toThrow();
});

test('the tracks of one place have run ids that differ, each the same whoever claims it', () => {
  const [id = ''] = OFFER.ids;
  const tracks = [
    { trackId: 1, attempt: 1 },
    { trackId: 2, attempt: 1 },
    { trackId: 1, attempt: 2 },
  ];
  const runIds = tracks.map((track) => handedRunId(id, track));
  expect(new Set(runIds).size).toBe(3);
  expect(tracks.map((track) => handedRunId(id, track))).toEqual(runIds);
  for (const runId of runIds) expect(runId).toMatch(/^[\w-]{22}$/);
});

/** Publishes for `w-one`. @returns what it heard, opened */
async function tell(message: HandedMessage<unknown>, parts: number): Promise<HandedMessage<unknown>[]> {
  const prefix = uniquePrefix();
  const inbox = createInbox<Buffer>();
  await subscribeHanded({ redis: subscriber, prefix }, 'w-one', inbox.put);
  const other = { workerId: 'w-two', key: workerKey(SECRET, 'w-two') };
  await publishHanded({ redis, prefix }, other, messageOf(1));
  await publishHanded({ redis, prefix }, { workerId: 'w-one', key: KEY }, message);
  return (await inbox.waitFor(parts)).map((sealed) => openMessage(KEY, sealed));
}

test('a worker hears what is for it, and nothing else', async () => {
  expect(await tell(messageOf(2), 1)).toEqual([messageOf(2)]);
  expect(await tell({ answered: [{ number: 3, runs: 0 }], runs: [] }, 1)).toEqual([
    { answered: [{ number: 3, runs: 0 }], runs: [] },
  ]);
});

test('a long message comes in parts, of which the last says that this is all', async () => {
  const parts = await tell(messageOf(10, 'x'.repeat(100_000)), 2);
  expect(parts.flatMap(({ runs }) => runs.map(({ trackId }) => trackId))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(parts.map(({ answered }) => answered)).toEqual([[], [{ number: 3, runs: 10 }]]);
});

test('a run that is too long for a message is named only: its worker asks for it', async () => {
  const [message] = await tell(messageOf(2, 'x'.repeat(200_000)), 1);
  expect(message?.runs).toEqual(messageOf(2, null).runs);
});
