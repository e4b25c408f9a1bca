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
import { rerun, rerunOf } from './testing-persons.ts';
import { applyEvents } from './testing-store.ts';

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

  test.each([
    ['what came after it had started', ['A->B'], ['B']],
    ['what came after it was cancelled for another failure', ['A->D', 'L->D'], ['L']],
  ])('does not ask where it had gone on before the mode was manual: %s', (_, edges, failing) => {
    const flow = startFlow({ edges, pipeline: { onFailure: 'continue' } });
    runTrack(flow, 'A');
    act(flow, { kind: 'set_mode', mode: 'manual' });
    for (const name of failing) claim(flow, name);
    if (failing.includes('L')) applyEvents(flow, [eventOf(completionOf(flow, 'L', { exitCode: 1 }))]);
    applyEvents(flow, [{ kind: 'cancel' }]);
    if (failing.includes('B')) applyEvents(flow, [eventOf(completionOf(flow, 'B', { outcome: 'cancelled' }))]);
    expect(rerun(flow, 'failed')).toBe('done');
    expect(trackOf(flow, 'A').awaits).toBeNull();
  });

  test('does not ask where the person names what is to go on', () => {
    const flow = startManual();
    applyEvents(flow, [{ kind: 'cancel' }]);
    expect(rerunOf(flow, ['B'])).toBe('done');
    expect(trackOf(flow, 'A').awaits).toBeNull();
    expect(statesOf(flow)).toMatchObject({ B: 'PENDING', C: 'CANCELLED' });
  });
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
