import { expect, test } from '@jest/globals';
import type { Verdict } from '@baton/domain';
import { applyPersonAction } from './apply-person-action.ts';
import type { AskedEvent } from './person-actions.ts';
import { findPipelineEvents } from './pipeline-events.ts';
import { selectRows } from './statements.ts';
import { useTestDatabase } from './testing-database.ts';
import {
  actOn,
  applyCompletions,
  claimTracks,
  completionOf,
  readPipeline,
  readStates,
  runTracks,
  startTestFlow,
  type TestFlow,
} from './testing.ts';

const database = useTestDatabase({ poolSize: 22 });

interface TrackColumns {
  state: string;
  awaits: string | null;
  gateDecision: string | null;
  seq: number;
  dueIn: number | null;
  expiresIn: number | null;
  notBeforeIn: number | null;
  waitsFor: string | null;
  isKilled: number;
  input: string | null;
}

async function readTrack(flow: TestFlow, name: string): Promise<TrackColumns> {
  const seconds = (column: string): string =>
    `ROUND(TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), ${column}) / 1e6) + 0E0`;
  const [row] = await selectRows<TrackColumns>(
    database.dataSource,
    `SELECT state, awaits, gate_decision AS gateDecision, dispatch_seq AS seq, ${seconds('due_at')} AS dueIn,
       ${seconds('expires_at')} AS expiresIn, ${seconds('not_before')} AS notBeforeIn, waits_for AS waitsFor,
       cancel_requested_at IS NOT NULL AS isKilled, input
     FROM track WHERE id = ?`,
    [flow.trackId(name)],
  );
  if (row === undefined) throw new Error(`there is no track of ${name}`);
  return row;
}

const vertexIdOf = (flow: TestFlow, name: string): number => flow.trackId(name) % 2 ** 22;
const setTrack = (flow: TestFlow, name: string, change: string): Promise<unknown> =>
  database.dataSource.query(`UPDATE track SET ${change} WHERE id = ?`, [flow.trackId(name)]);
const countEvents = async (flow: TestFlow): Promise<number> =>
  (await findPipelineEvents(database, flow.pipelineId, { after: 0, limit: 1000 })).length;

test('a pause takes the PENDING out of sight and keeps claims away; a resume sets all going that may start', async () => {
  const flow = await startTestFlow(database, {
    vertices: { A: { queueTimeoutMs: 60_000 }, B: { retry: { max: 1, delayMs: 90_000 } }, C: {}, D: {}, R: {} },
    held: ['D'],
    onFailure: 'continue',
  });
  await runTracks(flow, ['B'], { exitCode: 1 });
  await claimTracks(flow, ['R']);
  await setTrack(flow, 'C', `waits_for = 'pool:x', waits_rank = 0, waits_since = UTC_TIMESTAMP(6)`);
  const paused = await actOn(flow, { kind: 'pause' });
  expect(paused).toMatchObject({ verdict: { kind: 'done' }, toDispatch: [] });
  expect(await readTrack(flow, 'A')).toMatchObject({ seq: 1, dueIn: null, expiresIn: null });
  expect(await readTrack(flow, 'B')).toMatchObject({ seq: 0, dueIn: null, notBeforeIn: 90 });
  expect(await readTrack(flow, 'C')).toMatchObject({ dueIn: null, waitsFor: null });
  expect(await readTrack(flow, 'R')).toMatchObject({ state: 'RUNNING', dueIn: 60 });
  await expect(claimTracks(flow, ['A'])).rejects.toThrow('paused');
  expect((await actOn(flow, { kind: 'pause' })).verdict).toEqual({ kind: 'unchanged' });

  const resumed = await actOn(flow, { kind: 'resume' });
  expect(resumed.toDispatch.map(({ vertex, seq }) => [vertex, seq])).toEqual([
    ['A', 2],
    ['C', 2],
  ]);
  expect(await readTrack(flow, 'A')).toMatchObject({ seq: 2, dueIn: 5, expiresIn: 60 });
  expect(await readTrack(flow, 'B')).toMatchObject({ seq: 0, dueIn: 90, notBeforeIn: 90 });
  expect(await readTrack(flow, 'D')).toMatchObject({ awaits: 'params', seq: 0, dueIn: null });
  await claimTracks(flow, ['A']);
  expect((await actOn(flow, { kind: 'resume' })).verdict.kind).toBe('refused');
});

test('what becomes PENDING while its pipeline is paused starts with the resume', async () => {
  const flow = await startTestFlow(database, { edges: ['A->B'] });
  const [run] = await claimTracks(flow, ['A']);
  await actOn(flow, { kind: 'pause' });
  if (run === undefined) throw new Error('the claim was granted');
  expect((await applyCompletions(flow, [completionOf(run)])).toDispatch).toEqual([]);
  expect(await readTrack(flow, 'B')).toMatchObject({ state: 'PENDING', seq: 0, dueIn: null });
  const { toDispatch } = await actOn(flow, { kind: 'resume' });
  expect(toDispatch.map(({ vertex, seq }) => [vertex, seq])).toEqual([['B', 1]]);
});

test('a gate: its expiry counts from the moment that it is reached, and an approval lets the track start', async () => {
  const gate = { expiresMs: 3_600_000, form: { speed: { type: 'integer', required: true } } };
  const flow = await startTestFlow(database, {
    edges: ['A->B'],
    vertices: { B: { gate, queueTimeoutMs: 30_000 } },
  });
  expect((await runTracks(flow, ['A'])).toDispatch).toEqual([]);
  expect(await readTrack(flow, 'B')).toMatchObject({
    state: 'PENDING',
    awaits: 'approval',
    dueIn: null,
    expiresIn: 3600,
  });
  const vertexId = vertexIdOf(flow, 'B');
  const approved = await actOn(flow, { kind: 'approve', vertexId, values: { speed: 3 } });
  expect(approved.toDispatch).toEqual([expect.objectContaining({ trackId: flow.trackId('B'), attempt: 1, seq: 1 })]);
  const track = await readTrack(flow, 'B');
  expect(track).toMatchObject({ awaits: null, gateDecision: 'approved', seq: 1, dueIn: 5, expiresIn: 30 });
  expect(JSON.parse(track.input ?? '')).toEqual({ speed: 3 });
  expect((await actOn(flow, { kind: 'approve', vertexId, values: { speed: 3 } })).verdict.kind).toBe('unchanged');
  expect((await actOn(flow, { kind: 'reject', vertexId })).verdict.kind).toBe('refused');
  await claimTracks(flow, ['B']);
  expect(await readTrack(flow, 'B')).toMatchObject({ state: 'RUNNING', expiresIn: null });
});

test('a cancelled pipeline leaves no PENDING-only columns behind', async () => {
  const gate = { expiresMs: 60_000 };
  const flow = await startTestFlow(database, {
    vertices: { A: { gate }, B: { queueTimeoutMs: 9000 }, C: {}, D: { retry: { max: 1, delayMs: 90_000 } } },
  });
  await runTracks(flow, ['D'], { exitCode: 1 });
  await setTrack(flow, 'C', `waits_for = 'pool:x', waits_rank = 0, waits_since = UTC_TIMESTAMP(6)`);
  await actOn(flow, { kind: 'cancel' });
  for (const name of ['A', 'B', 'C', 'D']) {
    const ended = { state: 'CANCELLED', awaits: null, dueIn: null, expiresIn: null, notBeforeIn: null, waitsFor: null };
    expect(await readTrack(flow, name)).toMatchObject(ended);
  }
  expect(await readPipeline(flow)).toMatchObject({ state: 'CANCELLED', openTracks: 0 });
});

test('one track is cancelled: its worker is told, the others go on', async () => {
  const flow = await startTestFlow(database, { vertices: { A: {}, B: {} }, onFailure: 'continue' });
  const [run] = await claimTracks(flow, ['A']);
  const vertexId = vertexIdOf(flow, 'A');
  const asked = await actOn(flow, { kind: 'cancel_track', vertexId });
  expect(asked).toMatchObject({ verdict: { kind: 'done' }, killRequested: [flow.pipelineId] });
  expect(await readTrack(flow, 'A')).toMatchObject({ state: 'RUNNING', isKilled: 1 });
  if (run === undefined) throw new Error('the claim was granted');
  await applyCompletions(flow, [completionOf(run, { outcome: 'cancelled' })]);
  expect(await readStates(flow)).toEqual({ A: 'CANCELLED', B: 'PENDING' });
});

test('the same action again is found, does nothing, and says what is still to be dispatched', async () => {
  const flow = await startTestFlow(database, { edges: ['A->B', 'A->C'], mode: 'manual' });
  await runTracks(flow, ['A']);
  const event = { kind: 'choose', vertexId: vertexIdOf(flow, 'A'), names: ['B'] } as const;
  const first = await actOn(flow, event, { actionId: 'my action' });
  const before = await countEvents(flow);
  const second = await actOn(flow, event, { actionId: 'my action' });
  expect(second).toMatchObject({ verdict: { kind: 'done' }, toDispatch: first.toDispatch });
  expect(second.toDispatch.map(({ vertex }) => vertex)).toEqual(['B']);
  await runTracks(flow, ['B']);
  expect((await actOn(flow, event, { actionId: 'my action' })).toDispatch).toEqual([]);
  expect(await countEvents(flow)).toBe(before + 2);
  await expect(actOn(flow, { kind: 'pause' }, { actionId: 'my action' })).rejects.toMatchObject({
    code: 'idempotency_key_reused',
  });
});

test('a resume that is sent again enqueues what it released', async () => {
  const flow = await startTestFlow(database, { vertices: { A: {}, B: {} } });
  await actOn(flow, { kind: 'pause' });
  const first = await actOn(flow, { kind: 'resume' }, { actionId: 'go on' });
  await claimTracks(flow, ['A']);
  const again = await actOn(flow, { kind: 'resume' }, { actionId: 'go on' });
  expect(again.toDispatch).toEqual(first.toDispatch.filter(({ vertex }) => vertex === 'B'));
});

test('what is refused leaves no trace', async () => {
  const flow = await startTestFlow(database, { edges: ['A->B'] });
  const before = await countEvents(flow);
  const refused = await actOn(flow, { kind: 'choose', vertexId: vertexIdOf(flow, 'A'), names: ['B'] });
  expect(refused).toMatchObject({ verdict: { kind: 'refused' }, toDispatch: [], ended: [] });
  expect(await countEvents(flow)).toBe(before);
  expect(await readStates(flow)).toEqual({ A: 'PENDING', B: 'WAITING' });
});

test('history says who, why and what, and no values', async () => {
  const flow = await startTestFlow(database, { vertices: { A: { gate: { form: { key: { type: 'string' } } } } } });
  const event = { kind: 'approve', vertexId: vertexIdOf(flow, 'A'), values: { key: 'hidden' } } as const;
  await actOn(flow, event, { actor: 'ada', reason: 'looks good' });
  const last = (await findPipelineEvents(database, flow.pipelineId, { after: 0, limit: 10 })).at(-1);
  expect(last).toMatchObject({ kind: 'approve', actor: 'ada', reason: 'looks good' });
  expect(last?.body.action).toEqual({ kind: 'approve', vertexId: 1 });
  expect(last?.body.tracks).toEqual([{ vertexId: 1, awaits: null, gateDecision: 'approved', input: { key: null } }]);
});

test('pipelines and tracks that are not there are named', async () => {
  const flow = await startTestFlow(database, { vertices: { A: {} } });
  const action = { actor: 'a test', reason: null, actionId: null };
  await expect(
    applyPersonAction(database, { pipelineId: 999_999, event: { kind: 'pause' } }, action),
  ).rejects.toMatchObject({ code: 'pipeline_not_found' });
  const event = { kind: 'skip', vertexId: 77 } as const;
  await expect(applyPersonAction(database, { pipelineId: flow.pipelineId, event }, action)).rejects.toMatchObject({
    code: 'track_not_found',
  });
});

interface Race {
  prepare: () => Promise<TestFlow>;
  /** The n-th racer's event. */
  event: (flow: TestFlow, racer: number) => AskedEvent;
  /** `done` verdicts that there may be. */
  done: number;
}

const manual = async (): Promise<TestFlow> => {
  const flow = await startTestFlow(database, { edges: ['A->B', 'A->C'], mode: 'manual' });
  await runTracks(flow, ['A']);
  return flow;
};
const gated = (): Promise<TestFlow> => startTestFlow(database, { edges: ['A->B'], vertices: { A: { gate: {} } } });
const failed = async (): Promise<TestFlow> => {
  const flow = await startTestFlow(database, { edges: ['A->B'] });
  await runTracks(flow, ['A'], { exitCode: 1 });
  return flow;
};
const A = 1;

const RACES: Record<string, Race> = {
  'choices between two ways': {
    prepare: manual,
    event: (_flow, racer) => ({ kind: 'choose', vertexId: A, names: [racer % 2 === 0 ? 'B' : 'C'] }),
    done: 1,
  },
  approvals: { prepare: gated, event: () => ({ kind: 'approve', vertexId: A, values: {} }), done: 1 },
  'approvals and rejections': {
    prepare: gated,
    event: (_flow, racer) =>
      racer % 2 === 0 ? { kind: 'approve', vertexId: A, values: {} } : { kind: 'reject', vertexId: A },
    done: 1,
  },
  skips: { prepare: gated, event: () => ({ kind: 'skip', vertexId: A }), done: 1 },
  cancels: { prepare: gated, event: () => ({ kind: 'cancel' }), done: 1 },
  'cancels of a track': { prepare: gated, event: () => ({ kind: 'cancel_track', vertexId: A }), done: 1 },
  pauses: { prepare: gated, event: () => ({ kind: 'pause' }), done: 1 },
  'reruns of what failed': { prepare: failed, event: () => ({ kind: 'rerun', from: 'failed' }), done: 1 },
  'values for what lacks them': {
    prepare: () => startTestFlow(database, { vertices: { A: { input: { n: { type: 'integer' } } } }, held: ['A'] }),
    event: (_flow, racer) => ({ kind: 'give_params', vertexId: A, values: { n: racer } }),
    done: 1,
  },
};

test.each(Object.entries(RACES))('20 at once, one is done: %s', async (_name, { prepare, event, done }) => {
  const flow = await prepare();
  const before = await countEvents(flow);
  const all = await Promise.all(Array.from({ length: 20 }, (_, racer) => actOn(flow, event(flow, racer))));
  const count = (kind: Verdict['kind']): number => all.filter(({ verdict }) => verdict.kind === kind).length;
  expect(count('done')).toBe(done);
  expect(await countEvents(flow)).toBe(before + done);
  expect(all.flatMap(({ toDispatch }) => toDispatch).length).toBeLessThanOrEqual(1);
  await readPipeline(flow);
});
