import { expect, test } from '@jest/globals';
import { findPipelineEvents } from './pipeline-events.ts';
import { setPool } from './pools.ts';
import { execute, selectRows } from './statements.ts';
import { useTestDatabase } from './testing-database.ts';
import {
  applyCompletions,
  claimTracks,
  completionOf,
  makeRunId,
  startPipelineOf,
  startTestFlow,
  storeTestGraph,
  TEST_WORKER,
  type FlowShape,
  type TestFlow,
} from './testing.ts';
import { recordStatements } from './testing-explain.ts';
import { claimAll, claimRuns, countRunning, makePoolName, whyOf } from './testing-limits.ts';

const database = useTestDatabase({ poolSize: 20 });

async function startMany(shape: FlowShape, count: number): Promise<TestFlow[]> {
  const graph = await storeTestGraph(database, shape);
  return Promise.all(Array.from({ length: count }, () => startPipelineOf(database, graph)));
}

const tracksOf = (flows: readonly TestFlow[], name: string): number[] => flows.map((flow) => flow.trackId(name));
const count = (results: readonly Parameters<typeof whyOf>[0][], why: string): number =>
  results.map(whyOf).filter((one) => one === why).length;

test('twenty claims at once over a pool of 3, each in a call of its own: exactly 3 are granted', async () => {
  const pool = makePoolName();
  await setPool(database, pool, 3);
  const ids = tracksOf(await startMany({ vertices: { A: { pools: [pool] } } }, 20), 'A');
  const results = (await Promise.all(ids.map((id) => claimAll(database, [id])))).flat();
  expect([count(results, 'granted'), count(results, 'limit')]).toEqual([3, 17]);
  expect(await countRunning(database, ids)).toBe(3);
});

test('twenty claims of one call over a pool of 3: the first 3 are granted', async () => {
  const pool = makePoolName();
  await setPool(database, pool, 3);
  const ids = tracksOf(await startMany({ vertices: { A: { pools: [pool] } } }, 20), 'A');
  expect((await claimAll(database, ids)).map(whyOf)).toEqual(ids.map((_, index) => (index < 3 ? 'granted' : 'limit')));
  expect(await countRunning(database, ids)).toBe(3);
});

test('the limit of a vertex counts over all pipelines of its graph, and keeps no other vertex', async () => {
  const flows = await startMany({ vertices: { A: { limit: 2 }, B: {} } }, 4);
  const ids = [...tracksOf(flows, 'A'), ...tracksOf(flows, 'B')];
  const results = await claimAll(database, ids);
  expect(results.slice(0, 4).map(whyOf)).toEqual(['granted', 'granted', 'limit', 'limit']);
  expect(count(results.slice(4), 'granted')).toBe(4);
  const others = await startMany({ vertices: { A: { limit: 2 } } }, 2);
  expect(count(await claimAll(database, tracksOf(others, 'A')), 'granted')).toBe(2);
});

test('the limit of a graph counts over its vertices and pipelines', async () => {
  const flows = await startMany({ vertices: { A: {}, B: {} }, limit: 3 }, 3);
  const results = await claimAll(database, [...tracksOf(flows, 'A'), ...tracksOf(flows, 'B')]);
  expect(count(results, 'granted')).toBe(3);
});

test('a pool that nobody made, and one of 0, let nothing run', async () => {
  const closed = makePoolName();
  await setPool(database, closed, 0);
  const [flow] = await startMany({ vertices: { A: { pools: [makePoolName()] }, B: { pools: [closed] } } }, 1);
  if (flow === undefined) throw new Error('no pipeline was started');
  expect((await claimAll(database, [flow.trackId('A'), flow.trackId('B')])).map(whyOf)).toEqual(['limit', 'limit']);
  await setPool(database, closed, 1);
  expect((await claimAll(database, [flow.trackId('B')])).map(whyOf)).toEqual(['granted']);
});

test('a lower capacity kills nothing and counts from the next claim on', async () => {
  const pool = makePoolName();
  await setPool(database, pool, 3);
  const flows = await startMany({ vertices: { A: { pools: [pool] } } }, 6);
  const ids = tracksOf(flows, 'A');
  const results = await claimAll(database, ids.slice(0, 4));
  await setPool(database, pool, 2);
  expect(await countRunning(database, ids)).toBe(3);
  await endRuns(flows, results.slice(0, 1));
  expect((await claimAll(database, ids.slice(3))).map(whyOf)).toEqual(['limit', 'limit', 'limit']);
  await endRuns(flows, results.slice(1, 2));
  expect((await claimAll(database, ids.slice(3))).map(whyOf)).toEqual(['granted', 'limit', 'limit']);
});

async function endRuns(flows: readonly TestFlow[], runs: Awaited<ReturnType<typeof claimAll>>): Promise<void> {
  for (const run of runs) {
    const flow = flows.find(({ pipelineId }) => run.granted && run.pipelineId === pipelineId);
    if (flow === undefined || !run.granted) throw new Error('the run was not granted');
    await applyCompletions(flow, [completionOf({ trackId: run.trackId, attempt: run.attempt, runId: run.runId })]);
  }
}

test('a place is under all limits of a track or under none', async () => {
  const [wide, narrow] = [`a-${makePoolName()}`, `b-${makePoolName()}`];
  await setPool(database, wide, 5);
  await setPool(database, narrow, 1);
  const both = tracksOf(await startMany({ vertices: { A: { pools: [wide, narrow] } } }, 4), 'A');
  const one = tracksOf(await startMany({ vertices: { A: { pools: [wide] } } }, 5), 'A');
  const results = await claimAll(database, [...both, ...one]);
  expect(count(results.slice(0, 4), 'granted')).toBe(1);
  expect(count(results.slice(4), 'granted')).toBe(4);
});

test('the same run asks again after a lost reply: it is in already, and takes no second place', async () => {
  const pool = makePoolName();
  await setPool(database, pool, 2);
  const ids = tracksOf(await startMany({ vertices: { A: { pools: [pool] } } }, 3), 'A');
  const first = { trackId: ids[0] ?? 0, attempt: 1, runId: makeRunId() };
  await claimRuns(database, [first]);
  const again = [first, ...ids.slice(1).map((trackId) => ({ trackId, attempt: 1, runId: makeRunId() }))];
  expect((await claimRuns(database, again)).map(whyOf)).toEqual(['granted', 'granted', 'limit']);
});

test('places of runs that are gone, whatever became of them, count for nothing, and their rows are swept', async () => {
  const pool = makePoolName();
  await setPool(database, pool, 1);
  const flows = await startMany({ vertices: { A: { pools: [pool] } } }, 60);
  for (const flow of flows) {
    const results = await claimAll(database, [flow.trackId('A')]);
    expect(results.map(whyOf)).toEqual(['granted']);
    await endRuns([flow], results);
  }
  const rows = await selectRows(database.dataSource, 'SELECT track_id FROM limit_holder WHERE limit_key = ?', [
    `pool:${pool}`,
  ]);
  expect(rows.length).toBeLessThan(40);
});

test('limits that overlap in any order are claimed from many sides at once: nobody waits for ever, none is overrun', async () => {
  const pools = Array.from({ length: 5 }, makePoolName);
  for (const pool of pools) await setPool(database, pool, 2);
  const vertices = Object.fromEntries(
    pools.flatMap((pool, index) => [
      [`A${index}`, { pools: [pool, pools[(index + 1) % 5] ?? pool], limit: 3 }],
      [`B${index}`, { pools: [pools[(index + 3) % 5] ?? pool, pool] }],
    ]),
  );
  const flows = await startMany({ vertices }, 6);
  const ids = flows.flatMap((flow) => Object.keys(vertices).map((name) => flow.trackId(name)));
  const shuffled = Array.from({ length: 12 }, (_, part) =>
    ids.filter((_id, index) => index % 12 === part).toReversed(),
  );
  const results = (await Promise.all(shuffled.map((part) => claimAll(database, part)))).flat();
  expect(results.map(whyOf).filter((why) => why !== 'granted' && why !== 'limit')).toEqual([]);
  for (const pool of pools) {
    const names = Object.keys(vertices).filter((name) => vertices[name]?.pools.includes(pool));
    const running = await countRunning(
      database,
      flows.flatMap((flow) => names.map((name) => flow.trackId(name))),
    );
    expect(running).toBeLessThanOrEqual(2);
  }
  expect(count(results, 'granted')).toBeGreaterThanOrEqual(2);
});

test('a track without limits costs no statement more; one with limits three', async () => {
  const pool = makePoolName();
  await setPool(database, pool, 9);
  const [free] = await startMany({ vertices: { A: {}, B: {} } }, 1);
  const [limited, warm] = await startMany({ vertices: { A: { pools: [pool], limit: 4 } } }, 2);
  if (free === undefined || limited === undefined || warm === undefined) throw new Error('no pipeline was started');
  // Graphs are read once, and rows of limits made once for ever.
  await claimAll(database, [free.trackId('B'), warm.trackId('A')]);
  const usual = [
    /^SELECT .* FROM pipeline/s,
    /^SELECT .* FROM track/s,
    /^UPDATE track/s,
    /^INSERT INTO pipeline_event/s,
  ];
  const sentFor = async (flow: TestFlow): Promise<string[]> => {
    const sent = await recordStatements(database, () => claimAll(database, [flow.trackId('A')]), /^(?!START|COMMIT)/);
    return sent.map(({ sql }) => sql.trim());
  };
  const plain = await sentFor(free);
  expect(plain).toEqual(usual.map((sql) => expect.stringMatching(sql)));
  const more = await sentFor(limited);
  expect(more.filter((sql) => /limit_/.test(sql))).toHaveLength(3);
  expect(more.filter((sql) => !/limit_/.test(sql))).toEqual(usual.map((sql) => expect.stringMatching(sql)));
});

test('a track that a limit keeps is not due for minutes, and says what it waits for and its place', async () => {
  const pool = makePoolName();
  const graph = await storeTestGraph(database, { vertices: { A: { pools: [pool], priority: 7 } } });
  const flow = await startPipelineOf(database, graph, { priority: 5 });
  await claimAll(database, [flow.trackId('A')]);
  const read = () =>
    selectRows(
      database.dataSource,
      `SELECT state, waits_for, waits_rank, waits_since = pending_at AS isSince, TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), due_at) > 60
         AS isLate, started_attempt FROM track WHERE id = ?`,
      [flow.trackId('A')],
    );
  const waiting = {
    state: 'PENDING',
    waits_for: `pool:${pool}`,
    waits_rank: -12,
    isSince: 1,
    isLate: 1,
    started_attempt: 0,
  };
  expect(await read()).toEqual([waiting]);
  await setPool(database, pool, 1);
  await claimAll(database, [flow.trackId('A')]);
  expect(await read()).toMatchObject([{ state: 'RUNNING', waits_for: null, waits_rank: null, started_attempt: 1 }]);
});

test('an attempt whose time has not come and one that waited too long are refused; a claim clears both times', async () => {
  const flow = await startTestFlow(database, { vertices: { A: {}, B: {}, C: {} } });
  const set = (name: string, columns: string): Promise<unknown> =>
    execute(database.dataSource, `UPDATE track SET ${columns} WHERE id = ?`, [flow.trackId(name)]);
  await set('A', 'not_before = UTC_TIMESTAMP(6) + INTERVAL 1 MINUTE');
  await set('B', 'expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND');
  await set(
    'C',
    'expires_at = UTC_TIMESTAMP(6) + INTERVAL 1 MINUTE, not_before = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND',
  );
  const results = await claimAll(
    database,
    ['A', 'B', 'C'].map((name) => flow.trackId(name)),
  );
  expect(results.map(whyOf)).toEqual(['not_yet', 'expired', 'granted']);
});

test('what runs another graph or one track an item is no worker’s to claim', async () => {
  const flow = await startTestFlow(database, {
    vertices: { A: { script: undefined, pipeline: { graph: 'other' } }, B: { map: { over: 'list' } } },
  });
  const results = await claimAll(database, [flow.trackId('A'), flow.trackId('B')]);
  expect(results.map(whyOf)).toEqual(['no_script', 'no_script']);
});

test('a call writes one event for each pipeline of which it claims; a repeated claim writes none', async () => {
  const flow = await startTestFlow(database, { vertices: { A: {}, B: {}, C: { labels: ['gpu'] } } });
  const other = await startTestFlow(database, { vertices: { A: {} } });
  const runs = ['A', 'B', 'C'].map((name) => ({ trackId: flow.trackId(name), attempt: 1, runId: makeRunId() }));
  await claimRuns(database, [...runs, { trackId: other.trackId('A'), attempt: 1, runId: makeRunId() }]);
  await claimRuns(database, runs);
  const events = await findPipelineEvents(database, flow.pipelineId, { after: 0, limit: 100 });
  const claims = events.filter(({ kind }) => kind === 'claim');
  const state = { state: 'RUNNING', attempt: 1, worker: TEST_WORKER };
  expect(claims).toMatchObject([
    {
      actor: null,
      body: {
        tracks: [
          { vertexId: 1, runId: runs[0]?.runId, ...state },
          { vertexId: 2, runId: runs[1]?.runId, ...state },
        ],
      },
    },
  ]);
  const others = await findPipelineEvents(database, other.pipelineId, { after: 0, limit: 100 });
  expect(others.filter(({ kind }) => kind === 'claim')).toHaveLength(1);
});

test('the next attempt of a track takes its place anew', async () => {
  const pool = makePoolName();
  await setPool(database, pool, 1);
  const graph = await storeTestGraph(database, { vertices: { A: { pools: [pool], onLost: 'retry' } } });
  const flow = await startPipelineOf(database, graph);
  const [run] = await claimTracks(flow, ['A']);
  if (run === undefined) throw new Error('nothing was claimed');
  const applied = await applyCompletions(flow, [completionOf(run, { outcome: 'lost', exitCode: null })]);
  expect(applied.freedLimits).toEqual([`pool:${pool}`]);
  const again = { trackId: run.trackId, attempt: 2, runId: makeRunId() };
  expect((await claimRuns(database, [again])).map(whyOf)).toEqual(['granted']);
  const holders = await selectRows(
    database.dataSource,
    'SELECT run_id AS runId FROM limit_holder WHERE limit_key = ?',
    [`pool:${pool}`],
  );
  expect(holders).toEqual([{ runId: again.runId }]);
});
