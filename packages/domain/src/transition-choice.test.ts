import { describe, expect, test } from '@jest/globals';
import { buildFlowGraph } from './flow-graph.ts';
import {
  claim,
  completionOf,
  eventOf,
  makeStep,
  runTrack,
  startFlow,
  startGraph,
  statesOf,
  trackOf,
} from './testing-flow.ts';
import { decideChanges } from './transition-rules.ts';

/** A chooses between B and C, each with a way of its own to the join J. */
const BRANCHES = { edges: ['A->B', 'A->C', 'B->J', 'C->D', 'D->J'] };

describe('choice by script', () => {
  test('skips what is not named with everything that only it leads to; the join runs by the way that was taken', () => {
    const flow = startFlow(BRANCHES);
    runTrack(flow, 'A', { next: ['B'] });
    expect(statesOf(flow)).toEqual({ A: 'SUCCEED', B: 'PENDING', C: 'SKIPPED', D: 'SKIPPED', J: 'WAITING' });
    expect(trackOf(flow, 'A').chosen).toEqual([2]);
    expect(trackOf(flow, 'C').reason).toBe('not_chosen');
    expect(trackOf(flow, 'D').reason).toBe('join_not_met');
    runTrack(flow, 'B');
    runTrack(flow, 'J');
    expect(flow.pipeline.state).toBe('FINISH');
  });

  test('may name successors by id as text, and keeps them in ascending order', () => {
    const flow = startFlow(BRANCHES);
    runTrack(flow, 'A', { next: ['3', 'B'] });
    expect(trackOf(flow, 'A').chosen).toEqual([2, 3]);
    expect(statesOf(flow)).toMatchObject({ B: 'PENDING', C: 'PENDING' });
  });

  test('may name nobody: the flow ends there', () => {
    const flow = startFlow(BRANCHES);
    runTrack(flow, 'A', { next: [] });
    expect(statesOf(flow)).toEqual({ A: 'SUCCEED', B: 'SKIPPED', C: 'SKIPPED', D: 'SKIPPED', J: 'SKIPPED' });
    expect(flow.pipeline.state).toBe('FINISH');
  });

  test.each([
    ['an unknown name', ['Z']],
    ['a vertex that is no direct successor', ['J']],
    ['the same name twice', ['B', 'B']],
    ['the same vertex by name and by id', ['B', '2']],
    ['a wrong one among right ones', ['B', 'C', 'A']],
  ])('fails the track with that reason for %s', (_, next) => {
    const flow = startFlow(BRANCHES);
    const changes = runTrack(flow, 'A', { next });
    expect(trackOf(flow, 'A')).toMatchObject({ state: 'FAILED', reason: 'bad_choice', exitCode: 0, chosen: null });
    expect(changes.attempts).toMatchObject([{ result: 'bad_choice' }]);
    expect(flow.pipeline.reason).toBe('track A: bad_choice');
  });

  test('is not retried when it is bad, whatever the retry policy', () => {
    const retry = { max: 5, delayMs: 0, factor: 1, maxDelayMs: 0, jitter: 0 };
    const flow = startFlow({ ...BRANCHES, vertices: { A: { retry } } });
    runTrack(flow, 'A', { next: ['Z'] });
    expect(trackOf(flow, 'A').state).toBe('FAILED');
  });

  test('of a script that failed counts for nothing', () => {
    const flow = startFlow({ ...BRANCHES, vertices: { A: { allowFailure: true } } });
    runTrack(flow, 'A', { exitCode: 1, next: ['B'] });
    expect(trackOf(flow, 'A')).toMatchObject({ reason: 'exit_code', chosen: null });
    expect(statesOf(flow)).toMatchObject({ B: 'PENDING', C: 'PENDING' });
  });

  test('may go to the join the longer way: the direct way that was not taken does not block it', () => {
    const flow = startFlow({ edges: ['A->B', 'A->J', 'B->J'] });
    runTrack(flow, 'A', { next: ['B'] });
    expect(trackOf(flow, 'J').state).toBe('WAITING');
    runTrack(flow, 'B');
    expect(trackOf(flow, 'J')).toMatchObject({ state: 'PENDING', counts: { succeeded: 1, notTaken: 1 } });
  });

  test.each(['all_success', 'all_done', 'none_failed'] as const)(
    'skips a direct way to a join of %s too, although another way led to it',
    (join) => {
      const flow = startFlow({ edges: ['A->B', 'A->J', 'B->J'], vertices: { J: { join } } });
      runTrack(flow, 'A', { next: ['B'] });
      runTrack(flow, 'B');
      expect(trackOf(flow, 'J')).toMatchObject({ state: 'SKIPPED', reason: 'not_chosen' });
    },
  );

  test('does not take back a vertex that had reason enough to run', () => {
    const flow = startFlow({ edges: ['A->J', 'A->K', 'B->J'], vertices: { J: { join: 'one_success' } } });
    runTrack(flow, 'B');
    runTrack(flow, 'A', { next: ['K'] });
    expect(trackOf(flow, 'J')).toMatchObject({ state: 'PENDING', counts: { succeeded: 1, notTaken: 1 } });
  });
});

describe('skipping and cancelling along the flow', () => {
  test('goes through a chain of 50,000 vertices in one change, without recursion', () => {
    const steps = Array.from({ length: 50_000 }, (_, index) => makeStep(index + 1, `V${index + 1}`));
    const edges = steps.slice(1).map(({ id }) => ({ tail: id - 1, head: id }));
    const flow = startGraph(buildFlowGraph(steps, edges));
    claim(flow, 'V1');
    const changes = decideChanges({ ...flow, facts: new Map(), random: 0 }, [
      eventOf(completionOf(flow, 'V1', { next: [] })),
    ]);
    expect(changes).toMatchObject({ kind: 'changes', pipeline: { after: { state: 'FINISH', openTracks: 0 } } });
  });

  test('a failure under continue cancels by rule, and a rule that wants failures runs', () => {
    const flow = startFlow({
      edges: ['A->B', 'A->C', 'A->D', 'B->E'],
      vertices: { C: { join: 'one_failed' }, D: { join: 'all_done' }, E: { join: 'all_failed' } },
      pipeline: { onFailure: 'continue' },
    });
    runTrack(flow, 'A', { exitCode: 1 });
    expect(statesOf(flow)).toEqual({ A: 'FAILED', B: 'CANCELLED', C: 'PENDING', D: 'PENDING', E: 'PENDING' });
  });

  test('a vertex held for parameters that is skipped awaits nobody', () => {
    const flow = startFlow(BRANCHES);
    const held = trackOf(flow, 'C');
    flow.tracks.set(held.vertexId, { ...held, awaits: 'params' });
    runTrack(flow, 'A', { next: ['B'] });
    expect(trackOf(flow, 'C')).toMatchObject({ state: 'SKIPPED', awaits: null });
  });
});

describe('manual mode', () => {
  const manual = { pipeline: { mode: 'manual' as const } };

  test('stops after each success, and the track awaits a choice', () => {
    const flow = startFlow({ ...BRANCHES, ...manual });
    runTrack(flow, 'A');
    expect(trackOf(flow, 'A')).toMatchObject({ state: 'SUCCEED', awaits: 'choice', chosen: null });
    expect(statesOf(flow)).toMatchObject({ B: 'WAITING', C: 'WAITING' });
    expect(flow.pipeline).toMatchObject({ state: 'RUNNING', openTracks: 5 });
  });

  test('goes on by itself where the script made the choice', () => {
    const flow = startFlow({ ...BRANCHES, ...manual });
    runTrack(flow, 'A', { next: ['C'] });
    expect(trackOf(flow, 'A').awaits).toBeNull();
    expect(statesOf(flow)).toMatchObject({ B: 'SKIPPED', C: 'PENDING' });
  });

  test('a vertex without successors has nothing to choose: the pipeline ends', () => {
    const flow = startFlow({ vertices: { A: {} }, ...manual });
    runTrack(flow, 'A');
    expect(trackOf(flow, 'A').awaits).toBeNull();
    expect(flow.pipeline.state).toBe('FINISH');
  });
});
