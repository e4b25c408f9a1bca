import { describe, expect, test } from '@jest/globals';
import { claim, patchTrack, runTrack, startFlow, statesOf, trackOf, type Flow } from './testing-flow.ts';
import { applyEvents } from './testing-store.ts';
import type { Changes } from './transition-types.ts';

const RECOUNT = [{ kind: 'recount' }] as const;

function recount(flow: Flow): Changes {
  return applyEvents(flow, RECOUNT);
}

/** A has succeeded, B runs, C waits for both. */
function startHalfWay(): Flow {
  const flow = startFlow({ edges: ['A->C', 'B->C', 'C->D'] });
  runTrack(flow, 'A');
  claim(flow, 'B');
  return flow;
}

describe('recount', () => {
  test('of a correct pipeline mends nothing and changes nothing', () => {
    const flow = startHalfWay();
    const changes = recount(flow);
    expect(changes).toMatchObject({ repairs: 0, tracks: [] });
    expect(changes.pipeline.after).toEqual(changes.pipeline.before);
  });

  test.each([{ openTracks: 9 }, { failures: 1 }])('mends wrong totals: %o', (wrong) => {
    const flow = startHalfWay();
    flow.pipeline = { ...flow.pipeline, ...wrong };
    expect(recount(flow).repairs).toBe(1);
    expect(flow.pipeline).toMatchObject({ openTracks: 3, failures: 0, state: 'RUNNING' });
  });

  test('counts ended tracks that await a person as open', () => {
    const flow = startFlow({ edges: ['A->B'], pipeline: { onFailure: 'hold' } });
    runTrack(flow, 'A', { exitCode: 1 });
    expect(recount(flow).repairs).toBe(0);
    expect(flow.pipeline).toMatchObject({ openTracks: 2, failures: 1 });
    expect(trackOf(flow, 'B').counts.failed).toBe(0);
  });

  test('counts failures as the rules do: not those that are allowed, not those that the end of the pipeline cancelled', () => {
    const flow = startFlow({
      edges: ['F->M'],
      vertices: { A: { allowFailure: true }, X: {} },
      pipeline: { onFailure: 'continue' },
    });
    claim(flow, 'X');
    runTrack(flow, 'A', { exitCode: 1 });
    runTrack(flow, 'F', { exitCode: 1 });
    patchTrack(flow, 'X', { state: 'CANCELLED', reason: 'cancelled', runId: null });
    flow.pipeline = { ...flow.pipeline, openTracks: 0, failures: 0, state: 'FAILED' };
    expect(recount(flow).repairs).toBe(1);
    expect(flow.pipeline.failures).toBe(2);
  });

  test('mends the counters of a waiting track', () => {
    const flow = startHalfWay();
    patchTrack(flow, 'C', { counts: { succeeded: 0, failed: 1, skipped: 0, cancelled: 0, notTaken: 0 } });
    expect(recount(flow).repairs).toBe(1);
    expect(trackOf(flow, 'C')).toMatchObject({ state: 'WAITING', counts: { succeeded: 1, failed: 0 } });
  });

  test('lets run what should have run', () => {
    const flow = startFlow({ edges: ['A->B'] });
    runTrack(flow, 'A');
    patchTrack(flow, 'B', { state: 'WAITING' });
    expect(recount(flow).repairs).toBe(1);
    expect(trackOf(flow, 'B').state).toBe('PENDING');
  });

  test('lets run an entry that waits for nothing', () => {
    const flow = startFlow({ vertices: { A: {} } });
    patchTrack(flow, 'A', { state: 'WAITING' });
    expect(recount(flow).repairs).toBe(1);
    expect(trackOf(flow, 'A').state).toBe('PENDING');
  });

  test('skips what should have been skipped, with what only it leads to', () => {
    const flow = startFlow({ edges: ['A->B', 'A->X', 'B->C'] });
    runTrack(flow, 'A', { next: ['X'] });
    patchTrack(flow, 'B', { state: 'WAITING', reason: null });
    patchTrack(flow, 'C', { state: 'WAITING', reason: null, counts: { ...trackOf(flow, 'C').counts, skipped: 0 } });
    flow.pipeline = { ...flow.pipeline, openTracks: 3 };
    expect(recount(flow).repairs).toBe(1);
    expect(statesOf(flow)).toMatchObject({ B: 'SKIPPED', C: 'SKIPPED', X: 'PENDING' });
    expect(flow.pipeline.openTracks).toBe(1);
  });

  test.each([
    [0, 'FINISH'],
    [1, 'FAILED'],
  ] as const)('ends a pipeline whose tracks have all ended, with %i failures as %s', (failures, state) => {
    const flow = startFlow({ vertices: { A: {} }, pipeline: { onFailure: 'continue' } });
    runTrack(flow, 'A', { exitCode: failures });
    flow.pipeline = { ...flow.pipeline, state: 'RUNNING' };
    expect(recount(flow)).toMatchObject({ repairs: 1, pipeline: { after: { state } } });
  });

  test('counts no repair where a completion of the same batch ends the pipeline', () => {
    const flow = startFlow({ edges: ['A->B'] });
    runTrack(flow, 'A');
    const changes = applyEvents(flow, [...RECOUNT, ...RECOUNT]);
    expect(changes.repairs).toBe(0);
    runTrack(flow, 'B');
    expect(recount(flow)).toMatchObject({ repairs: 0, pipeline: { after: { state: 'FINISH' } } });
  });

  test('of an ended pipeline mends its totals and lets nothing run', () => {
    const flow = startFlow({ edges: ['A->B'], vertices: { X: {} } });
    claim(flow, 'X');
    runTrack(flow, 'A', { exitCode: 1 });
    patchTrack(flow, 'B', { state: 'WAITING' });
    flow.pipeline = { ...flow.pipeline, openTracks: 5 };
    expect(recount(flow).repairs).toBe(1);
    expect(flow.pipeline).toMatchObject({ state: 'FAILED', openTracks: 2 });
    expect(trackOf(flow, 'B').state).toBe('WAITING');
  });
});
