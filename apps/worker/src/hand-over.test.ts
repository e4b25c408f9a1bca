import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { ClaimedRun } from '@baton/client';
import { handedRunId, isOfferSignedBy, sealMessage, type HandedMessage, type HandedRun } from '@baton/queue';

import { createHandOver, type HandOver } from './hand-over.ts';
import { makeClaimedRun, recordEvents } from './testing.ts';

/** Offers, and what becomes of what comes for them, with all that starts, asks and gives back made up. */
const KEY = 'key-of-the-worker';
const LEASE_MS = 15_000;

let terms: { key: string | null; leaseMs: number; queues: string[] };
let room: number;
let known: Set<string>;
let steps: string[];
let isEnding: (leaseUntil: number) => boolean;
let changes: number;
let events: string[];
let handOver: HandOver;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  terms = { key: KEY, leaseMs: LEASE_MS, queues: ['default'] };
  room = 2;
  known = new Set();
  steps = [];
  isEnding = () => false;
  changes = 0;
  const recorded = recordEvents();
  ({ events } = recorded);
  const note = (step: string, runId: string): void => {
    known.add(runId);
    steps.push(`${step} ${runId}`);
  };
  handOver = createHandOver({
    workerId: 'w-test',
    labels: ['default'],
    terms: () => terms,
    room: () => room,
    isEnding: (leaseUntil) => isEnding(leaseUntil),
    knows: (runId) => known.has(runId),
    start: ({ runId }) => note('start', runId),
    adopt: ({ runId }) => note('adopt', runId),
    giveBack: ({ runId }) => note('give back', runId),
    askSoon: () => void steps.push('ask'),
    onChange: () => (changes += 1),
    onAnswered: () => {},
    logger: recorded.logger,
  });
});
afterEach(() => void jest.useRealTimers());

function offer(ending = 0): { number: number; ids: string[] } {
  const signed = handOver.makeOffer(ending);
  if (signed === null) throw new Error('there is room');
  expect(isOfferSignedBy(KEY, signed)).toBe(true);
  return signed.offer;
}

function runFor(
  id: string | undefined,
  trackId: number,
  run: ClaimedRun | null = makeClaimedRun(),
): HandedRun<ClaimedRun> {
  const place = id ?? 'place-of-nobody0';
  return { id: place, trackId, attempt: 1, runId: handedRunId(place, { trackId, attempt: 1 }), run };
}

function hear(message: Partial<HandedMessage<ClaimedRun>>, key = KEY): Buffer {
  const sealed = sealMessage(key, { answered: [], runs: [], ...message });
  handOver.receive(sealed);
  return sealed;
}

test('what is offered is the room, and what ends, without what was offered already', () => {
  expect(offer(1).ids).toHaveLength(3);
  expect(handOver.outstanding).toBe(3);
  expect(handOver.makeOffer(0)).toBeNull();
  expect(offer(2).ids).toHaveLength(1);
  jest.advanceTimersByTime(1001);
  expect(handOver.outstanding).toBe(0);
  room = 1000;
  expect(offer().ids).toHaveLength(256);
});

test('without a key nothing is offered, and nothing is heard', () => {
  const { ids } = offer();
  terms.key = null;
  expect(handOver.makeOffer(1)).toBeNull();
  hear({ runs: [runFor(ids[0], 1)] });
  expect(steps).toEqual([]);
});

test('a worker of very many queues names as many as an offer has room for', () => {
  terms.queues = Array.from({ length: 150 }, (_, index) => `queue-${index}`);
  expect(handOver.makeOffer(0)?.offer.queues).toHaveLength(100);
});

test('a run is started for a place that was offered, with the lease that counts from before the offer', () => {
  const before = performance.now();
  const { ids } = offer();
  const leases: number[] = [];
  isEnding = (leaseUntil) => {
    leases.push(leaseUntil);
    return false;
  };
  jest.advanceTimersByTime(300);
  const one = runFor(ids[0], 1);
  hear({ runs: [one] });
  expect(steps).toEqual([`start ${one.runId}`]);
  expect(leases).toEqual([before + LEASE_MS]);
  expect(handOver.outstanding).toBe(1);
});

test('a message that comes again starts nothing and gives nothing back', () => {
  const { ids, number } = offer();
  const one = runFor(ids[0], 1);
  const sealed = hear({ answered: [{ number, runs: 1 }], runs: [one] });
  handOver.receive(sealed);
  hear({ runs: [one, one] });
  expect(steps).toEqual([`start ${one.runId}`]);
});

test('one place is for one run: the second one is given back', () => {
  const { ids } = offer();
  const [one, two] = [runFor(ids[0], 1), runFor(ids[0], 2)];
  hear({ runs: [one, two] });
  expect(steps).toEqual([`start ${one.runId}`, `give back ${two.runId}`]);
});

test('places that were never offered, and run ids that are not of their place, start nothing', () => {
  const { ids } = offer();
  const unknown = runFor('place-of-nobody0', 1);
  hear({ runs: [unknown, { ...runFor(ids[0], 2), runId: 'another-run-of-it' }] });
  expect(steps).toEqual([`give back ${unknown.runId}`]);
});

test('what was sealed with another key, or changed, is told of and starts nothing', () => {
  const { ids } = offer();
  hear({ runs: [runFor(ids[0], 1)] }, 'another key');
  handOver.receive(Buffer.from('not sealed at all, but long enough'));
  expect(steps).toEqual([]);
  expect(events).toEqual(['handed_over_unreadable', 'handed_over_unreadable']);
  expect(handOver.outstanding).toBe(2);
});

test('a run whose lease is as good as over, or that is named only, is asked for before it starts', () => {
  const { ids } = offer();
  isEnding = () => true;
  const late = runFor(ids[0], 1);
  hear({ runs: [late] });
  isEnding = () => false;
  const long = runFor(ids[1], 2, null);
  hear({ runs: [long] });
  expect(steps).toEqual([`adopt ${late.runId}`, `adopt ${long.runId}`]);
});

test('an offer of which nothing is heard makes the worker ask, and what it did not know is asked for', () => {
  const { ids, number } = offer();
  expect(handOver.isOverdue()).toBe(false);
  jest.advanceTimersByTime(1001);
  expect(handOver.isOverdue()).toBe(true);
  const lost = runFor(ids[0], 1);
  known.add('claimed-by-itself');
  handOver.compare([
    { trackId: 1, attempt: 1, runId: lost.runId },
    { trackId: 9, attempt: 1, runId: 'claimed-by-itself' },
  ]);
  expect(steps).toEqual([`adopt ${lost.runId}`]);
  // Its message comes after all: it is running.
  hear({ answered: [{ number, runs: 1 }], runs: [lost] });
  expect(steps).toEqual([`adopt ${lost.runId}`]);
  expect(handOver.isOverdue()).toBe(false);
});

test('an answer that tells of more runs than came is none', () => {
  const { ids, number } = offer();
  hear({ runs: [runFor(ids[0], 1)] });
  hear({ answered: [{ number, runs: 2 }] });
  jest.advanceTimersByTime(1001);
  expect(handOver.isOverdue()).toBe(true);
  hear({ answered: [{ number, runs: 1 }] });
  expect(handOver.isOverdue()).toBe(false);
});

test('two minutes later a place is nobody’s: what comes for it is given back', () => {
  const { ids } = offer();
  jest.advanceTimersByTime(120_001);
  room = 1;
  offer();
  const late = runFor(ids[0], 1);
  hear({ runs: [late] });
  expect(steps).toEqual([`give back ${late.runId}`]);
});

test('each heartbeat lets room be counted anew, so that a lost answer keeps no slot from its queue', () => {
  offer();
  const before = changes;
  jest.advanceTimersByTime(1001);
  handOver.compare(null);
  expect(changes).toBe(before + 1);
  expect(handOver.isOverdue()).toBe(true);
});

test('a worker that ends waits until its offers are answered', async () => {
  const { number } = offer();
  let isSettled = false;
  const settled = handOver.whenSettled(2000).then(() => (isSettled = true));
  await jest.advanceTimersByTimeAsync(200);
  expect(isSettled).toBe(false);
  hear({ answered: [{ number, runs: 0 }] });
  await jest.advanceTimersByTimeAsync(50);
  expect(isSettled).toBe(true);
  expect(steps).toEqual([]);
  await settled;
});

test('a worker that ends asks about what is not answered, and does not wait for ever', async () => {
  offer();
  let isSettled = false;
  const wait = (): Promise<boolean> => handOver.whenSettled(2000).then(() => (isSettled = true));
  const settled = wait();
  await jest.advanceTimersByTimeAsync(1100);
  expect(steps).toContain('ask');
  handOver.compare([]);
  await jest.advanceTimersByTimeAsync(50);
  expect(isSettled).toBe(true);
  await settled;
  isSettled = false;
  offer();
  const hopeless = wait();
  await jest.advanceTimersByTimeAsync(2100);
  expect(isSettled).toBe(true);
  await hopeless;
});
