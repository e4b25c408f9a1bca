import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readRounds } from './config.ts';
import { raceJoins } from './testing/race-joins.ts';
import { startTestStack, type TestStack } from './testing/start-test-stack.ts';

/** `BATON_E2E_ROUNDS=500 npm test -- join-race` repeats it as often as asked. */
const ROUNDS = readRounds(20);
const ROUND_TIMEOUT_MS = 5000;

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack({ orchestrators: 4, workers: 0 });
}, 120_000);

afterAll(() => stack.stop());

test(
  '16 predecessors that end at the same instant, over four orchestrators, start their join exactly once',
  async () => {
    const result = await raceJoins(stack, { rounds: ROUNDS, predecessors: 16 });
    expect(result).toEqual({ rounds: ROUNDS, startedOnce: ROUNDS, never: 0, more: 0, finished: ROUNDS });
  },
  ROUNDS * ROUND_TIMEOUT_MS,
);

test(
  '4 predecessors of each of 4 successors end at the same instant, over four orchestrators: each successor starts exactly once',
  async () => {
    const result = await raceJoins(stack, { rounds: ROUNDS, predecessors: 4, joins: 4 });
    expect(result).toEqual({ rounds: ROUNDS, startedOnce: ROUNDS, never: 0, more: 0, finished: ROUNDS });
  },
  ROUNDS * ROUND_TIMEOUT_MS,
);
