import { readRounds } from '../config.ts';

/** How often each case of the fault matrix is done: once, or BATON_E2E_ROUNDS times in one stack. */
export const ROUNDS = readRounds(1);

/** @param body of a case: done once a round, with the number of the round, from 1 on, and what the case is given */
export function inRounds<Given extends unknown[]>(body: (round: number, ...given: Given) => Promise<void>) {
  return async (...given: Given): Promise<void> => {
    for (let round = 1; round <= ROUNDS; round += 1) await body(round, ...given);
  };
}
