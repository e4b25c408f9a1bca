import { describe, expect, test } from '@jest/globals';
import { readRounds } from '../config.ts';
import { compareStories } from './compare-stories.ts';
import { randomScenario } from './random-scenario.ts';
import { playStory } from './rules-story.ts';
import type { Scenario } from './scenario.ts';
import { shrinkScenario } from './shrink-scenario.ts';
import { withoutAmbiguity } from './without-ambiguity.ts';

/**
 * Random stories through the product's pure rules, in a random order of what may happen in any: where they end, and how
 * they stand in between, is what the reference says. `BATON_E2E_ROUNDS=100000 npm test -- rules-agree` tells more of them.
 */
const STORIES = readRounds(10_000);
const CHUNK = 500;

function findDifferences(scenario: Scenario): string[] {
  const { differences, ambiguous } = compareStories(scenario, playStory(scenario));
  return ambiguous.size > 0 ? findDifferences(withoutAmbiguity(scenario, ambiguous)) : differences;
}

/** @returns the first difference there is, or the error */
function tellDifference(scenario: Scenario): string | null {
  try {
    return findDifferences(scenario)[0] ?? null;
  } catch (error) {
    return String(error);
  }
}

describe.each(Array.from({ length: Math.ceil(STORIES / CHUNK) }, (_, index) => index * CHUNK))(
  'from story %i',
  (first) => {
    test('the rules end every story as the reference does', () => {
      for (let seed = first; seed < Math.min(first + CHUNK, STORIES); seed += 1) {
        const scenario = randomScenario(seed, { vertices: 60, isReal: false });
        if (tellDifference(scenario) === null) continue;
        const smallest = shrinkScenario(scenario, (smaller) => tellDifference(smaller) !== null);
        expect({ seed, difference: tellDifference(smallest), smallest }).toBe('no difference');
      }
    });
  },
);
