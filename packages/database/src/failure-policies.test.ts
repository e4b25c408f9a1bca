import { describe, expect, test } from '@jest/globals';
import type { FailurePolicy } from '@baton/domain';
import { renewLeases } from './renew-leases.ts';
import { useTestDatabase } from './testing-database.ts';
import {
  applyCompletions,
  applyEventsOf,
  claimTracks,
  completionOf,
  readPipeline,
  readStates,
  runTracks,
  startTestFlow,
  TEST_WORKER,
  type TestFlow,
} from './testing.ts';
import type { RunKey } from './claim-attempts.ts';
import type { AppliedEvents } from './apply-flow-events.ts';

const database = useTestDatabase({ sendsTogether: true });

/** A fails while R runs; B waits for A, C for R, and P is PENDING. */
async function failWhileOthersRun(
  onFailure: FailurePolicy,
): Promise<{ flow: TestFlow; running: RunKey; applied: AppliedEvents }> {
  const flow = await startTestFlow(database, { edges: ['A->B', 'R->C'], vertices: { P: {} }, onFailure });
  const [failing, running] = await claimTracks(flow, ['A', 'R']);
  if (failing === undefined || running === undefined) throw new Error('both claims were granted');
  const applied = await applyCompletions(flow, [completionOf(failing, { exitCode: 2 })]);
  return { flow, running, applied };
}

async function leaseOf(run: RunKey): Promise<string | undefined> {
  const [result] = await renewLeases(database, { workerId: TEST_WORKER, leaseMs: 60_000, runs: [run] });
  return result?.state;
}

describe('a track fails while others run', () => {
  test('stop: the pipeline is FAILED, the unstarted are CANCELLED, what runs ends and starts nothing', async () => {
    const { flow, running, applied } = await failWhileOthersRun('stop');
    expect(applied).toMatchObject({ ended: [{ state: 'FAILED' }], killRequested: [], toDispatch: [] });
    const cancelled = { B: 'CANCELLED', C: 'CANCELLED', P: 'CANCELLED' };
    expect(await readStates(flow)).toEqual({ A: 'FAILED', R: 'RUNNING', ...cancelled });
    expect(await readPipeline(flow)).toEqual({
      state: 'FAILED',
      openTracks: 1,
      failures: 1,
      reason: 'track A: exit_code 2',
    });
    expect(await leaseOf(running)).toBe('held');
    expect((await applyCompletions(flow, [completionOf(running)])).toDispatch).toEqual([]);
    expect(await readStates(flow)).toEqual({ A: 'FAILED', R: 'SUCCEED', ...cancelled });
    expect(await readPipeline(flow)).toMatchObject({ state: 'FAILED', openTracks: 0, failures: 1 });
  });

  test('kill: what runs is asked to end, and is CANCELLED when its worker says that it is gone', async () => {
    const { flow, running, applied } = await failWhileOthersRun('kill');
    expect(applied).toMatchObject({ ended: [{ state: 'FAILED' }], killRequested: [flow.pipelineId] });
    expect(await readStates(flow)).toMatchObject({ R: 'RUNNING', P: 'CANCELLED' });
    expect(await leaseOf(running)).toBe('cancel');
    await applyCompletions(flow, [completionOf(running, { outcome: 'cancelled' })]);
    expect(await readStates(flow)).toMatchObject({ A: 'FAILED', R: 'CANCELLED' });
    expect(await readPipeline(flow)).toMatchObject({ state: 'FAILED', openTracks: 0, failures: 1 });
  });

  test('continue: the descendants of the failed are CANCELLED, the other branches go on, then FAILED', async () => {
    const { flow, running, applied } = await failWhileOthersRun('continue');
    expect(applied).toMatchObject({ ended: [], killRequested: [] });
    expect(await readStates(flow)).toEqual({
      A: 'FAILED',
      B: 'CANCELLED',
      R: 'RUNNING',
      C: 'WAITING',
      P: 'PENDING',
    });
    expect(await readPipeline(flow)).toMatchObject({ state: 'RUNNING', openTracks: 3, failures: 1 });
    await applyCompletions(flow, [completionOf(running)]);
    await runTracks(flow, ['C', 'P']);
    expect(await readPipeline(flow)).toMatchObject({ state: 'FAILED', openTracks: 0, failures: 1 });
  });

  test('hold: the failed track awaits a decision, its descendants wait, the others go on', async () => {
    const { flow, running, applied } = await failWhileOthersRun('hold');
    expect(applied).toMatchObject({ ended: [], killRequested: [] });
    await applyCompletions(flow, [completionOf(running)]);
    await runTracks(flow, ['C', 'P']);
    expect(await readStates(flow)).toMatchObject({ A: 'FAILED', B: 'WAITING', C: 'SUCCEED', P: 'SUCCEED' });
    expect(await readPipeline(flow)).toMatchObject({ state: 'RUNNING', openTracks: 2, failures: 1 });
    await applyEventsOf(flow, [{ kind: 'cancel' }]);
    expect(await readStates(flow)).toMatchObject({ A: 'FAILED', B: 'CANCELLED' });
    expect(await readPipeline(flow)).toMatchObject({ state: 'CANCELLED', openTracks: 0, failures: 1 });
  });
});

test('a vertex that may fail counts as succeeded: its successors run, the pipeline is FINISH', async () => {
  const flow = await startTestFlow(database, { edges: ['A->B'], vertices: { A: { allowFailure: true } } });
  const { toDispatch } = await runTracks(flow, ['A'], { exitCode: 1 });
  expect(toDispatch).toHaveLength(1);
  await runTracks(flow, ['B']);
  expect(await readStates(flow)).toEqual({ A: 'FAILED', B: 'SUCCEED' });
  expect(await readPipeline(flow)).toEqual({ state: 'FINISH', openTracks: 0, failures: 0, reason: null });
});

test('a cancel ends what waits, asks what runs to end, and is repeatable', async () => {
  const flow = await startTestFlow(database, { edges: ['A->B'], vertices: { P: {} } });
  const [run] = await claimTracks(flow, ['A']);
  if (run === undefined) throw new Error('the claim was granted');
  const applied = await applyEventsOf(flow, [{ kind: 'cancel' }]);
  expect(applied).toMatchObject({ ended: [{ state: 'CANCELLED' }], killRequested: [flow.pipelineId] });
  expect(await applyEventsOf(flow, [{ kind: 'cancel' }])).toMatchObject({ ended: [] });
  expect(await readStates(flow)).toEqual({ A: 'RUNNING', B: 'CANCELLED', P: 'CANCELLED' });
  expect(await leaseOf(run)).toBe('cancel');
  await applyCompletions(flow, [completionOf(run, { outcome: 'cancelled' })]);
  expect(await readStates(flow)).toMatchObject({ A: 'CANCELLED' });
  expect(await readPipeline(flow)).toMatchObject({ state: 'CANCELLED', openTracks: 0 });
});

test('a worker that vanishes with a cancelled track leaves it CANCELLED', async () => {
  const flow = await startTestFlow(database, { vertices: { A: { onLost: 'retry' } } });
  const [run] = await claimTracks(flow, ['A']);
  if (run === undefined) throw new Error('the claim was granted');
  await applyEventsOf(flow, [{ kind: 'cancel' }]);
  await applyCompletions(flow, [completionOf(run, { outcome: 'lost' })]);
  expect(await readStates(flow)).toEqual({ A: 'CANCELLED' });
  expect(await readPipeline(flow)).toMatchObject({ state: 'CANCELLED', openTracks: 0 });
});
