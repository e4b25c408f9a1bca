import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readRounds } from '../config.ts';
import { callApi, type ApiCaller } from '../testing/call-api.ts';
import { startTestStack, type TestStack } from '../testing/start-test-stack.ts';
import { compareStanding, type Stand } from './compare-stories.ts';
import { randomScenario } from './random-scenario.ts';
import { findInadmissible, findUndisturbed } from './reference-admissible.ts';
import { tellStory } from './reference-story.ts';
import type { Scenario } from './scenario.ts';
import { playOnSystem, type SystemChapter } from './system-story.ts';
import { withoutAmbiguity } from './without-ambiguity.ts';

/**
 * Random stories through the real system: scripts that workers run, gates, choices and decisions over HTTP, several
 * pipelines at a time. `BATON_E2E_ROUNDS=300 npm test -- system-agree` tells more of them.
 */
const STORIES = readRounds(40);
const AT_A_TIME = 6;

let stack: TestStack;
let api: ApiCaller;

beforeAll(async () => {
  stack = await startTestStack({ orchestrators: 2, workers: 2 });
  api = callApi(stack.url, stack.token);
}, 120_000);

afterAll(() => stack.stop());

function makeStory(seed: number): Scenario {
  const scenario = randomScenario(seed, { vertices: 14, isReal: true });
  const { ambiguous } = tellStory(scenario);
  return ambiguous.size > 0 ? withoutAmbiguity(scenario, ambiguous) : scenario;
}

function standOf(scenario: Scenario, { state, tracks }: SystemChapter): Stand {
  const ids = new Map(scenario.vertices.map(({ id, name }) => [name, id]));
  const found = [...tracks].map(([id, track]) => {
    const chosen = track.chosen?.map((name) => ids.get(name) ?? 0) ?? null;
    return [id, { ...track, chosen }] as const;
  });
  return { pipeline: { state }, tracks: new Map(found) };
}

async function findDifferences(scenario: Scenario): Promise<string[]> {
  const { chapters } = await playOnSystem(scenario, api);
  const undisturbed = findUndisturbed(scenario);
  const [first] = chapters;
  if (undisturbed !== null && first !== undefined) {
    const state = first.state === 'FAILED' ? [] : [`the pipeline is ${first.state}, expected FAILED`];
    return [...state, ...findInadmissible(scenario, undisturbed, first.tracks)];
  }
  const told = tellStory(scenario).chapters;
  return chapters.flatMap((chapter, index) => {
    const expected = told[index];
    if (expected === undefined) throw new Error(`chapter ${index} is not told`);
    const isRefused = expected.isDone && !chapter.isAccepted;
    const when = `chapter ${index} (${JSON.stringify(chapter.action)})`;
    return [
      ...(isRefused ? [`${when}: refused, expected it to be done`] : []),
      ...compareStanding({ scenario, when }, standOf(scenario, chapter), expected.result),
    ];
  });
}

test(
  'the system ends every story as the reference does',
  async () => {
    const seeds = Array.from({ length: STORIES }, (_, seed) => seed);
    const wrong: unknown[] = [];
    const work = async (): Promise<void> => {
      for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
        const scenario = makeStory(seed);
        const differences = await findDifferences(scenario);
        if (differences.length > 0) wrong.push({ seed, differences });
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
    expect(wrong).toEqual([]);
  },
  60_000 + STORIES * 4000,
);
