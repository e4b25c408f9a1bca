import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testServers } from '@baton/devstack/testing';
import { applyFlowEvents } from './apply-flow-events.ts';
import { claimAttempts } from './claim-attempts.ts';
import { openDatabase, type Database } from './data-source.ts';
import { giveParameters } from './give-parameters.ts';
import { selectRows } from './statements.ts';
import {
  claimTracks,
  completionOf,
  createTestDatabase,
  makeRunId,
  readPipeline,
  readStates,
  startProxy,
  startTestFlow,
  TEST_WORKER,
  type TestDatabase,
  type TestProxy,
} from './testing.ts';

/** COMMIT was done, and nobody heard of it: what is asked again must answer as if it had been the first time. */
let database: TestDatabase;
let proxy: TestProxy;
let distant: Database;
beforeAll(async () => {
  database = await createTestDatabase(testServers().mysqlUrl);
  proxy = await startProxy(database.url);
  distant = await openDatabase({ url: proxy.url, poolSize: 2 });
});
afterAll(async () => {
  await distant.close();
  await proxy.close();
  await database.close();
});

test('a claim whose commit was done unheard is granted to the same run', async () => {
  const flow = await startTestFlow(database, { vertices: { A: {} } });
  const claim = { trackId: flow.trackId('A'), attempt: 1, runId: makeRunId() };
  const cutsBefore = proxy.cuts;
  proxy.cutAnswerTo('COMMIT');
  const request = { workerId: TEST_WORKER, labels: ['default'], leaseMs: 60_000, claims: [claim] };
  const [result] = await claimAttempts(distant, request);
  expect(proxy.cuts).toBe(cutsBefore + 1);
  expect(result).toMatchObject({ granted: true, runId: claim.runId });
  const [row] = await selectRows(database.dataSource, 'SELECT state, run_id AS runId FROM track WHERE id = ?', [
    claim.trackId,
  ]);
  expect(row).toEqual({ state: 'RUNNING', runId: claim.runId });
});

test('a completion whose commit was done unheard is applied once; its successors are found by the reconcile loop', async () => {
  const flow = await startTestFlow(database, { edges: ['A->B'] });
  const [run] = await claimTracks(flow, ['A']);
  if (run === undefined) throw new Error('the claim was granted');
  proxy.cutAnswerTo('COMMIT');
  const meanings: string[] = [];
  const applied = await applyFlowEvents(
    distant,
    new Map([[flow.pipelineId, [{ kind: 'completion', completion: completionOf(run) }]]]),
    { onRetry: (meaning) => void meanings.push(meaning) },
  );
  expect(meanings).toEqual(['the connection was lost']);
  expect(applied).toMatchObject({ stale: 1, toDispatch: [] });
  expect(await readStates(flow)).toEqual({ A: 'SUCCEED', B: 'PENDING' });
  expect(await readPipeline(flow)).toMatchObject({ state: 'RUNNING', openTracks: 1 });
  const [row] = await selectRows<{ seq: number; isDueSoon: number }>(
    database.dataSource,
    'SELECT dispatch_seq AS seq, due_at < UTC_TIMESTAMP(6) + INTERVAL 6 SECOND AS isDueSoon FROM track WHERE id = ?',
    [flow.trackId('B')],
  );
  expect(row).toEqual({ seq: 1, isDueSoon: 1 });
});

test('parameters whose commit was done unheard are answered as given; given once more they are refused', async () => {
  const flow = await startTestFlow(database, {
    vertices: { A: { input: { speed: { type: 'integer', required: true } } } },
    held: ['A'],
  });
  const cutsBefore = proxy.cuts;
  proxy.cutAnswerTo('COMMIT');
  const toDispatch = await giveParameters(distant, flow.trackId('A'), { speed: 3 });
  expect(proxy.cuts).toBe(cutsBefore + 1);
  expect(toDispatch).toEqual([expect.objectContaining({ trackId: flow.trackId('A'), attempt: 1, seq: 1 })]);
  await expect(giveParameters(distant, flow.trackId('A'), { speed: 3 })).rejects.toMatchObject({
    code: 'state_conflict',
  });
});
