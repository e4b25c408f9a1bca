import { expect, test } from '@jest/globals';
import { compareUse } from './measure-idle.ts';
import { scaleWorkflow } from './measure-workflows.ts';
import type { Figure, MeasuredBaton, Measurement } from './measurement.ts';
import { readOptions } from './read-options.ts';
import { renderMemory } from './render-bench.ts';
import { renderMeasurements } from './render-measurements.ts';
import { runMeasurements, summarizeMeasurements } from './run-measurements.ts';
import { percentileOf, takeTurns } from './take-turns.ts';
import { watchMemory } from './watch-memory.ts';

const MIB = 2 ** 20;

function measuredBaton(reports: string[] = []): MeasuredBaton {
  const unused = (): never => {
    throw new Error('not to be asked');
  };
  const api = { get: unused, post: unused };
  const seen = { listProcesses: (): [string, number][] => [['api', process.pid]], saveGraph: unused };
  const report = (line: string): void => void reports.push(line);
  return { ...seen, api, report, stack: null as never, database: null as never };
}

function counting(id: string, isOnce: boolean): Measurement & { asked: number } {
  const measurement = {
    id,
    title: id,
    isOnce,
    asked: 0,
    measure: () => {
      measurement.asked += 1;
      return Promise.resolve([{ name: 'turn', value: measurement.asked, unit: 'x' }]);
    },
  };
  return measurement;
}

test('a measurement has its rounds after one to warm up, unless it is made once', async () => {
  const [often, once] = [counting('often', false), counting('once', true)];
  const reports: string[] = [];
  const measurements = [often, once];
  const rounds = await runMeasurements({ measurements, baton: measuredBaton(reports), rounds: 2 });
  expect(rounds.map(({ measurement, round, figures }) => [measurement, round, figures[0]?.value])).toEqual([
    ['often', 1, 2],
    ['often', 2, 3],
    ['once', 1, 1],
  ]);
  expect(reports).toEqual([
    'warm-up: often turn: 1.00 x',
    'round 1 of 2: often turn: 2.00 x',
    'round 2 of 2: often turn: 3.00 x',
    'round 1 of 1: once turn: 1.00 x',
  ]);
  expect(rounds.every(({ rssBytes }) => (rssBytes['api'] ?? 0) > MIB)).toBe(true);
});

test('the median is held against the bar, and memory is told by the most', () => {
  const round = (number: number, value: number, bar: Figure['bar'], api: number) => {
    const figures = [{ name: 'rate', value, unit: 'a second', ...(bar === undefined ? {} : { bar }) }];
    return { measurement: 'M', round: number, figures, rssBytes: { api } };
  };
  const reached = (bar: Figure['bar']): unknown =>
    summarizeMeasurements([round(1, 10, bar, 5), round(2, 30, bar, 7), round(3, 20, bar, 6)]).lines[0]?.isReached;
  expect(reached({ atLeast: 20 })).toBe(true);
  expect(reached({ atLeast: 21 })).toBe(false);
  expect(reached({ atMost: 20 })).toBe(true);
  expect(reached({ atMost: 19 })).toBe(false);
  expect(reached(undefined)).toBeNull();
  const { lines, rssBytes } = summarizeMeasurements([round(1, 10, undefined, 5), round(2, 30, undefined, 7)]);
  expect(lines[0]?.value).toEqual({ min: 10, median: 20, max: 30 });
  expect(rssBytes).toEqual({ M: { api: 7 } });
});

test('each figure is shown beside its bar', () => {
  const line = { measurement: 'M', unit: 'ms', value: { min: 4, median: 120, max: 300 } };
  const summary = {
    lines: [
      { ...line, name: 'slow', bar: { atMost: 100 }, isReached: false },
      { ...line, name: 'fast', bar: { atLeast: 100 }, isReached: true },
      { ...line, name: 'told', value: { min: 1, median: 1, max: 1 }, isReached: null },
    ],
    rssBytes: { M: { api: MIB } },
  };
  const rows = renderMeasurements({ measurements: [{ id: 'M', title: 'some' }], summary }).split('\n');
  expect(rows).toContain('### M: some');
  expect(rows).toContain('| slow | 120 (4 to 300) | ms | at most 100 | **missed** |');
  expect(rows).toContain('| fast | 120 (4 to 300) | ms | at least 100 | reached |');
  expect(rows).toContain('| told | 1.00 | ms |  |  |');
});

test('memory over the bar stands out, of the programs that have one', () => {
  const rows = renderMemory([['W1', { api: 201 * MIB, worker: 200 * MIB, MySQL: 900 * MIB }]]).split('\n');
  expect(rows[2]).toBe('| W1 | **201** | 200 | 900 |');
});

test('the least time of a workflow is that of its longest path, or of its work on all slots', () => {
  const runtimes = new Map([
    ['a', 1],
    ['b', 3],
    ['c', 2],
  ]);
  const chained = scaleWorkflow('chain', { vertices: ['a', 'b', 'c'], edges: [['a', 'b']], runtimes });
  expect(chained.graph.vertices.map(({ script }) => script)).toEqual(['sleep 0.025', 'sleep 0.075', 'sleep 0.050']);
  expect(chained.leastMs).toBe(100);
  const names = Array.from({ length: 80 }, (_, index) => `v${index}`);
  const wide = scaleWorkflow('wide', { vertices: names, edges: [], runtimes: new Map(names.map((name) => [name, 7])) });
  expect(wide.leastMs).toBe((80 * 50) / 8);
});

test('clients take each turn once, one at a time', async () => {
  const [taken, waiting]: [number[], (() => void)[]] = [[], []];
  const take = (index: number): Promise<void> => {
    taken.push(index);
    return new Promise((resolve) => waiting.push(resolve));
  };
  const all = takeTurns({ clients: 3, count: 5, take });
  const sizes: number[] = [];
  while (waiting.length > 0) {
    sizes.push(waiting.length);
    waiting.shift()?.();
    await new Promise(setImmediate);
  }
  expect((await all).tookMs).toHaveLength(5);
  expect(taken).toEqual([0, 1, 2, 3, 4]);
  expect(sizes).toEqual([3, 3, 3, 2, 1]);
});

test.each([
  [0.5, 2],
  [0.99, 4],
  [0, 1],
])('percentile %d of 1 to 4 is %i', (share, expected) => {
  expect(percentileOf([4, 1, 3, 2], share)).toBe(expected);
});

test('what is used between two looks is told as a share of a core', () => {
  const before = [{ name: 'api', cpuMs: 100, rssBytes: MIB }];
  const figures = compareUse(before, [{ name: 'api', cpuMs: 130, rssBytes: 2 * MIB }], 1000);
  expect(figures).toEqual([
    { name: 'CPU of api', value: 3, unit: '% of a core', bar: { atMost: 1 } },
    { name: 'memory of api', value: 2, unit: 'MiB' },
  ]);
});

test('memory is told by the most, also of what ended', async () => {
  const watch = watchMemory([
    ['own', process.pid],
    ['ended', 2 ** 30],
  ]);
  const most = await watch.stop();
  expect(most['own']).toBeGreaterThan(MIB);
  expect(await watch.stop()).toBe(most);
});

test('options: all but the long one unless others are asked for', () => {
  const ids = ['W1', 'W5', 'W9'];
  expect(readOptions([], ids)).toEqual({ only: ['W1', 'W9'], rounds: 5, idleMs: 60_000 });
  const words = ['--only', 'W5', '--rounds', '1', '--idle-seconds', '2'];
  expect(readOptions(words, ids)).toEqual({ only: ['W5'], rounds: 1, idleMs: 2000 });
  expect(() => readOptions(['--only', 'W5,W7'], ids)).toThrow('expected some of W1,W5,W9, found W7');
  expect(() => readOptions(['--rounds', '0'], ids)).toThrow('--rounds: expected 1 or more, found 0');
});
