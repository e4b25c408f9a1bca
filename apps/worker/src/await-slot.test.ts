import { describe, expect, test } from '@jest/globals';
import type { GrantedRun } from './claimer.ts';
import { createSlots, type Place } from './slots.ts';
import { play, RUN_ID } from './testing-track.ts';
import { makeClaimedRun, makeSignal } from './testing.ts';

/** What the walk of a run that had its slot at once does, and of one that got it later. */
const RAN = ['run', 'hold', 'flush', 'hold until applied', 'report'];
const GIVEN_BACK = ['hold ahead', `release ${RUN_ID}`, `drop ${RUN_ID}`];

/** A place whose only slot is somebody else's, until it is freed. */
function takeAhead(): { place: Place; free: () => void } {
  const slots = createSlots({ total: 1, ahead: () => 1, onChange: () => {} });
  const [first, place] = [slots.tryEnter(), slots.tryEnter()];
  if (first === null || place === null) throw new Error('expected room for two');
  return { place, free: () => first.leave() };
}

describe('a run that was claimed ahead', () => {
  test('is started when its slot is there, its lease held meanwhile', async () => {
    const { place, free } = takeAhead();
    const { steps, measured, result } = await play({ place, whileWaiting: free });
    expect(steps).toEqual(['hold ahead', ...RAN]);
    expect(result).toMatchObject({ outcome: 'exited' });
    expect(measured).toEqual(['run']);
  });

  test('is given back when its slot does not come: nothing is started or reported, and none is claimed ahead for now', async () => {
    const { steps, requests, reported, result, measured, stillRunning } = await play({
      place: takeAhead().place,
      release: () => Promise.resolve(true),
    });
    expect(steps).toEqual(GIVEN_BACK);
    expect([requests, reported, result, stillRunning]).toEqual([[], [], null, 0]);
    expect(measured).toEqual(['given back']);
  });

  test('is not started before the answer to its release, whether a slot has come by then or not', async () => {
    const { place, free } = takeAhead();
    const answer = makeSignal<boolean>();
    const { steps, result } = await play({
      place,
      async release() {
        free();
        for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
        setImmediate(() => answer.resolve(true));
        return answer.promise;
      },
    });
    expect(steps).toEqual(GIVEN_BACK);
    expect(result).toBeNull();
  });

  test('waits on where it cannot be given back, and is started under the lease that was renewed meanwhile', async () => {
    const { place, free } = takeAhead();
    const renewed = performance.now() + 60_000;
    let renew = (): void => {};
    const { steps, held, result } = await play({
      place,
      whileWaiting: (one) => (renew = () => void (one.leaseUntil = renewed)),
      async release() {
        setImmediate(() => {
          renew();
          free();
        });
        return false;
      },
    });
    expect(steps).toEqual(['hold ahead', `release ${RUN_ID}`, ...RAN]);
    expect(held.at(0)?.leaseUntil).toBe(renewed);
    expect(result).toMatchObject({ outcome: 'exited' });
  });
});

describe('what is ended while it waits', () => {
  test.each([
    ['cancel', 'cancelled'],
    ['lost', 'lost'],
  ] as const)('%s: it is reported as %s, without a start', async (why, outcome) => {
    const { requests, reported, measured, stillRunning } = await play({
      place: takeAhead().place,
      whileWaiting: (held) => held.end(why),
    });
    expect(requests).toEqual([]);
    expect(reported.map(({ completion }) => completion)).toMatchObject([{ outcome, runId: RUN_ID, durationMs: 0 }]);
    // A moment that nobody's script took says nothing of scripts.
    expect([measured, stillRunning]).toEqual([[], 0]);
  });

  test('is reported also where it could not be given back', async () => {
    let cancel = (): void => {};
    const { requests, reported } = await play({
      place: takeAhead().place,
      whileWaiting: (held) => (cancel = () => held.end('cancel')),
      async release() {
        setImmediate(cancel);
        return false;
      },
    });
    expect(requests).toEqual([]);
    expect(reported).toMatchObject([{ completion: { outcome: 'cancelled' } }]);
  });

  test('because the worker is out of time, while the API does not answer its release: it is left to its lease', async () => {
    let end = (): void => {};
    const { steps, stillRunning, result } = await play({
      place: takeAhead().place,
      whileWaiting: (_, endAll) => (end = endAll),
      release() {
        setImmediate(end);
        return new Promise(() => {}); // the API is away for good
      },
    });
    expect(steps).toEqual(GIVEN_BACK);
    expect([stillRunning, result]).toEqual([0, null]);
  });

  test('because it is cancelled, while the API does not answer its release: it is reported', async () => {
    let cancel = (): void => {};
    const { requests, reported } = await play({
      place: takeAhead().place,
      whileWaiting: (held) => (cancel = () => held.end('cancel')),
      release() {
        setImmediate(cancel);
        return new Promise(() => {});
      },
    });
    expect([requests, reported]).toMatchObject([[], [{ completion: { outcome: 'cancelled' } }]]);
  });
});

describe('a worker that starts nothing for now', () => {
  test('gives back what it was granted, although there is a slot', async () => {
    const { steps, result } = await play({ mayStart: () => false, release: () => Promise.resolve(true) });
    expect(steps).toEqual(GIVEN_BACK);
    expect(result).toBeNull();
  });

  test('gives back what gets its slot only then', async () => {
    const { place, free } = takeAhead();
    let isStopping = false;
    const { steps } = await play({
      place,
      mayStart: () => !isStopping,
      whileWaiting() {
        isStopping = true;
        free();
      },
      release: () => Promise.resolve(true),
    });
    expect(steps).toEqual(GIVEN_BACK);
  });

  test('starts what it cannot give back', async () => {
    const { steps } = await play({ mayStart: () => false, release: () => Promise.resolve(false) });
    expect(steps).toEqual(['hold ahead', `release ${RUN_ID}`, ...RAN]);
  });
});

describe('what needs a slot to be claimed', () => {
  const granted: GrantedRun = { runId: RUN_ID, run: makeClaimedRun(), leaseUntil: 1234 };

  test('is asked for again when it has one', async () => {
    const { place, free } = takeAhead();
    const asked: boolean[] = [];
    const { steps } = await play({
      place,
      claim({ isAhead }) {
        asked.push(isAhead);
        setImmediate(free);
        return isAhead ? 'needs_slot' : granted;
      },
    });
    expect(asked).toEqual([true, false]);
    expect(steps).toEqual(RAN);
  });

  test('is left to others where none comes soon: its entry is given back, and none is claimed ahead for now', async () => {
    const { steps, result, measured } = await play({ place: takeAhead().place, claim: () => 'needs_slot' });
    expect([steps, result, measured]).toEqual([[], 'give_back', ['given back']]);
  });
});
