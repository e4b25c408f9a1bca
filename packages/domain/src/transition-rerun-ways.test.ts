import { describe, expect, test } from '@jest/globals';
import {
  act,
  claim,
  completionOf,
  eventOf,
  idOf,
  runTrack,
  startFlow,
  statesOf,
  trackOf,
  type Flow,
} from './testing-flow.ts';
import { choose, rerun, rerunOf } from './testing-persons.ts';
import { applyEvents } from './testing-store.ts';
import { waitingTrack } from './waiting-track.ts';

describe('a rerun in manual mode', () => {
  function startManual(): Flow {
    const flow = startFlow({ edges: ['A->B', 'A->C', 'X->Y', 'Y->Z'], pipeline: { mode: 'manual' } });
    runTrack(flow, 'A');
    runTrack(flow, 'X', { next: ['Y'] });
    return flow;
  }

  test('asks again for the choice that the end of the pipeline took away', () => {
    const flow = startManual();
    claim(flow, 'Y');
    applyEvents(flow, [{ kind: 'cancel' }]);
    applyEvents(flow, [eventOf(completionOf(flow, 'Y'))]);
    expect(rerun(flow, 'failed')).toBe('done');
    expect(trackOf(flow, 'A')).toMatchObject({ state: 'SUCCEED', awaits: 'choice' });
    expect(trackOf(flow, 'X')).toMatchObject({ awaits: null, chosen: [idOf(flow, 'Y')] });
    expect(trackOf(flow, 'Y')).toMatchObject({ state: 'SUCCEED', awaits: 'choice' });
    expect(statesOf(flow)).toMatchObject({ B: 'WAITING', C: 'WAITING', Z: 'WAITING' });
  });

  test('asks also where the person names what is to go on, and where it had gone on by itself', () => {
    const named = startManual();
    applyEvents(named, [{ kind: 'cancel' }]);
    expect(rerunOf(named, ['B'])).toBe('done');
    expect(trackOf(named, 'A').awaits).toBe('choice');
    expect(statesOf(named)).toMatchObject({ B: 'WAITING', C: 'CANCELLED' });
    expect(choose(named, 'A', ['B'])).toBe('done');
    expect(trackOf(named, 'B').state).toBe('PENDING');
    const automatic = startFlow({ edges: ['A->B', 'X->Y'], pipeline: { onFailure: 'hold' } });
    runTrack(automatic, 'A');
    act(automatic, { kind: 'set_mode', mode: 'manual' });
    runTrack(automatic, 'B', { exitCode: 1 });
    expect(rerunOf(automatic, ['B'])).toBe('done');
    expect(trackOf(automatic, 'A').awaits).toBe('choice');
  });

  test('asks nobody whose successors do not run again, nor for what has failed', () => {
    const flow = startFlow({ edges: ['A->J', 'K->J', 'K->L', 'F->G'], pipeline: { onFailure: 'continue' } });
    runTrack(flow, 'A');
    runTrack(flow, 'F', { exitCode: 1 });
    act(flow, { kind: 'set_mode', mode: 'manual' });
    expect(rerunOf(flow, ['G'])).toBe('done');
    expect(trackOf(flow, 'A').awaits).toBeNull();
    expect(trackOf(flow, 'F')).toMatchObject({ state: 'FAILED', awaits: null });
    expect(trackOf(flow, 'G').reason).toBe('upstream_failed');
  });
});

test('a rerun of what comes after a track that is held leaves its decision to the person', () => {
  const flow = startFlow({ edges: ['F->M'], vertices: { M: { join: 'always' } }, pipeline: { onFailure: 'hold' } });
  runTrack(flow, 'M');
  runTrack(flow, 'F', { exitCode: 1 });
  expect(rerunOf(flow, ['M'])).toBe('done');
  expect(trackOf(flow, 'F')).toMatchObject({ state: 'FAILED', awaits: 'decision' });
});

test('the edges of a track that ended after its pipeline are asked when that goes on', () => {
  const edges = ['A->B if params.n > 1', 'A->C if params.n <= 1'];
  const known = startFlow({ edges, vertices: { X: {} }, inputs: { A: { n: 5 } } });
  const unknown = startFlow({ edges, vertices: { X: {} } });
  for (const flow of [known, unknown]) {
    claim(flow, 'A');
    runTrack(flow, 'X', { exitCode: 1 });
    applyEvents(flow, [eventOf(completionOf(flow, 'A'))]);
    expect(rerun(flow, 'failed')).toBe('done');
  }
  expect(statesOf(known)).toMatchObject({ A: 'SUCCEED', B: 'PENDING', C: 'SKIPPED' });
  expect(trackOf(unknown, 'A')).toMatchObject({ state: 'SUCCEED', awaits: 'choice' });
  expect(statesOf(unknown)).toMatchObject({ B: 'WAITING', C: 'WAITING', X: 'PENDING' });
});

test('the condition of the edge to a vertex that is new is asked, though its tail is kept', () => {
  const [edges, inputs] = [['K->L', 'B->C'], { K: { n: 5 } }];
  const old = startFlow({ edges, inputs });
  for (const name of ['K', 'L']) runTrack(old, name);
  runTrack(old, 'B', { exitCode: 1 });
  const { graph } = startFlow({ edges: [...edges, 'K->N if params.n > 9'], inputs });
  const flow: Flow = { ...old, graph, tracks: new Map([...old.tracks, [5, waitingTrack(5)]]) };
  expect(rerun(flow, 'failed')).toBe('done');
  expect(statesOf(flow)).toEqual({ K: 'SUCCEED', L: 'SUCCEED', B: 'PENDING', C: 'WAITING', N: 'SKIPPED' });
});
