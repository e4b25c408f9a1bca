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
const STORIES = readRounds(3000);
const CHUNK = 500;

/** Tells every second story, so that two processes share them. */
export function tellEverySecond(first: 0 | 1): void {
  const chunks = Array.from({ length: Math.ceil(STORIES / CHUNK) }, (_, index) => index).filter((n) => n % 2 === first);
  describe.each(chunks.length > 0 ? chunks : [0])('chunk %i of stories', (chunk) => {
    test('the rules end every story as the reference does', () => {
      for (let seed = chunk * CHUNK; seed < Math.min((chunk + 1) * CHUNK, STORIES); seed += 1) {
        const scenario = randomScenario(seed, { vertices: 60, isReal: false });
        if (tellDifference(scenario) === null) continue;
        const smallest = shrinkScenario(scenario, (smaller) => tellDifference(smaller) !== null);
        expect({ seed, difference: tellDifference(smallest), smallest }).toBe('no difference');
      }
    });
  });
}

/** @returns the first difference there is, or the error; null: none */
function tellDifference(scenario: Scenario): string | null {
  try {
    return findDifferences(scenario)[0] ?? null;
  } catch (error) {
    return String(error);
  }
}

function findDifferences(scenario: Scenario): string[] {
  const { differences, ambiguous } = compareStories(scenario, playStory(scenario));
  return ambiguous.size > 0 ? findDifferences(withoutAmbiguity(scenario, ambiguous)) : differences;
}
