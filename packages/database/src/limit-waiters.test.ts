import { expect, test } from '@jest/globals';
import type { VertexPolicies } from '@baton/domain';
import type { RunKey } from './claim-attempts.ts';
import { fillLimits, SELECT_LIMIT_WAITERS, SELECT_WAITED_LIMITS, takeLimitWaiters } from './limit-waiters.ts';
import { setPool } from './pools.ts';
import { execute, selectRows } from './statements.ts';
import { useTestDatabase } from './testing-database.ts';
import { applyCompletions, applyEventsOf, completionOf, namesOf, startTestFlow } from './testing.ts';
import type { TestDatabase, TestFlow } from './testing.ts';
import { claimAll, makePoolName, whyOf } from './testing-limits.ts';

const database = useTestDatabase({ poolSize: 20 });

function start(vertices: Record<string, Partial<VertexPolicies>>, priority = 0): Promise<TestFlow> {
  return startTestFlow(database, { vertices, priority });
}

/** Claims tracks by name, one call each, in this order. @returns the runs that were granted */
async function claimInTurn(flow: TestFlow, names: readonly string[]): Promise<RunKey[]> {
  const runs: RunKey[] = [];
  for (const name of names) {
    const [result] = await claimAll(database, [flow.trackId(name)]);
    if (result?.granted === true) runs.push({ trackId: result.trackId, attempt: 1, runId: result.runId });
  }
  return runs;
}

const end = (flow: TestFlow, runs: readonly RunKey[]) =>
  applyCompletions(
    flow,
    runs.map((run) => completionOf(run)),
  );

async function makePool(limit: number): Promise<string> {
  const name = makePoolName();
  await setPool(database, name, limit);
  return name;
}

test('for each place that ended runs leave one track is woken, once', async () => {
  const pool = await makePool(2);
  const flow = await start({ A: { pools: [pool] }, B: { pools: [pool] }, C: { pools: [pool] }, D: { pools: [pool] } });
  const runs = await claimInTurn(flow, ['A', 'B', 'C', 'D']);
  expect(runs).toHaveLength(2);
  const { freedLimits } = await end(flow, runs.slice(0, 1));
  expect(freedLimits).toEqual([`pool:${pool}`]);
  const woken = await takeLimitWaiters(database, freedLimits);
  expect(woken).toMatchObject([{ vertex: 'C', attempt: 1, seq: 2, pipelineId: flow.pipelineId, labels: [] }]);
  const { freedLimits: freedAgain } = await end(flow, runs.slice(1));
  const wokenByTwo = await Promise.all([1, 2, 3].map(() => takeLimitWaiters(database, freedAgain)));
  expect(namesOf(wokenByTwo.flat())).toEqual(['D']);
  expect((await claimAll(database, [flow.trackId('C'), flow.trackId('D')])).map(whyOf)).toEqual(['granted', 'granted']);
});

test('the highest priority is woken first, then whoever is PENDING the longest', async () => {
  const pool = await makePool(0);
  const policy = { pools: [pool] };
  const low = await start({ L1: policy, L2: { ...policy, priority: 3 }, L3: policy });
  const high = await start({ H1: policy, H2: { ...policy, priority: 4 } }, 2);
  for (const [seconds, id] of [low.trackId('L3'), low.trackId('L2'), high.trackId('H1'), low.trackId('L1')].entries()) {
    const sql = 'UPDATE track SET pending_at = UTC_TIMESTAMP(6) - INTERVAL ? SECOND WHERE id = ?';
    await execute(database.dataSource, sql, [100 - seconds, id]);
  }
  await claimInTurn(low, ['L1', 'L2', 'L3']);
  await claimInTurn(high, ['H1', 'H2']);
  await setPool(database, pool, 5);
  expect(namesOf(await fillLimits(database, [`pool:${pool}`]))).toEqual(['H2', 'L2', 'H1', 'L3', 'L1']);
});

test('a larger pool wakes as many as it has places, also hundreds', async () => {
  const pool = await makePool(1);
  const names = Array.from({ length: 450 }, (_, index) => `V${index}`);
  const flow = await start(Object.fromEntries(names.map((name) => [name, { pools: [pool] }])));
  const ids = names.map((name) => flow.trackId(name));
  await claimAll(database, ids.slice(0, 250));
  await claimAll(database, ids.slice(250));
  expect(await fillLimits(database, [`pool:${pool}`])).toEqual([]);
  await setPool(database, pool, 11);
  expect(await fillLimits(database, [`pool:${pool}`])).toHaveLength(10);
  await setPool(database, pool, 1000);
  expect(await fillLimits(database)).toHaveLength(439);
});

test('ten that wake at once wake each track once', async () => {
  const pool = await makePool(0);
  const names = Array.from({ length: 100 }, (_, index) => `V${index}`);
  const flow = await start(Object.fromEntries(names.map((name) => [name, { pools: [pool] }])));
  await claimAll(
    database,
    names.map((name) => flow.trackId(name)),
  );
  await setPool(database, pool, 1000);
  const woken = await Promise.all(Array.from({ length: 10 }, () => fillLimits(database, [`pool:${pool}`])));
  expect(namesOf(woken.flat()).toSorted()).toEqual(names.toSorted());
});

test('a track whose other limit has no place is handed on, and the place goes to one that can use it', async () => {
  const [first, second] = [await makePool(1), await makePool(1)];
  const flow = await start({
    A: { pools: [first] },
    B: { pools: [second] },
    Both: { pools: [first, second], priority: 9 },
    C: { pools: [first] },
  });
  const [runA, runB] = await claimInTurn(flow, ['A', 'B', 'Both', 'C']);
  if (runA === undefined || runB === undefined) throw new Error('A and B were not granted');
  // Whichever pool sorts first: Both is made to wait for the one of A.
  const sql = 'UPDATE track SET waits_for = ? WHERE id = ?';
  await execute(database.dataSource, sql, [`pool:${first}`, flow.trackId('Both')]);
  const woken = await takeLimitWaiters(database, (await end(flow, [runA])).freedLimits);
  expect(namesOf(woken)).toEqual(['C']);
  expect(await readWaitsFor(flow, 'Both')).toBe(`pool:${second}`);
  expect(await takeLimitWaiters(database, (await end(flow, await claimInTurn(flow, ['C']))).freedLimits)).toEqual([]);
  expect(await takeLimitWaiters(database, (await end(flow, [runB])).freedLimits)).toMatchObject([{ vertex: 'Both' }]);
});

async function readWaitsFor(flow: TestFlow, name: string): Promise<string | null | undefined> {
  const rows = await selectRows<{ key: string | null }>(
    database.dataSource,
    'SELECT waits_for AS `key` FROM track WHERE id = ?',
    [flow.trackId(name)],
  );
  return rows[0]?.key;
}

test('a claim that is just being refused is waited for: its track is woken by the run that ends meanwhile', async () => {
  const pool = await makePool(1);
  const flow = await start({ A: { pools: [pool] }, B: { pools: [pool] } });
  const runs = await claimInTurn(flow, ['A']);
  const claim = database.dataSource.createQueryRunner();
  await claim.startTransaction();
  await claim.query('SELECT name FROM limit_key WHERE name = ? FOR UPDATE', [`pool:${pool}`]);
  const { freedLimits } = await end(flow, runs);
  const waking = takeLimitWaiters(database, freedLimits);
  await waitUntilSomebodyWaits();
  // What claims write that are refused, after they saw A still running.
  await claim.query(
    `UPDATE track SET waits_for = ?, waits_rank = 0, waits_since = pending_at, due_at = UTC_TIMESTAMP(6) + INTERVAL 5 MINUTE
     WHERE id = ?`,
    [`pool:${pool}`, flow.trackId('B')],
  );
  await claim.commitTransaction();
  await claim.release();
  expect(namesOf(await waking)).toEqual(['B']);
});

/** Until the waking asks for the lock; one that does not wait for it would have found nobody long before. */
async function waitUntilSomebodyWaits(): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const rows = await selectRows<{ info: string | null }>(
      database.dataSource,
      `SELECT INFO AS info FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND INFO LIKE '%limit_key%LOCK IN SHARE%'
         AND INFO NOT LIKE '%PROCESSLIST%'`,
    );
    if (rows.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('tracks of a paused or ended pipeline, and those that somebody claims right now, are not woken', async () => {
  const pool = await makePool(0);
  const [paused, ended] = [await start({ A: { pools: [pool] } }), await start({ A: { pools: [pool] } })];
  const [locked, free] = [await start({ A: { pools: [pool] } }), await start({ F: { pools: [pool] } })];
  for (const flow of [paused, ended, locked]) await claimInTurn(flow, ['A']);
  await claimInTurn(free, ['F']);
  await execute(database.dataSource, `UPDATE pipeline SET state = 'PAUSED' WHERE id = ?`, [paused.pipelineId]);
  await applyEventsOf(ended, [{ kind: 'cancel' }]);
  await setPool(database, pool, 9);
  const claim = database.dataSource.createQueryRunner();
  await claim.startTransaction();
  await claim.query('SELECT id FROM track WHERE id = ? FOR UPDATE', [locked.trackId('A')]);
  expect(namesOf(await fillLimits(database, [`pool:${pool}`]))).toEqual(['F']);
  await claim.rollbackTransaction();
  await claim.release();
  expect(await fillLimits(database, [`pool:${pool}`])).toMatchObject([{ pipelineId: locked.pipelineId }]);
});

test('a woken track is due soon: should its entry be lost, it is found like any other', async () => {
  const pool = await makePool(0);
  const flow = await start({ A: { pools: [pool] } });
  await claimInTurn(flow, ['A']);
  await setPool(database, pool, 1);
  await fillLimits(database, [`pool:${pool}`]);
  const rows = await selectRows(
    database.dataSource,
    `SELECT dispatch_seq AS seq, waits_rank AS waitsRank, due_at < UTC_TIMESTAMP(6) + INTERVAL 6 SECOND AS isDueSoon
       FROM track WHERE id = ?`,
    [flow.trackId('A')],
  );
  expect(rows).toEqual([{ seq: 2, waitsRank: null, isDueSoon: 1 }]);
});

test('a track that was woken keeps a place for some seconds; then another is woken, should no worker take it', async () => {
  const pool = await makePool(0);
  const flow = await start({ A: { pools: [pool], priority: 1 }, B: { pools: [pool] } });
  await claimInTurn(flow, ['A', 'B']);
  await setPool(database, pool, 1);
  expect(namesOf(await fillLimits(database, [`pool:${pool}`]))).toEqual(['A']);
  expect(await fillLimits(database, [`pool:${pool}`])).toEqual([]);
  const sql = 'UPDATE track SET waits_since = waits_since - INTERVAL 10 SECOND WHERE id = ?';
  await execute(database.dataSource, sql, [flow.trackId('A')]);
  expect(namesOf(await fillLimits(database, [`pool:${pool}`]))).toEqual(['B']);
});

test('runs without limits free none, and waking nobody costs no statement', async () => {
  const flow = await start({ A: {}, B: {} });
  const { freedLimits } = await end(flow, await claimInTurn(flow, ['A']));
  expect(freedLimits).toEqual([]);
  const unused = { ...database, dataSource: null as unknown as TestDatabase['dataSource'] };
  expect(await takeLimitWaiters(unused, freedLimits)).toEqual([]);
});

test('those that wait are found in their order without sorting them', async () => {
  const plan = await selectRows<{ table: string; key: string; Extra: string }>(
    database.dataSource,
    `EXPLAIN FORMAT=TRADITIONAL ${SELECT_LIMIT_WAITERS}`,
    ['pool:any', 10],
  );
  expect(plan.map(({ table, key }) => [table, key])).toEqual([
    ['t', 'ix_track_waits_for'],
    ['p', 'PRIMARY'],
  ]);
  expect(plan.map(({ Extra }) => Extra).join()).not.toMatch(/filesort|temporary/);
});

test('the limits that tracks wait for are found by the index of those that wait', async () => {
  const plan = await selectRows<{ key: string }>(
    database.dataSource,
    `EXPLAIN FORMAT=TRADITIONAL ${SELECT_WAITED_LIMITS}`,
  );
  expect(plan.map(({ key }) => key)).toEqual(['ix_track_waits_for']);
});
