import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { raceJoins } from './testing/race-joins.ts';
import { startTestStack, type TestStack } from './testing/start-test-stack.ts';

/** `npm run proof:join -- 500` does the same for as many rounds as asked. */
const ROUNDS = 25;

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack({ orchestrators: 4, workers: 0 });
}, 120_000);

afterAll(() => stack.stop());

test('16 predecessors that end at the same instant, over four orchestrators, start their join exactly once', async () => {
  const result = await raceJoins(stack, { rounds: ROUNDS, predecessors: 16 });
  expect(result).toEqual({ rounds: ROUNDS, startedOnce: ROUNDS, never: 0, more: 0, finished: ROUNDS });
}, 120_000);
