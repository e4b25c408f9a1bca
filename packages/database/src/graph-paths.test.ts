import { trackIdOf, type TrackToDispatch } from '@baton/domain';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { openDatabase, type Database } from './data-source.ts';
import { createGraphPaths, learnPaths, refreshPaths, type GraphPaths } from './graph-paths.ts';
import { loadFlowGraph, sealedGraphs, type StoredGraph } from './load-flow-graph.ts';
import { loadPipelineGraph } from './load-pipeline-graph.ts';
import { execute, inChunks, placeRows } from './statements.ts';
import { explainStatements } from './testing-explain.ts';
import { useTestDatabase } from './testing-database.ts';
import { insertGraphRows, insertPipelineRows, type FlowRows } from './testing-rows.ts';
import { describeTrack } from './track-to-dispatch.ts';

const database = useTestDatabase({ criticalPath: true });

interface Graph {
  graphId: number;
  versionId: number;
}

/** A -> B, and C beside them. */
const VERTICES: FlowRows['vertices'] = [{ name: 'A' }, { name: 'B' }, { name: 'C' }];

async function makeGraph(vertices = VERTICES): Promise<Graph> {
  const graph = await insertGraphRows(database, { vertices });
  await execute(database.dataSource, 'INSERT INTO edge (version_id, id, tail, head) VALUES (?, 1, 1, 2)', [
    graph.versionId,
  ]);
  return graph;
}

/** A pipeline that has run. @param durations ms, of the attempts of the n-th vertex */
async function run(
  graph: Graph,
  durations: readonly (readonly number[])[],
  more: Partial<FlowRows> = {},
): Promise<number> {
  const vertices = durations.map((_, index) => ({ name: `V${index}` }));
  const states = vertices.map(() => 'SUCCEED' as const);
  const rows = { pipelineState: 'FINISH' as const, vertices, states, ...more };
  const { pipelineId } = await insertPipelineRows(database, graph, rows);
  const time = '2026-11-01 00:00:00';
  const attempts = durations.flatMap((list, index) =>
    list.map((ms, before) => {
      const trackId = trackIdOf(pipelineId, index + 1);
      return [trackId, before + 1, `run-${trackId}-${before}`, 'w1', 'succeed', 0, time, time, time, ms, 0, 0];
    }),
  );
  for (const chunk of inChunks(attempts, 1000)) {
    const { places, values } = placeRows(chunk);
    await execute(
      database.dataSource,
      `INSERT INTO attempt (track_id, attempt, run_id, worker_id, result, exit_code, pending_at, started_at, finished_at,
        duration_ms, output_bytes, cut_bytes) VALUES ${places}`,
      values,
    );
  }
  return pipelineId;
}

/** A graph as a process has it that has not learnt anything yet. */
async function loadUnlearnt({ versionId }: Graph): Promise<StoredGraph & { paths: GraphPaths }> {
  const graph = await loadFlowGraph(database.dataSource, { ...database, criticalPath: false }, versionId);
  return { ...graph, paths: await createGraphPaths(database, graph) };
}

async function learn(graph: Graph): Promise<number[]> {
  const loaded = await loadUnlearnt(graph);
  await learnPaths(loaded.paths);
  return pathsOf(loaded);
}

function pathsOf({ vertices, paths }: StoredGraph): number[] {
  return [...vertices.keys()].map((id) => paths?.remaining.of(id) ?? NaN);
}

/** What is read beside comes when it comes. */
async function waitFor(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const endsAt = performance.now() + 10_000;
  while (!(await isSo())) {
    if (performance.now() > endsAt) throw new Error('expected past runs to be read within ten seconds');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('what past runs took', () => {
  test('is nothing before the first has ended: then vertices are counted', async () => {
    const graph = await makeGraph();
    await run(graph, [[500], [500], [500]], { pipelineState: 'RUNNING', states: [] });
    expect(await learn(graph)).toEqual([2, 1, 1]);
  });

  test('is the average of the last three that finished, of each vertex the last attempt', async () => {
    const graph = await makeGraph();
    await run(graph, [[9000], [9000], [9000]]);
    await run(graph, [[10], [100], [1000]]);
    await run(graph, [[20], [7000, 200], [2000]]);
    await run(graph, [[30], [300], [3000]]);
    await run(graph, [[8000], [8000], [8000]], { pipelineState: 'FAILED' });
    expect(await learn(graph)).toEqual([220, 200, 2000]);
  });

  test('leaves out vertices that did not run, and the items of maps, which have numbers of their own', async () => {
    const graph = await makeGraph();
    await run(graph, [[10], [], [30]]);
    const items = await run(graph, [[7000], [7000]]);
    const [parent] = [await run(graph, [[], [], []], { pipelineState: 'RUNNING', states: [] })];
    await execute(
      database.dataSource,
      'UPDATE pipeline SET parent_track_id = ?, depth = 1, map_vertex_id = 2, map_size = 2 WHERE id = ?',
      [trackIdOf(parent, 2), items],
    );
    expect(await learn(graph)).toEqual([30, 20, 30]);
  });

  test('is not read again while no other pipeline has finished', async () => {
    const graph = await makeGraph();
    await run(graph, [[10], [20], [30]]);
    const loaded = await loadUnlearnt(graph);
    await learnPaths(loaded.paths);
    const known = loaded.paths.remaining;
    const plans = await explainStatements(database, () => learnPaths(loaded.paths));
    expect(plans.filter(({ sql }) => sql.includes('attempt'))).toEqual([]);
    expect(loaded.paths.remaining).toBe(known);
    await run(graph, [[10], [60], [30]]);
    await learnPaths(loaded.paths);
    expect(pathsOf(loaded)).toEqual([50, 40, 30]);
  });
});

describe('of much', () => {
  const MANY = 8000;
  let graph: Graph;
  let other: Graph;
  beforeAll(async () => {
    other = await makeGraph();
    const vertices = Array.from({ length: MANY }, (_, index) => ({ name: `V${index}` }));
    graph = await makeGraph(vertices);
    for (let made = 0; made < 4; made += 1) {
      await run(
        graph,
        vertices.map(() => [100 + made]),
      );
      for (let failed = 0; failed < 200; failed += 1) await run(other, [[1]], { pipelineState: 'FAILED' });
    }
    for (const table of ['pipeline', 'attempt']) {
      await execute(database.dataSource, `ALTER TABLE ${table} STATS_SAMPLE_PAGES = 10000 STATS_AUTO_RECALC = 0`);
      await database.dataSource.query(`ANALYZE TABLE ${table}`);
    }
  });

  test('no more is read than is wanted, by ranges of the keys', async () => {
    const loaded = await loadUnlearnt(graph);
    const plans = await explainStatements(database, () => learnPaths(loaded.paths));
    const steps = plans.flatMap((plan) => plan.steps);
    const attempts = steps.slice(1);
    expect(steps[0]).toMatchObject({ table: 'pipeline', key: 'ix_pipeline_graph' });
    expect(new Set(attempts.map(({ table, key }) => `${table} ${key}`))).toEqual(new Set(['attempt PRIMARY']));
    // 20,000 of 24,000, by 2,000; a pipeline's end is seen by asking once more.
    expect(attempts).toHaveLength(4 + 1 + 4 + 1 + 2);
    // The server's estimate of a range, which knows of no limit.
    expect(Math.max(...steps.map(({ rows }) => rows))).toBeLessThan(2.2 * MANY);
    expect(loaded.paths.remaining.of(1)).toBeCloseTo(2 * 102);
    // Of the third the first 4,000 vertices only: 20,000 attempts in all.
    expect([4000, 4001].map((id) => loaded.paths.remaining.of(id))).toEqual([102, 102.5]);
  });

  test('pipelines that did not finish are passed over, as far as the last five hundred', async () => {
    const single = await openDatabase({ url: database.url, poolSize: 1 });
    try {
      const before = await countReads(single);
      const loaded = await loadUnlearnt(other);
      await learnPaths(await createGraphPaths(single, loaded));
      expect((await countReads(single)) - before).toBeLessThan(1300);
    } finally {
      await single.close();
    }
  });
});

/** Index entries and rows that this session has asked its tables for. */
async function countReads({ dataSource }: Database): Promise<number> {
  const rows: { Value: string }[] = await dataSource.query(`SHOW SESSION STATUS LIKE 'Handler\\_read\\_%'`);
  return rows.reduce((sum, { Value }) => sum + Number(Value), 0);
}

const PIPELINE = { id: 1, name: 'p', priority: 0, createdAt: new Date(Date.now() - 1000) };

function describeOf(graph: StoredGraph, vertexId: number): TrackToDispatch {
  return describeTrack(graph, PIPELINE, { vertexId, attempt: 1, seq: 1 });
}

describe('a graph whose tracks are enqueued', () => {
  test('counts its vertices at once, and is read about beside', async () => {
    const graph = await makeGraph();
    await run(graph, [[10], [20], [30]]);
    const { paths, ...loaded } = await loadFlowGraph(database.dataSource, database, graph.versionId);
    if (paths === undefined) throw new Error('expected a graph with paths');
    describeOf({ ...loaded, paths }, 1);
    expect(pathsOf({ ...loaded, paths })).toEqual([2, 1, 1]);
    await waitFor(() => paths.learntFrom !== '');
    expect(pathsOf({ ...loaded, paths })).toEqual([30, 20, 30]);
  });

  test('is read about again after some time, less and less often', async () => {
    const graph = await makeGraph();
    const loaded = await loadUnlearnt(graph);
    const { paths } = loaded;
    describeOf(loaded, 1);
    const waits = [paths.waitMs];
    await run(graph, [[10], [20], [30]]);
    describeOf(loaded, 1);
    expect(paths.waitMs).toBe(waits[0]);
    for (let times = 0; times < 5; times += 1) {
      const before = paths.waitMs;
      paths.nextReadAt = 0;
      // One read at a time: the one before may not have ended.
      await waitFor(() => {
        describeOf(loaded, 1);
        return paths.nextReadAt > 0;
      });
      expect(paths.nextReadAt).toBeLessThanOrEqual(performance.now() + before);
      waits.push(paths.waitMs);
    }
    expect(waits).toEqual([8000, 32_000, 128_000, 300_000, 300_000, 300_000]);
    await waitFor(() => pathsOf(loaded).join() === '30,20,30');
  });

  test('stays as it is known where the read fails', async () => {
    const loaded = await loadUnlearnt(await makeGraph());
    const source = { query: () => Promise.reject(new Error('away')) };
    const paths = { ...loaded.paths, source };
    refreshPaths(paths);
    expect(paths.nextReadAt).toBeGreaterThan(0);
    await new Promise((resolve) => setImmediate(resolve)); // a rejection that nobody heard would end the process here
    expect(pathsOf({ ...loaded, paths })).toEqual([2, 1, 1]);
  });

  test('is kept with what that takes', async () => {
    const vertices = Array.from({ length: 3000 }, (_, index) => ({ name: `V${index}` }));
    const [plain, ordered] = [await makeGraph(vertices), await makeGraph(vertices)];
    const sizes = [sealedGraphs.bytes];
    await loadFlowGraph(database.dataSource, { ...database, criticalPath: false }, plain.versionId);
    sizes.push(sealedGraphs.bytes);
    const loaded = await loadFlowGraph(database.dataSource, database, ordered.versionId);
    sizes.push(sealedGraphs.bytes);
    const [start = 0, afterPlain = 0, afterOrdered = 0] = sizes;
    expect(afterOrdered - afterPlain - (afterPlain - start)).toBe(3000 * 12);
    expect([1, 2, 3000].map((id) => loaded.paths?.remaining.of(id))).toEqual([2, 1, 1]);
  });
});

describe('a track', () => {
  const startedAt = PIPELINE.createdAt;

  test('has its turn the sooner the more is ahead of it', async () => {
    const graph = await makeGraph();
    await run(graph, [[10], [20], [30]]);
    const loaded = await loadUnlearnt(graph);
    await learnPaths(loaded.paths);
    const times = [1, 2, 3].map((id) => (describeOf(loaded, id).turnMs ?? 0) - startedAt.getTime());
    expect(times).toEqual([-30, -20, -30]);
  });

  test('of a map is as any other of its map', async () => {
    const map = { over: 'list', as: 'item', concurrency: null, minSuccessPercent: 100 };
    const input = { list: { type: 'json', required: true } };
    const graph = await makeGraph([{ name: 'A' }, { name: 'B', input, policies: { map } }]);
    const key = { versionId: graph.versionId, mapVertexId: 2, mapSize: 3 };
    const items = await loadPipelineGraph(database.dataSource, database, key);
    expect([1, 3].map((id) => describeOf(items, id).turnMs)).toEqual([startedAt.getTime(), startedAt.getTime()]);
  });

  test('has no turn where that is not wanted', async () => {
    const { versionId } = await makeGraph();
    const off = await openDatabase({ url: database.url, poolSize: 1 });
    try {
      const loaded = await loadFlowGraph(off.dataSource, off, versionId);
      expect(describeOf(loaded, 1)).not.toHaveProperty('turnMs');
    } finally {
      await off.close();
    }
  });
});
