import { expect, test } from '@jest/globals';
import { tellStory } from '../reference/reference-story.ts';
import { makeChaosPlan } from './chaos-graphs.ts';

const PLANS = Array.from({ length: 300 }, (_, seed) => makeChaosPlan(seed, { journalPath: '/journal' }));
const WITH_CHILDREN = PLANS.flatMap((plan) => [plan, ...plan.children]);

test('the same seed makes the same plan', () => {
  expect(makeChaosPlan(7, { journalPath: '/journal' }).document).toEqual(PLANS[7]?.document);
});

test('4 to 300 tracks, all failure policies, losses that count and losses that do not', () => {
  const sizes = PLANS.map(({ scenario }) => scenario.vertices.length);
  expect([Math.min(...sizes), Math.max(...sizes)]).toEqual([4, expect.any(Number)]);
  expect(Math.max(...sizes)).toBeGreaterThan(200);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(300);
  const policies = new Set(PLANS.map(({ scenario }) => scenario.onFailure));
  expect([...policies].toSorted()).toEqual(['continue', 'hold', 'kill', 'stop']);
  const losses = new Set(PLANS.flatMap(({ scenario }) => scenario.vertices.map(({ onLost }) => onLost)));
  expect([...losses].toSorted()).toEqual(['fail', 'retry']);
});

test('every plan leads to one end, and nobody is waited for in vain', () => {
  const open = WITH_CHILDREN.filter(({ scenario }) => {
    const { chapters, ambiguous } = tellStory(scenario);
    // Under the other policies the first failure ends it.
    const mustEnd = scenario.onFailure === 'continue' || scenario.onFailure === 'hold';
    return ambiguous.size > 0 || (mustEnd && chapters.at(-1)?.result.state === 'RUNNING');
  });
  expect(open.map(({ name }) => name)).toEqual([]);
});

test('some run other graphs, which are started in mode auto and end under each policy', () => {
  const children = PLANS.flatMap((plan) => plan.children);
  expect(children.length).toBeGreaterThan(20);
  expect(new Set(children.map(({ scenario }) => scenario.mode))).toEqual(new Set(['auto']));
  const policies = new Set(children.map(({ document }) => document['onFailure']));
  expect([...policies].map(String).toSorted()).toEqual(['continue', 'hold', 'kill', 'stop']);
});
