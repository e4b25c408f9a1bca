import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startBaton, type BatonContender } from './baton-contender.ts';
import { makeChain, makeFan, makeLayers } from './workloads.ts';

/*
 * What a task costs in round trips, on servers that nobody else uses. Counts and not times: the bounds are what is needed where
 * every batch is of one, on the slowest machine; whoever adds a statement or a queue step to every track goes over them.
 */
let directory: string;
let baton: BatonContender;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'baton-counts-'));
  baton = await startBaton({ directory, report: () => {} });
}, 120_000);
afterAll(async () => {
  await baton.stop();
  await rm(directory, { recursive: true, force: true });
});

test.each([
  ['a chain of 40', makeChain(40), { 'SQL statements': 20, commits: 1.5, 'Redis scripts': 11 }],
  ['1, then 300, then 1', makeFan(300), { 'SQL statements': 9, commits: 1.2, 'Redis scripts': 7 }],
  ['layers of 20', makeLayers(15, 20), { 'SQL statements': 9, commits: 1.2, 'Redis scripts': 7 }],
])(
  '%s: statements, commits and queue steps for each track',
  async (title, graph, bounds) => {
    const workload = { id: title, title, graph, copies: 1 };
    // The first time graphs are read and checked.
    await baton.run(workload);
    const { perTask = {} } = await baton.run(workload);
    for (const [name, most] of Object.entries(bounds)) {
      expect({ [name]: perTask[name] }).toEqual({ [name]: expect.any(Number) });
      expect({ [name]: Math.max(perTask[name] ?? Infinity, most) }).toEqual({ [name]: most });
    }
  },
  120_000,
);

test('rows that are looked at for each track are as many in a graph four times as large', async () => {
  const measure = async (layers: number): Promise<number> => {
    const workload = { id: `${layers}`, title: '', graph: makeLayers(layers, 20), copies: 1 };
    await baton.run(workload);
    return (await baton.run(workload)).perTask?.['rows looked at'] ?? Infinity;
  };
  const [small, large] = [await measure(10), await measure(40)];
  // What is looked at every second, whatever runs, is in both.
  expect(large).toBeLessThan(2 * small + 50);
}, 240_000);
