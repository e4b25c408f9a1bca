import { readTestRounds } from '@baton/devstack/testing';

/** How often a race is repeated: BATON_E2E_ROUNDS, or what the test says by itself. */
export function readRounds(byDefault: number): number {
  return readTestRounds() ?? byDefault;
}
