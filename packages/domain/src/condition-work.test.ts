import { describe, expect, test } from '@jest/globals';
import { newConditionWork } from './condition-values.ts';
import { evaluateCondition } from './conditions.ts';
import { buildDefinedGraph } from './testing-defined-graph.ts';
import { readGraphDocument } from './graph-definition-parse.ts';
import type { PipelineMode } from './pipeline-status.ts';
import { simulate } from './simulate.ts';
import { decideStart } from './start-rules.ts';
import { runTrack, startFlow } from './testing-flow.ts';

/*
 * What many conditions cost that one event decides: each of them may go over a long list, and a vertex may have many
 * successors. Whoever starts or simulates a pipeline must not keep a process from everybody else's.
 */

const LIST = Array.from({ length: 15_000 }, (_, index) => index % 10);
const HEAVY = `params.list.all(x, x in [${Array.from({ length: 88 }, (_, index) => 88 - index).join()}, 0])`;
const LIGHT = 'params.list.all(x, x > 0)';
/** So many times may one event go over such a list: what is left then is refused without a look at it. */
const MOST_HEAVY = 9;
const names = Array.from({ length: 400 }, (_, index) => `V${index}`);

const countPending = (tracks: Iterable<{ state: string }>): number =>
  [...tracks].filter(({ state }) => state === 'PENDING').length;

test('one condition alone may go over all that it may look at', () => {
  const values = { params: { list: LIST }, outputs: {}, states: {} };
  expect(evaluateCondition(HEAVY, values)).toEqual({ value: true });
  const work = newConditionWork();
  const answers = Array.from({ length: MOST_HEAVY }, () => evaluateCondition(HEAVY, values, work));
  expect(answers[0]).toEqual({ value: true });
  expect(answers.at(-1)).toEqual({ problem: expect.stringContaining('decided at the same time') });
  expect(work.left).toBeLessThan(0);
  const few = { ...values, params: { list: [1, 2, 3] } };
  expect(evaluateCondition(LIGHT, few, work)).toEqual({ value: true });
});

describe('together', () => {
  test('successors of one vertex', () => {
    const vertices = Object.fromEntries(names.map((name) => [name, { when: HEAVY, allowFailure: true }]));
    const inputs = Object.fromEntries(names.map((name) => [name, { list: LIST }]));
    const flow = startFlow({ edges: names.map((name) => `A->${name}`), vertices, inputs });
    runTrack(flow, 'A');
    const pending = countPending(flow.tracks.values());
    expect(pending).toBeGreaterThan(0);
    expect(pending).toBeLessThan(MOST_HEAVY);
    const failed = [...flow.tracks.values()].filter(({ state }) => state === 'FAILED');
    expect(failed).toHaveLength(names.length - pending);
  });

  test('the ways of one vertex, and each event has its own', () => {
    const edges = ['A', 'B'].flatMap((tail) => names.slice(0, 3).map((name) => `${tail}->${name}${tail} if ${HEAVY}`));
    const flow = startFlow({ edges, inputs: { A: { list: LIST }, B: { list: LIST } } });
    runTrack(flow, 'A');
    runTrack(flow, 'B');
    expect(countPending(flow.tracks.values())).toBe(6);
  });

  const input = { list: { type: 'json', required: true } };
  const document = { name: 'g', vertices: names.map((name) => ({ name, script: 'a', when: HEAVY, input })) };
  const request = {
    mode: 'auto' as PipelineMode,
    onFailure: 'continue' as const,
    inputs: new Map(names.map((name) => [name, { list: LIST }])),
  };

  test('first vertices of a pipeline', () => {
    const graph = buildDefinedGraph(readGraphDocument(document).definition);
    const { tracks } = decideStart(graph, { ...request, held: new Set() });
    const pending = countPending(tracks.values());
    expect(pending).toBeGreaterThan(0);
    expect(pending).toBeLessThan(MOST_HEAVY);
    expect([...tracks.values()].filter(({ state }) => state === 'FAILED')).toHaveLength(names.length - pending);
  });

  test('all of a simulation, which says so', () => {
    const graph = buildDefinedGraph(readGraphDocument(document).definition);
    const whatIf = { ...request, graph, timeoutMs: null, slots: null, outcomes: new Map() };
    expect(() => simulate(whatIf)).toThrow('the conditions of what is simulated');
  });
});
