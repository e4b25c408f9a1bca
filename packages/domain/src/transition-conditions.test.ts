import { describe, expect, test } from '@jest/globals';
import { act, handOn, idOf, runTrack, startFlow, statesOf, trackOf, type FlowOptions } from './testing-flow.ts';
import { checkInvariants } from './testing-invariants.ts';

describe('the condition of a vertex', () => {
  const EDGES = ['A->B', 'B->C'];

  test('that holds lets it run', () => {
    const flow = startFlow({ edges: EDGES, vertices: { B: { when: 'states.A == "SUCCEED"' } } });
    runTrack(flow, 'A');
    expect(trackOf(flow, 'B')).toMatchObject({ state: 'PENDING', awaits: null });
  });

  test('that is false skips it, with what only it leads to', () => {
    const flow = startFlow({ edges: EDGES, vertices: { B: { when: 'outputs.A.version == "2"' } } });
    handOn(flow, 'A', { version: '1' });
    runTrack(flow, 'A');
    expect(trackOf(flow, 'B')).toMatchObject({ state: 'SKIPPED', reason: 'condition_false' });
    expect(trackOf(flow, 'C')).toMatchObject({ state: 'SKIPPED', reason: 'join_not_met' });
    expect(flow.pipeline.state).toBe('FINISH');
  });

  test('without an answer fails it, says why, and the failure policy applies', () => {
    const flow = startFlow({ edges: EDGES, vertices: { B: { when: 'outputs.A.version == "2"' } } });
    runTrack(flow, 'A');
    expect(trackOf(flow, 'B')).toMatchObject({ state: 'FAILED', reason: 'bad_condition' });
    expect(trackOf(flow, 'B').detail).toContain('its condition has no answer: ');
    expect(flow.pipeline).toMatchObject({ state: 'FAILED', reason: 'track B: bad_condition' });
  });

  test.each([
    ['params.n > 1', { n: 2 }, 'PENDING'],
    ['params.n > 1', { n: 1 }, 'SKIPPED'],
    ['params.n > 1', {}, 'FAILED'],
    ['states.A == "SUCCEED" && params.n == 0', { n: 0 }, 'PENDING'],
    ['states.Z == "SUCCEED"', {}, 'FAILED'],
  ])('%s with %j: %s', (when, input, state) => {
    const flow = startFlow({ edges: EDGES, vertices: { B: { when } }, inputs: { B: input } });
    runTrack(flow, 'A');
    expect(trackOf(flow, 'B').state).toBe(state);
  });

  test('is asked before the gate: nobody approves what does not run', () => {
    const gate = { onReject: 'skip', onExpiry: 'reject' } as const;
    const flow = startFlow({ edges: EDGES, vertices: { B: { when: 'params.n > 1', gate } }, inputs: { B: { n: 1 } } });
    runTrack(flow, 'A');
    expect(trackOf(flow, 'B').state).toBe('SKIPPED');
  });

  test.each([
    [2, 'PENDING'],
    [1, 'SKIPPED'],
    ['x', 'FAILED'],
  ])('waits for the parameters that a person gives: %j makes it %s', (n, state) => {
    const flow = startFlow({ edges: EDGES, vertices: { B: { when: 'params.n > 1' } }, held: ['B'] });
    runTrack(flow, 'A');
    expect(trackOf(flow, 'B')).toMatchObject({ state: 'PENDING', awaits: 'params' });
    expect(act(flow, { kind: 'give_params', vertexId: idOf(flow, 'B'), values: { n } }).kind).toBe('done');
    expect(trackOf(flow, 'B').state).toBe(state);
    checkInvariants(flow);
  });

  test('of an output looks at the last attempt only', () => {
    const flow = startFlow({
      edges: EDGES,
      vertices: {
        A: { retry: { max: 1, delayMs: 0, factor: 1, maxDelayMs: 0, jitter: 0 } },
        B: { when: 'outputs.A.version == "2"' },
      },
    });
    handOn(flow, 'A', { version: '1' });
    runTrack(flow, 'A', { exitCode: 1 });
    handOn(flow, 'A', { version: '2' });
    runTrack(flow, 'A');
    expect(trackOf(flow, 'B').state).toBe('PENDING');
  });
});

describe('conditions of edges', () => {
  const EDGES = ['A->B if params.n > 1', 'A->C if params.n <= 1', 'A->D'];
  const start = (n: unknown, more: FlowOptions = {}): ReturnType<typeof startFlow> =>
    startFlow({ edges: EDGES, inputs: { A: n === undefined ? {} : { n: n as number } }, ...more });

  test('choose the ways that are taken; edges without one are', () => {
    const flow = start(5);
    runTrack(flow, 'A');
    expect(trackOf(flow, 'A')).toMatchObject({ state: 'SUCCEED', chosen: [idOf(flow, 'B'), idOf(flow, 'D')] });
    expect(statesOf(flow)).toMatchObject({ B: 'PENDING', C: 'SKIPPED', D: 'PENDING' });
    expect(trackOf(flow, 'C').reason).toBe('not_chosen');
    checkInvariants(flow);
  });

  test("count for nothing where the script chooses: that is the script's word", () => {
    const flow = start(5);
    runTrack(flow, 'A', { next: ['C'] });
    expect(statesOf(flow)).toMatchObject({ B: 'SKIPPED', C: 'PENDING', D: 'SKIPPED' });
  });

  test('count for nothing where a person chooses', () => {
    const flow = start(5, { pipeline: { mode: 'manual' } });
    runTrack(flow, 'A');
    expect(trackOf(flow, 'A')).toMatchObject({ awaits: 'choice', chosen: null });
    act(flow, { kind: 'choose', vertexId: idOf(flow, 'A'), names: ['C', 'D'] });
    expect(statesOf(flow)).toMatchObject({ B: 'SKIPPED', C: 'PENDING', D: 'PENDING' });
  });

  test('look at how the tail ends: a way for the failure, one for the success', () => {
    const edges = ['A->Repair if states.A == "FAILED"', 'A->Ship if states.A == "SUCCEED"'];
    const vertices = { Repair: { join: 'one_failed' }, A: { allowFailure: false } } as const;
    const failed = startFlow({ edges, vertices, pipeline: { onFailure: 'continue' } });
    runTrack(failed, 'A', { exitCode: 1 });
    expect(statesOf(failed)).toEqual({ A: 'FAILED', Repair: 'PENDING', Ship: 'SKIPPED' });
    const allowed = startFlow({ edges, vertices: { A: { allowFailure: true } } });
    runTrack(allowed, 'A', { exitCode: 1 });
    expect(statesOf(allowed)).toEqual({ A: 'FAILED', Repair: 'PENDING', Ship: 'SKIPPED' });
    const good = startFlow({ edges, vertices });
    runTrack(good, 'A');
    expect(statesOf(good)).toEqual({ A: 'SUCCEED', Repair: 'SKIPPED', Ship: 'PENDING' });
  });

  test('without an answer fail the track, although its script did its work; the ways that are known are taken', () => {
    const flow = start(undefined, { vertices: { D: { join: 'all_done' } }, pipeline: { onFailure: 'continue' } });
    const changes = runTrack(flow, 'A');
    expect(changes.attempts).toMatchObject([{ result: 'succeed' }]);
    expect(trackOf(flow, 'A')).toMatchObject({ state: 'FAILED', reason: 'bad_condition', exitCode: 0 });
    expect(trackOf(flow, 'A').detail).toContain('the condition of the edge A -> B has no answer: ');
    expect(statesOf(flow)).toMatchObject({ B: 'SKIPPED', C: 'SKIPPED', D: 'PENDING' });
    expect(flow.pipeline).toMatchObject({ state: 'RUNNING', failures: 1 });
    checkInvariants(flow);
  });

  test('are asked of the state in which the track ends, before it ends so', () => {
    const flow = startFlow({ edges: ['A->B if states.A == "SUCCEED" ? outputs.A.x == "1" : true'] });
    runTrack(flow, 'A');
    expect(trackOf(flow, 'A')).toMatchObject({ state: 'FAILED', reason: 'bad_condition' });
  });

  test('of a failed track without an answer: that way is not taken', () => {
    const flow = start(undefined, { vertices: { A: { allowFailure: true } } });
    runTrack(flow, 'A', { exitCode: 1 });
    expect(statesOf(flow)).toEqual({ A: 'FAILED', B: 'SKIPPED', C: 'SKIPPED', D: 'PENDING' });
    expect(trackOf(flow, 'A').reason).toBe('exit_code');
  });

  test('are not asked where the pipeline has ended', () => {
    const flow = start(undefined);
    runTrack(flow, 'A', { exitCode: 1 });
    expect(trackOf(flow, 'A')).toMatchObject({ chosen: null, detail: null });
  });

  test('are asked when the mode becomes automatic; without an answer the person chooses all the same', () => {
    const known = start(5, { pipeline: { mode: 'manual' } });
    const unknown = start(undefined, { pipeline: { mode: 'manual' } });
    for (const flow of [known, unknown]) {
      runTrack(flow, 'A');
      expect(act(flow, { kind: 'set_mode', mode: 'auto' }).kind).toBe('done');
    }
    expect(statesOf(known)).toMatchObject({ B: 'PENDING', C: 'SKIPPED' });
    expect(trackOf(unknown, 'A')).toMatchObject({ state: 'SUCCEED', awaits: 'choice' });
    expect(trackOf(unknown, 'A').detail).toContain('A -> B');
    expect(act(unknown, { kind: 'choose', vertexId: idOf(unknown, 'A'), names: ['B'] }).kind).toBe('done');
    expect(statesOf(unknown)).toMatchObject({ B: 'PENDING', C: 'SKIPPED', D: 'SKIPPED' });
  });
});
