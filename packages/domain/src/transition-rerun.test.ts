import { describe, expect, test } from '@jest/globals';
import { buildFlowGraph } from './flow-graph.ts';
import { findTracksToRerun } from './rerun-rules.ts';
import {
  act,
  claim,
  completionOf,
  copyFlow,
  eventOf,
  FORK_EDGES,
  idOf,
  makeStep,
  runTrack,
  startFlow,
  startGraph,
  startStopped,
  statesOf,
  trackOf,
  type Flow,
} from './testing-flow.ts';
import { checkInvariants } from './testing-invariants.ts';
import { rerun, rerunOf, tell } from './testing-persons.ts';
import { applyEvents } from './testing-store.ts';

describe('a rerun from the failed tracks', () => {
  test('runs again what failed and what the end of the pipeline cancelled; all else keeps its end', () => {
    const flow = startStopped();
    expect(statesOf(flow)).toMatchObject({ L: 'FAILED', R: 'CANCELLED', J: 'CANCELLED', S: 'CANCELLED' });
    expect(findTracksToRerun(flow.graph, flow.tracks, 'failed').map((id) => flow.graph.vertices.get(id)?.name)).toEqual(
      ['L', 'R', 'J', 'S'],
    );
    expect(rerun(flow, 'failed')).toBe('done');
    expect(statesOf(flow)).toEqual({ A: 'SUCCEED', L: 'PENDING', R: 'PENDING', J: 'WAITING', S: 'WAITING' });
    expect(trackOf(flow, 'L')).toMatchObject({ attempt: 2, startedAttempt: 1, budgetFromAttempt: 2, reason: null });
    expect(trackOf(flow, 'R')).toMatchObject({ attempt: 1, budgetFromAttempt: 1 });
    expect(flow.pipeline).toMatchObject({ state: 'RUNNING', failures: 0, openTracks: 4, reason: null });
    for (const name of ['L', 'R', 'J', 'S']) runTrack(flow, name);
    expect(flow.pipeline).toMatchObject({ state: 'FINISH', reason: null });
  });

  test('twice is refused: the first is under way', () => {
    const flow = startStopped();
    rerun(flow, 'failed');
    expect(rerun(flow, 'failed')).toBe('expected a track that failed or was cancelled, to run again, found none');
    expect(rerunOf(flow, ['L', 'R'])).toBe('expected what is to run again to have ended, found L PENDING, R PENDING');
    expect(rerunOf(flow, ['J'])).toBe('expected something that has ended, to run again, found none');
  });

  test('goes on under continue, beside what runs, and takes the descendants of the failed with it', () => {
    const flow = startFlow({
      edges: FORK_EDGES,
      vertices: { J: { join: 'all_done' } },
      pipeline: { onFailure: 'continue' },
    });
    runTrack(flow, 'A');
    runTrack(flow, 'L', { exitCode: 1 });
    runTrack(flow, 'R');
    runTrack(flow, 'J');
    expect(rerun(flow, 'failed')).toBe('done');
    expect(statesOf(flow)).toMatchObject({ L: 'PENDING', R: 'SUCCEED', J: 'WAITING', S: 'PENDING' });
    runTrack(flow, 'L');
    expect(trackOf(flow, 'J')).toMatchObject({ state: 'PENDING', attempt: 2 });
    expect(flow.pipeline.failures).toBe(0);
  });

  test('is refused while a descendant of what failed is under way', () => {
    const flow = startFlow({
      edges: ['L->J'],
      vertices: { J: { join: 'all_done' } },
      pipeline: { onFailure: 'continue' },
    });
    runTrack(flow, 'L', { exitCode: 1 });
    claim(flow, 'J');
    expect(rerun(flow, 'failed')).toBe('expected what is to run again to have ended, found J RUNNING');
  });

  test('is the retry of a track that is held; its descendants wait on', () => {
    const flow = startFlow({ edges: ['L->M', 'X->Y'], pipeline: { onFailure: 'hold', state: 'PAUSED' } });
    flow.pipeline = { ...flow.pipeline, state: 'RUNNING' };
    runTrack(flow, 'L', { exitCode: 1 });
    act(flow, { kind: 'pause' });
    expect(rerunOf(flow, ['L'])).toBe('done');
    expect(trackOf(flow, 'L')).toMatchObject({ state: 'PENDING', awaits: null, attempt: 2 });
    expect(statesOf(flow)).toMatchObject({ M: 'WAITING', X: 'PENDING' });
    expect(flow.pipeline).toMatchObject({ state: 'PAUSED', failures: 0, openTracks: 4 });
  });

  test('waits until what an ended pipeline still runs has been killed', () => {
    const flow = startFlow({ vertices: { L: {}, X: {} }, pipeline: { onFailure: 'kill' } });
    claim(flow, 'X');
    runTrack(flow, 'L', { exitCode: 1 });
    expect(rerunOf(flow, ['L'])).toBe('expected all to be gone that is killed, found X RUNNING');
    expect(tell(flow, 'L', 'skip')).toContain('found X RUNNING');
    applyEvents(flow, [eventOf(completionOf(flow, 'X', { outcome: 'cancelled' }))]);
    expect(rerun(flow, 'failed')).toBe('done');
    expect(trackOf(flow, 'X')).toMatchObject({ state: 'PENDING', attempt: 2, cancelRequested: false });
  });

  test('goes on beside what stop let run to its end', () => {
    const flow = startFlow({ edges: ['X->Y'], vertices: { L: {} } });
    claim(flow, 'X');
    runTrack(flow, 'L', { exitCode: 1 });
    expect(rerun(flow, 'failed')).toBe('done');
    applyEvents(flow, [eventOf(completionOf(flow, 'X'))]);
    expect(statesOf(flow)).toEqual({ X: 'SUCCEED', Y: 'PENDING', L: 'PENDING' });
  });

  test('of a pipeline in which nothing failed is refused', () => {
    const flow = startFlow({ vertices: { A: {} } });
    runTrack(flow, 'A');
    expect(rerun(flow, 'failed')).toBe('expected a track that failed or was cancelled, to run again, found none');
  });

  test('lets a deadline that has passed count anew', () => {
    const flow = startFlow({ edges: ['A->B'] });
    flow.pipeline = { ...flow.pipeline, isExpired: true };
    applyEvents(flow, [{ kind: 'expire' }]);
    expect(rerun(flow, 'failed')).toBe('done');
    applyEvents(flow, [{ kind: 'expire' }]);
    expect(flow.pipeline.state).toBe('RUNNING');
  });

  test('behind a cancel in one batch takes back that everything is cancelled', () => {
    const flow = startFlow({ edges: ['A->B'] });
    applyEvents(flow, [{ kind: 'cancel' }, { kind: 'rerun', from: 'failed' }]);
    expect(statesOf(flow)).toEqual({ A: 'PENDING', B: 'WAITING' });
    checkInvariants(flow);
  });

  test('behind a cancel in one batch waits for what that kills, and for no delay of before', () => {
    const retry = { max: 1, delayMs: 500, factor: 1, maxDelayMs: 500, jitter: 0 };
    const again = { kind: 'rerun', from: 'failed' } as const;
    const flow = startFlow({ vertices: { A: { retry }, X: {} } });
    claim(flow, 'A');
    claim(flow, 'X');
    const failure = eventOf(completionOf(flow, 'A', { exitCode: 1 }));
    const { verdicts } = applyEvents(copyFlow(flow), [failure, { kind: 'cancel' }, again]);
    expect(verdicts.map(({ kind }) => kind)).toEqual(['done', 'refused']);
    const changes = applyEvents(flow, [failure, eventOf(completionOf(flow, 'X')), { kind: 'cancel' }, again]);
    expect(changes.tracks).toMatchObject([{ after: { state: 'PENDING', attempt: 2 }, delayMs: 0 }, {}]);
  });

  test('names at most ten of those that are in the way', () => {
    const steps = Array.from({ length: 12 }, (_, index) => makeStep(index + 1, `V${index + 1}`));
    const flow = startGraph(buildFlowGraph(steps, []));
    const message = rerun(flow, { vertexIds: steps.map(({ id }) => id), descendants: false });
    expect(message).toContain('V10 PENDING, and 2 more');
  });
});

describe('a rerun of named tracks', () => {
  function startFinished(): Flow {
    const flow = startFlow({ edges: FORK_EDGES });
    for (const name of ['A', 'L', 'R', 'J', 'S']) runTrack(flow, name);
    return flow;
  }

  test('alone leaves what comes after them as it is', () => {
    const flow = startFinished();
    expect(rerunOf(flow, ['R'])).toBe('done');
    expect(statesOf(flow)).toEqual({ A: 'SUCCEED', L: 'SUCCEED', R: 'PENDING', J: 'SUCCEED', S: 'SUCCEED' });
    expect(trackOf(flow, 'J').counts.succeeded).toBe(1);
    runTrack(flow, 'R', { exitCode: 1 });
    expect(flow.pipeline.state).toBe('FAILED');
    expect(trackOf(flow, 'R').attempt).toBe(2);
  });

  test('with their descendants runs those again as well, in order', () => {
    const flow = startFinished();
    expect(rerunOf(flow, ['R'], true)).toBe('done');
    expect(statesOf(flow)).toEqual({ A: 'SUCCEED', L: 'SUCCEED', R: 'PENDING', J: 'WAITING', S: 'WAITING' });
    for (const name of ['R', 'J', 'S']) runTrack(flow, name);
    expect(flow.pipeline.state).toBe('FINISH');
    expect(trackOf(flow, 'J').attempt).toBe(2);
  });

  test('asks their gates, parameters and conditions anew', () => {
    const gate = { onReject: 'skip', onExpiry: 'reject' } as const;
    const vertices = { G: { gate }, P: { asks: ['ip'] }, K: { asks: ['ip'] }, W: { when: 'params.n > 1' } };
    const flow = startFlow({ vertices, inputs: { W: { n: 2 }, K: { ip: '::1' } }, held: ['P'] });
    act(flow, { kind: 'approve', vertexId: idOf(flow, 'G'), values: {} });
    for (const name of ['G', 'W', 'K']) runTrack(flow, name);
    applyEvents(flow, [{ kind: 'cancel' }]);
    flow.inputs.set(idOf(flow, 'W'), { n: 1 });
    expect(rerunOf(flow, ['G', 'P', 'W', 'K'])).toBe('done');
    expect(trackOf(flow, 'G')).toMatchObject({ state: 'PENDING', awaits: 'approval', gateDecision: null, attempt: 2 });
    expect(trackOf(flow, 'P')).toMatchObject({ state: 'PENDING', awaits: 'params', attempt: 1 });
    expect(trackOf(flow, 'K')).toMatchObject({ state: 'PENDING', awaits: null, attempt: 2 });
    expect(trackOf(flow, 'W')).toMatchObject({ state: 'SKIPPED', reason: 'condition_false' });
  });

  test('gives a new retry budget', () => {
    const retry = { max: 1, delayMs: 50, factor: 1, maxDelayMs: 50, jitter: 0 };
    const flow = startFlow({ vertices: { A: { retry } } });
    runTrack(flow, 'A', { exitCode: 1 });
    runTrack(flow, 'A', { exitCode: 1 });
    expect(flow.pipeline.state).toBe('FAILED');
    const changes = applyEvents(flow, [{ kind: 'rerun', from: 'failed' }]);
    expect(changes.tracks).toMatchObject([{ after: { attempt: 3, budgetFromAttempt: 3 }, delayMs: 0 }]);
    runTrack(flow, 'A', { exitCode: 1 });
    expect(trackOf(flow, 'A')).toMatchObject({ state: 'PENDING', attempt: 4 });
  });

  test('an attempt that was only planned is the next one; a row without a note of what was claimed is never behind', () => {
    const retry = { max: 1, delayMs: 0, factor: 1, maxDelayMs: 0, jitter: 0 };
    const flow = startFlow({ vertices: { A: { retry } } });
    runTrack(flow, 'A', { exitCode: 1 });
    applyEvents(flow, [{ kind: 'cancel' }]);
    rerun(flow, 'failed');
    expect(trackOf(flow, 'A')).toMatchObject({ state: 'PENDING', attempt: 2 });
  });

  test.each([
    ['by its end', 'stop'],
    ['by the failure before them', 'continue'],
  ] as const)('is no FINISH where others stay CANCELLED %s', (_, onFailure) => {
    const flow = startFlow({ edges: FORK_EDGES, pipeline: { onFailure } });
    runTrack(flow, 'A');
    if (onFailure === 'continue') runTrack(flow, 'L');
    const failed = onFailure === 'continue' ? 'R' : 'L';
    runTrack(flow, failed, { exitCode: 1 });
    expect(flow.pipeline.state).toBe('FAILED');
    expect(rerunOf(flow, [failed])).toBe('done');
    runTrack(flow, failed);
    const reason = 'not every track that had been cancelled ran again';
    expect(flow.pipeline).toMatchObject({ state: 'FAILED', failures: 0, reason });
    expect(rerun(flow, 'failed')).toBe('done');
    for (const name of ['R', 'J', 'S']) if (trackOf(flow, name).state === 'PENDING') runTrack(flow, name);
    expect(flow.pipeline).toMatchObject({ state: 'FINISH', reason: null });
  });

  test('whose predecessors ended otherwise since is decided by what they are now', () => {
    const flow = startFlow({ edges: ['A->B', 'A->C'] });
    runTrack(flow, 'A');
    runTrack(flow, 'B');
    runTrack(flow, 'C');
    rerunOf(flow, ['A']);
    runTrack(flow, 'A', { next: ['B'] });
    expect(rerunOf(flow, ['C'])).toBe('done');
    expect(trackOf(flow, 'C')).toMatchObject({ state: 'SKIPPED', reason: 'not_chosen' });
    expect(flow.pipeline.state).toBe('FINISH');
  });
});

test('from the failed tracks of 310 only three and what follows run again', () => {
  const steps = Array.from({ length: 310 }, (_, index) => makeStep(index + 1, `V${index + 1}`));
  const edges = steps.slice(10).map(({ id }) => ({ tail: id - 10, head: id }));
  const flow = startGraph(buildFlowGraph(steps, edges), { pipeline: { onFailure: 'continue' } });
  const failing = new Set([205, 206, 297]);
  for (const { id, name } of steps) {
    if (trackOf(flow, name).state === 'PENDING') runTrack(flow, name, { exitCode: failing.has(id) ? 1 : 0 });
  }
  expect(flow.pipeline).toMatchObject({ state: 'FAILED', failures: 3 });
  const before = new Map(flow.tracks);
  expect(rerun(flow, 'failed')).toBe('done');
  const again = steps.filter(({ id }) => flow.tracks.get(id)?.state !== 'SUCCEED').map(({ id }) => id);
  expect(again).toEqual(findTracksToRerun(flow.graph, before, 'failed'));
  expect(again).toHaveLength(11 + 11 + 2);
  for (const id of again) runTrack(flow, `V${id}`);
  expect(flow.pipeline).toMatchObject({ state: 'FINISH', failures: 0, openTracks: 0 });
  expect(steps.filter(({ name }) => trackOf(flow, name).attempt === 2).map(({ id }) => id)).toEqual([205, 206, 297]);
});
