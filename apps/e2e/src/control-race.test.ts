import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readRounds } from './config.ts';
import { openFlowScene, playRounds, type FlowScene, type Person } from './testing/flow-scene.ts';
import { explainRace, findSeen, type Fired, type Sight } from './testing/explain-race.ts';
import { planRound, raceControl } from './testing/race-control.ts';
import { startModel, type ModelAction, type ModelAnswer } from './testing/race-model.ts';

/**
 * Pauses, cancels, reruns, skips, choices and an attempt's end, fired together at one pipeline from several clients over two
 * APIs: one order of them explains every answer and where it came to rest. `BATON_E2E_ROUNDS=200` is the full figure.
 */
const ROUNDS = readRounds(16);
const ROUND_TIMEOUT_MS = 5000;
const LANES = 3;

let scene: FlowScene;
let persons: Person[];

beforeAll(async () => {
  scene = await openFlowScene({ environment: { BATON_CONCURRENCY: '4', BATON_GRACE_MS: '500' } });
  persons = await Promise.all(['ada', 'bob', 'cai', 'dan'].map((name) => scene.makePerson(name)));
}, 120_000);

afterAll(() => scene.stack.stop());

test(
  'whatever persons do at the same moment, one order of it explains the result, and no attempt starts twice',
  async () => {
    const unexplained: unknown[] = [];
    await playRounds(ROUNDS, LANES, async (round) => {
      const problem = await raceControl(scene, planRound(round + 1), persons);
      if (problem !== null) unexplained.push(problem);
    });
    expect(unexplained).toEqual([]);
  },
  30_000 + ROUNDS * ROUND_TIMEOUT_MS,
);

/** A runs, in automatic mode under `stop`; then these actions are fired while it ends well. */
function explain(fired: [ModelAction, ModelAnswer][], state: string, tracks: Record<string, string>): string[] | null {
  const exitCodes = (): number => 0;
  const waiting = { B: 'WAITING after 0', C: 'WAITING after 0', D: 'WAITING after 0' };
  const before: Sight = { state: 'RUNNING', mode: 'auto', tracks: { A: 'RUNNING after 1', ...waiting } };
  const from = findSeen(startModel('auto', 'stop'), before, exitCodes);
  expect(from).toHaveLength(1);
  const all = fired.map(([action, answer], index): Fired => {
    return { action, answer, place: answer === 'done' ? index : null };
  });
  return explainRace(from, all, { seen: { state, mode: 'auto', tracks }, exitCodes });
}

describe('the search for an order', () => {
  const ENDED = Object.fromEntries(['A', 'B', 'C', 'D'].map((vertex) => [vertex, 'SUCCEED after 1']));
  const AGAIN = { ...ENDED, A: 'SUCCEED after 2' };
  const retryA: ModelAction = { kind: 'retry', vertex: 'A' };

  test('finds the one that there is', () => {
    expect(
      explain(
        [
          [{ kind: 'pause' }, 'done'],
          [{ kind: 'resume' }, 'done'],
          [retryA, 'refused'],
        ],
        'FINISH',
        ENDED,
      ),
    ).toContain('{"kind":"retry","vertex":"A"}: refused');
    expect(
      explain(
        [
          [retryA, 'done'],
          [{ kind: 'cancel' }, 'refused'],
        ],
        'FINISH',
        AGAIN,
      ),
    ).not.toBeNull();
  });

  test.each<[string, [ModelAction, ModelAnswer][], string, Record<string, string>]>([
    ['a pause that outlives the end', [[{ kind: 'pause' }, 'done']], 'PAUSED', ENDED],
    [
      'a resume before its pause',
      [
        [{ kind: 'resume' }, 'done'],
        [{ kind: 'pause' }, 'done'],
      ],
      'FINISH',
      ENDED,
    ],
    ['a rerun that ran nothing', [[retryA, 'done']], 'FINISH', ENDED],
    ['a rerun that was refused and ran', [[retryA, 'refused']], 'FINISH', AGAIN],
    [
      'a lost rerun of two',
      [
        [retryA, 'done'],
        [retryA, 'done'],
      ],
      'FINISH',
      AGAIN,
    ],
    ['a cancel of what went on', [[{ kind: 'cancel' }, 'done']], 'FINISH', ENDED],
    ['a cancel that changed nothing', [[{ kind: 'cancel' }, 'unchanged']], 'FINISH', ENDED],
    ['a skip of what ran', [[{ kind: 'skip', vertex: 'C' }, 'done']], 'FINISH', ENDED],
    ['a track that waits for nobody', [], 'RUNNING', { ...ENDED, D: 'WAITING after 0' }],
  ])('finds none for %s', (_, fired, state, tracks) => {
    expect(explain(fired, state, tracks)).toBeNull();
  });
});
