import { describe, expect, test } from '@jest/globals';
import {
  PIPELINE_ID,
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
import { trackIdOf } from './track-id.ts';
import { moveTrack } from './ending-rules.ts';
import { decideChanges } from './transition-rules.ts';
import { waitingTrack } from './waiting-track.ts';

const TEST1 = { edges: ['A->B', 'A->C', 'C->B', 'B->D'] };

/** Everything that a worker could claim now. */
function pendingOf(flow: Flow): string[] {
  return Object.entries(statesOf(flow)).flatMap(([name, state]) => (state === 'PENDING' ? [name] : []));
}

describe('automatic transition', () => {
  test("the seed's test1 runs A, C, B, D, one after the other", () => {
    const flow = startFlow(TEST1);
    const order: string[] = [];
    for (let [next] = pendingOf(flow); next !== undefined; [next] = pendingOf(flow)) {
      expect(pendingOf(flow)).toEqual([next]);
      order.push(next);
      runTrack(flow, next);
    }
    expect(order).toEqual(['A', 'C', 'B', 'D']);
    expect(flow.pipeline).toMatchObject({ state: 'FINISH', openTracks: 0, failures: 0, reason: null });
  });

  test('a success touches its track and its direct successors, and nothing else is loaded', () => {
    const flow = startFlow({ edges: ['A->B', 'B->C', 'X->Y', 'C->Y'] });
    const changes = runTrack(flow, 'A');
    expect(changes.tracks.map(({ after }) => after.vertexId)).toEqual([1, 2]);
    expect(changes.attempts).toMatchObject([{ vertexId: 1, result: 'succeed' }]);
  });

  test('several entries are PENDING at the start, and their join waits for the last of them', () => {
    const flow = startFlow({ edges: ['A->C', 'B->C'] });
    expect(pendingOf(flow)).toEqual(['A', 'B']);
    runTrack(flow, 'B');
    expect(trackOf(flow, 'C').state).toBe('WAITING');
    runTrack(flow, 'A');
    expect(trackOf(flow, 'C').state).toBe('PENDING');
  });

  test('with several ends the pipeline is FINISH only after the last of them', () => {
    const flow = startFlow({ edges: ['A->B', 'A->C'] });
    runTrack(flow, 'A');
    runTrack(flow, 'C');
    expect(flow.pipeline.state).toBe('RUNNING');
    runTrack(flow, 'B');
    expect(flow.pipeline.state).toBe('FINISH');
  });

  test('two predecessors in one batch make their join PENDING once', () => {
    const flow = startFlow({ edges: ['A->C', 'B->C'] });
    claim(flow, 'A');
    claim(flow, 'B');
    const changes = applyEvents(flow, [eventOf(completionOf(flow, 'A')), eventOf(completionOf(flow, 'B'))]);
    expect(changes.tracks.filter(({ after }) => after.state === 'PENDING')).toHaveLength(1);
    expect(trackOf(flow, 'C').counts.succeeded).toBe(2);
  });

  test('a vertex with join always is PENDING at the start and keeps its pipeline open', () => {
    const flow = startFlow({ edges: ['A->B'], vertices: { B: { join: 'always' } } });
    expect(pendingOf(flow)).toEqual(['A', 'B']);
    runTrack(flow, 'A');
    expect(flow.pipeline.state).toBe('RUNNING');
    expect(runTrack(flow, 'B').pipeline.after.state).toBe('FINISH');
  });

  test('the rules name the tracks that they have to see, in ascending order', () => {
    const flow = startFlow(TEST1);
    claim(flow, 'A');
    const context = { graph: flow.graph, pipeline: flow.pipeline, tracks: new Map(), facts: new Map(), random: 0 };
    const event = eventOf(completionOf(flow, 'A'));
    expect(decideChanges(context, [event])).toEqual({ kind: 'needs_tracks', vertexIds: [1], factsOf: [] });
    const tracks = new Map([[1, trackOf(flow, 'A')]]);
    expect(decideChanges({ ...context, tracks }, [event])).toEqual({
      kind: 'needs_tracks',
      vertexIds: [2, 3],
      factsOf: [],
    });
  });

  test.each([{ kind: 'skip', vertexId: 2 } as const, { kind: 'expire_track', vertexId: 2 } as const])(
    'the rules ask for the track that an event names: %j',
    (event) => {
      const context = { ...startFlow(TEST1), tracks: new Map(), facts: new Map(), random: 0 };
      expect(decideChanges(context, [event])).toEqual({ kind: 'needs_tracks', vertexIds: [2], factsOf: [] });
    },
  );

  test('the rules ask for what a condition looks at', () => {
    const vertices = { C: { when: 'outputs.A.x == "1"', join: 'all_done' } } as const;
    const flow = startFlow({ edges: ['A->B', 'B->C'], vertices });
    const tracks = new Map(['B', 'C'].map((name) => [trackOf(flow, name).vertexId, trackOf(flow, name)]));
    const context = { ...flow, tracks, facts: new Map(), random: 0 };
    const asked = { kind: 'needs_tracks', vertexIds: [1], factsOf: [1, 3] };
    expect(decideChanges(context, [{ kind: 'skip', vertexId: 2 }])).toEqual(asked);
  });

  test('a move that the table does not have is an error of the rules', () => {
    const { vertexId } = trackOf(startFlow(TEST1), 'A');
    expect(() => moveTrack({ ...waitingTrack(vertexId), state: 'SUCCEED' }, 'PENDING')).toThrow(
      'a track may not go from SUCCEED to PENDING by the flow: vertex 1',
    );
    expect(() => moveTrack({ ...waitingTrack(vertexId), state: 'RUNNING' }, 'WAITING', 'person')).toThrow(
      'by the person',
    );
  });

  test('a completion of a vertex that the graph does not have is an error of the caller', () => {
    const flow = startFlow(TEST1);
    const event = eventOf({ ...completionOf(flow, 'A'), trackId: trackIdOf(PIPELINE_ID, 99) });
    expect(() => decideChanges({ ...flow, facts: new Map(), random: 0 }, [event])).toThrow(
      'pipeline 7 has no vertex 99',
    );
  });
});

describe('cancelling a pipeline', () => {
  function cancelHalfWay(): Flow {
    const flow = startFlow({ edges: ['A->B', 'B->C'], vertices: { P: {} } });
    claim(flow, 'A');
    applyEvents(flow, [{ kind: 'cancel' }]);
    return flow;
  }

  test('what has not started is CANCELLED, what runs is to be killed', () => {
    const flow = cancelHalfWay();
    expect(statesOf(flow)).toEqual({ A: 'RUNNING', B: 'CANCELLED', C: 'CANCELLED', P: 'CANCELLED' });
    expect(flow.pipeline).toMatchObject({ state: 'CANCELLED', reason: 'cancelled', openTracks: 1 });
    expect(trackOf(flow, 'A').cancelRequested).toBe(true);
    applyEvents(flow, [eventOf(completionOf(flow, 'A', { outcome: 'cancelled' }))]);
    expect(trackOf(flow, 'A')).toMatchObject({ state: 'CANCELLED', reason: 'pipeline_cancelled' });
    expect(flow.pipeline).toMatchObject({ openTracks: 0, failures: 0 });
  });

  test('cancelling again changes nothing', () => {
    const flow = cancelHalfWay();
    const { pipeline, tracks } = applyEvents(flow, [{ kind: 'cancel' }]);
    expect(pipeline.after).toEqual(pipeline.before);
    expect(tracks).toEqual([]);
  });

  test('cancelling an ended pipeline leaves its state and asks to kill what it still runs', () => {
    const flow = startFlow({ vertices: { A: {}, B: {} } });
    claim(flow, 'B');
    runTrack(flow, 'A', { exitCode: 1 });
    const changes = applyEvents(flow, [{ kind: 'cancel' }]);
    expect(changes.pipeline.after.state).toBe('FAILED');
    expect(changes).toMatchObject({ killRunning: true, cancelUnstarted: null, tracks: [] });
    applyEvents(flow, [eventOf(completionOf(flow, 'B', { outcome: 'cancelled' }))]);
    expect(trackOf(flow, 'B').reason).toBe('pipeline_failed');
  });

  test('a track that awaited a person awaits nobody any more, seen by the rules or not', () => {
    const flow = startFlow({ edges: ['A->B', 'X->Y'], vertices: { P: {} }, pipeline: { mode: 'manual' } });
    claim(flow, 'X');
    runTrack(flow, 'A');
    patchTrack(flow, 'P', { awaits: 'params' });
    const { tracks } = applyEvents(flow, [eventOf(completionOf(flow, 'X')), { kind: 'cancel' }]);
    expect(tracks.map(({ after }) => [after.vertexId, after.awaits])).toEqual([[3, null]]);
    expect([...flow.tracks.values()].filter(({ awaits }) => awaits !== null)).toEqual([]);
    expect(flow.pipeline).toMatchObject({ state: 'CANCELLED', openTracks: 0 });
  });

  test('a cancel behind the last completion of a batch comes too late, as it would alone', () => {
    const flow = startFlow({ vertices: { A: {} } });
    claim(flow, 'A');
    applyEvents(flow, [eventOf(completionOf(flow, 'A')), { kind: 'cancel' }]);
    expect(flow.pipeline.state).toBe('FINISH');
  });
});

describe('completions that come late', () => {
  test('of a track whose pipeline has ended: recorded, and nothing starts', () => {
    const flow = startFlow({ edges: ['A->B'], vertices: { X: {} }, pipeline: { mode: 'manual' } });
    claim(flow, 'A');
    runTrack(flow, 'X', { exitCode: 1 });
    const changes = applyEvents(flow, [eventOf(completionOf(flow, 'A'))]);
    expect(changes.attempts).toHaveLength(1);
    expect(trackOf(flow, 'A')).toMatchObject({ state: 'SUCCEED', awaits: null });
    expect(trackOf(flow, 'B').state).toBe('CANCELLED');
  });

  test('a duplicate in the same batch and one after it are listed as stale and change nothing', () => {
    const flow = startFlow(TEST1);
    claim(flow, 'A');
    const event = eventOf(completionOf(flow, 'A'));
    expect(applyEvents(flow, [event, event]).stale).toMatchObject([{ why: 'already_applied' }]);
    const again = applyEvents(flow, [event]);
    expect(again).toMatchObject({ tracks: [], attempts: [], stale: [{ why: 'already_applied' }] });
    expect(again.pipeline.after).toEqual(again.pipeline.before);
  });

  test('another success of a run that is not the one that holds the track changes nothing', () => {
    const flow = startFlow(TEST1);
    claim(flow, 'A');
    const changes = applyEvents(flow, [eventOf(completionOf(flow, 'A', { runId: 'a-run-of-long-ago' }))]);
    expect(changes).toMatchObject({ tracks: [], stale: [{ why: 'other_run' }] });
  });
});

describe('a paused pipeline', () => {
  test('applies what ends: successors become PENDING, and the last end finishes it', () => {
    const flow = startFlow({ edges: ['A->B'] });
    claim(flow, 'A');
    const last = startFlow({ vertices: { A: {} } });
    claim(last, 'A');
    for (const each of [flow, last]) {
      each.pipeline = { ...each.pipeline, state: 'PAUSED' };
      applyEvents(each, [eventOf(completionOf(each, 'A'))]);
    }
    expect(trackOf(flow, 'B').state).toBe('PENDING');
    expect(() => claim(flow, 'B')).toThrow('PAUSED');
    expect([flow.pipeline.state, last.pipeline.state]).toEqual(['PAUSED', 'FINISH']);
  });
});
