import { expect, test } from '@jest/globals';
import type { FlowEvent, TrackToDispatch } from '@baton/domain';
import { applyFlowEvents, type AppliedEvents } from './apply-flow-events.ts';
import { claimAttempts } from './claim-attempts.ts';
import { findTakingWorkers } from './find-workers.ts';
import type { HandOver, HandOverPlan } from './hand-over-attempts.ts';
import { findPipelineEvents } from './pipeline-events.ts';
import { setPool } from './pools.ts';
import { recordHeartbeat } from './record-heartbeat.ts';
import { findHeldRuns } from './renew-leases.ts';
import { execute, selectRows } from './statements.ts';
import { useTestDatabase } from './testing-database.ts';
import { readWholePipeline, rebuildFromHistory, toComparable } from './testing-rebuild.ts';
import {
  actOn,
  applyCompletions,
  claimTracks,
  completionOf,
  lockRows,
  makePoolName,
  makeRunId,
  namesOf,
  readPipeline,
  readStates,
  startTestFlow,
  type FlowShape,
  type FlowStart,
  type TestFlow,
} from './testing.ts';

const database = useTestDatabase({ poolSize: 12 });
const LEASE_MS = 20_000;

function handOverTo(workerId: string, { trackId, attempt }: TrackToDispatch): HandOver {
  return { trackId, attempt, runId: makeRunId(), workerId, leaseMs: LEASE_MS };
}

/** All that may be, for one worker. */
const takeAll: HandOverPlan['choose'] = async (ready) => ready.map((track) => handOverTo('w-of-all', track));

/** Claims A, and ends it with a choice of successors in the same transaction. */
async function endA(flow: TestFlow, choose: HandOverPlan['choose'], end = {}): Promise<AppliedEvents> {
  const [run] = await claimTracks(flow, ['A']);
  if (run === undefined) throw new Error('the claim was granted');
  return applyWith(flow, [{ kind: 'completion', completion: completionOf(run, end) }], choose);
}

function applyWith(flow: TestFlow, events: FlowEvent[], choose: HandOverPlan['choose']): Promise<AppliedEvents> {
  return applyFlowEvents(flow.database, new Map([[flow.pipelineId, events]]), {
    handOver: { choose, expect: () => {} },
  });
}

const start = (shape: FlowShape & FlowStart): Promise<TestFlow> => startTestFlow(database, shape);

/** What a choice is asked about, by name. */
async function findOffered(flow: TestFlow, end = {}): Promise<{ asked: string[]; applied: AppliedEvents }> {
  const asked: string[] = [];
  const applied = await endA(
    flow,
    async (ready) => {
      asked.push(...namesOf(ready));
      return [];
    },
    end,
  );
  return { asked: asked.toSorted(), applied };
}

test('what a completion makes ready is claimed in its transaction; the rest is to be enqueued', async () => {
  const flow = await start({
    edges: ['A->B', 'A->C', 'A->D'],
    vertices: { B: { input: { size: { type: 'number', default: 3 } } } },
    inputs: { B: { size: 7 } },
  });
  const applied = await endA(flow, async (ready) =>
    ready.flatMap((track) => (track.vertex === 'D' ? [] : [handOverTo(`w-${track.vertex}`, track)])),
  );
  expect(namesOf(applied.toDispatch)).toEqual(['D']);
  expect(applied.handed).toHaveLength(2);
  expect(applied.handed).toMatchObject([
    { granted: true, workerId: 'w-B', attempt: 1, pipeline: 'a pipeline', vertex: { name: 'B' }, input: { size: 7 } },
    { granted: true, workerId: 'w-C', attempt: 1, pipelineId: flow.pipelineId, vertex: { name: 'C' }, input: {} },
  ]);
  expect(await readStates(flow)).toEqual({ A: 'SUCCEED', B: 'RUNNING', C: 'RUNNING', D: 'PENDING' });
  const [held] = await findHeldRuns(database, 'w-B');
  const [{ trackId, attempt, runId } = { trackId: 0, attempt: 0, runId: '' }] = applied.handed;
  expect(held).toEqual({ trackId, attempt, runId });
  const [row] = await selectRows<{ leaseMs: number }>(
    database.dataSource,
    `SELECT TIMESTAMPDIFF(MICROSECOND, started_at, due_at) / 1000 + 0E0 AS leaseMs FROM track WHERE id = ?`,
    [trackId],
  );
  expect(row?.leaseMs).toBeCloseTo(LEASE_MS, -2);
});

test('such a run is its worker’s like any other: granted again, refused to others, ended once, at its first attempt', async () => {
  const flow = await start({ edges: ['A->B'] });
  const [handed] = (await endA(flow, takeAll)).handed;
  if (handed === undefined) throw new Error('B was handed over');
  const { trackId, attempt, runId } = handed;
  const claim = async (workerId: string, run: string): Promise<unknown> =>
    (
      await claimAttempts(database, {
        workerId,
        labels: ['default'],
        leaseMs: LEASE_MS,
        claims: [{ trackId, attempt, runId: run }],
      })
    )[0];
  expect(await claim('w-of-all', runId)).toMatchObject({ granted: true, runId });
  expect(await claim('another', runId)).toMatchObject({ granted: false, why: 'not_pending' });
  expect(await claim('w-of-all', makeRunId())).toMatchObject({ granted: false, why: 'not_pending' });
  const completion = completionOf({ trackId, attempt, runId }, { workerId: 'w-of-all' });
  expect(await applyCompletions(flow, [completion, completion])).toMatchObject({ stale: 1 });
  expect(await readPipeline(flow)).toMatchObject({ state: 'FINISH', openTracks: 0 });
  expect(await findHeldRuns(database, 'w-of-all')).toEqual([]);
});

test('its history tells of the claim, after the end that made it ready, and builds the same tables', async () => {
  const flow = await start({ edges: ['A->B', 'B->C'] });
  let applied = await endA(flow, takeAll);
  for (const _ of ['B', 'C']) {
    const [{ trackId, attempt, runId } = { trackId: 0, attempt: 0, runId: '' }] = applied.handed;
    const completion = completionOf({ trackId, attempt, runId }, { workerId: 'w-of-all' });
    applied = await applyWith(flow, [{ kind: 'completion', completion }], takeAll);
  }
  expect(await readPipeline(flow)).toMatchObject({ state: 'FINISH' });
  const items = await findPipelineEvents(database, flow.pipelineId, { after: 0, limit: 100 });
  expect(items.map(({ kind }) => kind).join(' ')).toMatch(/claim flow claim flow claim flow/);
  expect(toComparable(await rebuildFromHistory(database, flow.pipelineId))).toEqual(
    toComparable(await readWholePipeline(database, flow.pipelineId)),
  );
});

test('what has a limit or runs a pipeline goes through its queue', async () => {
  const pool = makePoolName();
  await setPool(database, pool, 3);
  const limited = await start({ edges: ['A->B', 'A->C'], vertices: { B: { pools: [pool] } } });
  const { asked, applied } = await findOffered(limited);
  expect(asked).toEqual(['C']);
  expect(namesOf(applied.toDispatch).toSorted()).toEqual(['B', 'C']);
  expect((await findOffered(await start({ edges: ['A->B'], limit: 5 }))).asked).toEqual([]);
});

test('what waits for its time, for a person or for a pipeline that is paused is not chosen among', async () => {
  const retried = await start({ edges: ['A->B'], vertices: { A: { retry: { max: 1, delayMs: 60_000 } } } });
  expect((await findOffered(retried, { exitCode: 1 })).asked).toEqual([]);
  const held = await start({ edges: ['A->B', 'A->C'], held: ['B'] });
  expect((await findOffered(held)).asked).toEqual(['C']);
  const paused = await start({ edges: ['A->B'] });
  const [run] = await claimTracks(paused, ['A']);
  if (run === undefined) throw new Error('the claim was granted');
  await actOn(paused, { kind: 'pause' });
  const completion = completionOf(run);
  const applied = await applyWith(paused, [{ kind: 'completion', completion }], takeAll);
  expect(applied).toMatchObject({ handed: [], toDispatch: [] });
  expect(await readStates(paused)).toEqual({ A: 'SUCCEED', B: 'PENDING' });
});

test('the next attempt of what failed may be handed over, with its number', async () => {
  const flow = await start({ vertices: { A: { retry: { max: 1, delayMs: 0 } } } });
  expect((await endA(flow, takeAll, { exitCode: 1 })).handed).toMatchObject([{ attempt: 2, vertex: { name: 'A' } }]);
});

test('a transaction that is tried again chooses again, and only the last choice counts', async () => {
  const flow = await start({ edges: ['A->B', 'A->C'] });
  let tries = 0;
  const applied = await endA(flow, async (ready) => {
    tries += 1;
    const chosen = await takeAll(ready);
    // As when it is the victim of a deadlock.
    if (tries === 1) throw Object.assign(new Error('a deadlock'), { code: 'ER_LOCK_DEADLOCK', errno: 1213 });
    return chosen.filter(({ trackId }) => trackId === flow.trackId('C'));
  });
  expect(tries).toBe(2);
  expect(applied.handed.map(({ vertex }) => vertex.name)).toEqual(['C']);
  expect(namesOf(applied.toDispatch)).toEqual(['B']);
  expect(await readStates(flow)).toEqual({ A: 'SUCCEED', B: 'PENDING', C: 'RUNNING' });
  const items = await findPipelineEvents(database, flow.pipelineId, { after: 0, limit: 100 });
  expect(items.filter(({ kind }) => kind === 'claim')).toHaveLength(2);
});

test('several workers share what one transaction makes ready', async () => {
  const names = Array.from({ length: 30 }, (_, index) => `V${index}`);
  const flow = await start({ edges: names.map((name) => `A->${name}`) });
  const applied = await endA(flow, async (ready) =>
    ready.map((track, index) => handOverTo(`w-shared-${index % 3}`, track)),
  );
  expect(applied.toDispatch).toEqual([]);
  for (const index of [0, 1, 2]) expect(await findHeldRuns(database, `w-shared-${index}`)).toHaveLength(10);
});

test.each(['cancel', 'pause'] as const)(
  'a %s of the same pipeline comes before the hand-over or after it',
  async (kind) => {
    for (let round = 0; round < 8; round += 1) {
      const flow = await start({ edges: ['A->B', 'A->C'] });
      const [run] = await claimTracks(flow, ['A']);
      if (run === undefined) throw new Error('the claim was granted');
      const completion = completionOf(run);
      const [applied] = await Promise.all([
        applyWith(flow, [{ kind: 'completion', completion }], takeAll),
        actOn(flow, { kind }),
      ]);
      const states = await readStates(flow);
      const { state } = await readPipeline(flow);
      if (applied.handed.length > 0) expect(states).toMatchObject({ B: 'RUNNING', C: 'RUNNING' });
      else if (kind === 'cancel') expect(states).toMatchObject({ B: 'CANCELLED', C: 'CANCELLED' });
      else expect({ state, ...states }).toEqual({ state: 'PAUSED', A: 'SUCCEED', B: 'PENDING', C: 'PENDING' });
      expect(toComparable(await rebuildFromHistory(database, flow.pipelineId))).toEqual(
        toComparable(await readWholePipeline(database, flow.pipelineId)),
      );
    }
  },
);

test('what was handed over is never claimed for somebody else at the same time', async () => {
  const flow = await start({ edges: ['A->B'] });
  const [run] = await claimTracks(flow, ['A']);
  if (run === undefined) throw new Error('the claim was granted');
  const lock = await lockRows(database, 'pipeline', flow.pipelineId);
  const claim = { trackId: flow.trackId('B'), attempt: 1, runId: makeRunId() };
  const applying = applyWith(flow, [{ kind: 'completion', completion: completionOf(run) }], takeAll);
  const claiming = claimAttempts(database, { workerId: 'w-2', labels: ['default'], leaseMs: 1000, claims: [claim] });
  await lock.release();
  const [{ handed }, [answer]] = await Promise.all([applying, claiming]);
  expect(handed).toHaveLength(1);
  expect(answer).toMatchObject({ granted: false });
});

test('workers that end, and those that were not heard of for long, take nothing', async () => {
  const worker = {
    name: 'a worker',
    host: 'host',
    pid: 1,
    softwareVersion: '0.2.0',
    isolationLevel: 'none',
    labels: ['default'],
    slots: 1,
    isDraining: false,
    startedAt: new Date(),
  };
  await recordHeartbeat(database, { ...worker, id: 'w-well' });
  await recordHeartbeat(database, { ...worker, id: 'w-ends', isDraining: true });
  await recordHeartbeat(database, { ...worker, id: 'w-gone' });
  await execute(database.dataSource, 'UPDATE worker SET seen_at = seen_at - INTERVAL 16 SECOND WHERE id = ?', [
    'w-gone',
  ]);
  const ids = ['w-well', 'w-ends', 'w-gone', 'w-never'];
  expect(await findTakingWorkers(database, ids, 15_000)).toEqual(['w-well']);
});
