import { expect, test } from '@jest/globals';
import { createSlots } from './slots.ts';

test('no more are taken than there are', () => {
  const slots = createSlots(2, () => {});
  expect([slots.tryTake(), slots.tryTake(), slots.tryTake()]).toEqual([true, true, false]);
  slots.give();
  expect([slots.free, slots.tryTake(), slots.tryTake()]).toEqual([1, true, false]);
});

test('tells when the last is taken and when there is one again, and nothing in between', () => {
  const told: boolean[] = [];
  const slots = createSlots(2, (hasFree) => told.push(hasFree));
  slots.tryTake();
  slots.tryTake();
  slots.tryTake();
  slots.give();
  slots.give();
  expect(told).toEqual([false, true]);
});

test('is idle at once when nothing is taken, else when the last is given back', async () => {
  const slots = createSlots(2, () => {});
  await slots.whenIdle();
  slots.tryTake();
  slots.tryTake();
  let isIdle = false;
  const idle = Promise.all([slots.whenIdle(), slots.whenIdle()]).then(() => (isIdle = true));
  slots.give();
  await new Promise(setImmediate);
  expect(isIdle).toBe(false);
  slots.give();
  await idle;
});
