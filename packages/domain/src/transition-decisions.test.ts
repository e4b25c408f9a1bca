import { describe, expect, test } from '@jest/globals';
import {
  claim,
  completionOf,
  eventOf,
  idOf,
  patchTrack,
  runTrack,
  startFailed,
  startFlow,
  statesOf,
  trackOf,
} from './testing-flow.ts';
import { choose, rerunOf, tell } from './testing-persons.ts';
import { applyEvents } from './testing-store.ts';

describe('cancelling a track', () => {
  test('that runs asks its worker to kill it, once; it is CANCELLED when that says so', () => {
    const flow = startFlow({ edges: ['A->B'], pipeline: { onFailure: 'continue' } });
    claim(flow, 'A');
    expect(tell(flow, 'A', 'cancel_track')).toBe('done');
    expect(trackOf(flow, 'A')).toMatchObject({ state: 'RUNNING', cancelRequested: true });
    expect(tell(flow, 'A', 'cancel_track')).toBe('unchanged');
    applyEvents(flow, [eventOf(completionOf(flow, 'A', { outcome: 'cancelled' }))]);
    expect(tell(flow, 'A', 'cancel_track')).toBe('unchanged');
    expect(statesOf(flow)).toEqual({ A: 'CANCELLED', B: 'CANCELLED' });
    expect(flow.pipeline).toMatchObject({ state: 'FAILED', reason: 'track A: cancelled' });
  });

  test.each([
    ['A', 'PENDING'],
    ['B', 'WAITING'],
  ])('%s that is %s is CANCELLED at once, as a failure', (name) => {
    const flow = startFlow({ edges: ['A->B', 'B->C'], vertices: { X: {} }, pipeline: { onFailure: 'continue' } });
    expect(tell(flow, name, 'cancel_track')).toBe('done');
    expect(trackOf(flow, name)).toMatchObject({ state: 'CANCELLED', reason: 'cancelled' });
    expect(trackOf(flow, 'C')).toMatchObject({ state: 'CANCELLED', reason: 'upstream_failed' });
    expect(flow.pipeline).toMatchObject({ state: 'RUNNING', failures: 1 });
  });

  test('under stop ends the pipeline, under hold awaits a decision', () => {
    const stopped = startFlow({ edges: ['A->B'] });
    tell(stopped, 'A', 'cancel_track');
    expect(stopped.pipeline.state).toBe('FAILED');
    const held = startFlow({ edges: ['A->B'], pipeline: { onFailure: 'hold' } });
    tell(held, 'A', 'cancel_track');
    expect(trackOf(held, 'A')).toMatchObject({ state: 'CANCELLED', awaits: 'decision' });
    expect(tell(held, 'A', 'cancel_track')).toBe('unchanged');
  });

  test('that has ended is refused', () => {
    const flow = startFailed('hold');
    const message = 'expected L not to have ended, found it FAILED and awaiting a decision';
    expect(tell(flow, 'L', 'cancel_track')).toBe(message);
  });
});

test('a track that the same batch killed with its pipeline needs no cancel of its own', () => {
  const flow = startFlow({ vertices: { A: {} } });
  claim(flow, 'A');
  const { verdicts } = applyEvents(flow, [{ kind: 'cancel' }, { kind: 'cancel_track', vertexId: idOf(flow, 'A') }]);
  expect(verdicts).toEqual([{ kind: 'done' }, { kind: 'unchanged' }]);
});

describe('skipping and forcing', () => {
  test.each([
    ['A', 'skip', 'SKIPPED', 'skipped', 'SKIPPED'],
    ['B', 'skip', 'SKIPPED', 'skipped', 'WAITING'],
    ['A', 'succeed', 'SUCCEED', 'forced', 'PENDING'],
  ] as const)('%s, %s: it is %s, %s', (name, kind, state, reason, next) => {
    const flow = startFlow({ edges: ['A->B', 'B->C', 'X->C'] });
    expect(tell(flow, name, kind)).toBe('done');
    expect(trackOf(flow, name)).toMatchObject({ state, reason, awaits: null });
    expect(trackOf(flow, name === 'A' ? 'B' : 'C').state).toBe(next);
    expect(tell(flow, name, kind)).toBe('unchanged');
  });

  test('what waits cannot be forced, what runs neither', () => {
    const flow = startFlow({ edges: ['A->B'] });
    expect(tell(flow, 'B', 'succeed')).toBe('expected B to have its turn, or to have ended badly, found it WAITING');
    claim(flow, 'A');
    expect(tell(flow, 'A', 'skip')).toBe('expected A not to have started, or to have ended badly, found it RUNNING');
    expect(tell(flow, 'A', 'succeed')).toContain('found it RUNNING');
  });

  test('what went well cannot be skipped, what was skipped cannot be forced', () => {
    const flow = startFlow({ edges: ['A->B', 'X->Y'] });
    runTrack(flow, 'A');
    tell(flow, 'X', 'skip');
    expect(tell(flow, 'A', 'skip')).toContain('found it SUCCEED');
    expect(tell(flow, 'X', 'succeed')).toContain('found it SKIPPED');
  });

  test('a track that is held for a person may be skipped as well', () => {
    const gate = { onReject: 'skip', onExpiry: 'reject' } as const;
    const flow = startFlow({ edges: ['G->B'], vertices: { G: { gate }, P: {} }, held: ['P'] });
    expect([tell(flow, 'G', 'skip'), tell(flow, 'P', 'skip')]).toEqual(['done', 'done']);
    expect(flow.pipeline.state).toBe('FINISH');
  });

  test('in manual mode a forced track awaits a choice like any that succeeded', () => {
    const flow = startFlow({ edges: ['A->B'], pipeline: { mode: 'manual' } });
    expect(tell(flow, 'A', 'succeed')).toBe('done');
    expect(trackOf(flow, 'A')).toMatchObject({ state: 'SUCCEED', awaits: 'choice' });
    const failed = startFlow({
      edges: ['A->B'],
      vertices: { A: { allowFailure: true } },
      pipeline: { mode: 'manual' },
    });
    runTrack(failed, 'A', { exitCode: 1 });
    expect(tell(failed, 'A', 'succeed')).toBe('done');
    expect(trackOf(failed, 'A')).toMatchObject({ state: 'SUCCEED', awaits: 'choice' });
    expect(tell(failed, 'A', 'skip')).toContain('found it SUCCEED and awaiting a choice');
  });

  test('a forced track whose edge has no answer awaits a choice: its person is there', () => {
    const flow = startFlow({ edges: ['A->B if outputs.A.x == "1"', 'A->C'] });
    expect(tell(flow, 'A', 'succeed')).toBe('done');
    expect(trackOf(flow, 'A')).toMatchObject({ state: 'SUCCEED', awaits: 'choice', chosen: null });
    expect(choose(flow, 'A', ['C'])).toBe('done');
  });
});

describe('the decision that hold awaits', () => {
  test.each([
    ['skip', 'SKIPPED', 'SKIPPED', 'FINISH', 0],
    ['succeed', 'SUCCEED', 'PENDING', 'FINISH', 0],
    ['give_up', 'FAILED', 'CANCELLED', 'FAILED', 1],
  ] as const)('%s: L is %s, M %s, the pipeline %s in the end', (kind, own, next, end, failures) => {
    const flow = startFailed('hold');
    expect(tell(flow, 'L', kind)).toBe('done');
    expect(statesOf(flow)).toMatchObject({ L: own, M: next });
    expect(flow.pipeline).toMatchObject({ state: 'RUNNING', failures });
    expect(tell(flow, 'L', kind)).toBe('unchanged');
    runTrack(flow, 'A');
    runTrack(flow, 'B');
    if (next === 'PENDING') runTrack(flow, 'M');
    expect(flow.pipeline.state).toBe(end);
    expect(flow.pipeline.reason).toBe(failures === 0 ? null : 'track L: exit_code 1');
  });

  test('of one failure leaves what was said of another', () => {
    const flow = startFlow({ vertices: { A: {}, B: {} }, pipeline: { onFailure: 'hold' } });
    runTrack(flow, 'A', { exitCode: 1 });
    runTrack(flow, 'B', { exitCode: 2 });
    tell(flow, 'B', 'skip');
    expect(flow.pipeline).toMatchObject({ failures: 1, reason: 'track A: exit_code 1' });
    tell(flow, 'A', 'succeed');
    expect(flow.pipeline).toMatchObject({ state: 'FINISH', failures: 0, reason: null });
  });

  test('of a track that a person cancelled is made in the same way', () => {
    const flow = startFlow({ edges: ['A->B'], pipeline: { onFailure: 'hold' } });
    tell(flow, 'A', 'cancel_track');
    expect(tell(flow, 'A', 'succeed')).toBe('done');
    expect(statesOf(flow)).toEqual({ A: 'SUCCEED', B: 'PENDING' });
    expect(flow.pipeline.failures).toBe(0);
  });

  test('of one leaves that of another, also where one of them runs again', () => {
    const flow = startFlow({ vertices: { A: {}, B: {} }, pipeline: { onFailure: 'hold' } });
    tell(flow, 'A', 'cancel_track');
    tell(flow, 'B', 'cancel_track');
    expect(rerunOf(flow, ['A'])).toBe('done');
    expect(tell(flow, 'B', 'succeed')).toBe('done');
    runTrack(flow, 'A');
    expect(flow.pipeline).toMatchObject({ state: 'FINISH', reason: null });
  });

  test('give up: what awaits no decision is refused', () => {
    const flow = startFailed('hold');
    expect(tell(flow, 'A', 'give_up')).toBe('expected A to await a decision, found it PENDING');
    expect(tell(startFailed('continue'), 'L', 'give_up')).toBe('unchanged');
  });

  test('the reason of the end names failures of which nothing else is known', () => {
    const flow = startFlow({ vertices: { A: {} }, pipeline: { onFailure: 'hold' } });
    runTrack(flow, 'A', { exitCode: 1 });
    flow.pipeline = { ...flow.pipeline, reason: null };
    tell(flow, 'A', 'give_up');
    expect(flow.pipeline).toMatchObject({ state: 'FAILED', reason: '1 of its tracks failed' });
  });
});

test('the rules ask for the track that a person names, and for nothing else of an open one', () => {
  const flow = startFlow({ edges: ['A->B', 'B->C', 'X->Y'] });
  expect(applyEvents(flow, [{ kind: 'skip', vertexId: idOf(flow, 'B') }]).tracks).toHaveLength(2);
  patchTrack(flow, 'X', { isExpired: true });
  expect(applyEvents(flow, [{ kind: 'pause' }]).tracks).toEqual([]);
});
