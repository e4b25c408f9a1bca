import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openDatabase, renewLeases, SELECT_EXPIRED_LEASES } from '@baton/database';
import {
  claimTracks,
  readPipeline,
  readStates,
  runTracks,
  startProxy,
  startTestFlow,
  TEST_WORKER,
  type TestFlow,
} from '@baton/database/testing';
import { leaveMark } from '@baton/queue';
import { reconcile, startReconciling } from './reconcile.ts';
import { createTestDeps, findQueued, type TestDeps } from './testing.ts';

let deps: TestDeps;
beforeEach(async () => {
  deps = await createTestDeps();
  await leaveMark(deps.redis, deps.redisPrefix);
});
afterEach(async () => {
  await deps.trackQueue.queueOf('default').obliterate({ force: true });
  await deps.close();
});

const makeDue = (flow: TestFlow, name: string): Promise<unknown> =>
  deps.database.dataSource.query('UPDATE track SET due_at = UTC_TIMESTAMP(6) WHERE id = ?', [flow.trackId(name)]);

test('nothing is done in a healthy system', async () => {
  const flow = await startTestFlow(deps.database, { edges: ['A->B'] });
  await claimTracks(flow, ['A']);
  expect(await reconcile(deps)).toEqual({ enqueued: 0, lost: 0, expired: 0, repairs: 0 });
  expect(deps.events).toEqual([]);
});

test('a track whose entry was lost or never made is enqueued again, under a number of its own', async () => {
  const flow = await startTestFlow(deps.database, { vertices: { A: {}, B: {} } });
  await makeDue(flow, 'A');
  expect(await reconcile(deps)).toMatchObject({ enqueued: 1 });
  expect(await findQueued(deps)).toEqual(['A']);
  await deps.trackQueue.queueOf('default').obliterate({ force: true });
  await makeDue(flow, 'A');
  expect(await reconcile(deps)).toMatchObject({ enqueued: 1 });
  const [entry] = await deps.trackQueue.queueOf('default').getPrioritized();
  expect(entry?.id).toBe(`t${flow.trackId('A')}-a1-d3`);
});

test('a track that Redis refused to take is due again in seconds, however often it was enqueued', async () => {
  const flow = await startTestFlow(deps.database, { vertices: { A: {} } });
  await makeDue(flow, 'A');
  await deps.database.dataSource.query('UPDATE track SET dispatch_seq = 9 WHERE id = ?', [flow.trackId('A')]);
  const refusing = { ...deps.trackQueue, enqueueTracks: () => Promise.reject(new Error('OOM command not allowed')) };
  expect(await reconcile({ ...deps, trackQueue: refusing })).toMatchObject({ enqueued: 0 });
  expect(deps.events).toEqual(['reconcile_failed']);
  const sql = 'SELECT due_at <= UTC_TIMESTAMP(6) + INTERVAL 5 SECOND AS isDueSoon FROM track WHERE id = ?';
  expect(await deps.database.dataSource.query(sql, [flow.trackId('A')])).toEqual([{ isDueSoon: 1 }]);
  await makeDue(flow, 'A');
  expect(await reconcile(deps)).toMatchObject({ enqueued: 1 });
  expect(await findQueued(deps)).toEqual(['A']);
});

test('a track that still waits in its queue is not enqueued again', async () => {
  const flow = await startTestFlow(deps.database, { vertices: { A: {} } });
  await deps.trackQueue.enqueueTracks(flow.toDispatch);
  await makeDue(flow, 'A');
  expect(await reconcile(deps)).toMatchObject({ enqueued: 0 });
  expect(await findQueued(deps)).toEqual(['A']);
  expect(await reconcile(deps)).toMatchObject({ enqueued: 0 });
});

test('a run past its lease is lost, and what its policy says happens', async () => {
  const flow = await startTestFlow(deps.database, { edges: ['A->B'], vertices: { R: { onLost: 'retry' } } });
  await claimTracks(flow, ['R']);
  await makeDue(flow, 'R');
  expect(await reconcile(deps)).toMatchObject({ lost: 1 });
  expect(await readStates(flow)).toEqual({ A: 'PENDING', B: 'WAITING', R: 'PENDING' });
  expect(await findQueued(deps)).toEqual(['R']);
  await claimTracks(flow, ['A']);
  await makeDue(flow, 'A');
  expect(await reconcile(deps)).toMatchObject({ lost: 1 });
  expect(await readPipeline(flow)).toMatchObject({ state: 'FAILED', reason: 'track A: lost' });
  expect(deps.events).toEqual(['leases_expired', 'pipeline_ended', 'leases_expired']);
});

test('a run whose lease is renewed while it is about to be lost goes on', async () => {
  const flow = await startTestFlow(deps.database, { vertices: { A: {}, B: {} } });
  const [renewed, silent] = await claimTracks(flow, ['A', 'B']);
  if (renewed === undefined || silent === undefined) throw new Error('both claims were granted');
  await makeDue(flow, 'A');
  await makeDue(flow, 'B');
  const dataSource = Object.create(deps.database.dataSource) as typeof deps.database.dataSource;
  dataSource.query = async <T>(sql: string, values?: unknown[]): Promise<T> => {
    const rows: T = await deps.database.dataSource.query(sql, values);
    if (sql === SELECT_EXPIRED_LEASES) {
      await renewLeases(deps.database, { workerId: TEST_WORKER, leaseMs: 60_000, runs: [renewed] });
    }
    return rows;
  };
  expect(await reconcile({ ...deps, database: { ...deps.database, dataSource } })).toMatchObject({ lost: 1 });
  expect(await readStates(flow)).toEqual({ A: 'RUNNING', B: 'FAILED' });
  expect(deps.counters.read()).toEqual({ lease_expiries: 1 });
});

test('a stranded pipeline is mended, counted, and goes on', async () => {
  const flow = await startTestFlow(deps.database, { edges: ['A->B'] });
  await runTracks(flow, ['A']);
  await deps.database.dataSource.query(
    `UPDATE track SET state = 'WAITING', pending_at = NULL, due_at = NULL, dispatch_seq = 0 WHERE id = ?`,
    [flow.trackId('B')],
  );
  expect(await reconcile(deps)).toMatchObject({ repairs: 1 });
  expect(await readStates(flow)).toEqual({ A: 'SUCCEED', B: 'PENDING' });
  expect(await findQueued(deps)).toEqual(['B']);
  expect(deps.events).toContain('repaired');
  expect(deps.counters.read()).toEqual({ 'repairs:start': 1 });
});

test('Redis was emptied: all that is PENDING is enqueued at once, and only then Redis is marked', async () => {
  const flow = await startTestFlow(deps.database, { vertices: { A: {}, B: {}, H: {} }, held: ['H'] });
  await deps.trackQueue.enqueueTracks(flow.toDispatch);
  await deps.trackQueue.queueOf('default').obliterate({ force: true });
  await deps.redis.del(`${deps.redisPrefix}:marker`);
  const proxy = await startProxy(deps.database.url);
  const distant = await openDatabase({ url: proxy.url, poolSize: 1 });
  await proxy.refuse();
  expect(await reconcile({ ...deps, database: distant })).toEqual({ enqueued: 0, lost: 0, expired: 0, repairs: 0 });
  await distant.close();
  expect(await reconcile(deps)).toMatchObject({ enqueued: 2 });
  expect(await findQueued(deps)).toEqual(['A', 'B']);
  expect(deps.events).toContain('redis_was_empty');
  expect(deps.counters.read()).toMatchObject({ redis_was_empty: 1, enqueued_again: 2 });
  expect(await reconcile(deps)).toMatchObject({ enqueued: 0 });
});

test('a step that fails keeps no other from being done: without Redis leases still expire', async () => {
  const flow = await startTestFlow(deps.database, { vertices: { A: {}, B: {} } });
  await claimTracks(flow, ['A']);
  await makeDue(flow, 'A');
  await makeDue(flow, 'B');
  deps.redis.disconnect();
  expect(await reconcile(deps)).toEqual({ enqueued: 0, lost: 1, expired: 0, repairs: 0 });
  expect(await readPipeline(flow)).toMatchObject({ state: 'FAILED' });
  expect(deps.events).toContain('reconcile_failed');
  expect(deps.counters.read()).toEqual({ lease_expiries: 1, 'reconcile_failures:enqueue': 1 });
  const back = await createTestDeps();
  await deps.close();
  deps = back;
});

test('two orchestrators reconcile at once: each track is enqueued once, each loss counted once in the history', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `V${index}`);
  const flow = await startTestFlow(deps.database, {
    vertices: Object.fromEntries(names.map((name) => [name, { onLost: 'retry' }])),
  });
  await claimTracks(flow, names.slice(0, 20));
  for (const name of names) await makeDue(flow, name);
  await Promise.all([reconcile(deps), reconcile(deps), reconcile(deps)]);
  expect(await findQueued(deps)).toEqual(names.toSorted());
  const [row] = (await deps.database.dataSource.query(
    'SELECT COUNT(*) AS attempts FROM attempt WHERE track_id BETWEEN ? AND ?',
    [flow.trackId('V0'), flow.trackId('V39')],
  )) as { attempts: string }[];
  expect(Number(row?.attempts)).toBe(20);
});

test('rounds follow each other until they are stopped', async () => {
  const flow = await startTestFlow(deps.database, { vertices: { A: {} } });
  const enqueued = new Promise<void>((resolve) => {
    const original = { ...deps.trackQueue };
    deps.trackQueue.enqueueTracks = async (tracks) => {
      await original.enqueueTracks(tracks);
      if (tracks.length > 0) resolve();
    };
  });
  const reconciling = startReconciling(deps, 5);
  await makeDue(flow, 'A');
  await enqueued;
  await reconciling.stop();
  await reconciling.stop();
  expect(await findQueued(deps)).toEqual(['A']);
});
