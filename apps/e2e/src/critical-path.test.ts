import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitForEnd } from './testing/call-api.ts';
import { openFlowScene, type FlowScene } from './testing/flow-scene.ts';

/** Critical path first, through the real programs: one slot, a chain, many short leaves, and one leaf that takes long. */

const LEAVES = Array.from({ length: 12 }, (_, index) => `leaf${index + 1}`);
const CHAIN = ['chain1', 'chain2', 'chain3', 'chain4'];
const LONG_LEAF = 'long';
const MAX_RUNS = 20;

let scene: FlowScene;

function openScene(criticalPath: 'on' | 'off'): Promise<FlowScene> {
  // A slow machine claims ahead even here, and what it gives back goes to the end of the line.
  const environment = { BATON_CONCURRENCY: '1', BATON_LOOK_AHEAD: '0', BATON_CRITICAL_PATH: criticalPath };
  return openFlowScene({ apis: 1, orchestrators: 1, workers: 1, environment });
}

/** The leaves come first in the document, and so in every list. */
function putGraph(): Promise<void> {
  const vertexOf = (name: string, sleepS: number): object => ({ name, script: scene.journaled(`sleep ${sleepS}`) });
  return scene.putGraph('leaves', {
    name: 'leaves',
    vertices: [
      ...LEAVES.map((name) => vertexOf(name, 0.1)),
      vertexOf(LONG_LEAF, 0.8),
      ...CHAIN.map((name) => vertexOf(name, 0.1)),
    ],
    edges: CHAIN.slice(1).map((name, index) => [CHAIN[index], name]),
  });
}

/** @returns the vertices in the order in which their scripts began */
async function runOnce(): Promise<string[]> {
  const id = await scene.start({ graph: 'leaves' });
  expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FINISH' });
  return (await scene.readJournal(id)).filter(({ kind }) => kind === 'START').map(({ vertex }) => vertex);
}

/** How many leaves began before a vertex did. */
function leavesBefore(order: readonly string[], vertex: string): number {
  return order.slice(0, order.indexOf(vertex)).filter((name) => LEAVES.includes(name)).length;
}

describe('on', () => {
  beforeAll(async () => {
    scene = await openScene('on');
    await putGraph();
  }, 120_000);
  afterAll(() => scene.stack.stop());

  test('a graph that never ran: the chain first, since more vertices are ahead', async () => {
    const order = await runOnce();
    expect(order[0]).toBe('chain1');
    // The next ones become free while leaves wait, and go before those that have waited longer; the last is like a leaf.
    expect(leavesBefore(order, 'chain3')).toBeLessThan(LEAVES.length - 2);
  });

  test('what past runs took is learnt within seconds: the leaf that takes long is first, and the chain before the short ones', async () => {
    let order: string[] = [];
    for (let runs = 0; runs < MAX_RUNS && order[0] !== LONG_LEAF; runs += 1) order = await runOnce();
    expect(order.slice(0, 2)).toEqual([LONG_LEAF, 'chain1']);
    expect(leavesBefore(order, 'chain3')).toBeLessThan(LEAVES.length - 2);
  });
});

describe('off', () => {
  beforeAll(async () => {
    scene = await openScene('off');
    await putGraph();
  }, 120_000);
  afterAll(() => scene.stack.stop());

  test('tracks go in the order in which they were enqueued, before and after a run', async () => {
    for (const order of [await runOnce(), await runOnce()]) {
      expect(order.slice(0, LEAVES.length + 2)).toEqual([...LEAVES, LONG_LEAF, 'chain1']);
    }
  });
});
