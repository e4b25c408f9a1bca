import { describe, expect, test } from '@jest/globals';
import { PLAIN_DECLARATION } from './parameters-value.ts';
import { act, idOf, patchTrack, runTrack, startFlow, statesOf, trackOf, type Flow } from './testing-flow.ts';
import { checkInvariants } from './testing-invariants.ts';
import { applyEvents } from './testing-store.ts';
import type { PersonEvent } from './transition-types.ts';

type OnReject = 'skip' | 'fail';
type OnExpiry = 'approve' | 'reject';

interface Gate {
  onReject?: OnReject;
  onExpiry?: OnExpiry;
  onFailure?: 'stop' | 'hold' | 'continue';
}

/** A, then G behind its gate, then B. */
function startGated({ onReject = 'skip', onExpiry = 'reject', onFailure = 'stop' }: Gate = {}): Flow {
  const vertices = { G: { gate: { onReject, onExpiry } } };
  const flow = startFlow({ edges: ['A->G', 'G->B'], vertices, pipeline: { onFailure } });
  runTrack(flow, 'A');
  return flow;
}

function decide(flow: Flow, kind: 'approve' | 'reject', values = {}): string {
  const vertexId = idOf(flow, 'G');
  const event: PersonEvent = kind === 'approve' ? { kind, vertexId, values } : { kind, vertexId };
  const verdict = act(flow, event);
  return verdict.kind === 'refused' ? verdict.message : verdict.kind;
}

function expire(flow: Flow): void {
  patchTrack(flow, 'G', { isExpired: true });
  applyEvents(flow, [{ kind: 'expire_track', vertexId: idOf(flow, 'G') }]);
}

describe('a gate', () => {
  test('holds its vertex in PENDING, and keeps the pipeline alive', () => {
    const flow = startGated();
    expect(trackOf(flow, 'G')).toMatchObject({ state: 'PENDING', awaits: 'approval', gateDecision: null });
    expect(flow.pipeline.openTracks).toBe(2);
    checkInvariants(flow);
  });

  test('approved lets it run, with the values of its form', () => {
    const flow = startGated();
    flow.inputs.set(idOf(flow, 'G'), { ip: '::1' });
    expect(decide(flow, 'approve', { why: 'tested' })).toBe('done');
    expect(trackOf(flow, 'G')).toMatchObject({ state: 'PENDING', awaits: null, gateDecision: 'approved' });
    expect(flow.inputs.get(idOf(flow, 'G'))).toEqual({ ip: '::1', why: 'tested' });
    runTrack(flow, 'G');
    runTrack(flow, 'B');
    expect(flow.pipeline.state).toBe('FINISH');
  });

  test('rejected skips it with what only it leads to', () => {
    const flow = startGated();
    expect(decide(flow, 'reject')).toBe('done');
    expect(trackOf(flow, 'G')).toMatchObject({ state: 'SKIPPED', reason: 'rejected', gateDecision: 'rejected' });
    expect(statesOf(flow)).toMatchObject({ B: 'SKIPPED' });
    expect(flow.pipeline.state).toBe('FINISH');
  });

  test('rejected fails it where the gate says so, and the failure policy applies', () => {
    const stopped = startGated({ onReject: 'fail' });
    decide(stopped, 'reject');
    expect(trackOf(stopped, 'G')).toMatchObject({ state: 'FAILED', reason: 'rejected' });
    expect(stopped.pipeline).toMatchObject({ state: 'FAILED', reason: 'track G: rejected', failures: 1 });
    const held = startGated({ onReject: 'fail', onFailure: 'hold' });
    decide(held, 'reject');
    expect(trackOf(held, 'G')).toMatchObject({ state: 'FAILED', awaits: 'decision' });
  });

  test.each(['approve', 'reject'] as const)(
    'decided once (%s): the same again is no change, another is refused',
    (kind) => {
      const flow = startGated();
      const other = kind === 'approve' ? 'reject' : 'approve';
      expect(decide(flow, kind)).toBe('done');
      const after = JSON.stringify([...flow.tracks]);
      expect(decide(flow, kind)).toBe('unchanged');
      expect(decide(flow, other)).toContain(`found it ${kind === 'approve' ? 'approved' : 'rejected'}`);
      expect(JSON.stringify([...flow.tracks])).toBe(after);
    },
  );

  test('that is not reached, and one that is not there, are nothing to decide', () => {
    const flow = startFlow({ edges: ['A->G'], vertices: { G: { gate: { onReject: 'skip', onExpiry: 'reject' } } } });
    expect(decide(flow, 'approve')).toBe('expected G to await an approval, found it WAITING');
    const plain = startFlow({ vertices: { G: {} } });
    expect(decide(plain, 'reject')).toBe('expected G to await an approval, found it PENDING');
  });

  test('keeps its approval over another attempt: nobody is asked twice', () => {
    const retry = { max: 1, delayMs: 0, factor: 1, maxDelayMs: 0, jitter: 0 };
    const flow = startFlow({ vertices: { G: { gate: { onReject: 'skip', onExpiry: 'reject' }, retry } } });
    decide(flow, 'approve');
    runTrack(flow, 'G', { exitCode: 1 });
    expect(trackOf(flow, 'G')).toMatchObject({ state: 'PENDING', attempt: 2, awaits: null, gateDecision: 'approved' });
  });

  test('comes after the parameters that a person must give', () => {
    const gate = { onReject: 'skip', onExpiry: 'reject' } as const;
    const flow = startFlow({ edges: ['A->G'], vertices: { G: { gate } }, held: ['G'] });
    expect(trackOf(flow, 'G')).toMatchObject({ state: 'WAITING', awaits: 'params' });
    runTrack(flow, 'A');
    expect(trackOf(flow, 'G')).toMatchObject({ state: 'PENDING', awaits: 'params' });
    expect(decide(flow, 'approve')).toContain('found it PENDING and awaiting parameters');
    expect(act(flow, { kind: 'give_params', vertexId: idOf(flow, 'G'), values: { ip: '::1' } }).kind).toBe('done');
    expect(trackOf(flow, 'G')).toMatchObject({ state: 'PENDING', awaits: 'approval' });
    expect(decide(flow, 'approve')).toBe('done');
    expect(flow.inputs.get(idOf(flow, 'G'))).toEqual({ ip: '::1' });
  });

  test('of a pipeline that is cancelled awaits nobody', () => {
    const flow = startGated();
    applyEvents(flow, [{ kind: 'cancel' }]);
    expect(trackOf(flow, 'G')).toMatchObject({ state: 'CANCELLED', awaits: null });
    expect(decide(flow, 'approve')).toContain('found it CANCELLED');
    checkInvariants(flow);
  });
});

describe('the expiry of a gate', () => {
  test('rejects it, if nothing else is said', () => {
    const flow = startGated();
    expire(flow);
    expect(trackOf(flow, 'G')).toMatchObject({ state: 'SKIPPED', reason: 'rejected', gateDecision: 'rejected' });
    expect(flow.pipeline.state).toBe('FINISH');
  });

  test('fails it where a rejection does', () => {
    const flow = startGated({ onReject: 'fail', onFailure: 'continue' });
    expire(flow);
    expect(statesOf(flow)).toMatchObject({ G: 'FAILED', B: 'CANCELLED' });
  });

  test('that approves it leaves its form as it is', () => {
    const form = {
      target: { ...PLAIN_DECLARATION, type: 'string' as const, default: 'staging' },
      note: { ...PLAIN_DECLARATION, type: 'string' as const },
    };
    const startFilled = (onExpiry: OnExpiry): Flow =>
      startFlow({ vertices: { G: { gate: { onReject: 'skip', onExpiry, form } } } });
    const approved = startFilled('approve');
    expire(approved);
    expect(trackOf(approved, 'G')).toMatchObject({ state: 'PENDING', gateDecision: 'approved' });
    expect({ ...approved.inputs.get(idOf(approved, 'G')) }).toEqual({ target: 'staging' });
    const rejected = startFilled('reject');
    expire(rejected);
    expect({ ...rejected.inputs.get(idOf(rejected, 'G')) }).toEqual({});
  });

  test('approves it where the gate says so, also while the pipeline is paused; then its wait in the queue begins', () => {
    const flow = startGated({ onExpiry: 'approve' });
    act(flow, { kind: 'pause' });
    expire(flow);
    expect(trackOf(flow, 'G')).toMatchObject({
      state: 'PENDING',
      awaits: null,
      gateDecision: 'approved',
      isExpired: false,
    });
  });

  test('that has not come, or comes after a decision, does nothing', () => {
    const flow = startGated();
    const event = { kind: 'expire_track', vertexId: idOf(flow, 'G') } as const;
    expect(applyEvents(flow, [event]).tracks).toEqual([]);
    decide(flow, 'approve');
    expect(applyEvents(flow, [event]).tracks).toEqual([]);
    runTrack(flow, 'G');
    expect(applyEvents(flow, [event]).tracks).toEqual([]);
  });

  test('does not end the wait for parameters', () => {
    const flow = startFlow({ vertices: { G: {} }, held: ['G'] });
    expire(flow);
    expect(trackOf(flow, 'G')).toMatchObject({ state: 'PENDING', awaits: 'params' });
  });
});

describe('a wait in the queue that lasts too long', () => {
  test('fails the track, whatever its retry policy, and the failure policy applies', () => {
    const retry = { max: 3, delayMs: 0, factor: 1, maxDelayMs: 0, jitter: 0 };
    const flow = startFlow({ edges: ['G->B'], vertices: { G: { retry } } });
    expire(flow);
    expect(trackOf(flow, 'G')).toMatchObject({ state: 'FAILED', reason: 'queue_timeout', isExpired: false });
    expect(flow.pipeline).toMatchObject({ state: 'FAILED', reason: 'track G: queue_timeout' });
  });

  test('counts for nothing while the pipeline is paused: nothing could have started it', () => {
    const flow = startFlow({ vertices: { G: {} } });
    act(flow, { kind: 'pause' });
    expire(flow);
    expect(trackOf(flow, 'G').state).toBe('PENDING');
  });
});

describe("a pipeline's deadline", () => {
  test('FAILED for that reason; what has not started is CANCELLED, what runs is killed', () => {
    const flow = startFlow({ edges: ['A->B'], vertices: { P: {} }, pipeline: { onFailure: 'hold' } });
    runTrack(flow, 'P', { exitCode: 1 });
    patchTrack(flow, 'A', { state: 'RUNNING', runId: 'the-run-that-goes-on', startedAttempt: 1 });
    flow.pipeline = { ...flow.pipeline, isExpired: true };
    const changes = applyEvents(flow, [{ kind: 'expire' }]);
    expect(changes.killRunning).toBe(true);
    expect(flow.pipeline).toMatchObject({ state: 'FAILED', reason: 'timeout', openTracks: 1 });
    expect(trackOf(flow, 'B')).toMatchObject({ state: 'CANCELLED', reason: 'pipeline_failed' });
    expect(trackOf(flow, 'P').awaits).toBeNull();
    expect(applyEvents(flow, [{ kind: 'expire' }])).toMatchObject({ killRunning: false, cancelUnstarted: null });
  });

  test('that has not come does nothing', () => {
    const flow = startFlow({ vertices: { A: {} } });
    applyEvents(flow, [{ kind: 'expire' }]);
    expect(flow.pipeline.state).toBe('RUNNING');
  });
});
