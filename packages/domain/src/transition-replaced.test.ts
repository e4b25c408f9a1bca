import { describe, expect, test } from '@jest/globals';
import { runTrack, startFlow, startStopped, statesOf, trackOf } from './testing-flow.ts';
import { rerunOf, tell } from './testing-persons.ts';
import { applyEvents } from './testing-store.ts';

describe('another end in the place of one that stood', () => {
  test.each([
    ['skip', 'SKIPPED'],
    ['succeed', 'SUCCEED'],
  ] as const)('%s of what ended the pipeline: it goes on', (kind, state) => {
    const flow = startStopped();
    expect(tell(flow, 'L', kind)).toBe('done');
    expect(statesOf(flow)).toEqual({ A: 'SUCCEED', L: state, R: 'PENDING', J: 'WAITING', S: 'WAITING' });
    expect(flow.pipeline).toMatchObject({ state: 'RUNNING', failures: 0, reason: null });
    runTrack(flow, 'R');
    expect(trackOf(flow, 'J').state).toBe('PENDING');
    runTrack(flow, 'J');
    runTrack(flow, 'S');
    expect(flow.pipeline.state).toBe('FINISH');
  });

  test('of the last failure of an ended pipeline in which nothing is left makes it FINISH', () => {
    const flow = startFlow({ vertices: { A: {}, L: {} }, pipeline: { onFailure: 'continue' } });
    runTrack(flow, 'A');
    runTrack(flow, 'L', { exitCode: 1 });
    expect(flow.pipeline.state).toBe('FAILED');
    expect(tell(flow, 'L', 'succeed')).toBe('done');
    expect(flow.pipeline).toMatchObject({ state: 'FINISH', failures: 0, reason: null });
  });

  test('of one of two failures leaves the other', () => {
    const flow = startFlow({ edges: ['K->M', 'L->M', 'L->N'], pipeline: { onFailure: 'continue' } });
    runTrack(flow, 'K', { exitCode: 1 });
    runTrack(flow, 'L', { exitCode: 1 });
    expect(flow.pipeline.state).toBe('FAILED');
    expect(tell(flow, 'L', 'succeed')).toBe('done');
    expect(statesOf(flow)).toEqual({ K: 'FAILED', L: 'SUCCEED', M: 'CANCELLED', N: 'PENDING' });
    expect(trackOf(flow, 'M').reason).toBe('upstream_failed');
    runTrack(flow, 'N');
    expect(flow.pipeline).toMatchObject({ state: 'FAILED', failures: 1, reason: '1 of its tracks failed' });
  });

  test('in a live pipeline reaches what it had cancelled, not what a person did nor what ran', () => {
    const flow = startFlow({
      edges: ['L->M', 'L->N', 'M->O', 'L->P', 'L->Q'],
      vertices: { P: { join: 'one_failed' }, X: {} },
      pipeline: { onFailure: 'continue' },
    });
    tell(flow, 'N', 'cancel_track');
    runTrack(flow, 'L', { exitCode: 1 });
    runTrack(flow, 'P');
    expect(tell(flow, 'L', 'skip')).toBe('done');
    expect(statesOf(flow)).toMatchObject({ L: 'SKIPPED', M: 'SKIPPED', N: 'CANCELLED', O: 'SKIPPED', P: 'SUCCEED' });
    expect(flow.pipeline).toMatchObject({ state: 'RUNNING', failures: 1 });
  });

  test('in an ended pipeline leaves what a person cancelled', () => {
    const flow = startFlow({ edges: ['L->M'], vertices: { X: {}, Y: {} }, pipeline: { onFailure: 'continue' } });
    tell(flow, 'X', 'cancel_track');
    applyEvents(flow, [{ kind: 'cancel' }]);
    expect(tell(flow, 'L', 'succeed')).toBe('done');
    expect(statesOf(flow)).toEqual({ L: 'SUCCEED', M: 'PENDING', X: 'CANCELLED', Y: 'PENDING' });
  });

  test('in a live pipeline lets run what comes after it, not what an end of the pipeline cancelled elsewhere', () => {
    const flow = startFlow({ edges: ['L->M'], vertices: { X: {}, Y: {} }, pipeline: { onFailure: 'continue' } });
    applyEvents(flow, [{ kind: 'cancel' }]);
    rerunOf(flow, ['L', 'X']);
    runTrack(flow, 'L', { exitCode: 1 });
    expect(tell(flow, 'L', 'succeed')).toBe('done');
    expect(statesOf(flow)).toEqual({ L: 'SUCCEED', M: 'PENDING', X: 'PENDING', Y: 'CANCELLED' });
  });

  test('asks the conditions of its edges and, in manual mode, a person', () => {
    const edges = ['L->M if states.L == "SUCCEED"', 'L->N if states.L == "FAILED"'];
    const vertices = { M: { join: 'all_success' }, N: { join: 'all_success' } } as const;
    const auto = startFlow({ edges, vertices, pipeline: { onFailure: 'continue' } });
    runTrack(auto, 'L', { exitCode: 1 });
    expect(statesOf(auto)).toEqual({ L: 'FAILED', M: 'SKIPPED', N: 'CANCELLED' });
    expect(tell(auto, 'L', 'succeed')).toBe('done');
    expect(statesOf(auto)).toEqual({ L: 'SUCCEED', M: 'SKIPPED', N: 'SKIPPED' });
    const manual = startFlow({ edges: ['L->M', 'L->N'], pipeline: { onFailure: 'continue', mode: 'manual' } });
    runTrack(manual, 'L', { exitCode: 1 });
    expect(tell(manual, 'L', 'succeed')).toBe('done');
    expect(trackOf(manual, 'L')).toMatchObject({ state: 'SUCCEED', awaits: 'choice' });
    expect(statesOf(manual)).toMatchObject({ M: 'WAITING', N: 'WAITING' });
  });

  test('in manual mode asks a person also for those that had only waited', () => {
    const flow = startFlow({
      edges: ['L->J', 'K->J'],
      vertices: { J: { join: 'all_done' } },
      pipeline: { onFailure: 'continue', mode: 'manual' },
    });
    runTrack(flow, 'L', { exitCode: 1 });
    expect(tell(flow, 'L', 'succeed')).toBe('done');
    expect(trackOf(flow, 'L')).toMatchObject({ state: 'SUCCEED', awaits: 'choice' });
    expect(trackOf(flow, 'J').counts).toMatchObject({ succeeded: 0, failed: 0 });
  });

  test('of a failure that was allowed leaves what ran after it', () => {
    const flow = startFlow({ edges: ['L->M'], vertices: { L: { allowFailure: true } } });
    runTrack(flow, 'L', { exitCode: 1 });
    runTrack(flow, 'M');
    expect(tell(flow, 'L', 'succeed')).toBe('done');
    expect(statesOf(flow)).toEqual({ L: 'SUCCEED', M: 'SUCCEED' });
    expect(flow.pipeline.state).toBe('FINISH');
  });
});
