import { expect, test } from '@jest/globals';
import { claimAttempts, type ClaimRequest, type ClaimResult } from './claim-attempts.ts';
import { execute, selectRows } from './statements.ts';
import { useTestDatabase } from './testing-database.ts';
import {
  applyCompletions,
  applyEventsOf,
  claimTracks,
  completionOf,
  lockRows,
  makeRunId,
  readPipeline,
  readStates,
  startPipelineOf,
  startTestFlow,
  storeTestGraph,
  TEST_WORKER,
  type TestFlow,
} from './testing.ts';

const database = useTestDatabase({ poolSize: 20 });

const single = { vertices: { A: {} } };

function claim(flow: TestFlow, changes: Partial<ClaimRequest> & { attempt?: number; runId?: string } = {}) {
  const { attempt = 1, runId = makeRunId(), ...request } = changes;
  const claims = [{ trackId: flow.trackId('A'), attempt, runId }];
  return claimAttempts(database, { workerId: TEST_WORKER, labels: ['default'], leaseMs: 60_000, claims, ...request });
}

const whyOf = ([result]: ClaimResult[]): string => (result?.granted === false ? result.why : 'granted');

async function readClaim(flow: TestFlow): Promise<{ runId: string | null; state: string; leaseMs: number | null }> {
  const [row] = await selectRows<{ runId: string | null; state: string; leaseMs: number | null }>(
    database.dataSource,
    `SELECT run_id AS runId, state, TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), due_at) / 1000 + 0E0 AS leaseMs
       FROM track WHERE id = ?`,
    [flow.trackId('A')],
  );
  if (row === undefined) throw new Error('the track is gone');
  return row;
}

test('twenty claims of one attempt over separate connections: exactly one is granted', async () => {
  const flow = await startTestFlow(database, single);
  const runIds = Array.from({ length: 20 }, makeRunId);
  const results = await Promise.all(runIds.map((runId) => claim(flow, { runId, workerId: `worker-${runId}` })));
  const winners = results.flat().filter(({ granted }) => granted);
  expect(winners).toHaveLength(1);
  expect(results.map(whyOf).filter((why) => why === 'not_pending')).toHaveLength(19);
  expect(await readClaim(flow)).toMatchObject({ state: 'RUNNING', runId: winners[0]?.runId });
});

test('twenty claims of one attempt in one call: exactly one is granted', async () => {
  const flow = await startTestFlow(database, single);
  const claims = Array.from({ length: 20 }, () => ({ trackId: flow.trackId('A'), attempt: 1, runId: makeRunId() }));
  const results = await claim(flow, { claims });
  expect(results.map(({ granted }) => granted)).toEqual([true, ...Array.from({ length: 19 }, () => false)]);
  expect(await readClaim(flow)).toMatchObject({ state: 'RUNNING', runId: claims[0]?.runId });
});

test('a granted claim brings what running it needs', async () => {
  const flow = await startTestFlow(database, { ...single, name: 'nightly' });
  await execute(database.dataSource, `UPDATE track SET input = '{"ip":"::1"}' WHERE id = ?`, [flow.trackId('A')]);
  const [result] = await claim(flow);
  expect(result).toMatchObject({
    granted: true,
    pipelineId: flow.pipelineId,
    pipeline: 'nightly',
    vertex: { name: 'A', script: 'echo A' },
    input: { ip: '::1' },
    graph: { graph: flow.graph.graph },
  });
});

test('the same run asks again after a lost reply: granted, and its lease counts from now', async () => {
  const flow = await startTestFlow(database, single);
  const runId = makeRunId();
  await claim(flow, { runId, leaseMs: 5000 });
  const again = await claim(flow, { runId, leaseMs: 90_000 });
  expect(whyOf(again)).toBe('granted');
  const { leaseMs } = await readClaim(flow);
  expect(leaseMs).toBeGreaterThan(80_000);
  expect(whyOf(await claim(flow, { runId, workerId: 'another-worker' }))).toBe('not_pending');
  expect(whyOf(await claim(flow, { runId, attempt: 2 }))).toBe('other_attempt');
});

test('a claim is refused for the attempt, a hold, a pause, an end, labels, or a track that is not there', async () => {
  const flow = await startTestFlow(database, single);
  expect(whyOf(await claim(flow, { attempt: 2 }))).toBe('other_attempt');
  const labelled = await startTestFlow(database, { vertices: { A: { labels: ['gpu', 'linux'] } } });
  expect(whyOf(await claim(labelled, { labels: ['gpu'] }))).toBe('labels');
  expect(whyOf(await claim(labelled, { labels: ['linux', 'gpu', 'x'] }))).toBe('granted');
  expect(whyOf(await claim(await startTestFlow(database, { ...single, held: ['A'] })))).toBe('held');
  const paused = await startTestFlow(database, single);
  await execute(database.dataSource, `UPDATE pipeline SET state = 'PAUSED' WHERE id = ?`, [paused.pipelineId]);
  expect(whyOf(await claim(paused))).toBe('paused');
  const ended = await startTestFlow(database, single);
  await execute(
    database.dataSource,
    `UPDATE pipeline SET state = 'FAILED', finished_at = UTC_TIMESTAMP(6) WHERE id = ?`,
    [ended.pipelineId],
  );
  expect(whyOf(await claim(ended))).toBe('ended');
  const unknown = { trackId: flow.trackId('A') + 1, attempt: 1, runId: makeRunId() };
  expect(whyOf(await claim(flow, { claims: [unknown] }))).toBe('unknown_track');
  expect(whyOf(await claim(flow, { claims: [{ ...unknown, trackId: 2 ** 50 + 1 }] }))).toBe('unknown_track');
  expect(await readClaim(flow)).toMatchObject({ state: 'PENDING', runId: null });
});

test('a claim races a cancel: a track that runs after the cancel is always asked to end', async () => {
  const graph = await storeTestGraph(database, single);
  for (let round = 0; round < 30; round += 1) {
    const flow = await startPipelineOf(database, graph);
    const cancel = (): Promise<unknown> => applyEventsOf(flow, [{ kind: 'cancel' }]);
    const race = round % 2 === 0 ? [claim(flow), cancel()] : [cancel(), claim(flow)];
    await Promise.all<unknown>(race);
    const [row] = await selectRows<{ state: string; isAsked: number }>(
      database.dataSource,
      'SELECT state, cancel_requested_at IS NOT NULL AS isAsked FROM track WHERE id = ?',
      [flow.trackId('A')],
    );
    expect(await readPipeline(flow)).toMatchObject({ state: 'CANCELLED' });
    expect(['RUNNING 1', 'CANCELLED 0']).toContain(`${row?.state} ${row?.isAsked}`);
  }
});

test('256 tracks of many pipelines are claimed while completions of them are applied: each once, no deadlock', async () => {
  const graph = await storeTestGraph(database, { edges: ['A->J', 'B->J', 'C->J', 'D->J'] });
  const flows = await Promise.all(Array.from({ length: 64 }, () => startPipelineOf(database, graph)));
  const names = ['A', 'B', 'C', 'D'];
  const claimsOf = (): { trackId: number; attempt: number; runId: string }[] =>
    names.flatMap((name) => flows.map((flow) => ({ trackId: flow.trackId(name), attempt: 1, runId: makeRunId() })));
  const request = { workerId: TEST_WORKER, labels: ['default'], leaseMs: 60_000 };
  const claimAndComplete = async (): Promise<string[]> => {
    const granted = (await claimAttempts(database, { ...request, claims: claimsOf() })).filter((one) => one.granted);
    await Promise.all(
      flows.map((flow) =>
        applyCompletions(
          flow,
          granted.filter((one) => one.pipelineId === flow.pipelineId).map((one) => completionOf(runOf(one))),
        ),
      ),
    );
    return granted.map(({ trackId }) => String(trackId));
  };
  const claimed = (await Promise.all([1, 2, 3, 4].map(claimAndComplete))).flat();
  expect(claimed).toHaveLength(256);
  expect(new Set(claimed).size).toBe(256);
  for (const flow of flows) {
    expect(await readStates(flow)).toEqual({ A: 'SUCCEED', B: 'SUCCEED', C: 'SUCCEED', D: 'SUCCEED', J: 'PENDING' });
    expect(await readPipeline(flow)).toMatchObject({ state: 'RUNNING', openTracks: 1 });
  }
});

function runOf({ trackId, attempt, runId }: { trackId: number; attempt: number; runId: string }) {
  return { trackId, attempt, runId };
}

test('no claim of an attempt is granted that was claimed before, also after it ended', async () => {
  const flow = await startTestFlow(database, single);
  const [run] = await claimTracks(flow, ['A']);
  expect(whyOf(await claim(flow))).toBe('not_pending');
  if (run !== undefined) await applyCompletions(flow, [completionOf(run)]);
  expect(whyOf(await claim(flow))).toBe('not_pending');
  expect(whyOf(await claim(flow, { runId: run?.runId ?? '' }))).toBe('not_pending');
});

test('a pipeline that is kept locked answers busy, and does not hold up the claims of another', async () => {
  const [locked, free] = [await startTestFlow(database, single), await startTestFlow(database, single)];
  const claims = [locked, free].map((flow) => ({ trackId: flow.trackId('A'), attempt: 1, runId: makeRunId() }));
  const lock = await lockRows(database, 'pipeline', locked.pipelineId);
  const [busy, granted] = await claim(locked, { claims });
  expect([busy, granted]).toMatchObject([{ granted: false, why: 'busy' }, { granted: true }]);
  await lock.release();
  expect((await claim(locked, { claims })).map(({ granted: isGranted }) => isGranted)).toEqual([true, true]);
});
