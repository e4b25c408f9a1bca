import { describe, expect, test } from '@jest/globals';
import { ATTEMPT_OUTCOMES, completionSchema } from './completion.ts';
import { endOf, findChosen, findStaleness } from './completion-rules.ts';
import { completionOf, runIdOf, startFlow } from './testing-flow.ts';
import { waitingTrack } from './waiting-track.ts';
import { TRACK_STATES } from './track-status.ts';

const COMPLETION = completionOf(startFlow({ vertices: { A: {} } }), 'A');
const SUCCESSORS = [
  { id: 4, name: 'build' },
  { id: 9, name: 'ship' },
];

describe('findStaleness', () => {
  const running = { ...waitingTrack(1), state: 'RUNNING', attempt: 2, runId: runIdOf(1, 2) } as const;
  const completion = { ...COMPLETION, attempt: 2, runId: runIdOf(1, 2) };

  test('the word of the claim that holds the track is not stale', () => {
    expect(findStaleness(running, completion)).toBeNull();
  });

  test('an earlier attempt was applied already, a later one is another', () => {
    expect(findStaleness(running, { ...completion, attempt: 1 })).toBe('already_applied');
    expect(findStaleness(running, { ...completion, attempt: 3 })).toBe('other_attempt');
  });

  test('another run of the same attempt is not the one that holds it', () => {
    expect(findStaleness(running, { ...completion, runId: runIdOf(1, 1) })).toBe('other_run');
  });

  test.each(TRACK_STATES.filter((state) => state !== 'RUNNING'))('a %s track takes no completion', (state) => {
    const hasNotRun = state === 'WAITING' || state === 'PENDING';
    expect(findStaleness({ ...running, state }, completion)).toBe(hasNotRun ? 'not_running' : 'already_applied');
  });
});

describe('endOf', () => {
  test.each(ATTEMPT_OUTCOMES.filter((outcome) => outcome !== 'exited'))('%s is its own result', (outcome) => {
    expect(endOf({ ...COMPLETION, outcome, next: ['build'] }, SUCCESSORS)).toEqual({ result: outcome, chosen: null });
  });

  test('an exit without a code was a signal, which a code over 128 is not', () => {
    expect(endOf({ ...COMPLETION, exitCode: null, signal: 'SIGKILL' }, []).result).toBe('signal');
    expect(endOf({ ...COMPLETION, exitCode: 137 }, []).result).toBe('exit_code');
  });

  test('exit code 0 succeeds, with the choice that the script made', () => {
    expect(endOf(COMPLETION, SUCCESSORS)).toEqual({ result: 'succeed', chosen: null });
    expect(endOf({ ...COMPLETION, next: ['ship'] }, SUCCESSORS)).toEqual({ result: 'succeed', chosen: [9] });
    expect(endOf({ ...COMPLETION, next: ['deploy'] }, SUCCESSORS)).toEqual({ result: 'bad_choice', chosen: null });
  });
});

describe('findChosen', () => {
  test('takes names and ids as text, and answers ids in ascending order', () => {
    expect(findChosen(['9', 'build'], SUCCESSORS)).toEqual([4, 9]);
    expect(findChosen([], SUCCESSORS)).toEqual([]);
  });

  test('refuses what is no successor, and what is named twice in any way', () => {
    for (const names of [['test'], ['5'], ['build', 'build'], ['build', '4'], ['Build'], ['']]) {
      expect(findChosen(names, SUCCESSORS)).toBeNull();
    }
  });
});

describe('completionSchema', () => {
  test('takes a completion as a worker makes it', () => {
    expect(completionSchema.parse(COMPLETION)).toEqual(COMPLETION);
  });

  test.each([
    ['an unknown field', { extra: 1 }],
    ['a run id that is too short', { runId: 'short' }],
    ['an exit code over 255', { exitCode: 256 }],
    ['attempt 0', { attempt: 0 }],
    ['an unknown outcome', { outcome: 'succeeded' }],
    ['a negative duration', { durationMs: -1 }],
    ['an empty name of a successor', { next: [''] }],
  ])('refuses %s', (_, patch) => {
    expect(completionSchema.safeParse({ ...COMPLETION, ...patch }).success).toBe(false);
  });
});
