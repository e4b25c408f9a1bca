import { expect, test } from '@jest/globals';
import { buildFlowGraph, startsAtOnce } from './flow-graph.ts';
import { makeStep } from './testing-flow.ts';
import { MAX_VERTEX_ID, pipelineIdOf, trackIdOf, vertexIdOf } from './track-id.ts';

const STEPS = [1, 2, 3, 10].map((id) => makeStep(id, `V${id}`));

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

test.each([
  [1, 1],
  [7, 12],
  [2 ** 31 - 1, MAX_VERTEX_ID],
])('a track id says its pipeline %i and its vertex %i', (pipelineId, vertexId) => {
  const trackId = trackIdOf(pipelineId, vertexId);
  expect(Number.isSafeInteger(trackId)).toBe(true);
  expect([pipelineIdOf(trackId), vertexIdOf(trackId)]).toEqual([pipelineId, vertexId]);
});
