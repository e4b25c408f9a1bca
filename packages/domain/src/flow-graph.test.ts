import { expect, test } from '@jest/globals';
import {
  buildFlowGraph,
  buildFlowGraphInParts,
  parametersAskedFor,
  startsAtOnce,
  toFlowStep,
  vertexNamed,
} from './flow-graph.ts';
import { DEFAULT_POLICIES } from './graph-definition.ts';
import type { ParameterDeclaration } from './parameters-value.ts';
import { makeStep } from './testing-flow.ts';
import { MAX_VERTEX_ID, pipelineIdOf, trackIdOf, vertexIdOf } from './track-id.ts';

const STEPS = [1, 2, 3, 10].map((id) => makeStep(id, `V${id}`));

function declaration(required: boolean): ParameterDeclaration {
  const rules = { choices: null, pattern: null, min: null, max: null };
  return { type: 'string', required, ...rules, secret: false, description: null };
}

test('knows the neighbours of each vertex in ascending order, whatever the order of the edges', () => {
  const { vertices } = buildFlowGraph(STEPS, [
    { tail: 1, head: 10 },
    { tail: 1, head: 2 },
    { tail: 3, head: 10 },
    { tail: 2, head: 10 },
  ]);
  expect(vertices.get(1)).toMatchObject({ name: 'V1', successors: [2, 10], predecessors: [] });
  expect(vertices.get(10)).toMatchObject({ successors: [], predecessors: [1, 2, 3] });
});

test('is the same built in parts, none of them larger than asked for', () => {
  const steps = Array.from({ length: 50 }, (_, at) => makeStep(3 * at + 1, `V${at}`));
  const edges = steps.flatMap(({ id }) => [
    { tail: id, head: ((id * 5) % 50) * 3 + 1, when: id % 2 === 0 ? 'true' : null },
    { tail: id, head: ((id * 7 + 3) % 50) * 3 + 1 },
  ]);
  const parts = buildFlowGraphInParts(steps, edges, 10);
  let pauses = 0;
  let part = parts.next();
  for (; part.done !== true; part = parts.next()) pauses += 1;
  expect(pauses).toBe(100 / 10 + 50 / 10 + 2);
  expect(part.value).toEqual(buildFlowGraph(steps, edges));
});

test('says which vertex an edge names in vain', () => {
  expect(() => buildFlowGraph(STEPS, [{ tail: 1, head: 4 }])).toThrow(
    'an edge names vertex 4, which this graph version does not have',
  );
});

test('starts at once what has nothing before it or waits for nothing', () => {
  const steps = STEPS.map((step) => (step.id === 3 ? { ...step, join: 'always' as const } : step));
  const edges = [
    { tail: 1, head: 2 },
    { tail: 1, head: 3 },
  ];
  const { vertices } = buildFlowGraph(steps, edges);
  expect([...vertices.values()].filter(startsAtOnce).map(({ id }) => id)).toEqual([1, 3, 10]);
});

test('finds a vertex by its name, again and again', () => {
  const graph = buildFlowGraph(STEPS, []);
  expect([vertexNamed(graph, 'V10')?.id, vertexNamed(graph, 'V2')?.id, vertexNamed(graph, 'V4')]).toEqual([
    10,
    2,
    null,
  ]);
});

test('keeps the condition of an edge by its head', () => {
  const { vertices } = buildFlowGraph(STEPS, [
    { tail: 1, head: 2, when: 'true' },
    { tail: 1, head: 3, when: null },
  ]);
  expect([...(vertices.get(1)?.edgeConditions ?? [])]).toEqual([[2, 'true']]);
});

test('the rules see a vertex as its policies say; the items of a map are tried again, their map is not', () => {
  const retry = { max: 2, delayMs: 0, factor: 1, maxDelayMs: 0, jitter: 0 };
  const vertex = { id: 1, name: 'A', description: null, input: {}, script: 'true', next: [] };
  const policies = { ...DEFAULT_POLICIES, retry, when: 'true' };
  expect(toFlowStep({ ...vertex, policies })).toMatchObject({ retry, when: 'true', gate: null, asks: [] });
  const map = { over: 'items', as: 'item', concurrency: null, minSuccessPercent: 100 };
  expect(toFlowStep({ ...vertex, policies: { ...policies, map } }).retry).toBeNull();
});

test('a person is asked for required parameters, where the vertex says so, but not for the item of a map', () => {
  const input = { ip: declaration(true), note: declaration(false), item: declaration(true) };
  const policies = { ...DEFAULT_POLICIES, onMissing: 'ask' as const };
  expect(parametersAskedFor({ input, policies: DEFAULT_POLICIES })).toEqual([]);
  expect(parametersAskedFor({ input, policies })).toEqual(['ip', 'item']);
  const map = { over: 'items', as: 'item', concurrency: null, minSuccessPercent: 100 };
  expect(parametersAskedFor({ input, policies: { ...policies, map } })).toEqual(['ip']);
});

test.each([
  [1, 1],
  [7, 12],
  [2 ** 31 - 1, MAX_VERTEX_ID],
])('a track id says its pipeline %i and its vertex %i', (pipelineId, vertexId) => {
  const trackId = trackIdOf(pipelineId, vertexId);
  expect(Number.isSafeInteger(trackId)).toBe(true);
  expect([pipelineIdOf(trackId), vertexIdOf(trackId)]).toEqual([pipelineId, vertexId]);
});
