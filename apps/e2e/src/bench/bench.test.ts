import { expect, test } from '@jest/globals';
import { writeMakefile } from './make-contender.ts';
import { runRounds } from './run-rounds.ts';
import { spreadOf, summarizeRounds } from './summarize-rounds.ts';
import { countTasks, WORKLOADS, type Workload } from './workloads.ts';

const workload = (id: string): Workload => {
  const found = WORKLOADS.find((one) => one.id === id);
  if (found === undefined) throw new Error(`there is no ${id}`);
  return found;
};

test.each([
  ['W1', 40, 39],
  ['W2', 1002, 2000],
  ['W3', 800, 4],
  ['W4', 10_000, 29_700],
  ['W5', 100_000, 299_700],
])('%s has %i tasks, and its graph %i edges, each once', (id, tasks, edges) => {
  const { graph } = workload(id);
  expect(countTasks(workload(id))).toBe(tasks);
  expect(new Set(graph.edges.map((edge) => edge.join(' '))).size).toBe(edges);
  expect(graph.edges).toHaveLength(edges);
});

test('make gets each copy with its own targets, and what is before each', () => {
  const diamonds = { ...workload('W3'), copies: 2 };
  const lines = writeMakefile(diamonds).split('\n');
  expect(lines[0]).toBe('goal: all');
  expect(lines).toContain('D-2: B-2 C-2');
  expect(lines.filter((line) => line === "\tsh -c 'true'")).toHaveLength(8);
});

test('each round takes every workload with every contender in turn, and the warm-up does not count', async () => {
  const asked: string[] = [];
  const contender = (name: string, ms: number) => ({
    name,
    description: '',
    canRun: ({ id }: Workload) => name === 'A' || id === 'W1',
    async run({ id }: Workload) {
      asked.push(`${name} ${id}`);
      return { ms };
    },
    stop: () => Promise.resolve(),
  });
  const rounds = await runRounds({
    workloads: [workload('W1'), workload('W3')],
    contenders: [contender('A', 10), contender('B', 30)],
    rounds: 2,
    report: () => {},
  });
  expect(asked).toEqual(Array.from({ length: 3 }, () => ['A W1', 'B W1', 'A W3']).flat());
  expect(rounds.map(({ round }) => round)).toEqual([1, 1, 1, 2, 2, 2]);
});

test('ratios are of one round each, and above 1 where the first is faster', () => {
  const round = (contender: string, number: number, ms: number) => ({ workload: 'W1', contender, round: number, ms });
  const rounds = [round('A', 1, 10), round('B', 1, 30), round('A', 2, 20), round('B', 2, 20), round('A', 3, 10)];
  const lines = summarizeRounds([...rounds, round('B', 3, 20)], 'A');
  expect(lines.find(({ contender }) => contender === 'B')?.ratio).toEqual({ min: 1, median: 2, max: 3 });
  expect(() => summarizeRounds([round('B', 1, 1)], 'A')).toThrow('A was not measured with W1 in round 1');
});

test.each([
  [[3, 1, 2], { min: 1, median: 2, max: 3 }],
  [[4, 1, 2, 3], { min: 1, median: 2.5, max: 4 }],
  [[5], { min: 5, median: 5, max: 5 }],
])('the spread of %j', (values, spread) => {
  expect(spreadOf(values)).toEqual(spread);
});
