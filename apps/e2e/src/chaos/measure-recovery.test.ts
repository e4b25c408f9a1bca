import { expect, test } from '@jest/globals';
import { measureRecovery, percentile, type InjectedFault } from './measure-recovery.ts';
import { makeStory } from './testing-evidence.ts';

/** The story: `first` runs from 100 to 200 (its script from 110 to 190), again from 300 to 400, then `second` from 500 to 600. */
const WORKER_IDS = new Map([[7, 'w']]);

function measure(fault: Partial<InjectedFault>, lose = false): number[] {
  const story = makeStory();
  if (lose) Object.assign(story.rows.attempts[0] as object, { result: 'lost' });
  const about = { kind: 'it', target: 'worker-1', recovery: 'runs' as const, endedAtMs: null, mayLose: 'all' as const };
  const injected: InjectedFault = { ...about, atMs: 150, pid: 7, error: null, ...fault };
  return measureRecovery([injected], story, WORKER_IDS).get('it') ?? [];
}

test('a worker is killed: until the script of the next attempt starts', () => {
  expect(measure({}, true)).toEqual([160]);
});

test('... or until the end of this one is recorded', () => {
  expect(measure({})).toEqual([50]);
});

test('another worker is killed, or one that runs nothing: nothing has to recover', () => {
  expect(measure({ pid: 8 })).toEqual([]);
  expect(measure({ atMs: 450 })).toEqual([]);
});

test('an orchestrator is killed: until the end that waits for it is recorded, or else the next', () => {
  expect(measure({ recovery: 'ends', atMs: 195 })).toEqual([5]);
  expect(measure({ recovery: 'ends', atMs: 310 })).toEqual([90]);
});

test('a server is away: until something that was PENDING then is started after it is back', () => {
  // The first attempt was PENDING at 50 and claimed at 100: up to 100 ms after its end a worker may have had it in hand.
  const down = { recovery: 'starts' as const, atMs: 50 };
  expect(measure({ ...down, endedAtMs: -1 })).toEqual([60]);
  expect(measure({ ...down, endedAtMs: 1 })).toEqual([]);
});

test('percentiles by nearest rank', () => {
  const values = [5, 1, 4, 2, 3];
  expect([0.5, 0.95, 1].map((share) => percentile(values, share))).toEqual([3, 5, 5]);
  expect(percentile([], 0.5)).toBeNull();
});
