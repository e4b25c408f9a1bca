import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testServers } from '@baton/devstack/testing';
import { applyFlowEvents } from './apply-flow-events.ts';
import { applyPersonAction, type AppliedAction } from './apply-person-action.ts';
import { claimAttempts } from './claim-attempts.ts';
import { openDatabase, type Database } from './data-source.ts';
import { findPipelineEvents } from './pipeline-events.ts';
import { rerunPipeline } from './rerun-pipeline.ts';
import { selectRows } from './statements.ts';
import {
  actOn,
  claimTracks,
  completionOf,
  createTestDatabase,
  makeRunId,
  readPipeline,
  readStates,
  runTracks,
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

/** Does something whose COMMIT is done unheard. */
async function unheard<T>(act: () => Promise<T>): Promise<T> {
  const cutsBefore = proxy.cuts;
  proxy.cutAnswerTo('COMMIT');
  const result = await act();
  expect(proxy.cuts).toBe(cutsBefore + 1);
  return result;
}

const action = { actor: 'a test', reason: null, actionId: null };

test('parameters whose commit was done unheard are answered as given, once', async () => {
  const flow = await startTestFlow(database, {
    vertices: { A: { input: { speed: { type: 'integer', required: true } } } },
    held: ['A'],
  });
  const give = (speed: number): Promise<AppliedAction> => {
    const event = { kind: 'give_params', vertexId: 1, values: { speed } } as const;
    return applyPersonAction(distant, { pipelineId: flow.pipelineId, event }, action);
  };
  const given = await unheard(() => give(3));
  expect(given.verdict).toEqual({ kind: 'done' });
  expect(given.toDispatch).toEqual([expect.objectContaining({ trackId: flow.trackId('A'), attempt: 1, seq: 1 })]);
  expect((await give(3)).verdict).toEqual({ kind: 'unchanged' });
  expect((await give(4)).verdict).toMatchObject({ kind: 'refused' });
});

test('a resume whose commit was done unheard is done, not refused as one of what runs already', async () => {
  const flow = await startTestFlow(database, { vertices: { A: {} } });
  await actOn(flow, { kind: 'pause' });
  const asked = { pipelineId: flow.pipelineId, event: { kind: 'resume' } } as const;
  const { verdict, toDispatch } = await unheard(() => applyPersonAction(distant, asked, action));
  expect(verdict).toEqual({ kind: 'done' });
  expect(toDispatch.map(({ seq }) => seq)).toEqual([2]);
  const events = await findPipelineEvents(database, flow.pipelineId, { after: 0, limit: 10 });
  expect(events.map(({ kind }) => kind)).toEqual(['start', 'pause', 'resume']);
});

test('a rerun whose commit was done unheard shows its plan, and runs one attempt more', async () => {
  const flow = await startTestFlow(database, { edges: ['A->B'] });
  await runTracks(flow, ['A'], { exitCode: 1 });
  const request = { pipelineId: flow.pipelineId, from: 'failed' } as const;
  const { verdict, plan, toDispatch } = await unheard(() => rerunPipeline(distant, request, action));
  expect(verdict).toEqual({ kind: 'done' });
  expect(plan?.tracks.map(({ vertex, attempt }) => [vertex, attempt])).toEqual([
    ['A', 2],
    ['B', 1],
  ]);
  expect(toDispatch.map(({ attempt }) => attempt)).toEqual([2]);
  expect(await readStates(flow)).toEqual({ A: 'PENDING', B: 'WAITING' });
});
