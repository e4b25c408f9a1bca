import { describe, expect, test } from '@jest/globals';
import { createSlots, type Place, type Slots } from './slots.ts';

/** Whose looking ahead can be changed. */
function openSlots(total: number, ahead = 0): { slots: Slots; told: boolean[]; setAhead: (count: number) => void } {
  const told: boolean[] = [];
  const slots = createSlots({ total, ahead: () => ahead, onChange: (hasRoom) => told.push(hasRoom) });
  return { slots, told, setAhead: (count) => void (ahead = count) };
}

function enter(slots: Slots): Place {
  const place = slots.tryEnter();
  if (place === null) throw new Error('expected room, found none');
  return place;
}

/** Whether its slot's promise has been kept by now. */
async function isGranted(place: Place): Promise<boolean> {
  let isThere = false;
  void place.slot().then(() => (isThere = true));
  await new Promise(setImmediate);
  return isThere;
}

describe('room', () => {
  test('is one a slot where nothing is taken ahead', () => {
    const { slots } = openSlots(2);
    const first = enter(slots);
    enter(slots);
    expect([slots.tryEnter(), slots.room, slots.free]).toEqual([null, 0, 0]);
    first.leave();
    expect([slots.room, slots.free]).toEqual([1, 1]);
  });

  test('is one more for each that may be taken ahead, which have no slot', () => {
    const { slots } = openSlots(1, 2);
    const places = [enter(slots), enter(slots), enter(slots)];
    expect(places.map(({ hasSlot }) => hasSlot)).toEqual([true, false, false]);
    expect([slots.tryEnter(), slots.room]).toEqual([null, 0]);
  });

  test('is none where less may be taken ahead than is: nobody is put out', () => {
    const { slots, setAhead } = openSlots(1, 2);
    const places = [enter(slots), enter(slots), enter(slots)];
    setAhead(0);
    places[2]?.leave();
    expect([slots.room, slots.tryEnter()]).toEqual([0, null]);
    places[1]?.leave();
    places[0]?.leave();
    expect(slots.room).toBe(1);
  });

  test('is told of when it ends and when there is some again, and nothing in between', () => {
    const { slots, told } = openSlots(1, 1);
    const first = enter(slots);
    expect(told).toEqual([]);
    const second = enter(slots);
    slots.tryEnter();
    first.leave();
    second.leave();
    expect(told).toEqual([false, true]);
  });
});

describe('a slot', () => {
  test('that is free again is of who came first', async () => {
    const { slots } = openSlots(1, 2);
    const [first, second, third] = [enter(slots), enter(slots), enter(slots)];
    expect(await Promise.all([first, second, third].map(isGranted))).toEqual([true, false, false]);
    first.leave();
    expect(await Promise.all([second, third].map(isGranted))).toEqual([true, false]);
    expect([second.hasSlot, third.hasSlot, slots.free]).toEqual([true, false, 0]);
    second.leave();
    expect(await isGranted(third)).toBe(true);
  });

  test('is not of who has left while waiting, and leaving twice frees none', async () => {
    const { slots } = openSlots(1, 2);
    const [first, second, third] = [enter(slots), enter(slots), enter(slots)];
    second.leave();
    second.leave();
    expect([third.hasSlot, slots.free, slots.room]).toEqual([false, 0, 1]);
    first.leave();
    first.leave();
    expect([await isGranted(second), await isGranted(third), slots.free]).toEqual([false, true, 0]);
    third.leave();
    expect([slots.free, slots.room]).toEqual([1, 3]);
  });

  test('is not of who comes while others wait', () => {
    const { slots } = openSlots(1, 3);
    const [first, second] = [enter(slots), enter(slots)];
    first.leave();
    const third = enter(slots);
    expect([second.hasSlot, third.hasSlot]).toEqual([true, false]);
  });
});

test('is idle at once when nobody is in, else when the last has left, with a slot or without', async () => {
  const { slots } = openSlots(1, 1);
  await slots.whenIdle();
  const [first, second] = [enter(slots), enter(slots)];
  let isIdle = false;
  const idle = Promise.all([slots.whenIdle(), slots.whenIdle()]).then(() => (isIdle = true));
  second.leave();
  await new Promise(setImmediate);
  expect(isIdle).toBe(false);
  first.leave();
  await idle;
});
