import { expect, test } from '@jest/globals';
import { decideChanges, trackIdOf } from '@baton/domain';
import { applyChanges } from './apply-changes.ts';
import { applyFlowEvents } from './apply-flow-events.ts';
import { openDatabase, type Database } from './data-source.ts';
import { findDueTracks } from './find-stranded.ts';
import { loadTracks, lockPipelines } from './load-transition-context.ts';
import { findAppliedRuns } from './renew-leases.ts';
import { execute, selectRows } from './statements.ts';
import { useTestDatabase } from './testing-database.ts';
import {
  applyCompletions,
  applyEventsOf,
  claimTracks,
  completionOf,
  makeRunId,
  namesOf,
  readPipeline,
  readStates,
  runTracks,
  startTestFlow,
  type TestFlow,
} from './testing.ts';
import { withTransaction } from './with-transaction.ts';

const database = useTestDatabase({ sendsTogether: true });

async function readTrack(flow: TestFlow, name: string): Promise<Record<string, unknown>> {
  const [row] = await selectRows<Record<string, unknown>>(
    database.dataSource,
    `SELECT state, attempt, awaits, exit_code AS exitCode, reason, dispatch_seq AS seq, run_id AS runId,
       predecessors_left AS predecessorsLeft, lost_attempts AS lostAttempts,
       ROUND(TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), due_at) / 1e6) + 0E0 AS dueInSeconds
     FROM track WHERE id = ?`,
    [flow.trackId(name)],
  );
  return row ?? {};
}

async function readAttempts(flow: TestFlow, name: string): Promise<Record<string, unknown>[]> {
  return selectRows(
    database.dataSource,
    'SELECT attempt, result, exit_code AS exitCode, run_id AS runId FROM attempt WHERE track_id = ? ORDER BY attempt',
    [flow.trackId(name)],
  );
}

async function countStale(flow: TestFlow): Promise<number> {
  const [row] = await selectRows<{ found: number }>(
    database.dataSource,
    'SELECT COUNT(*) AS found FROM stale_completion WHERE track_id BETWEEN ? AND ?',
    [trackIdOf(flow.pipelineId, 0), trackIdOf(flow.pipelineId + 1, 0)],
  );
  return Number(row?.found);
}

/** Statements of the only connection of a pool. */
async function countStatements(of: Database): Promise<number> {
  const [row] = await selectRows<{ Value: string }>(of.dataSource, `SHOW SESSION STATUS LIKE 'Questions'`);
  return Number(row?.Value);
}

test("the seed's graph test1 goes A, C, B, D to FINISH", async () => {
  const flow = await startTestFlow(database, { edges: ['A->B', 'A->C', 'C->B', 'B->D'] });
  expect(namesOf(flow.toDispatch)).toEqual(['A']);
  expect(await readPipeline(flow)).toMatchObject({ state: 'RUNNING', openTracks: 4 });
  for (const [name, next, open] of [
    ['A', ['C'], 3],
    ['C', ['B'], 2],
    ['B', ['D'], 1],
  ] as const) {
    expect(namesOf((await runTracks(flow, [name])).toDispatch)).toEqual(next);
    expect(await readPipeline(flow)).toMatchObject({ state: 'RUNNING', openTracks: open });
  }
  const last = await runTracks(flow, ['D']);
  expect(last).toMatchObject({ toDispatch: [], ended: [{ pipelineId: flow.pipelineId, state: 'FINISH' }], repairs: 0 });
  expect(await readStates(flow)).toEqual({ A: 'SUCCEED', B: 'SUCCEED', C: 'SUCCEED', D: 'SUCCEED' });
  expect(await readPipeline(flow)).toEqual({ state: 'FINISH', openTracks: 0, failures: 0, reason: null });
});

test('an attempt is kept as it ended, with the times of its run', async () => {
  const flow = await startTestFlow(database, { vertices: { A: {} } });
  await runTracks(flow, ['A'], { exitCode: 3, detail: 'no disk', durationMs: 1234, outputBytes: 10, cutBytes: 2 });
  const [row] = await selectRows<Record<string, unknown>>(
    database.dataSource,
    `SELECT result, exit_code AS exitCode, detail, duration_ms AS durationMs, output_bytes AS outputBytes,
       cut_bytes AS cutBytes, pending_at <= started_at AND started_at <= finished_at AS isInOrder
     FROM attempt WHERE track_id = ?`,
    [flow.trackId('A')],
  );
  expect(row).toEqual({
    result: 'exit_code',
    exitCode: 3,
    detail: 'no disk',
    durationMs: 1234,
    outputBytes: 10,
    cutBytes: 2,
    isInOrder: 1,
  });
});

/** As if the delay of its next attempt were over. */
const passDelay = (flow: TestFlow, name: string): Promise<unknown> =>
  execute(
    database.dataSource,
    'UPDATE track SET due_at = UTC_TIMESTAMP(6), not_before = UTC_TIMESTAMP(6) WHERE id = ?',
    [flow.trackId(name)],
  );

test('a retry goes back to PENDING for the next attempt, due after its delay, and is not enqueued before', async () => {
  const retry = { max: 2, delayMs: 30_000 };
  const flow = await startTestFlow(database, { edges: ['A->B'], vertices: { A: { retry } } });
  const applied = await runTracks(flow, ['A'], { exitCode: 1 });
  expect(applied.toDispatch).toEqual([]);
  const pending = { state: 'PENDING', attempt: 2, runId: null, seq: 0, dueInSeconds: 30 };
  expect(await readTrack(flow, 'A')).toMatchObject(pending);
  expect(await readPipeline(flow)).toMatchObject({ state: 'RUNNING', openTracks: 2, failures: 0 });
  await passDelay(flow, 'A');
  const due = await findDueTracks(database, 1000);
  expect(due).toContainEqual(expect.objectContaining({ trackId: flow.trackId('A'), attempt: 2, seq: 0 }));
  await runTracks(flow, ['A'], { exitCode: 1, attempt: 2 });
  await passDelay(flow, 'A');
  const failed = await runTracks(flow, ['A'], { exitCode: 1, attempt: 3 });
  expect(failed.ended).toEqual([{ pipelineId: flow.pipelineId, state: 'FAILED' }]);
  expect((await readAttempts(flow, 'A')).map(({ attempt, result }) => [attempt, result])).toEqual([
    [1, 'exit_code'],
    [2, 'exit_code'],
    [3, 'exit_code'],
  ]);
});

test('a retry without delay is enqueued at once, as the first of its attempt', async () => {
  const flow = await startTestFlow(database, { vertices: { A: { retry: { max: 1 } } } });
  const { toDispatch } = await runTracks(flow, ['A'], { exitCode: 1 });
  expect(toDispatch).toEqual([expect.objectContaining({ trackId: flow.trackId('A'), attempt: 2, seq: 1 })]);
  expect(await readTrack(flow, 'A')).toMatchObject({ state: 'PENDING', attempt: 2, seq: 1, dueInSeconds: 5 });
});

test('a lost worker: FAILED, or with onLost another attempt that the retry policy does not count', async () => {
  const lost = { outcome: 'lost' } as const;
  const strict = await startTestFlow(database, { vertices: { A: { retry: { max: 3 } } } });
  await runTracks(strict, ['A'], lost);
  expect(await readTrack(strict, 'A')).toMatchObject({ state: 'FAILED', reason: 'lost', attempt: 1 });
  expect(await readPipeline(strict)).toMatchObject({ state: 'FAILED', failures: 1 });
  const lenient = await startTestFlow(database, { vertices: { A: { onLost: 'retry' } } });
  const { toDispatch } = await runTracks(lenient, ['A'], lost);
  expect(toDispatch).toHaveLength(1);
  expect(await readTrack(lenient, 'A')).toMatchObject({ state: 'PENDING', attempt: 2, lostAttempts: 1 });
  await runTracks(lenient, ['A'], { attempt: 2 });
  expect(await readPipeline(lenient)).toMatchObject({ state: 'FINISH' });
});

test('a choice by the script skips the ways that were not taken, and the join goes on', async () => {
  const flow = await startTestFlow(database, { edges: ['A->B', 'A->C', 'B->D', 'C->D'] });
  const { toDispatch } = await runTracks(flow, ['A'], { next: ['C'] });
  expect(namesOf(toDispatch)).toEqual(['C']);
  expect(await readStates(flow)).toEqual({ A: 'SUCCEED', B: 'SKIPPED', C: 'PENDING', D: 'WAITING' });
  expect(await readPipeline(flow)).toMatchObject({ openTracks: 2 });
  expect(namesOf((await runTracks(flow, ['C'])).toDispatch)).toEqual(['D']);
  await runTracks(flow, ['D']);
  expect(await readPipeline(flow)).toEqual({ state: 'FINISH', openTracks: 0, failures: 0, reason: null });
});

test('in manual mode a success awaits a choice, and the pipeline stays open', async () => {
  const flow = await startTestFlow(database, { edges: ['A->B'], mode: 'manual' });
  expect((await runTracks(flow, ['A'])).toDispatch).toEqual([]);
  expect(await readTrack(flow, 'A')).toMatchObject({ state: 'SUCCEED', awaits: 'choice' });
  expect(await readPipeline(flow)).toMatchObject({ state: 'RUNNING', openTracks: 2 });
});

test('a thousand tracks behind a way that was not taken are skipped in one transaction', async () => {
  const chain = Array.from({ length: 1000 }, (_, index) => `S${index}->S${index + 1}`);
  const flow = await startTestFlow(database, { edges: ['A->B', 'A->S0', ...chain] });
  const [run] = await claimTracks(flow, ['A']);
  if (run === undefined) throw new Error('the claim was granted');
  const counting = await openDatabase({ url: database.url, poolSize: 1 });
  const statementsBefore = await countStatements(counting);
  await applyCompletions({ ...flow, database: counting }, [completionOf(run, { next: ['B'] })]);
  expect((await countStatements(counting)) - statementsBefore).toBeLessThan(30);
  await counting.close();
  const states = Object.values(await readStates(flow));
  expect(states.filter((state) => state === 'SKIPPED')).toHaveLength(1001);
  expect(await readPipeline(flow)).toMatchObject({ state: 'RUNNING', openTracks: 1 });
  await runTracks(flow, ['B']);
  expect(await readPipeline(flow)).toMatchObject({ state: 'FINISH', openTracks: 0 });
});

test('stale completions change nothing and are kept once, however often they come', async () => {
  const flow = await startTestFlow(database, { edges: ['A->B'], vertices: { A: { retry: { max: 1, delayMs: 0 } } } });
  const [run] = await claimTracks(flow, ['A']);
  if (run === undefined) throw new Error('the claim was granted');
  const foreign = completionOf({ ...run, runId: makeRunId() });
  const early = completionOf({ ...run, attempt: 2, runId: makeRunId() });
  const unstarted = completionOf({ ...run, trackId: flow.trackId('B') });
  expect(await applyCompletions(flow, [foreign, early, unstarted])).toMatchObject({ stale: 3, toDispatch: [] });
  expect(await readTrack(flow, 'A')).toMatchObject({ state: 'RUNNING', attempt: 1, runId: run.runId });
  const [first, second] = [completionOf(run, { exitCode: 1 }), completionOf(run)];
  expect(await applyCompletions(flow, [first, second, first])).toMatchObject({ stale: 2 });
  for (let repeat = 0; repeat < 10; repeat += 1) await applyCompletions(flow, [first, foreign]);
  expect(await readTrack(flow, 'A')).toMatchObject({ state: 'PENDING', attempt: 2 });
  expect(await readAttempts(flow, 'A')).toEqual([{ attempt: 1, result: 'exit_code', exitCode: 1, runId: run.runId }]);
  expect(await countStale(flow)).toBe(4);
  expect(await readPipeline(flow)).toMatchObject({ state: 'RUNNING', openTracks: 2 });
  const applied = await findAppliedRuns(database, [run, foreign, { ...run, runId: makeRunId() }]);
  expect([...applied].sort()).toEqual([run.runId, foreign.runId].sort());
});

test('half a surrogate pair in what a worker says does not keep its completion from being applied', async () => {
  const flow = await startTestFlow(database, { edges: ['A->B'] });
  const [run] = await claimTracks(flow, ['A']);
  if (run === undefined) throw new Error('the claim was granted');
  const completion = completionOf(run, { detail: 'cut \ud83d', exitCode: 1 });
  expect(await applyCompletions(flow, [completion, { ...completion, next: ['\ude00'] }])).toMatchObject({ stale: 1 });
  const [row] = await selectRows<{ detail: string; kept: string }>(
    database.dataSource,
    `SELECT a.detail, s.completion AS kept FROM attempt a JOIN stale_completion s USING (track_id) WHERE track_id = ?`,
    [flow.trackId('A')],
  );
  expect(row?.detail).toBe('cut \ufffd');
  expect(JSON.parse(row?.kept ?? '')).toMatchObject({ detail: 'cut \ufffd', next: ['\ufffd'] });
});

test('events of pipelines and vertices that do not exist are counted; the others are applied', async () => {
  const flow = await startTestFlow(database, { vertices: { A: {} } });
  const [run] = await claimTracks(flow, ['A']);
  if (run === undefined) throw new Error('the claim was granted');
  const eventOf = (trackId: number) => ({ kind: 'completion', completion: completionOf({ ...run, trackId }) }) as const;
  const applied = await applyFlowEvents(
    database,
    new Map([
      [2 ** 30, [eventOf(trackIdOf(2 ** 30, 1))]],
      [flow.pipelineId, [eventOf(trackIdOf(flow.pipelineId, 99)), eventOf(run.trackId)]],
    ]),
  );
  expect(applied).toMatchObject({ unknown: 2, stale: 0, ended: [{ state: 'FINISH' }] });
});

test('a recount mends counters that are wrong, lets run what should run, and says how often', async () => {
  const flow = await startTestFlow(database, { edges: ['A->C', 'B->C'] });
  await runTracks(flow, ['A', 'B']);
  await execute(
    database.dataSource,
    `UPDATE track SET state = 'WAITING', pending_at = NULL, due_at = NULL, dispatch_seq = 0, predecessors_succeeded = 0
     WHERE id = ?`,
    [flow.trackId('C')],
  );
  await execute(database.dataSource, 'UPDATE pipeline SET open_tracks = 3, failures = 1 WHERE id = ?', [
    flow.pipelineId,
  ]);
  const mended = await applyEventsOf(flow, [{ kind: 'recount' }]);
  expect(mended.repairs).toBe(3);
  expect(namesOf(mended.toDispatch)).toEqual(['C']);
  expect(await readTrack(flow, 'C')).toMatchObject({ state: 'PENDING', seq: 1, predecessorsLeft: 0 });
  expect(await readPipeline(flow)).toMatchObject({ state: 'RUNNING', openTracks: 1, failures: 0 });
  expect(await applyEventsOf(flow, [{ kind: 'recount' }])).toMatchObject({ repairs: 0, toDispatch: [] });
  await runTracks(flow, ['C']);
  await execute(
    database.dataSource,
    `UPDATE pipeline SET state = 'RUNNING', finished_at = NULL, open_tracks = 2 WHERE id = ?`,
    [flow.pipelineId],
  );
  expect(await applyEventsOf(flow, [{ kind: 'recount' }])).toMatchObject({ ended: [{ state: 'FINISH' }] });
  expect(await readPipeline(flow)).toEqual({ state: 'FINISH', openTracks: 0, failures: 0, reason: null });
});

test('a change that the tables refuse rolls everything back', async () => {
  const flow = await startTestFlow(database, { edges: ['A->B'] });
  const [run] = await claimTracks(flow, ['A']);
  if (run === undefined) throw new Error('the claim was granted');
  await execute(database.dataSource, 'UPDATE pipeline SET open_tracks = 0 WHERE id = ?', [flow.pipelineId]);
  await expect(applyCompletions(flow, [completionOf(run)])).rejects.toThrow(/open_tracks|ck_pipeline_(open|finish)/i);
  expect(await readStates(flow)).toEqual({ A: 'RUNNING', B: 'WAITING' });
  expect(await readAttempts(flow, 'A')).toEqual([]);
});

test('a row that changed although it was locked is not overwritten: every write says what it expects', async () => {
  const flow = await startTestFlow(database, { edges: ['A->B'] });
  const [run] = await claimTracks(flow, ['A']);
  if (run === undefined) throw new Error('the claim was granted');
  const overwritten = withTransaction(database, async (runner) => {
    const locked = (await lockPipelines(runner, database, [flow.pipelineId])).get(flow.pipelineId);
    if (locked === undefined) throw new Error('the pipeline is there');
    await loadTracks(runner, [{ locked, vertexIds: flow.graph.vertices.keys() }]);
    const changes = decideChanges(locked, [{ kind: 'completion', completion: completionOf(run) }]);
    if (changes.kind !== 'changes') throw new Error('every track is loaded');
    const cancel = `UPDATE track SET state = 'CANCELLED', finished_at = UTC_TIMESTAMP(6) WHERE id = ?`;
    await execute(runner, cancel, [flow.trackId('B')]);
    const cause = { kind: 'flow', actor: null, reason: null, actionId: null } as const;
    await applyChanges(runner, [{ locked, changes, cause, countsAnew: false, mends: false }]);
  });
  await expect(overwritten).rejects.toThrow('track rows are not as they were read under their lock: 0 of 1');
  expect(await readStates(flow)).toEqual({ A: 'RUNNING', B: 'WAITING' });
});
