import { describe, expect, test } from '@jest/globals';
import {
  decideRetry,
  FAILURE_REASONS,
  MAX_LOST_RETRIES,
  retryPolicySchema,
  type FailedAttempt,
  type RetryPolicy,
} from './retry-policy.ts';
import { claim, completionOf, eventOf, patchTrack, runTrack, startFlow, trackOf } from './testing-flow.ts';
import { applyEvents } from './testing-store.ts';

function policy(patch: Partial<RetryPolicy> = {}): RetryPolicy {
  return retryPolicySchema.parse({ max: 3, ...patch });
}

const FAILED: FailedAttempt = { reason: 'exit_code', exitCode: 1, attemptsMade: 1, elapsedMs: 0, random: 0 };

function decide(retry: Partial<RetryPolicy>, failed: Partial<FailedAttempt> = {}): number | 'give_up' {
  const decision = decideRetry({ retry: policy(retry), onLost: 'fail' }, { ...FAILED, ...failed });
  return decision.kind === 'retry' ? decision.delayMs : decision.kind;
}

describe('decideRetry', () => {
  test('gives up without a policy', () => {
    expect(decideRetry({ retry: null, onLost: 'retry' }, FAILED)).toEqual({ kind: 'give_up' });
  });

  test('allows `max` attempts after the first, at once by default', () => {
    expect([1, 2, 3, 4].map((attemptsMade) => decide({ max: 3 }, { attemptsMade }))).toEqual([0, 0, 0, 'give_up']);
  });

  test('waits longer by the factor each time, up to the cap', () => {
    const waits = [1, 2, 3, 4, 5].map((attemptsMade) =>
      decide({ max: 9, delayMs: 100, factor: 3, maxDelayMs: 2000 }, { attemptsMade }),
    );
    expect(waits).toEqual([100, 300, 900, 2000, 2000]);
  });

  test.each([0, 500])('gives a number of ms at the end of the longest budget too, with a delay of %i', (delayMs) => {
    const wait = decide({ max: 1000, delayMs, factor: 100, maxDelayMs: 60_000 }, { attemptsMade: 1000 });
    expect(wait).toBe(delayMs === 0 ? 0 : 60_000);
  });

  test('takes up to the share of jitter off each wait, in whole ms', () => {
    const jittered = (random: number): number | 'give_up' => decide({ delayMs: 1001, jitter: 0.5 }, { random });
    expect([jittered(0), jittered(0.5), jittered(0.999)]).toEqual([1001, 751, 501]);
  });

  test('retries only the exit codes it lists', () => {
    expect(decide({ exitCodes: [75, 1] })).toBe(0);
    expect(decide({ exitCodes: [75] })).toBe('give_up');
    expect(decide({ exitCodes: [75] }, { reason: 'timeout', exitCode: null })).toBe('give_up');
  });

  test('retries only the reasons it lists', () => {
    expect(decide({ reasons: ['timeout'] }, { reason: 'timeout' })).toBe(0);
    expect(decide({ reasons: ['timeout'] }, { reason: 'signal' })).toBe('give_up');
  });

  test('starts no retry later than totalMs after the first attempt', () => {
    expect(decide({ delayMs: 400, totalMs: 1000 }, { elapsedMs: 600 })).toBe(400);
    expect(decide({ delayMs: 400, totalMs: 1000 }, { elapsedMs: 601 })).toBe('give_up');
  });

  const writtenWrong = ['bad_choice', 'bad_output'] as const;

  test.each(writtenWrong)('never retries %s: the same script would write the same again', (reason) => {
    expect(decide({}, { reason })).toBe('give_up');
  });

  test.each(FAILURE_REASONS.filter((reason) => ![...writtenWrong, 'lost'].includes(reason)))('retries %s', (reason) => {
    expect(decide({}, { reason })).toBe(0);
  });

  test('leaves lost workers to onLost, whatever `retry` says', () => {
    const lost = (onLost: 'fail' | 'retry', attemptsMade: number): string =>
      decideRetry({ retry: policy(), onLost }, { ...FAILED, reason: 'lost', attemptsMade }).kind;
    expect([lost('fail', 1), lost('retry', 1), lost('retry', MAX_LOST_RETRIES)]).toEqual(['give_up', 'retry', 'retry']);
    expect(lost('retry', MAX_LOST_RETRIES + 1)).toBe('give_up');
  });
});

describe('retrying a track', () => {
  const lost = { outcome: 'lost' } as const;

  test('makes it PENDING for the next attempt after the delay, and nothing else moves', () => {
    const flow = startFlow({ edges: ['A->B'], vertices: { A: { retry: policy({ delayMs: 250 }) } } });
    const changes = runTrack(flow, 'A', { exitCode: 2 });
    expect(changes.tracks).toHaveLength(1);
    expect(changes.tracks[0]).toMatchObject({ after: { state: 'PENDING', attempt: 2, runId: null }, delayMs: 250 });
    expect(changes.attempts).toMatchObject([{ result: 'exit_code' }]);
    expect(flow.pipeline).toMatchObject({ state: 'RUNNING', failures: 0, openTracks: 2 });
  });

  test('a success after a failed attempt leaves no reason behind', () => {
    const flow = startFlow({ vertices: { A: { retry: policy() } } });
    runTrack(flow, 'A', { exitCode: 2 });
    runTrack(flow, 'A');
    expect(trackOf(flow, 'A')).toMatchObject({ state: 'SUCCEED', attempt: 2, exitCode: 0, reason: null });
    expect(flow.pipeline.reason).toBeNull();
  });

  test('ends FAILED when the budget is spent, and only then does the failure policy apply', () => {
    const flow = startFlow({ vertices: { A: { retry: policy({ max: 2 }) } } });
    const states = [1, 2, 3].map(() => runTrack(flow, 'A', { exitCode: 1 }).pipeline.after.state);
    expect(states).toEqual(['RUNNING', 'RUNNING', 'FAILED']);
    expect(trackOf(flow, 'A')).toMatchObject({ state: 'FAILED', attempt: 3 });
  });

  test('counts the budget from the attempt that a person set it to', () => {
    const flow = startFlow({ vertices: { A: { retry: policy({ max: 1 }) } } });
    patchTrack(flow, 'A', { attempt: 4, budgetFromAttempt: 4 });
    runTrack(flow, 'A', { exitCode: 1 });
    expect(trackOf(flow, 'A')).toMatchObject({ state: 'PENDING', attempt: 5 });
    runTrack(flow, 'A', { exitCode: 1 });
    expect(trackOf(flow, 'A').state).toBe('FAILED');
  });

  test('counts lost workers and failed scripts apart', () => {
    const flow = startFlow({ vertices: { A: { retry: policy({ max: 1 }), onLost: 'retry' } } });
    runTrack(flow, 'A', lost);
    runTrack(flow, 'A', { exitCode: 1 });
    expect(trackOf(flow, 'A')).toMatchObject({ state: 'PENDING', attempt: 3, lostAttempts: 1 });
    runTrack(flow, 'A', lost);
    expect(trackOf(flow, 'A')).toMatchObject({ state: 'PENDING', attempt: 4, lostAttempts: 2 });
    runTrack(flow, 'A', { exitCode: 1 });
    expect(trackOf(flow, 'A').state).toBe('FAILED');
  });

  test('onLost fail: a vanished worker fails the track at once', () => {
    const flow = startFlow({ vertices: { A: { retry: policy() } } });
    runTrack(flow, 'A', lost);
    expect(trackOf(flow, 'A')).toMatchObject({ state: 'FAILED', reason: 'lost', exitCode: null });
  });

  test('onLost retry: at most so many times', () => {
    const flow = startFlow({ vertices: { A: { onLost: 'retry' } } });
    for (let lostTimes = 0; lostTimes < MAX_LOST_RETRIES; lostTimes += 1) runTrack(flow, 'A', lost);
    expect(trackOf(flow, 'A').state).toBe('PENDING');
    runTrack(flow, 'A', lost);
    expect(trackOf(flow, 'A').state).toBe('FAILED');
  });

  test('respects totalMs by the time that has passed since the first attempt', () => {
    const flow = startFlow({ vertices: { A: { retry: policy({ totalMs: 1000 }) } } });
    patchTrack(flow, 'A', { elapsedMs: 1001 });
    runTrack(flow, 'A', { exitCode: 1 });
    expect(trackOf(flow, 'A').state).toBe('FAILED');
  });

  test.each([
    ['exited', 'FAILED'],
    ['timeout', 'FAILED'],
    ['lost', 'CANCELLED'],
    ['cancelled', 'CANCELLED'],
  ] as const)('is not done for a track that somebody wants gone: %s makes it %s', (outcome, state) => {
    const flow = startFlow({ vertices: { A: { retry: policy(), onLost: 'retry' } } });
    claim(flow, 'A');
    patchTrack(flow, 'A', { cancelRequested: true });
    const end = { outcome, exitCode: outcome === 'exited' ? 1 : null };
    applyEvents(flow, [eventOf(completionOf(flow, 'A', end))]);
    expect(trackOf(flow, 'A').state).toBe(state);
  });

  test('is not done in a pipeline that has ended', () => {
    const flow = startFlow({ vertices: { A: { retry: policy() }, X: {} } });
    claim(flow, 'A');
    runTrack(flow, 'X', { exitCode: 1 });
    applyEvents(flow, [eventOf(completionOf(flow, 'A', { exitCode: 1 }))]);
    expect(trackOf(flow, 'A')).toMatchObject({ state: 'FAILED', reason: 'exit_code' });
  });

  test('a track lost behind a failure that kills the pipeline is CANCELLED, in the same batch as after it', () => {
    const flow = startFlow({ vertices: { A: {}, X: {} }, pipeline: { onFailure: 'kill' } });
    claim(flow, 'A');
    claim(flow, 'X');
    applyEvents(flow, [eventOf(completionOf(flow, 'X', { exitCode: 1 })), eventOf(completionOf(flow, 'A', lost))]);
    expect(trackOf(flow, 'A')).toMatchObject({ state: 'CANCELLED', reason: 'pipeline_failed' });
  });
});
