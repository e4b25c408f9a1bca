import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ProcessKind } from '@baton/devstack';
import { linkOf } from '../fault-scene.ts';
import { inRounds, ROUNDS } from '../rounds.ts';
import { allWell, openServerScene, type ServerScene } from '../server-scene.ts';

/**
 * F15: the way to Redis is cut after a request has arrived and before its reply, at each step of an entry's life. What was done
 * unheard is done again or found done: nothing is started twice, and nothing counts as failed because BullMQ says "stalled".
 */
/** BullMQ renews the locks of what lasts longer than half of the time between two looks for it: 7.5 to 15 s after its start. */
const SLOW_SECONDS = 17;

interface Cut {
  step: string;
  process: ProcessKind;
  match: RegExp;
  /** What is started: of the fan more becomes ready at once than the worker has places for, so that it is not all handed over. */
  graph?: keyof typeof TRACKS;
}

const TRACKS = { pair: 2, fan: 41 };

/** A script of BullMQ: they are told apart by how many keys they take, and of which queue. */
function script(keys: number, queue: 'tracks' | 'completions'): RegExp {
  return new RegExp(`evalsha\\r\\n\\$40\\r\\n\\w{40}\\r\\n\\$\\d+\\r\\n${keys}\\r\\n[^]*:${queue}:`, 'i');
}

const CUTS: Cut[] = [
  { step: 'the API adds an entry', process: 'api', match: script(9, 'tracks') },
  { step: 'the orchestrator adds an entry', process: 'orchestrator', match: script(9, 'tracks'), graph: 'fan' },
  { step: 'a worker waits for an entry', process: 'worker', match: /bzpopmin\r\n[^]*:tracks:/i },
  { step: 'a worker fetches an entry', process: 'worker', match: script(11, 'tracks') },
  { step: 'a worker finishes an entry', process: 'worker', match: script(14, 'tracks') },
  { step: 'a worker adds a completion', process: 'worker', match: script(9, 'completions') },
  { step: 'the orchestrator waits for a completion', process: 'orchestrator', match: /bzpopmin\r\n[^]*:completions:/i },
  { step: 'the orchestrator fetches a completion', process: 'orchestrator', match: script(11, 'completions') },
  { step: 'the orchestrator finishes a completion', process: 'orchestrator', match: script(14, 'completions') },
];
/** Its text, as it is sent for the first time. */
const EXTEND_LOCKS = /Extend locks for multiple jobs[^]*:tracks:stalled/;

let scene: ServerScene;
let slow: number;
let extended: Promise<void>;
beforeAll(async () => {
  scene = await openServerScene({ workers: 1, slots: 3 });
  await scene.makeGraph('pair', { A: 0, B: 0 }, ['A->B']);
  const leaves = Array.from({ length: TRACKS.fan - 1 }, (_, index) => `leaf-${index}`);
  await scene.makeGraph(
    'fan',
    { root: 0, ...Object.fromEntries(leaves.map((leaf) => [leaf, 0])) },
    leaves.map((leaf) => `root->${leaf}`),
  );
  await scene.makeGraph('slow', { L: SLOW_SECONDS, after: 0 }, ['L->after']);
  extended = linkOf(scene.stack.process('worker'), 'redis').intercept({ match: EXTEND_LOCKS, when: 'after' });
  slow = await scene.start('slow');
}, 120_000);
afterAll(() => scene.stop(), 60_000);

test.each(CUTS)(
  'F15: the link is cut when $step',
  inRounds(async (_round, { process, match, graph = 'pair' }: Cut) => {
    for (const when of ROUNDS > 1 ? (['after', 'before'] as const) : (['after'] as const)) {
      const sprung = linkOf(scene.stack.process(process), 'redis').intercept({ match, when });
      const id = await scene.start(graph);
      await sprung;
      expect(await scene.settle([id], [slow])).toEqual(allWell(TRACKS[graph]));
    }
  }),
  60_000 * ROUNDS,
);

test('F15: the link is cut when a worker renews the locks of what runs', async () => {
  await extended;
  expect(await scene.settle([slow])).toEqual(allWell(2));
}, 60_000);

test('F15: nothing was parked', async () => {
  for (const queue of ['tracks', 'completions']) {
    expect(await scene.redis.zcard(`${scene.stack.redisPrefix}:${queue}:failed`)).toBe(0);
  }
});
