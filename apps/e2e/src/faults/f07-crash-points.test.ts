import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ProcessKind } from '@baton/devstack';
import type { CrashPoint } from '@baton/service';
import { openFaultScene, type FaultScene } from './fault-scene.ts';
import { inRounds, ROUNDS } from './rounds.ts';

/**
 * F7 and F1 where it takes no time: an orchestrator or an API dies between a write and what follows it. Each other place:
 * slow/f07-orchestrator-killed, slow/f01-api-killed.
 */
let scene: FaultScene;

beforeAll(async () => {
  // A lease that outlives the restart of an API on a busy machine.
  scene = await openFaultScene({ workers: 1, environment: { BATON_LEASE_MS: '20000' } });
  await scene.putGraph('two', [scene.vertex('A'), scene.vertex('B')], [['A', 'B']]);
}, 120_000);

afterAll(() => scene.stack.stop());

/** Lets a process die at a point of what is asked for, and starts it again. */
async function dieAt<T>(point: CrashPoint, kind: ProcessKind, ask: () => Promise<T>): Promise<T> {
  const killed = scene.stack.crashAt(point);
  const answer = await ask();
  await killed;
  await scene.restartDead(kind);
  return answer;
}

test(
  'F1: a claim that is committed and never answered is the same worker’s still: its script starts once',
  inRounds(async (round) => {
    const id = await dieAt('api.claimed', 'api', () => scene.start('two', `claimed-${round}`));
    expect(await scene.waitForEnds([id])).toEqual(['FINISH']);
    expect(await scene.listStarts(id)).toEqual(['A 1', 'B 1']);
    expect(await scene.judge()).toEqual([]);
  }),
  90_000 * ROUNDS,
);

test(
  'F7: a pipeline that a track runs is started once, and ends',
  inRounds(async (round) => {
    const [below, above] = [`below-${round}`, `above-${round}`];
    await scene.putGraph(below, [scene.vertex('inner')]);
    const runsBelow = { name: 'runs below', pipeline: { graph: below } };
    await scene.putGraph(above, [runsBelow, scene.vertex('after')], [['runs below', 'after']]);
    const id = await dieAt('orchestrator.child_started', 'orchestrator', () => scene.start(above, above));
    expect(await scene.waitForEnds([id])).toEqual(['FINISH']);
    const made = await listMade(below);
    expect(await Promise.all([id, ...made].map(scene.listStarts))).toEqual([['after 1'], ['inner 1']]);
  }),
  60_000 * ROUNDS,
);

test(
  'F7: a pipeline that was due is started once, and ends',
  inRounds(async (round) => {
    const { api } = scene;
    const name = `yearly-${round}`;
    await scene.putGraph(name, [scene.vertex('A')]);
    await api.post('/schedules', { name, cron: '0 0 1 1 *', graph: name });
    const range = { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };
    await dieAt('orchestrator.scheduled', 'orchestrator', () => api.post(`/schedules/${name}/backfill`, range));
    const readFires = async (): Promise<{ state: string; pipelineId: number }[]> =>
      (await api.get<{ items: { state: string; pipelineId: number }[] }>(`/schedules/${name}/fires`)).items;
    const [due] = await readFires();
    const id = due?.pipelineId ?? 0;
    expect(await scene.waitForEnds([id])).toEqual(['FINISH']);
    expect(await readFires()).toMatchObject([{ state: 'started', pipelineId: id }]);
    expect(await listMade(name)).toEqual([id]);
    expect(await scene.listStarts(id)).toEqual(['A 1']);
  }),
  60_000 * ROUNDS,
);

/** Pipelines of a graph, whoever asked for them. */
async function listMade(graph: string): Promise<number[]> {
  const { items } = await scene.api.get<{ items: { id: number }[] }>(`/pipelines?children=true&graph=${graph}`);
  return items.map(({ id }) => id);
}
