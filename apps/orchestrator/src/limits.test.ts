import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { applyFlowEvents, setPool } from '@baton/database';
import {
  claimAll,
  completionOf,
  makePoolName,
  readStates,
  startTestFlow,
  type TestFlow,
} from '@baton/database/testing';
import type { Completion } from '@baton/domain';
import { leaveMark } from '@baton/queue';
import { applyEvents, groupByPipeline } from './apply-events.ts';
import { reconcile } from './reconcile.ts';
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

/** A of a pool of 1 runs; B and C asked for a place and wait. */
async function fillPool(): Promise<{ flow: TestFlow; pool: string; completion: Completion }> {
  const pool = makePoolName();
  await setPool(deps.database, pool, 1);
  const vertices = { A: { pools: [pool] }, B: { pools: [pool] }, C: { pools: [pool], priority: 1 } };
  const flow = await startTestFlow(deps.database, { vertices });
  const [first] = await claimAll(
    deps.database,
    ['A', 'B', 'C'].map((name) => flow.trackId(name)),
  );
  if (first?.granted !== true) throw new Error('A was not granted');
  const { trackId, attempt, runId } = first;
  return { flow, pool, completion: completionOf({ trackId, attempt, runId }) };
}

test('the end of a run enqueues one track that waited for its place, the highest priority first', async () => {
  const { completion } = await fillPool();
  await applyEvents(deps, groupByPipeline([completion]));
  expect(await findQueued(deps)).toEqual(['C']);
});

test('a run that is lost gives its place as any other', async () => {
  const { flow } = await fillPool();
  await deps.database.dataSource.query('UPDATE pipeline SET on_failure = ? WHERE id = ?', ['hold', flow.pipelineId]);
  await deps.database.dataSource.query('UPDATE track SET due_at = UTC_TIMESTAMP(6) WHERE id = ?', [flow.trackId('A')]);
  await reconcile(deps);
  expect(await findQueued(deps)).toEqual(['C']);
});

test('a wake-up that was lost with its process is made up for by the next round', async () => {
  const { completion, flow } = await fillPool();
  // Committed, and then nothing more.
  await applyFlowEvents(deps.database, groupByPipeline([completion]));
  expect(await findQueued(deps)).toEqual([]);
  expect(await reconcile(deps)).toMatchObject({ enqueued: 1, repairs: 0 });
  expect(await findQueued(deps)).toEqual(['C']);
  expect(await readStates(flow)).toEqual({ A: 'SUCCEED', B: 'PENDING', C: 'PENDING' });
});

test('a wake-up that Redis did not take comes within seconds, as any lost entry', async () => {
  const { completion, flow } = await fillPool();
  const refusing = { ...deps.trackQueue, enqueueTracks: () => Promise.reject(new Error('OOM command not allowed')) };
  await applyEvents({ ...deps, trackQueue: refusing }, groupByPipeline([completion]));
  expect(deps.events).toContain('limit_waiters_not_woken');
  const { affectedRows } = (await deps.database.dataSource.query(
    `UPDATE track SET due_at = UTC_TIMESTAMP(6) WHERE id = ? AND due_at < UTC_TIMESTAMP(6) + INTERVAL 6 SECOND`,
    [flow.trackId('C')],
  )) as { affectedRows: number };
  expect(affectedRows).toBe(1);
  await reconcile(deps);
  expect(await findQueued(deps)).toEqual(['C']);
});

test('a pool that was made larger without a word is filled by the next round; a full one wakes nobody', async () => {
  const { pool } = await fillPool();
  expect(await reconcile(deps)).toMatchObject({ enqueued: 0 });
  await setPool(deps.database, pool, 3);
  expect(await reconcile(deps)).toMatchObject({ enqueued: 2 });
  expect(await findQueued(deps)).toEqual(['B', 'C']);
});
