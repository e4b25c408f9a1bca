import { expect, test } from '@jest/globals';
import { buildScenario } from './build-scenario.ts';
import { compareStories, tracesOf } from './compare-stories.ts';
import { lastOf, tellStory } from './reference-story.ts';
import { playStory } from './rules-story.ts';
import type { Condition, Scenario } from './scenario.ts';

/**
 * The reference itself, against small stories whose end SPEC section 2 says in so many words; and the product's rules
 * against both.
 */
function endOf(scenario: Scenario): Record<string, string> {
  const played = playStory(scenario);
  const { chapters } = tellStory(scenario, tracesOf(played));
  const { state, tracks } = lastOf(chapters).result;
  expect(compareStories(scenario, played).differences).toEqual([]);
  const ends = scenario.vertices.map(({ id, name }) => {
    const track = tracks.get(id);
    return [name, track?.awaits === null ? track.state : `${track?.state} awaits ${track?.awaits}`] as const;
  });
  return Object.fromEntries([['pipeline', state], ...ends]);
}

const no: Condition = { text: 'false', vertexIds: [], isTrue: () => false };
const broken: Condition = { text: 'int(params.env) > 1', vertexIds: [], isTrue: () => null };
const CHAIN = [
  ['A', 'B'],
  ['B', 'C'],
] as const;

test('without failures everything succeeds', () => {
  expect(endOf(buildScenario({ A: {}, B: {}, C: {} }, CHAIN))).toEqual({
    pipeline: 'FINISH',
    A: 'SUCCEED',
    B: 'SUCCEED',
    C: 'SUCCEED',
  });
});

test.each([
  ['stop', { pipeline: 'FAILED', A: 'FAILED', B: 'CANCELLED', C: 'CANCELLED' }],
  ['kill', { pipeline: 'FAILED', A: 'FAILED', B: 'CANCELLED', C: 'CANCELLED' }],
  ['continue', { pipeline: 'FAILED', A: 'FAILED', B: 'CANCELLED', C: 'CANCELLED' }],
  ['hold', { pipeline: 'RUNNING', A: 'FAILED awaits decision', B: 'WAITING', C: 'WAITING' }],
] as const)('a failure under %s', (onFailure, expected) => {
  expect(endOf(buildScenario({ A: { attempts: [1] }, B: {}, C: {} }, CHAIN, { onFailure }))).toEqual(expected);
});

test('a failure that is allowed counts as a success; a script that failed has made no choice', () => {
  const A = { allowFailure: true, attempts: [{ exitCode: 1, next: ['C'] }] };
  const edges = [
    ['A', 'B'],
    ['A', 'C'],
  ] as const;
  expect(endOf(buildScenario({ A, B: {}, C: {} }, edges))).toEqual({
    pipeline: 'FINISH',
    A: 'FAILED',
    B: 'SUCCEED',
    C: 'SUCCEED',
  });
});

test('a choice of none skips everything that only it leads to, whoever makes it', () => {
  const A = { attempts: [{ next: [] }], choices: [[]] };
  const expected = { pipeline: 'FINISH', A: 'SUCCEED', B: 'SKIPPED', C: 'SKIPPED' };
  expect(endOf(buildScenario({ A, B: {}, C: {} }, CHAIN))).toEqual(expected);
  const byHand = { ...A, attempts: [0] };
  expect(endOf(buildScenario({ A: byHand, B: {}, C: {} }, CHAIN, { mode: 'manual' }))).toEqual(expected);
});

test('a cleanup that always runs never hides a failure above it', () => {
  const edges = [
    ['A', 'B'],
    ['B', 'cleanup'],
    ['B', 'last'],
  ] as const;
  const vertices = { A: { attempts: [1] }, B: {}, cleanup: { join: 'all_done' }, last: { join: 'always' } } as const;
  expect(endOf(buildScenario(vertices, edges))).toEqual({
    pipeline: 'FAILED',
    A: 'FAILED',
    B: 'CANCELLED',
    cleanup: 'SUCCEED',
    last: 'SUCCEED',
  });
});

test('not taken and failed together: a failure above it is the cause', () => {
  const edges = [
    ['A', 'C'],
    ['A', 'D'],
    ['B', 'C'],
  ] as const;
  const vertices = { A: { attempts: [{ next: ['D'] }] }, B: { attempts: [1] }, C: {}, D: {} };
  expect(endOf(buildScenario(vertices, edges))).toMatchObject({ C: 'CANCELLED', D: 'SUCCEED' });
  const one = { ...vertices, C: { join: 'one_failed' } } as const;
  expect(endOf(buildScenario(one, edges))).toMatchObject({ C: 'SUCCEED', D: 'SUCCEED' });
});

test.each([
  ['approve', 'reject', 'skip', { pipeline: 'FINISH', B: 'SUCCEED', C: 'SUCCEED' }],
  ['reject', 'approve', 'skip', { pipeline: 'FINISH', B: 'SKIPPED', C: 'SKIPPED' }],
  ['reject', 'approve', 'fail', { pipeline: 'FAILED', B: 'FAILED', C: 'CANCELLED' }],
  ['expire', 'approve', 'fail', { pipeline: 'FINISH', B: 'SUCCEED', C: 'SUCCEED' }],
  ['expire', 'reject', 'skip', { pipeline: 'FINISH', B: 'SKIPPED', C: 'SKIPPED' }],
  ['expire', 'reject', 'fail', { pipeline: 'FAILED', B: 'FAILED', C: 'CANCELLED' }],
  ['none', 'approve', 'skip', { pipeline: 'RUNNING', B: 'PENDING awaits approval', C: 'WAITING' }],
] as const)('a gate: %s, by default %s, a rejection means %s', (step, onExpiry, onReject, expected) => {
  const B = { gate: { onExpiry, onReject }, gateSteps: [step] };
  expect(endOf(buildScenario({ A: {}, B, C: {} }, CHAIN))).toMatchObject(expected);
});

test('a condition: false skips, one without an answer fails; on the first vertex as well', () => {
  expect(endOf(buildScenario({ A: { when: no }, B: {}, C: { join: 'all_done' } }, CHAIN))).toMatchObject({
    pipeline: 'FINISH',
    A: 'SKIPPED',
    B: 'SKIPPED',
    C: 'SUCCEED',
  });
  expect(endOf(buildScenario({ A: { when: broken }, B: {}, C: {} }, CHAIN))).toMatchObject({
    pipeline: 'FAILED',
    A: 'FAILED',
    B: 'CANCELLED',
  });
});

test('an edge whose condition is false is a way that is not taken', () => {
  expect(endOf(buildScenario({ A: {}, B: {}, C: {} }, [['A', 'B', no], CHAIN[1]]))).toEqual({
    pipeline: 'FINISH',
    A: 'SUCCEED',
    B: 'SKIPPED',
    C: 'SKIPPED',
  });
});

test('retries end with their budget; lost workers are counted apart', () => {
  const retry = { max: 1, delayMs: 0, factor: 1, maxDelayMs: 0, jitter: 0 };
  expect(endOf(buildScenario({ A: { retry, attempts: [1, 0] } }, []))).toEqual({ pipeline: 'FINISH', A: 'SUCCEED' });
  expect(endOf(buildScenario({ A: { retry, attempts: [1, 1, 0] } }, []))).toEqual({ pipeline: 'FAILED', A: 'FAILED' });
  const lost = { outcome: 'lost' } as const;
  expect(endOf(buildScenario({ A: { retry, onLost: 'retry', attempts: [lost, 1, lost, 0] } }, []))).toMatchObject({
    pipeline: 'FINISH',
  });
});

test('manual mode stops after each success, also after a failure that is allowed, until somebody chooses', () => {
  const mode = 'manual';
  const A = { choices: [[3]], allowFailure: true, attempts: [1] };
  const edges = [
    ['A', 'B'],
    ['A', 'C'],
    ['C', 'B'],
  ] as const;
  expect(endOf(buildScenario({ A, B: {}, C: {} }, edges, { mode }))).toEqual({
    pipeline: 'RUNNING',
    A: 'FAILED',
    B: 'WAITING',
    C: 'SUCCEED awaits choice',
  });
});

test('a held failure: a retry asks the gate again, a skip and a forced success count as no failure', () => {
  const onFailure = 'hold';
  const gate = { onExpiry: 'reject', onReject: 'skip' } as const;
  const B = { gate, attempts: [1], gateSteps: ['approve', 'reject'], decisions: ['retry', 'none'] } as const;
  expect(endOf(buildScenario({ A: {}, B, C: {} }, CHAIN, { onFailure }))).toMatchObject({ B: 'SKIPPED', C: 'SKIPPED' });
  for (const [decision, expected] of [
    ['skip', { pipeline: 'FINISH', A: 'SKIPPED', B: 'SKIPPED' }],
    ['succeed', { pipeline: 'FINISH', A: 'SUCCEED', B: 'SUCCEED' }],
    ['give_up', { pipeline: 'FAILED', A: 'FAILED', B: 'CANCELLED' }],
  ] as const) {
    const held = { attempts: [1], decisions: [decision] };
    expect(endOf(buildScenario({ A: held, B: {}, C: {} }, CHAIN, { onFailure }))).toMatchObject(expected);
  }
});

test('a rerun from the failed runs them and what follows, and nothing else', () => {
  const edges = [
    ['A', 'B'],
    ['A', 'C'],
    ['B', 'D'],
    ['C', 'D'],
  ] as const;
  const vertices = { A: {}, B: { attempts: [1, 0] }, C: {}, D: {} };
  const scenario = buildScenario(vertices, edges, { afterwards: [{ kind: 'rerun', from: 'failed' }] });
  expect(endOf(scenario)).toEqual({ pipeline: 'FINISH', A: 'SUCCEED', B: 'SUCCEED', C: 'SUCCEED', D: 'SUCCEED' });
  const { chapters } = tellStory(scenario);
  const { tracks } = lastOf(chapters).result;
  expect([1, 2, 3, 4].map((id) => tracks.get(id)?.attempt)).toEqual([1, 2, 1, 1]);
});

test('a rerun that leaves a cancelled track behind never ends as FINISH', () => {
  const afterwards = [{ kind: 'rerun', from: { vertexIds: [1], descendants: false } }] as const;
  const scenario = buildScenario({ A: { attempts: [1, 0] }, B: {} }, [['A', 'B']], { onFailure: 'stop', afterwards });
  expect(endOf(scenario)).toEqual({ pipeline: 'FAILED', A: 'SUCCEED', B: 'CANCELLED' });
});

test('who awaited a choice when the pipeline failed awaits it again after the rerun, whatever already ran behind it', () => {
  const edges = [
    ['A', 'B'],
    ['A', 'C'],
  ] as const;
  const vertices = { A: {}, B: {}, C: { join: 'always' }, D: { attempts: [1, 0] } } as const;
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const options = {
      mode: 'manual',
      onFailure: 'stop',
      afterwards: [{ kind: 'rerun', from: 'failed' }],
      seed,
    } as const;
    expect(endOf(buildScenario(vertices, edges, options))).toMatchObject({
      A: 'SUCCEED awaits choice',
      B: 'WAITING',
      D: 'SUCCEED',
    });
  }
});
