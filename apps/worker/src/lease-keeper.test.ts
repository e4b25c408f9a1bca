import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { UnreachableError } from '@baton/client';
import { fenceMarginMs, guardTimeoutMs } from './lease-keeper.ts';
import { makeHeartbeatAnswer, makeKey, makeSignal } from './testing.ts';
import { beAway, HEARTBEAT_MS, holdRun, LEASE_MS, openKeeper, renewAll } from './testing-keeper.ts';

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
});
afterEach(() => {
  jest.useRealTimers();
});

test.each([
  { leaseMs: 15_000, heartbeatMs: 4000, margin: 3000, guard: 8000 },
  { leaseMs: 5000, heartbeatMs: 1000, margin: 1000, guard: 3000 },
  { leaseMs: 60_000, heartbeatMs: 4000, margin: 3000, guard: 53_000 },
  { leaseMs: 300, heartbeatMs: 50, margin: 500, guard: 500 },
])(
  'a lease of $leaseMs ms has a margin of $margin ms and a guard of $guard ms',
  ({ leaseMs, heartbeatMs, ...want }) => {
    expect({ margin: fenceMarginMs(leaseMs), guard: guardTimeoutMs(leaseMs, heartbeatMs) }).toEqual(want);
  },
);

describe('renewing', () => {
  test('no run is ended while renewals come, for many leases', async () => {
    const world = openKeeper();
    await world.keeper.start();
    const { ends } = holdRun(world.keeper);
    await jest.advanceTimersByTimeAsync(20 * LEASE_MS);
    expect(ends).toEqual([]);
    expect(world.calls.length).toBeGreaterThan(100);
    await world.keeper.stop();
  });

  test.each(['cancel', 'lost'] as const)('a run that the API answers %s for is ended so', async (state) => {
    const world = openKeeper();
    await world.keeper.start();
    const one = holdRun(world.keeper);
    const other = holdRun(world.keeper);
    world.answer = ({ running }) =>
      makeHeartbeatAnswer({
        running: running.map(({ runId }) => ({ runId, state: runId === one.runId ? state : ('held' as const) })),
      });
    world.keeper.nudge();
    await jest.advanceTimersByTimeAsync(0);
    expect(one.ends.map(({ why }) => why)).toEqual([state]);
    expect(other.ends).toEqual([]);
    await world.keeper.stop();
  });

  test('the lease counts from before the call: a slow answer prolongs nothing', async () => {
    const world = openKeeper();
    await world.keeper.start();
    const { ends } = holdRun(world.keeper);
    world.answer = async (request) => {
      await new Promise((resolve) => setTimeout(resolve, 2000));
      return renewAll(request);
    };
    world.keeper.nudge();
    const askedAt = performance.now();
    await jest.advanceTimersByTimeAsync(2000);
    world.answer = beAway;
    await jest.advanceTimersByTimeAsync(LEASE_MS);
    expect(ends[0]?.at).toBeLessThanOrEqual(askedAt + LEASE_MS - fenceMarginMs(LEASE_MS) + 100);
    await world.keeper.stop();
  });
});

describe('an API that is away', () => {
  test('each run is ended as lost when the margin before its lease’s end is reached, and not before', async () => {
    const world = openKeeper();
    await world.keeper.start();
    const { ends } = holdRun(world.keeper);
    const heldAt = performance.now();
    world.answer = beAway;
    await jest.advanceTimersByTimeAsync(LEASE_MS);
    const fenceAt = heldAt + LEASE_MS - fenceMarginMs(LEASE_MS);
    expect(ends[0]?.why).toBe('lost');
    expect(ends[0]?.at).toBeGreaterThanOrEqual(fenceAt);
    expect(ends[0]?.at).toBeLessThanOrEqual(fenceAt + 100);
    await world.keeper.stop();
  });

  test('shorter than the lease ends nothing, and is asked more often than in good times', async () => {
    const world = openKeeper();
    await world.keeper.start();
    const { ends } = holdRun(world.keeper);
    world.answer = beAway;
    const calls = world.calls.length;
    await jest.advanceTimersByTimeAsync(LEASE_MS / 2);
    expect(world.calls.length - calls).toBeGreaterThanOrEqual(4);
    world.answer = renewAll;
    await jest.advanceTimersByTimeAsync(3 * LEASE_MS);
    expect(ends).toEqual([]);
    expect(world.events).toContain('heartbeat_failed');
    await world.keeper.stop();
  });

  test('does not keep overdue completions from being sent again', async () => {
    const world = openKeeper();
    await world.keeper.start();
    world.answer = beAway;
    await jest.advanceTimersByTimeAsync(HEARTBEAT_MS);
    expect(world.resends).toBeGreaterThan(0);
    await world.keeper.stop();
  });

  test('before the first answer is the caller’s to handle', async () => {
    const world = openKeeper();
    world.answer = beAway;
    await expect(world.keeper.start()).rejects.toBeInstanceOf(UnreachableError);
    expect(jest.getTimerCount()).toBe(0);
  });
});

test('a lease is ending as soon as the fence would end its script', async () => {
  const world = openKeeper();
  await world.keeper.start();
  const margin = fenceMarginMs(LEASE_MS);
  const isEnding = (leftMs: number): boolean => world.keeper.isEnding(performance.now() + leftMs);
  expect([LEASE_MS, margin + 1, margin, 0, -1].map(isEnding)).toEqual([false, false, true, true, true]);
  await world.keeper.stop();
});

describe('nudges', () => {
  test('any number during a heartbeat lead to one more, at once', async () => {
    const world = openKeeper();
    await world.keeper.start();
    const gate = makeSignal();
    world.answer = async (request) => {
      await gate.promise;
      return renewAll(request);
    };
    for (let count = 0; count < 5; count += 1) world.keeper.nudge();
    await jest.advanceTimersByTimeAsync(0);
    expect(world.calls).toHaveLength(2);
    gate.resolve();
    await jest.advanceTimersByTimeAsync(1);
    expect(world.calls).toHaveLength(3);
    await jest.advanceTimersByTimeAsync(HEARTBEAT_MS / 2);
    expect(world.calls).toHaveLength(3);
    await world.keeper.stop();
  });

  test('after the stop do nothing', async () => {
    const world = openKeeper();
    await world.keeper.start();
    await world.keeper.stop();
    world.keeper.nudge();
    await jest.advanceTimersByTimeAsync(10 * HEARTBEAT_MS);
    expect(world.calls).toHaveLength(1);
  });
});

describe('reported runs', () => {
  test('are renewed until they are applied, and then neither renewed nor asked for', async () => {
    const world = openKeeper();
    await world.keeper.start();
    const key = makeKey();
    world.unapplied = [key];
    world.keeper.hold({ ...key, leaseUntil: Number.POSITIVE_INFINITY, end: () => {} });
    await jest.advanceTimersByTimeAsync(5 * LEASE_MS);
    expect(world.calls.at(-1)).toMatchObject({ running: [key], reported: [key] });
    world.answer = (request) => ({ ...renewAll(request), applied: [key.runId] });
    await jest.advanceTimersByTimeAsync(HEARTBEAT_MS);
    expect(world.settled).toEqual([key.runId]);
    world.unapplied = [];
    world.answer = renewAll;
    await jest.advanceTimersByTimeAsync(HEARTBEAT_MS);
    expect(world.calls.at(-1)).toMatchObject({ running: [], reported: [] });
    await world.keeper.stop();
  });

  test('more of them than a call takes keep no running script from being renewed', async () => {
    const world = openKeeper();
    await world.keeper.start();
    world.unapplied = Array.from({ length: 10_000 }, (_, index) => makeKey(index + 1));
    for (const key of world.unapplied) {
      world.keeper.hold({ ...key, leaseUntil: Number.POSITIVE_INFINITY, end: () => {} });
    }
    const script = holdRun(world.keeper);
    await jest.advanceTimersByTimeAsync(2 * LEASE_MS);
    expect(script.ends).toEqual([]);
    expect(Math.max(...world.calls.map(({ running }) => running.length))).toBe(4096);
    const asked = new Set(world.calls.flatMap(({ reported }) => reported.map(({ runId }) => runId)));
    expect(asked.size).toBe(10_000);
    await world.keeper.stop();
  });

  test('a disk that hangs while they are settled does not hold up the renewals', async () => {
    const world = openKeeper();
    await world.keeper.start();
    const applied = makeKey();
    const script = holdRun(world.keeper);
    world.answer = ({ running }) =>
      makeHeartbeatAnswer({
        running: running.map(({ runId }) => ({ runId, state: 'cancel' as const })),
        applied: [applied.runId],
      });
    const disk = makeSignal();
    world.disk = disk.promise;
    world.keeper.nudge();
    await jest.advanceTimersByTimeAsync(0);
    expect(world.settled).toEqual([]);
    expect(script.ends.map(({ why }) => why)).toEqual(['cancel']);
    disk.resolve();
    await world.keeper.stop();
  });
});

test('50 starts and stops leave no timer', async () => {
  for (let round = 0; round < 50; round += 1) {
    const world = openKeeper();
    await world.keeper.start();
    world.keeper.nudge();
    if (round % 2 === 0) await jest.advanceTimersByTimeAsync(HEARTBEAT_MS);
    await world.keeper.stop();
  }
  expect(jest.getTimerCount()).toBe(0);
});
