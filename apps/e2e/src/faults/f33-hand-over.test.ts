import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { CrashPoint } from '@baton/service';
import { listTracks } from '../testing/call-api.ts';
import { openFaultScene, type FaultScene } from './fault-scene.ts';
import { inRounds, ROUNDS } from './rounds.ts';

/**
 * F33: the orchestrator dies while it hands tracks over: after it has taken them out of their queue, after it has claimed them
 * and before anybody was told. The worker asks for what it holds, the reconcile loop finds the rest, and no attempt is used up.
 */
let scene: FaultScene;

const WAITING = Array.from({ length: 8 }, (_, index) => `w${index}`);
const CHAIN = ['A', 'B', 'C', 'D'];

beforeAll(async () => {
  // A lease that outlives the restart of an orchestrator on a busy machine.
  scene = await openFaultScene({ workers: 1, slots: 2, environment: { BATON_LEASE_MS: '20000' } });
  // Long enough that the worker claims nothing ahead, and entries wait in their queue.
  const vertices = [...CHAIN, ...WAITING].map((name) => scene.vertex(name, { lines: 'sleep 0.3' }));
  const edges = CHAIN.slice(1).map((name, index) => [CHAIN[index] ?? '', name] as const);
  await scene.putGraph('handed', vertices, edges);
}, 120_000);

afterAll(() => scene.stack.stop());

const MOMENTS: CrashPoint[] = ['orchestrator.heads_taken', 'orchestrator.heads_claimed', 'orchestrator.committed'];

test.each(MOMENTS)(
  'killed at %s: nothing is lost, nothing starts twice, and every attempt is the first',
  async (moment) => {
    await inRounds(async (round) => {
      const killed = scene.stack.crashAt(moment);
      const id = await scene.start('handed', `${moment} ${round}`);
      await killed;
      await scene.restartDead('orchestrator');
      expect(await scene.waitForEnds([id])).toEqual(['FINISH']);
      const each = [...CHAIN, ...WAITING].map((vertex) => `${vertex} 1`).toSorted();
      expect((await scene.listStarts(id)).toSorted()).toEqual(each);
      for (const track of await listTracks(scene.api, id)) expect(track).toMatchObject({ attempt: 1 });
      expect(await scene.judge()).toEqual([]);
    })();
  },
  90_000 * ROUNDS,
);

test(
  'a worker that is told to end with places offered: what is claimed for them is given back, and another one runs it',
  inRounds(async (round) => {
    const { stack } = scene;
    const id = await scene.start('handed', `ends ${round}`);
    await scene.waitForLines('START', id, 2);
    const worker = stack.process('worker');
    worker.kill('SIGTERM');
    await worker.exited;
    await worker.restart();
    expect(await scene.waitForEnds([id])).toEqual(['FINISH']);
    const each = [...CHAIN, ...WAITING].map((vertex) => `${vertex} 1`).toSorted();
    expect((await scene.listStarts(id)).toSorted()).toEqual(each);
    expect(await scene.judge()).toEqual([]);
  }),
  60_000 * ROUNDS,
);
