import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connectRedis } from '@baton/queue';
import { waitForEnd, waitUntil } from './testing/call-api.ts';
import { openFlowScene, type FlowScene } from './testing/flow-scene.ts';
import { watchRedis } from './testing/watch-redis.ts';

/** Hand-over between real processes: what is claimed for offered places, and what goes through the queues. */

const CHAIN = Array.from({ length: 10 }, (_, index) => `V${index}`);
const CHAIN_EDGES = CHAIN.slice(1).map((name, index) => [CHAIN[index], name]);

/** Does something. @returns all that Redis was told meanwhile */
async function watchWhile({ stack }: FlowScene, act: () => Promise<void>): Promise<string> {
  const watched = await watchRedis(stack.servers.redisUrl);
  const redis = connectRedis({ url: stack.servers.redisUrl, prefix: 'unused' }, 'consumer', () => {});
  const flag = `end-${randomBytes(8).toString('hex')}`;
  try {
    await act();
    await redis.get(flag);
    await waitUntil(
      async () => watched.read().includes(flag),
      (isSeen) => isSeen,
    );
  } finally {
    watched.stop();
    redis.disconnect();
  }
  return watched.read();
}

/** Names of the tracks that had an entry in a queue. */
async function findEnqueued(scene: FlowScene, pipelineId: number, told: string): Promise<string[]> {
  const tracks = [...(await scene.readTracks(pipelineId)).values()];
  return tracks.flatMap(({ id, vertex }) => (told.includes(`t${id}-a`) ? [vertex] : []));
}

const startsOf = async (scene: FlowScene, pipelineId: number): Promise<string[]> =>
  (await scene.readJournal(pipelineId)).flatMap(({ kind, vertex, attempt }) =>
    kind === 'START' ? [`${vertex} ${attempt}`] : [],
  );

describe('one worker', () => {
  let scene: FlowScene;
  beforeAll(async () => {
    scene = await openFlowScene({ apis: 1, orchestrators: 1, workers: 1 });
  }, 120_000);
  afterAll(() => scene.stack.stop());

  test('of a chain of 10 all but the first are handed over, each starts once, and Redis sees no script and no value', async () => {
    const [inScript, inValue] = ['script', 'value'].map((what) => `${what}-${randomBytes(8).toString('hex')}`);
    const lines = `test '${inScript}' != "{secret}"`;
    const input = { secret: { default: inValue } };
    const vertices = CHAIN.map((name) => ({ name, input, script: scene.journaled(lines) }));
    await scene.putGraph('chain', { name: 'chain', vertices, edges: CHAIN_EDGES });
    let [id, told, enqueued]: [number, string, string[]] = [0, '', []];
    // A worker that has just been started hears within some heartbeats that it may offer places.
    for (let tries = 0; tries < 10 && enqueued.length !== 1; tries += 1) {
      told = await watchWhile(scene, async () => {
        id = await scene.start({ graph: 'chain' });
        expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FINISH' });
      });
      enqueued = await findEnqueued(scene, id, told);
    }
    expect(enqueued).toEqual(['V0']);
    expect(await startsOf(scene, id)).toEqual(CHAIN.map((name) => `${name} 1`));
    expect(told).toContain(':handed:');
    for (const canary of [inScript, inValue]) expect(told).not.toContain(canary);
  }, 60_000);

  test('what runs a pipeline and what has a limit goes through a queue', async () => {
    await scene.put('/pools/narrow', { limit: 2 });
    await scene.putGraph('below', {
      name: 'below',
      vertices: [{ name: 'inner', script: scene.journaled() }],
      edges: [],
    });
    const vertices = [
      { name: 'A', script: scene.journaled() },
      { name: 'limited', script: scene.journaled(), pools: ['narrow'] },
      { name: 'runs below', pipeline: { graph: 'below' } },
      { name: 'free', script: scene.journaled() },
    ];
    const edges = ['limited', 'runs below', 'free'].map((name) => ['A', name]);
    await scene.putGraph('mixed', { name: 'mixed', vertices, edges });
    let id = 0;
    const told = await watchWhile(scene, async () => {
      id = await scene.start({ graph: 'mixed' });
      expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FINISH' });
    });
    expect((await findEnqueued(scene, id, told)).toSorted()).toEqual(['A', 'limited', 'runs below']);
    expect((await startsOf(scene, id)).toSorted()).toEqual(['A 1', 'free 1', 'limited 1']);
  }, 60_000);
});

describe('four workers', () => {
  let scene: FlowScene;
  beforeAll(async () => {
    scene = await openFlowScene({ workers: 4, environment: { BATON_CONCURRENCY: '2' } });
  }, 120_000);
  afterAll(() => scene.stack.stop());

  test('short and long scripts: each worker gets work, each attempt starts once, and what was not started was given back', async () => {
    const name = (kind: string, index: number): string => `${kind}${index}`;
    const several = (kind: string, count: number): string[] =>
      Array.from({ length: count }, (_, index) => name(kind, index));
    const [roots, long, short] = [several('root', 8), several('long', 8), several('short', 100)];
    const script = scene.journaled();
    const vertices = [
      ...[...roots, ...short].map((one) => ({ name: one, script })),
      ...long.map((one) => ({ name: one, script: scene.journaled('sleep 1') })),
      ...CHAIN.map((one) => ({ name: one, script })),
    ];
    const edges = [
      ...long.map((one, index) => [roots[index], one]),
      ...short.map((one, index) => [roots[index % roots.length], one]),
      ...CHAIN_EDGES,
    ];
    await scene.putGraph('times', { name: 'times', vertices, edges });
    const ids = [await scene.start({ graph: 'times' }), await scene.start({ graph: 'times' })];
    for (const id of ids) expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FINISH' });
    const all = vertices.map((vertex) => `${vertex.name} 1`).toSorted();
    for (const id of ids) {
      expect((await startsOf(scene, id)).toSorted()).toEqual(all);
      expect(await countDecisions(scene, id)).toEqual(new Map(vertices.map((_, index) => [index + 1, 1])));
    }
    const workers = await scene.stack.database.dataSource.query<{ id: string }[]>(
      'SELECT DISTINCT worker_id AS id FROM attempt',
    );
    expect(workers).toHaveLength(4);
  }, 90_000);
});

describe('switched off', () => {
  let scene: FlowScene;
  beforeAll(async () => {
    const environment = { BATON_HAND_OVER: 'off' };
    scene = await openFlowScene({ apis: 1, orchestrators: 1, workers: 1, environment });
  }, 120_000);
  afterAll(() => scene.stack.stop());

  test('BATON_HAND_OVER=off: nothing is offered, and every track goes through its queue', async () => {
    const vertices = CHAIN.map((name) => ({ name, script: scene.journaled() }));
    await scene.putGraph('chain', { name: 'chain', vertices, edges: CHAIN_EDGES });
    const run = async (): Promise<{ id: number; told: string }> => {
      let id = 0;
      const told = await watchWhile(scene, async () => {
        id = await scene.start({ graph: 'chain' });
        expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FINISH' });
      });
      return { id, told };
    };
    // A worker that was there before the orchestrator hears of it with a later heartbeat.
    const { id, told } = await waitUntil(run, (ran) => !ran.told.includes('offered'), 20_000);
    expect((await findEnqueued(scene, id, told)).toSorted()).toEqual(CHAIN);
    expect(told.includes(`${scene.stack.redisPrefix}:handed:`)).toBe(false);
    expect(await startsOf(scene, id)).toEqual(CHAIN.map((name) => `${name} 1`));
  }, 60_000);
});

/** By vertex: how often it was claimed, without those claims that were given back. */
async function countDecisions({ stack }: FlowScene, pipelineId: number): Promise<Map<number, number>> {
  const rows = await stack.database.dataSource.query<{ kind: string; body: string }[]>(
    `SELECT kind, body FROM pipeline_event WHERE pipeline_id = ? AND kind IN ('claim', 'release') ORDER BY id`,
    [pipelineId],
  );
  const counts = new Map<number, number>();
  for (const { kind, body } of rows) {
    for (const { vertexId } of (JSON.parse(body) as { tracks: { vertexId: number }[] }).tracks) {
      counts.set(vertexId, (counts.get(vertexId) ?? 0) + (kind === 'claim' ? 1 : -1));
    }
  }
  return new Map([...counts].toSorted(([a], [b]) => a - b));
}
