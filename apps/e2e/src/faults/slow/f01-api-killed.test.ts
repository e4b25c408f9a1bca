import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { CrashPoint } from '@baton/service';
import { waitUntil } from '../../testing/call-api.ts';
import { commitOf, linkOf, openFaultScene, type FaultScene } from '../fault-scene.ts';
import { inRounds, ROUNDS } from '../rounds.ts';

/**
 * F1: the API is killed around the commit of what somebody asks for. The same key again does it, or finds it done: once in
 * any case, and the pipeline ends.
 */
let scene: FaultScene;

beforeAll(async () => {
  // A lease that outlives the restart of an API on a busy machine.
  scene = await openFaultScene({ environment: { BATON_GRACE_MS: '200', BATON_LEASE_MS: '20000' } });
  const { vertex } = scene;
  await scene.putGraph('two', [vertex('A'), vertex('B')], [['A', 'B']]);
  const edges = ['B', 'C'].map((head) => ['A', head] as const);
  await scene.putGraph('choice', [vertex('A'), vertex('B'), vertex('C')], edges);
  await scene.putGraph('long', [vertex('A', { lines: 'sleep 600' }), vertex('B')], [['A', 'B']]);
}, 120_000);

afterAll(() => scene.stack.stop());

const MOMENTS = ['before the commit', 'COMMIT in flight', 'api.committed', 'api.enqueued'] as const;
type Moment = (typeof MOMENTS)[number];

/** @returns resolves when the API has been killed at that moment of the request with this key */
function killAt(moment: Moment, key: string): Promise<void> {
  const api = scene.stack.process('api');
  if (moment.startsWith('api.')) return scene.stack.crashAt(moment as CrashPoint);
  const when = moment === 'before the commit' ? 'before' : 'after';
  return linkOf(api, 'mysql').intercept({ match: commitOf(key), when, act: () => api.kill('SIGKILL') });
}

/** Asks, the API dies, asks again. @returns the second answer */
async function askTwice<T>(moment: Moment, key: string, [path, body]: [string, object]): Promise<T> {
  const killed = killAt(moment, key);
  const ask = (): Promise<T> => scene.api.post<T>(path, body, { 'Idempotency-Key': key });
  await expect(ask()).rejects.toThrow();
  await killed;
  await scene.restartDead('api');
  return ask();
}

test(
  'a start is done once, whenever the API is killed, and the pipeline ends',
  inRounds(async (round) => {
    const ids: number[] = [];
    for (const [index, moment] of MOMENTS.entries()) {
      const key = `start-${round}-${index}`;
      const { id } = await askTwice<{ id: number }>(moment, key, ['/pipelines', { graph: 'two', name: key }]);
      ids.push(id);
    }
    expect(await scene.waitForEnds(ids)).toEqual(MOMENTS.map(() => 'FINISH'));
    const { items } = await scene.api.get<{ items: { id: number; name: string }[] }>('/pipelines?limit=100');
    const started = items.filter(({ name }) => name.startsWith(`start-${round}-`));
    expect(started.map(({ id }) => id).toSorted((a, b) => a - b)).toEqual(ids);
    expect(await scene.judge()).toEqual([]);
  }),
  90_000 * ROUNDS,
);

test(
  'a cancel is done once, whenever the API is killed, and stays',
  inRounds(async (round) => {
    const ids: number[] = [];
    for (const [index, moment] of MOMENTS.entries()) {
      // Nothing is enqueued by a cancel.
      if (moment === 'api.enqueued') continue;
      const id = await scene.start('long', `cancelled-${round}-${index}`);
      await scene.waitForLines('START', id, 1);
      ids.push(id);
      await askTwice(moment, `cancel-${round}-${index}`, [`/pipelines/${id}/cancel`, {}]);
    }
    expect(await scene.waitForEnds(ids)).toEqual(ids.map(() => 'CANCELLED'));
    expect(await countActions(ids, 'cancel')).toEqual(ids.map(() => 1));
    expect(await scene.judge()).toEqual([]);
  }),
  90_000 * ROUNDS,
);

test(
  'a choice is made once, whenever the API is killed, and what it names starts once',
  inRounds(async (round) => {
    const ids: number[] = [];
    for (const [index, moment] of MOMENTS.entries()) {
      const id = await scene.start('choice', `chosen-${round}-${index}`, { mode: 'manual' });
      ids.push(id);
      const trackId = await waitForChoice(id);
      await askTwice(moment, `next-${round}-${index}`, [`/tracks/${trackId}/next`, { next: ['C'] }]);
    }
    expect(await scene.waitForEnds(ids)).toEqual(ids.map(() => 'FINISH'));
    expect(await Promise.all(ids.map(scene.listStarts))).toEqual(ids.map(() => ['A 1', 'C 1']));
    expect(await countActions(ids, 'choose')).toEqual(ids.map(() => 1));
    expect(await scene.judge()).toEqual([]);
  }),
  90_000 * ROUNDS,
);

async function waitForChoice(pipelineId: number): Promise<number> {
  const ask = (): Promise<{ items: { trackId: number; pipelineId: number }[] }> => scene.api.get('/inbox?limit=100');
  const isHere = (item: { pipelineId: number }): boolean => item.pipelineId === pipelineId;
  const { items } = await waitUntil(ask, (inbox) => inbox.items.some(isHere));
  return items.find(isHere)?.trackId ?? 0;
}

/** How often the history of each pipeline has an action. */
function countActions(ids: readonly number[], kind: string): Promise<number[]> {
  return Promise.all(
    ids.map(async (id) => {
      const { items } = await scene.api.get<{ items: { kind: string }[] }>(`/pipelines/${id}/history?limit=200`);
      return items.filter((event) => event.kind === kind).length;
    }),
  );
}
