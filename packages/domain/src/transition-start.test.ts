import { expect, test } from '@jest/globals';
import { buildFlowGraph } from './flow-graph.ts';
import { decideStart } from './start-rules.ts';
import { makeStep, runTrack, startFlow, statesOf, trackOf } from './testing-flow.ts';
import { checkInvariants } from './testing-invariants.ts';

const gate = { onReject: 'skip', onExpiry: 'reject' } as const;

test('what nothing comes before is PENDING, held for parameters first and for its gate then', () => {
  const flow = startFlow({
    edges: ['A->B'],
    vertices: { G: { gate }, H: {}, I: { gate }, B: { join: 'always' } },
    held: ['H', 'I', 'B'],
  });
  expect(statesOf(flow)).toEqual({ A: 'PENDING', B: 'PENDING', G: 'PENDING', H: 'PENDING', I: 'PENDING' });
  expect(['A', 'B', 'G', 'H', 'I'].map((name) => trackOf(flow, name).awaits)).toEqual([
    null,
    'params',
    'approval',
    'params',
    'params',
  ]);
  checkInvariants(flow);
});

test('a first vertex whose condition is false is skipped, and what follows is decided at once', () => {
  const flow = startFlow({
    edges: ['A->B', 'A->C', 'X->C'],
    vertices: { A: { when: 'params.n > 1' } },
    inputs: { A: { n: 1 } },
  });
  expect(statesOf(flow)).toEqual({ A: 'SKIPPED', B: 'SKIPPED', C: 'WAITING', X: 'PENDING' });
  expect(trackOf(flow, 'C').counts.skipped).toBe(1);
  expect(flow.pipeline).toMatchObject({ state: 'RUNNING', openTracks: 2 });
  checkInvariants(flow);
  runTrack(flow, 'X');
  expect(trackOf(flow, 'C').state).toBe('PENDING');
});

test('a pipeline all of whose tracks are skipped is FINISH as soon as it starts', () => {
  const flow = startFlow({ edges: ['A->B'], vertices: { A: { when: 'false' } } });
  expect(statesOf(flow)).toEqual({ A: 'SKIPPED', B: 'SKIPPED' });
  expect(flow.pipeline).toMatchObject({ state: 'FINISH', openTracks: 0 });
});

test.each([
  ['stop', 'FAILED', 'CANCELLED'],
  ['continue', 'RUNNING', 'PENDING'],
] as const)(
  'a first condition without an answer, under %s: the pipeline is %s, others are %s',
  (onFailure, state, other) => {
    const flow = startFlow({ vertices: { A: { when: 'params.n > 1' }, X: {} }, pipeline: { onFailure } });
    expect(statesOf(flow)).toEqual({ A: 'FAILED', X: other });
    expect(flow.pipeline).toMatchObject({ state, failures: 1, reason: 'track A: bad_condition' });
    checkInvariants(flow);
  },
);

test('only the tracks that do not plainly wait are named, and those quickly', () => {
  const steps = Array.from({ length: 200_000 }, (_, index) => makeStep(index + 1, `V${index + 1}`));
  const edges = steps.slice(1).map(({ id }) => ({ tail: 1, head: id }));
  const graph = buildFlowGraph(steps, edges);
  const { pipeline, tracks } = decideStart(graph, {
    mode: 'auto',
    onFailure: 'stop',
    inputs: new Map(),
    held: new Set(['V7']),
  });
  expect(pipeline).toEqual({ state: 'RUNNING', openTracks: 200_000, failures: 0, reason: null });
  expect([...tracks.values()].map(({ vertexId, state, awaits }) => [vertexId, state, awaits])).toEqual([
    [1, 'PENDING', null],
    [7, 'WAITING', 'params'],
  ]);
});

test('a first vertex with a condition for which nothing is known in a request of its own', () => {
  const graph = buildFlowGraph([{ ...makeStep(1, 'A'), when: 'params.n == 2' }], []);
  const request = { mode: 'auto', onFailure: 'stop', held: new Set<string>() } as const;
  const started = decideStart(graph, { ...request, inputs: new Map([['A', { n: 2 }]]) });
  expect(started.tracks.get(1)?.state).toBe('PENDING');
  expect(decideStart(graph, { ...request, inputs: new Map() }).tracks.get(1)?.state).toBe('FAILED');
});
