import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { StackProcess } from '@baton/devstack';
import { createRandom } from '@baton/domain/testing';
import { readRounds } from './config.ts';
import { waitForEnd, waitUntil } from './testing/call-api.ts';
import { openFlowScene, waitForTracks, type FlowScene, type Person } from './testing/flow-scene.ts';
import { watchLimits, type LimitWitness } from './testing/limit-witness.ts';

/**
 * A pool of 3 and a vertex with a limit of 2, while persons cancel, a worker is killed and another is frozen until its leases
 * are lost. `BATON_E2E_ROUNDS=10` lets ten storms pass.
 */
const LIMITS = { pool: 3, vertex: 2 };
const ROUNDS = readRounds(1);
const ROUND_TIMEOUT_MS = 40_000;
const PIPELINES = 10;
/** How long a frozen worker sleeps: longer than a lease. */
const FROZEN_MS = 3600;
const TIMES = { BATON_LEASE_MS: '3000', BATON_HEARTBEAT_MS: '600' };

let scene: FlowScene;
let ada: Person;
let witness: LimitWitness;
let released: string;

beforeAll(async () => {
  scene = await openFlowScene({ workers: 3, environment: { BATON_CONCURRENCY: '4', ...TIMES } });
  ada = await scene.makePerson('ada');
  witness = watchLimits(scene.stack.directory, LIMITS);
  released = join(scene.stack.directory, 'released');
  await scene.put('/pools/narrow', { limit: LIMITS.pool });
  await putGraph('storm', 'sleep 0.5');
}, 120_000);

afterAll(() => scene.stack.stop());

/** Three vertices in the pool and one with a limit, over all pipelines of the graph. */
async function putGraph(name: string, lines: string): Promise<void> {
  const pooled = { script: witness.script('pool', lines), pools: ['narrow'] };
  const limited = { script: witness.script('vertex', lines), limit: LIMITS.vertex };
  const vertices = [pooled, pooled, pooled, limited].map((vertex, index) => ({
    name: `v${index}`,
    onLost: 'retry',
    ...vertex,
  }));
  await scene.putGraph(name, { name, vertices, edges: [] });
}

function startMany(graph: string, count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, () => scene.start({ graph, onFailure: 'continue' })));
}

function workerOf(index: number): StackProcess {
  const found = scene.stack.processes.filter(({ kind }) => kind === 'worker')[index];
  if (found === undefined) throw new Error(`the stack has no worker ${index}`);
  return found;
}

interface WorkerAnswer {
  name: string;
  running: object[];
}

async function isBusy(worker: StackProcess): Promise<boolean> {
  const { items } = await scene.api.get<{ items: WorkerAnswer[] }>('/workers');
  return items.some(({ name, running }) => name === worker.name && running.length > 0);
}

/** @returns the process of a worker while it runs something */
async function waitForBusy(index: number): Promise<StackProcess> {
  const worker = workerOf(index);
  await waitUntil(() => isBusy(worker), Boolean);
  return worker;
}

/** Again, if what it ran had ended just before: something is to be lost. */
async function killOne(): Promise<void> {
  for (let isLost = false; !isLost;) {
    const worker = await waitForBusy(0);
    worker.kill('SIGKILL');
    await worker.exited;
    isLost = await isBusy(worker);
    await worker.restart();
  }
}

async function freezeOne(): Promise<void> {
  const worker = await waitForBusy(1);
  worker.kill('SIGSTOP');
  await wait(FROZEN_MS);
  worker.kill('SIGCONT');
}

/** Cancels tracks that run, here and there, until the pipelines have ended: not those of workers that are to be hurt. */
async function cancelSome(pipelineIds: readonly number[], seed: number, isOver: () => boolean): Promise<number> {
  const random = createRandom(seed);
  const hurt = new Set([workerOf(0).name, workerOf(1).name]);
  let cancelled = 0;
  while (!isOver()) {
    const tracks = [...(await scene.readTracks(random.pick(pipelineIds))).values()];
    const running = tracks.filter(({ state, worker }) => state === 'RUNNING' && !hurt.has(worker ?? ''));
    if (running.length > 0 && random.chance(0.4)) {
      const { status } = await ada.post(`/tracks/${random.pick(running).id}/cancel`);
      if (status === 200) cancelled += 1;
    }
    await wait(20);
  }
  return cancelled;
}

async function storm(seed: number): Promise<void> {
  const ids = await startMany('storm', PIPELINES);
  let isOver = false;
  const cancels = cancelSome(ids, seed, () => isOver);
  await Promise.all([killOne(), freezeOne()]);
  const ended = await Promise.all(ids.map((id) => waitForEnd(scene.api, id)));
  isOver = true;
  expect(await cancels).toBeGreaterThan(0);
  expect(ended.map(({ state }) => state).filter((state) => state === 'CANCELLED')).toEqual([]);
}

/** Tracks that hold their places until they are released: as many as the limits allow, and the others wait. */
async function fillAgain(): Promise<void> {
  await putGraph('calm', `while ! test -e '${released}'; do sleep 0.05; done`);
  const ids = await startMany('calm', 3);
  const countRunning = async (): Promise<number[]> => {
    const tracks = (await Promise.all(ids.map((id) => scene.readTracks(id)))).flatMap((all) => [...all.values()]);
    const isLimited = (vertex: string): boolean => vertex === 'v3';
    const running = tracks.filter(({ state }) => state === 'RUNNING');
    const limited = running.filter(({ vertex }) => isLimited(vertex)).length;
    return [running.length - limited, limited];
  };
  await waitUntil(countRunning, (counts) => counts.join() === `${LIMITS.pool},${LIMITS.vertex}`, 20_000);
  // A track waits for its limit from when a worker has asked for it in vain.
  const { items } = await waitUntil(
    () => scene.api.get<{ items: { waiting: number }[] }>('/pools'),
    (pools) => pools.items[0]?.waiting === 6,
  );
  expect(items).toMatchObject([{ name: 'narrow', limit: 3, running: 3, waiting: 6 }]);
  await writeFile(released, '');
  for (const id of ids) {
    expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FINISH' });
    await waitForTracks(scene, id, (tracks) => [...tracks.values()].every(({ state }) => state === 'SUCCEED'));
  }
}

test(
  'never more than N at once among cancels, a killed worker and lost leases, and N again afterwards',
  async () => {
    for (let round = 0; round < ROUNDS; round += 1) await storm(round + 1);
    expect(await witness.readExcess()).toEqual([]);
    await fillAgain();
    expect(await witness.readExcess()).toEqual([]);
    expect(await witness.readMost('pool')).toBe(LIMITS.pool);
    expect(await witness.readMost('vertex')).toBe(LIMITS.vertex);
    const starts = await witness.readStarts();
    expect(new Set(starts).size).toBe(starts.length);
    // What the killed worker and the frozen one ran was lost, and ran again.
    expect(starts.filter((start) => start.endsWith(' 2')).length).toBeGreaterThan(0);
  },
  30_000 + ROUNDS * ROUND_TIMEOUT_MS,
);

test('the witness tells of one too many', async () => {
  const narrow = watchLimits(scene.stack.directory, { one: 1 });
  const vertices = ['x', 'y'].map((name) => ({ name, script: narrow.script('one', 'sleep 1') }));
  await scene.putGraph('free', { name: 'free', vertices, edges: [] });
  const id = await scene.start({ graph: 'free' });
  expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FINISH' });
  expect(await narrow.readExcess()).toHaveLength(1);
  expect(await narrow.readMost('one')).toBe(2);
});
