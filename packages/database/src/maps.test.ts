import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { pipelineIdOf, trackIdOf, type FlowEvent } from '@baton/domain';
import { applyFlowEvents } from './apply-flow-events.ts';
import { claimAttempts, type RunKey } from './claim-attempts.ts';
import { findPipeline } from './find-pipelines.ts';
import { setPool } from './pools.ts';
import { startChildren } from './start-children.ts';
import { selectRows } from './statements.ts';
import { useTestDatabase } from './testing-database.ts';
import { createChildStage } from './testing-children.ts';
import {
  completionOf,
  makeRunId,
  readStates,
  runTracks,
  startTestFlow,
  TEST_WORKER,
  type TestFlow,
} from './testing-flow.ts';
import { readTrackOutputs } from './track-outputs.ts';

const database = useTestDatabase();
const stage = createChildStage(database);

describe('a map', () => {
  const input = { list: { type: 'json' }, item: { type: 'integer' }, word: { type: 'string', default: 'w' } };

  async function startMap(list: unknown, map: object = {}, more: object = {}): Promise<TestFlow> {
    const vertex = { input, script: 'echo {item}', map: { over: 'list', ...map }, ...more };
    const inputs = { each: { list, word: 'w' } as never };
    return startTestFlow(database, { edges: ['each->after'], vertices: { each: vertex }, inputs });
  }

  test('runs one track an item, each without the list, and gathers what they hand on in order', async () => {
    const flow = await startMap([3, '4', 5]);
    const child = await stage.startChild(flow, 'each');
    const items = [1, 2, 3].map((vertexId) => trackIdOf(child, vertexId));
    expect((await stage.trackOf(items[1] as number)).input).toEqual({ item: 4, word: 'w' });
    for (const [index, trackId] of [...items.entries()].toReversed())
      await stage.runTrack(trackId, { outputs: { n: `out ${index}` } });
    expect(await readStates(flow)).toEqual({ each: 'SUCCEED', after: 'PENDING' });
    const outputs = await readTrackOutputs(database.dataSource, flow.trackId('each'), 1);
    expect(outputs).toEqual({ results: '[{"n":"out 0"},{"n":"out 1"},{"n":"out 2"}]', succeeded: '3', failed: '0' });
  });

  test.each([
    [80, 'SUCCEED'],
    [81, 'FAILED'],
  ])('of which four of five succeed, where %d %% must: %s', async (minSuccessPercent, state) => {
    const flow = await startMap([1, 2, 3, 4, 5], { minSuccessPercent });
    const child = await stage.startChild(flow, 'each');
    for (const item of [1, 2, 3, 4, 5]) await stage.runTrack(trackIdOf(child, item), { exitCode: item === 3 ? 1 : 0 });
    expect(await stage.stateOf(child)).toBe('FAILED');
    expect((await stage.trackOf(flow.trackId('each'))).state).toBe(state);
    const outputs = await readTrackOutputs(database.dataSource, flow.trackId('each'), 1);
    expect(outputs).toEqual({ results: '[{},{},null,{},{}]', succeeded: '4', failed: '1' });
  });

  test('runs so many items at once', async () => {
    const flow = await startMap([1, 2, 3, 4], { concurrency: 2 });
    const child = await stage.startChild(flow, 'each');
    const claims = [1, 2, 3, 4].map((item) => ({ trackId: trackIdOf(child, item), attempt: 1, runId: makeRunId() }));
    const results = await claimAttempts(database, {
      workerId: TEST_WORKER,
      labels: ['default'],
      leaseMs: 30_000,
      claims,
    });
    expect(results.map((result) => (result.granted ? 'granted' : result.why))).toEqual([
      'granted',
      'granted',
      'limit',
      'limit',
    ]);
  });

  test('leaves nothing behind that its items were counted by', async () => {
    const flow = await startMap([1, 2], { concurrency: 1 });
    const child = await stage.startChild(flow, 'each');
    const countRows = async (): Promise<number[]> => {
      const key = `map:${child}`;
      const count = async (sql: string): Promise<number> =>
        Number((await selectRows<{ count: number }>(database.dataSource, sql, [key]))[0]?.count);
      return [
        await count('SELECT COUNT(*) AS count FROM limit_key WHERE name = ?'),
        await count('SELECT COUNT(*) AS count FROM limit_holder WHERE limit_key = ?'),
      ];
    };
    await stage.runTrack(trackIdOf(child, 1));
    expect(await countRows()).toEqual([1, 1]);
    await stage.runTrack(trackIdOf(child, 2));
    expect(await stage.stateOf(child)).toBe('FINISH');
    expect(await countRows()).toEqual([0, 0]);
  });

  test('that ends with others waits for no limit but its own', async () => {
    const claims: RunKey[] = [];
    for (let map = 0; map < 6; map += 1) {
      const child = await stage.startChild(await startMap([1], { concurrency: 1 }), 'each');
      claims.push({ trackId: trackIdOf(child, 1), attempt: 1, runId: makeRunId() });
    }
    await claimAttempts(database, { workerId: TEST_WORKER, labels: ['default'], leaseMs: 30_000, claims });
    await setPool(database, 'busy', 1);
    const claiming = database.dataSource.createQueryRunner();
    await claiming.startTransaction();
    await claiming.query(`SELECT name FROM limit_key WHERE name = 'pool:busy' FOR UPDATE`);
    await claiming.query(`INSERT INTO limit_holder VALUES ('pool:busy', 1, 'a run of another pipeline')`);
    const events = claims.map((claim): [number, FlowEvent[]] => {
      return [pipelineIdOf(claim.trackId), [{ kind: 'completion', completion: completionOf(claim, {}) }]];
    });
    const ended = applyFlowEvents(database, new Map(events)).then(({ childrenDone }) => childrenDone.length);
    const first = await Promise.race([ended, sleep(5000, 'it waits')]);
    await claiming.rollbackTransaction();
    await claiming.release();
    await ended;
    expect(first).toBe(6);
  });

  test('of nothing succeeds at once', async () => {
    const flow = await startMap([]);
    await expect(stage.startChild(flow, 'each')).rejects.toThrow('has no child');
    expect(await readStates(flow)).toEqual({ each: 'SUCCEED', after: 'PENDING' });
    const outputs = await readTrackOutputs(database.dataSource, flow.trackId('each'), 1);
    expect(outputs).toEqual({ results: '[]', succeeded: '0', failed: '0' });
  });

  test('over an output that is no list fails, and says which', async () => {
    const vertex = { input: { item: { type: 'string' } }, script: 'echo {item}', map: { over: 'A.list' } };
    const flow = await startTestFlow(database, { edges: ['A->each'], vertices: { each: vertex } });
    await stage.runTrack(flow.trackId('A'), { outputs: { list: '{"not": "a list"}' } });
    await expect(stage.startChild(flow, 'each')).rejects.toThrow('has no child');
    const track = await stage.trackOf(flow.trackId('each'));
    expect(track).toMatchObject({ state: 'FAILED', reason: 'spawn_error' });
    expect(track.detail).toMatch(/A\.list of the map each to be a list/);
  });

  test('retries items, each by itself, under the names of the items', async () => {
    const flow = await startMap([1, 2], {}, { retry: { max: 1 } });
    const { toDispatch } = await startChildren(database, [{ trackId: flow.trackId('each'), attempt: 1 }]);
    expect(toDispatch.map(({ vertex }) => vertex)).toEqual(['each[0]', 'each[1]']);
    const [first] = toDispatch;
    await stage.runTrack(first?.trackId ?? 0, { exitCode: 1 });
    expect(await stage.trackOf(first?.trackId ?? 0)).toMatchObject({ state: 'PENDING', attempt: 2 });
    expect((await stage.trackOf(flow.trackId('each'))).state).toBe('RUNNING');
  });

  test('its items find the outputs of the vertices before the map', async () => {
    const vertex = {
      input: { list: { type: 'json' }, item: { type: 'integer' } },
      script: 'echo {A.word}',
      map: { over: 'list' },
    };
    const flow = await startTestFlow(database, {
      edges: ['A->each'],
      vertices: { each: vertex },
      inputs: { each: { list: [1] } },
    });
    await stage.runTrack(flow.trackId('A'));
    const child = await stage.startChild(flow, 'each');
    const claims = [{ trackId: trackIdOf(child, 1), attempt: 1, runId: makeRunId() }];
    const [claim] = await claimAttempts(database, {
      workerId: TEST_WORKER,
      labels: ['default'],
      leaseMs: 30_000,
      claims,
    });
    expect(claim).toMatchObject({ granted: true, scope: { pipelineId: flow.pipelineId, vertexId: 2 } });
  });

  test('over other graphs runs a pipeline an item', async () => {
    const graph = await stage.storeEcho();
    const vertex = {
      input,
      script: undefined,
      map: { over: 'list' },
      pipeline: { graph, params: { word: '{item}!' } },
    };
    const flow = await startTestFlow(database, { vertices: { each: vertex }, inputs: { each: { list: [7] } } });
    const child = await stage.startChild(flow, 'each');
    const { toDispatch } = await startChildren(database, [{ trackId: trackIdOf(child, 1), attempt: 1 }]);
    const grandchild = toDispatch[0]?.pipelineId ?? 0;
    expect((await findPipeline(database, grandchild))?.params).toEqual({ word: '7!' });
    await stage.runTrack(trackIdOf(grandchild, 1));
    expect(await stage.stateOf(flow.pipelineId)).toBe('FINISH');
  });

  test('of two hundred items with one in twenty failing ends as its share says', async () => {
    await setPool(database, 'many', 200);
    const flow = await startMap(
      Array.from({ length: 200 }, (_, index) => index),
      { minSuccessPercent: 90 },
      { pools: ['many'] },
    );
    const child = await stage.startChild(flow, 'each');
    const childFlow = { ...flow, pipelineId: child, trackId: (name: string) => trackIdOf(child, Number(name)) };
    const names = Array.from({ length: 200 }, (_, index) => String(index + 1));
    await runTracks(
      childFlow,
      names.filter((name) => Number(name) % 20 !== 0),
    );
    const applied = await runTracks(
      childFlow,
      names.filter((name) => Number(name) % 20 === 0),
      { exitCode: 1 },
    );
    await stage.settle(applied.childrenDone);
    expect(await readStates(flow)).toEqual({ each: 'SUCCEED', after: 'PENDING' });
    expect((await readTrackOutputs(database.dataSource, flow.trackId('each'), 1)).failed).toBe('10');
  });
});
