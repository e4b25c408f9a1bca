import { expect, test } from '@jest/globals';
import { applyFlowEvents, type AppliedEvents } from './apply-flow-events.ts';
import { findExpired } from './find-expired.ts';
import { execute } from './statements.ts';
import { useTestDatabase } from './testing-database.ts';
import { actOn, claimTracks, readPipeline, readStates, runTracks, startTestFlow, type TestFlow } from './testing.ts';

const database = useTestDatabase();

const passTime = (flow: TestFlow): Promise<unknown> =>
  execute(
    database.dataSource,
    'UPDATE track SET expires_at = UTC_TIMESTAMP(6) WHERE pipeline_id = ? AND expires_at IS NOT NULL',
    [flow.pipelineId],
  );

async function endExpired(flow: TestFlow): Promise<AppliedEvents | null> {
  const events = (await findExpired(database, 1000)).get(flow.pipelineId);
  return events === undefined ? null : applyFlowEvents(database, new Map([[flow.pipelineId, events]]));
}

test('gates and waits in the queue end as the rules say, each once; what is in time is left alone', async () => {
  const approve = { expiresMs: 5000, onExpiry: 'approve' };
  const flow = await startTestFlow(database, {
    edges: ['D->E'],
    vertices: {
      A: { gate: { expiresMs: 5000 } },
      B: { gate: approve, queueTimeoutMs: 60_000 },
      C: { queueTimeoutMs: 5000 },
      D: { queueTimeoutMs: 5000 },
      E: {},
      F: { gate: {} },
    },
    onFailure: 'continue',
  });
  await claimTracks(flow, ['D']);
  expect(await endExpired(flow)).toBeNull();
  await passTime(flow);
  const applied = await endExpired(flow);
  expect(applied?.toDispatch.map(({ vertex }) => vertex)).toEqual(['B']);
  expect(await readStates(flow)).toEqual({
    A: 'SKIPPED',
    B: 'PENDING',
    C: 'FAILED',
    D: 'RUNNING',
    E: 'WAITING',
    F: 'PENDING',
  });
  expect(await endExpired(flow)).toBeNull();
  await readPipeline(flow);
});

test('a claim is faster than the expiry of its wait: then nothing expires', async () => {
  const flow = await startTestFlow(database, {
    vertices: { A: { queueTimeoutMs: 5000 }, B: { gate: { expiresMs: 5000 } } },
  });
  await passTime(flow);
  const events = (await findExpired(database, 1000)).get(flow.pipelineId) ?? [];
  expect(events).toHaveLength(2);
  await execute(database.dataSource, 'UPDATE track SET expires_at = NULL WHERE pipeline_id = ?', [flow.pipelineId]);
  await claimTracks(flow, ['A']);
  await actOn(flow, { kind: 'approve', vertexId: 2, values: {} });
  await applyFlowEvents(database, new Map([[flow.pipelineId, events]]));
  expect(await readStates(flow)).toEqual({ A: 'RUNNING', B: 'PENDING' });
});

test('the wait in the queue does not count while the pipeline is paused; a gate expires all the same', async () => {
  const flow = await startTestFlow(database, {
    vertices: { A: { queueTimeoutMs: 5000 }, B: { gate: { expiresMs: 5000 } } },
  });
  await actOn(flow, { kind: 'pause' });
  await passTime(flow);
  await endExpired(flow);
  expect(await readStates(flow)).toEqual({ A: 'PENDING', B: 'SKIPPED' });
  await actOn(flow, { kind: 'resume' });
  await passTime(flow);
  await endExpired(flow);
  expect(await readStates(flow)).toEqual({ A: 'FAILED', B: 'SKIPPED' });
});

test('a retry waits for its delay first: its wait in the queue counts from then', async () => {
  const retry = { max: 1, delayMs: 60_000 };
  const flow = await startTestFlow(database, { vertices: { A: { queueTimeoutMs: 5000, retry } } });
  await runTracks(flow, ['A'], { exitCode: 1 });
  const [row] = await database.dataSource.query(
    `SELECT TIMESTAMPDIFF(MICROSECOND, not_before, expires_at) / 1000 AS waitMs FROM track WHERE id = ?`,
    [flow.trackId('A')],
  );
  expect(Number(row.waitMs)).toBe(5000);
});

test.each(['RUNNING', 'PAUSED'])(
  'a pipeline in %s past its deadline is FAILED, what runs of it is killed',
  async (state) => {
    const flow = await startTestFlow(database, { edges: ['A->B'], vertices: { C: { gate: {} } }, timeoutMs: 60_000 });
    await claimTracks(flow, ['A']);
    if (state === 'PAUSED') await actOn(flow, { kind: 'pause' });
    expect(await endExpired(flow)).toBeNull();
    await execute(database.dataSource, 'UPDATE pipeline SET deadline_at = UTC_TIMESTAMP(6) WHERE id = ?', [
      flow.pipelineId,
    ]);
    const applied = await endExpired(flow);
    expect(applied).toMatchObject({
      ended: [{ pipelineId: flow.pipelineId, state: 'FAILED' }],
      killRequested: [flow.pipelineId],
    });
    expect(await readStates(flow)).toEqual({ A: 'RUNNING', B: 'CANCELLED', C: 'CANCELLED' });
    expect(await readPipeline(flow)).toMatchObject({ state: 'FAILED', reason: expect.stringContaining('timeout') });
    expect(await endExpired(flow)).toBeNull();
  },
);
