import { describe, expect, test } from '@jest/globals';
import type { FailurePolicy } from './pipeline-status.ts';
import {
  claim,
  completionOf,
  eventOf,
  patchTrack,
  runTrack,
  startFlow,
  statesOf,
  trackOf,
  type Flow,
} from './testing-flow.ts';
import { applyEvents } from './testing-store.ts';

describe('failure policies', () => {
  test('a failure behind a success in the same batch cancels what the success made PENDING', () => {
    const flow = startFlow({ edges: ['A->B'], vertices: { X: {} } });
    claim(flow, 'A');
    claim(flow, 'X');
    const failure = eventOf(completionOf(flow, 'X', { exitCode: 1 }));
    const changes = applyEvents(flow, [eventOf(completionOf(flow, 'A')), failure]);
    expect(changes.tracks.find(({ after }) => after.vertexId === 2)?.after).toMatchObject({
      state: 'CANCELLED',
      reason: 'pipeline_failed',
    });
    expect(flow.pipeline.openTracks).toBe(0);
  });

  /** A and L run, L fails; B waits for A, M for L, P is PENDING. */
  function failOneOf(onFailure: FailurePolicy): Flow {
    const flow = startFlow({ edges: ['A->B', 'L->M', 'M->N'], vertices: { P: {} }, pipeline: { onFailure } });
    claim(flow, 'A');
    runTrack(flow, 'L', { exitCode: 3 });
    return flow;
  }

  test('stop: FAILED at once, what has not started is CANCELLED, what runs is recorded and starts nothing', () => {
    const flow = failOneOf('stop');
    expect(flow.pipeline).toMatchObject({
      state: 'FAILED',
      failures: 1,
      reason: 'track L: exit_code 3',
      openTracks: 1,
    });
    expect(statesOf(flow)).toEqual({
      A: 'RUNNING',
      B: 'CANCELLED',
      L: 'FAILED',
      M: 'CANCELLED',
      N: 'CANCELLED',
      P: 'CANCELLED',
    });
    expect(trackOf(flow, 'N').reason).toBe('pipeline_failed');
    expect(trackOf(flow, 'A').cancelRequested).toBe(false);
    applyEvents(flow, [eventOf(completionOf(flow, 'A'))]);
    expect(statesOf(flow)).toMatchObject({ A: 'SUCCEED', B: 'CANCELLED' });
    expect(flow.pipeline).toMatchObject({ state: 'FAILED', openTracks: 0 });
  });

  test('stop: a second failure after the end is counted, and leaves the first as the reason', () => {
    const flow = failOneOf('stop');
    applyEvents(flow, [eventOf(completionOf(flow, 'A', { exitCode: 9 }))]);
    expect(flow.pipeline).toMatchObject({ failures: 2, openTracks: 0, reason: 'track L: exit_code 3' });
    expect(applyEvents(flow, [{ kind: 'recount' }]).repairs).toBe(0);
  });

  test('kill: as stop, and what runs is killed and CANCELLED', () => {
    const flow = failOneOf('kill');
    expect(flow.pipeline.state).toBe('FAILED');
    expect(trackOf(flow, 'A').cancelRequested).toBe(true);
    applyEvents(flow, [eventOf(completionOf(flow, 'A', { outcome: 'cancelled' }))]);
    expect(trackOf(flow, 'A')).toMatchObject({ state: 'CANCELLED', reason: 'pipeline_failed' });
    expect(flow.pipeline).toMatchObject({ openTracks: 0, failures: 1 });
  });

  test('continue: descendants of the failed track are CANCELLED, other branches go on, FAILED at the end', () => {
    const flow = failOneOf('continue');
    expect(statesOf(flow)).toMatchObject({ M: 'CANCELLED', N: 'CANCELLED', A: 'RUNNING', B: 'WAITING', P: 'PENDING' });
    expect(trackOf(flow, 'N').reason).toBe('upstream_failed');
    expect(flow.pipeline.state).toBe('RUNNING');
    runTrack(flow, 'P');
    applyEvents(flow, [eventOf(completionOf(flow, 'A'))]);
    expect(flow.pipeline.state).toBe('RUNNING');
    runTrack(flow, 'B');
    expect(flow.pipeline).toMatchObject({ state: 'FAILED', openTracks: 0, failures: 1 });
  });

  test('hold: the failed track awaits a decision, its descendants wait, others go on', () => {
    const flow = failOneOf('hold');
    expect(trackOf(flow, 'L')).toMatchObject({ state: 'FAILED', awaits: 'decision' });
    expect(statesOf(flow)).toMatchObject({ M: 'WAITING', N: 'WAITING', P: 'PENDING' });
    expect(flow.pipeline).toMatchObject({ state: 'RUNNING', failures: 1, openTracks: 6 });
  });

  test('hold: a failed track without successors keeps the pipeline open for a person as well', () => {
    const flow = startFlow({ vertices: { A: {} }, pipeline: { onFailure: 'hold' } });
    runTrack(flow, 'A', { exitCode: 1 });
    expect(trackOf(flow, 'A').awaits).toBe('decision');
    expect(flow.pipeline).toMatchObject({ state: 'RUNNING', openTracks: 1 });
  });

  test.each<FailurePolicy>(['stop', 'kill', 'continue', 'hold'])(
    'allowFailure counts as succeeded under %s',
    (onFailure) => {
      const flow = startFlow({ edges: ['A->B'], vertices: { A: { allowFailure: true } }, pipeline: { onFailure } });
      runTrack(flow, 'A', { exitCode: 1 });
      expect(statesOf(flow)).toEqual({ A: 'FAILED', B: 'PENDING' });
      runTrack(flow, 'B');
      expect(flow.pipeline).toMatchObject({ state: 'FINISH', failures: 0, reason: null });
    },
  );

  test('a track that a person cancelled counts as a failure, in spite of allowFailure', () => {
    const flow = startFlow({ edges: ['A->B'], vertices: { A: { allowFailure: true } } });
    claim(flow, 'A');
    patchTrack(flow, 'A', { cancelRequested: true });
    applyEvents(flow, [eventOf(completionOf(flow, 'A', { outcome: 'cancelled' }))]);
    expect(trackOf(flow, 'A')).toMatchObject({ state: 'CANCELLED', reason: 'cancelled' });
    expect(flow.pipeline).toMatchObject({ state: 'FAILED', failures: 1, reason: 'track A: cancelled' });
  });

  test('the reason names what is no exit code by its word', () => {
    const flow = startFlow({ vertices: { A: {} } });
    runTrack(flow, 'A', { outcome: 'timeout' });
    expect(flow.pipeline.reason).toBe('track A: timeout');
  });
});
