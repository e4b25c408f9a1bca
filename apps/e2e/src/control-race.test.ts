import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readRounds } from './config.ts';
import { openFlowScene, playRounds, type FlowScene, type Person } from './testing/flow-scene.ts';
import { planRound, raceControl } from './testing/race-control.ts';

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
