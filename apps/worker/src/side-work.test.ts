import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { makeKey, makeSignal } from './testing.ts';
import { HEARTBEAT_MS, holdRun, openKeeper, renewAll } from './testing-keeper.ts';

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
});
afterEach(() => {
  jest.useRealTimers();
});

describe('what hangs beside the heartbeat', () => {
  test.each(['redis', 'disk'] as const)('%s: heartbeats keep their pace, and the stop does not wait', async (part) => {
    const world = openKeeper();
    await world.keeper.start();
    const { ends } = holdRun(world.keeper);
    world[part] = makeSignal().promise;
    world.answer = (request) => ({ ...renewAll(request), applied: [makeKey().runId] });
    const calls = world.calls.length;
    await jest.advanceTimersByTimeAsync(10 * HEARTBEAT_MS);
    expect(world.calls.length - calls).toBe(10);
    expect(ends).toEqual([]);
    const stopping = world.keeper.stop();
    await jest.advanceTimersByTimeAsync(2000);
    await stopping;
    expect(jest.getTimerCount()).toBe(0);
  });

  test('Redis: what is being sent again is not sent a second time meanwhile, and is afterwards', async () => {
    const world = openKeeper();
    await world.keeper.start();
    const redis = makeSignal();
    world.redis = redis.promise;
    await jest.advanceTimersByTimeAsync(10_000);
    expect(world.resends).toBe(1);
    redis.resolve();
    await jest.advanceTimersByTimeAsync(1000);
    expect(world.resends).toBe(2);
    await world.keeper.stop();
  });

  test('what fails there is logged, and tried again', async () => {
    const world = openKeeper();
    await world.keeper.start();
    const redis = makeSignal();
    world.redis = redis.promise;
    await jest.advanceTimersByTimeAsync(1000);
    redis.reject(new Error('no'));
    await jest.advanceTimersByTimeAsync(1000);
    expect(world.events).toEqual(['side_work_failed', 'side_work_failed']);
    expect(world.resends).toBe(2);
    await world.keeper.stop();
  });

  test('the stop waits for what is done in time', async () => {
    const world = openKeeper();
    await world.keeper.start();
    const disk = makeSignal();
    world.disk = disk.promise;
    const applied = makeKey().runId;
    world.answer = (request) => ({ ...renewAll(request), applied: [applied] });
    world.keeper.nudge();
    await jest.advanceTimersByTimeAsync(0);
    let isStopped = false;
    const stopping = world.keeper.stop().then(() => (isStopped = true));
    await jest.advanceTimersByTimeAsync(100);
    expect(isStopped).toBe(false);
    disk.resolve();
    await stopping;
    expect(world.settled).toEqual([applied]);
  });
});
