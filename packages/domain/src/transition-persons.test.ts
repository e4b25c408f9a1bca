import { describe, expect, test } from '@jest/globals';
import {
  claim,
  completionOf,
  eventOf,
  idOf,
  runTrack,
  startFailed,
  startFlow,
  statesOf,
  trackOf,
  type Flow,
} from './testing-flow.ts';
import { choose, say } from './testing-persons.ts';
import { applyEvents } from './testing-store.ts';

describe('pause and resume', () => {
  test('each once; a pipeline that is not paused cannot be resumed', () => {
    const flow = startFlow({ vertices: { A: {} } });
    expect(say(flow, { kind: 'resume' })).toBe('expected a pipeline in PAUSED, found it in RUNNING');
    expect(say(flow, { kind: 'pause' })).toBe('done');
    expect(flow.pipeline.state).toBe('PAUSED');
    expect(say(flow, { kind: 'pause' })).toBe('unchanged');
    expect(say(flow, { kind: 'resume' })).toBe('done');
    runTrack(flow, 'A');
    expect(say(flow, { kind: 'pause' })).toBe('expected a pipeline in RUNNING, found it in FINISH');
  });
});

describe('cancelling a pipeline', () => {
  test('is done once, refused for a finished one, and kills what an ended one still runs', () => {
    const cancel = (flow: Flow): string => applyEvents(flow, [{ kind: 'cancel' }]).verdicts[0]?.kind as string;
    const live = startFailed('continue');
    expect([cancel(live), cancel(live)]).toEqual(['done', 'unchanged']);
    const done = startFlow({ vertices: { A: {} } });
    runTrack(done, 'A');
    expect(cancel(done)).toBe('refused');
    expect(cancel(startFailed('stop'))).toBe('unchanged');
    const busy = startFlow({ vertices: { A: {}, X: {} } });
    claim(busy, 'X');
    runTrack(busy, 'A', { exitCode: 1 });
    expect(cancel(busy)).toBe('done');
    expect(trackOf(busy, 'X').cancelRequested).toBe(true);
  });

  test('behind the failure that ended it, in one batch, is judged by what still runs', () => {
    const flow = startFlow({ edges: ['A->B'], vertices: { P: {} } });
    claim(flow, 'A');
    const failure = eventOf(completionOf(flow, 'A', { exitCode: 1 }));
    expect(applyEvents(flow, [failure, { kind: 'cancel' }]).verdicts).toEqual([{ kind: 'unchanged' }]);
  });
});

describe('a choice', () => {
  const manual = { pipeline: { mode: 'manual' as const } };
  const TEST1 = { edges: ['A->B', 'A->C', 'C->B', 'B->D'] };

  test("the seed's test1: choosing B skips nothing of B but C; choosing C runs C, then B", () => {
    const byB = startFlow({ edges: ['A->B', 'A->C', 'B->D'], ...manual });
    runTrack(byB, 'A');
    expect(choose(byB, 'A', ['B'])).toBe('done');
    expect(statesOf(byB)).toMatchObject({ B: 'PENDING', C: 'SKIPPED' });
    const byC = startFlow({ ...TEST1, ...manual });
    runTrack(byC, 'A');
    expect(choose(byC, 'A', ['B', 'C'])).toBe('done');
    runTrack(byC, 'C');
    expect(choose(byC, 'C', ['B'])).toBe('done');
    runTrack(byC, 'B');
    expect(choose(byC, 'B', ['D'])).toBe('done');
    runTrack(byC, 'D');
    expect(byC.pipeline.state).toBe('FINISH');
  });

  test('the same again is no change, another is refused and told what was chosen', () => {
    const flow = startFlow({ edges: ['A->B', 'A->C'], ...manual });
    expect(choose(flow, 'A', ['B'])).toBe('expected A to await a choice, found it PENDING');
    runTrack(flow, 'A');
    expect(choose(flow, 'A', ['C', 'B'])).toBe('done');
    expect(choose(flow, 'A', ['2', '3'])).toBe('unchanged');
    expect(choose(flow, 'A', ['B'])).toBe('expected A to await a choice, found it SUCCEED; chosen are B, C');
  });

  test('that is none of the successors, or one twice, is refused', () => {
    const flow = startFlow({ edges: ['A->B', 'A->C', 'B->D'], ...manual });
    runTrack(flow, 'A');
    expect(choose(flow, 'A', ['D'])).toBe('expected successors of A (B, C), each once, found D');
    expect(choose(flow, 'A', ['B', 'B'])).toContain('each once');
    expect(choose(flow, 'D', ['A'])).toBe('expected successors of D (it has none), each once, found A');
  });

  test('may be of nobody: the flow ends there', () => {
    const flow = startFlow({ edges: ['A->B'], ...manual });
    runTrack(flow, 'A');
    expect(choose(flow, 'A', [])).toBe('done');
    expect(flow.pipeline.state).toBe('FINISH');
  });

  test('is awaited by a track that may fail as well', () => {
    const flow = startFlow({ edges: ['A->B', 'A->C'], vertices: { A: { allowFailure: true } }, ...manual });
    runTrack(flow, 'A', { exitCode: 1 });
    expect(trackOf(flow, 'A')).toMatchObject({ state: 'FAILED', awaits: 'choice' });
    expect(choose(flow, 'A', ['B'])).toBe('done');
    expect(statesOf(flow)).toMatchObject({ B: 'PENDING', C: 'SKIPPED' });
    expect(flow.pipeline.failures).toBe(0);
  });
});

describe('switching the mode', () => {
  test('to automatic lets everything go on that awaited a choice; to manual concerns what ends from then on', () => {
    const flow = startFlow({ edges: ['A->B', 'X->Y'], pipeline: { mode: 'manual' } });
    runTrack(flow, 'A');
    expect(say(flow, { kind: 'set_mode', mode: 'manual' })).toBe('unchanged');
    expect(say(flow, { kind: 'set_mode', mode: 'auto' })).toBe('done');
    expect(statesOf(flow)).toMatchObject({ B: 'PENDING', Y: 'WAITING' });
    expect(trackOf(flow, 'A')).toMatchObject({ awaits: null, chosen: null });
    expect(say(flow, { kind: 'set_mode', mode: 'manual' })).toBe('done');
    runTrack(flow, 'X');
    expect(trackOf(flow, 'X').awaits).toBe('choice');
  });

  test('of an ended pipeline is refused', () => {
    expect(say(startFailed('stop'), { kind: 'set_mode', mode: 'manual' })).toBe(
      'expected a live pipeline, found it in FAILED',
    );
  });
});

describe('giving parameters', () => {
  const give = (flow: Flow, values: Record<string, string>): string =>
    say(flow, { kind: 'give_params', vertexId: idOf(flow, 'B'), values });

  test('lets the track run when it is its turn, before it or at once', () => {
    const flow = startFlow({ edges: ['A->B'], held: ['B'] });
    expect(give(flow, { ip: '::1' })).toBe('done');
    expect(trackOf(flow, 'B')).toMatchObject({ state: 'WAITING', awaits: null });
    runTrack(flow, 'A');
    expect(trackOf(flow, 'B')).toMatchObject({ state: 'PENDING', awaits: null });
    const late = startFlow({ edges: ['A->B'], held: ['B'] });
    runTrack(late, 'A');
    expect(give(late, { ip: '::1' })).toBe('done');
    expect(trackOf(late, 'B')).toMatchObject({ state: 'PENDING', awaits: null });
  });

  test('the same again is no change, others come too late', () => {
    const flow = startFlow({ edges: ['A->B'], held: ['B'] });
    give(flow, { ip: '::1' });
    expect(give(flow, { ip: '::1' })).toBe('unchanged');
    expect(give(flow, { ip: '::2' })).toBe('expected B to await parameters, found it WAITING');
  });
});
