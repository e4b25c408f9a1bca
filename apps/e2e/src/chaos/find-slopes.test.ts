import { expect, test } from '@jest/globals';
import { findSlopes, findTableGrowth } from './find-slopes.ts';
import type { ResourceSample } from './watch-resources.ts';

const MIB = 2 ** 20;
const MIX_SECONDS = 600;
const SECONDS = Array.from({ length: 61 }, (_, index) => index * 10);

/** A worker that is started anew every three minutes. */
function sampleWorker(rssOf: (age: number, seconds: number) => number): ResourceSample[] {
  return SECONDS.map((seconds) => {
    const [pid, age] = [1 + Math.floor(seconds / 180), seconds % 180];
    const worker = { name: 'worker-1', kind: 'worker' as const, pid, rssBytes: rssOf(age, seconds) * MIB, fds: 30 };
    return { seconds, processes: [worker] };
  });
}

const slopeOf = (samples: readonly ResourceSample[], figure: string): number | undefined =>
  findSlopes(samples, MIX_SECONDS).find((slope) => slope.figure === figure)?.perHour;

test('a process that leaks, although it is small again after each start', () => {
  const samples = sampleWorker((age) => 60 + age / 60);
  expect(slopeOf(samples, 'memory of worker-1, MiB')).toBeCloseTo(60);
  expect(slopeOf(samples, 'open files of worker-1')).toBe(0);
  expect(findSlopes(samples, MIX_SECONDS).map(({ lives }) => lives)).toEqual([4, 4]);
});

test('one that grows only at first, or is of another size in each life, does not', () => {
  expect(
    slopeOf(
      sampleWorker((age) => 60 + Math.min(age, 30)),
      'memory of worker-1, MiB',
    ),
  ).toBeCloseTo(0);
  expect(
    slopeOf(
      sampleWorker((_, seconds) => 60 + Math.floor(seconds / 180)),
      'memory of worker-1, MiB',
    ),
  ).toBeCloseTo(0);
});

test('what fills up to a bound is level in the second half', () => {
  const samples = SECONDS.map((seconds): ResourceSample => ({
    seconds,
    processes: [{ name: 'api-1', kind: 'api', pid: 1, rssBytes: Math.min(100 + seconds, 350) * MIB, fds: 30 }],
  }));
  const memory = findSlopes(samples, MIX_SECONDS).find(({ figure }) => figure === 'memory of api-1, MiB');
  expect(memory?.perHour).toBeGreaterThan(1000);
  expect(memory?.laterPerHour).toBeCloseTo(0);
});

test('what Redis has while pipelines run, and what stays when all have ended', () => {
  const samples = SECONDS.map((seconds): ResourceSample => ({
    seconds,
    processes: [],
    redis: { keys: 40 + seconds / 10, bytes: MIB },
  }));
  samples.push({ seconds: 700, processes: [], redis: { keys: 20, bytes: MIB } });
  const keys = findSlopes(samples, MIX_SECONDS).find(({ figure }) => figure === 'Redis keys');
  expect(keys).toEqual({
    figure: 'Redis keys',
    lives: 1,
    first: 46,
    last: 100,
    perHour: 360,
    laterPerHour: 360,
    atRest: 20,
  });
});

test('a table that grows with what has ended is told from one that grows by itself', () => {
  const samples = SECONDS.map((seconds): ResourceSample => {
    const endedTracks = seconds * 10;
    const rows = { attempt: endedTracks * 1.5, process: 7, queue: seconds ** 2 };
    return { seconds, processes: [], tables: { endedTracks, rows } };
  });
  samples.push({
    seconds: 700,
    processes: [],
    tables: { endedTracks: 7000, rows: { attempt: 10_500, process: 7, queue: 0 } },
  });
  expect(findTableGrowth(samples, MIX_SECONDS)).toEqual([
    { table: 'attempt', rows: 10_500, firstHalf: 1.5, secondHalf: 1.5 },
    { table: 'process', rows: 7, firstHalf: 0, secondHalf: 0 },
    { table: 'queue', rows: 0, firstHalf: 30, secondHalf: 90 },
  ]);
});

test('a mix that no sample is of', () => {
  expect(findSlopes([], MIX_SECONDS)).toEqual([]);
  expect(findTableGrowth([], MIX_SECONDS)).toEqual([]);
});
