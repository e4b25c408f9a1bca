import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { claimAttempts, execute, insertTrackOutputs, recordHeartbeat, storeOutput, type RunKey } from '@baton/database';
import { makeRunId } from '@baton/database/testing';
import type { PipelineWhy, TrackWhy } from '../why-blockers.ts';
import { createTestApi, type TestApi } from '../testing.ts';
import { as, makeToken, startApiFlow, type ApiFlow } from '../testing-flow.ts';

/** What needs no worker's process to be seen; the end-to-end tests bring about each blocker for real. */
let api: TestApi;
let reader: string;
let isRedisReady = true;
beforeAll(async () => {
  api = await createTestApi({ deps: { isRedisReady: () => isRedisReady } });
  reader = await makeToken(api, { name: 'rita' });
});
afterAll(() => api.close());
afterEach(async () => {
  isRedisReady = true;
  await execute(api.database.dataSource, 'DELETE FROM worker');
});

function addWorker(
  name: string,
  fields: { labels?: string[]; isDraining?: boolean; problem?: string } = {},
): Promise<void> {
  const told = { host: 'here', pid: 1, softwareVersion: '1', isolationLevel: 'none', slots: 2, startedAt: new Date() };
  return recordHeartbeat(api.database, {
    id: `w-${name}`,
    name,
    labels: ['default'],
    isDraining: false,
    ...told,
    ...fields,
  });
}

async function why(flow: ApiFlow, vertex: string, token?: string): Promise<TrackWhy> {
  return (await as(api, token, 'get', `/api/v1/tracks/${flow.trackId(vertex)}/why`).expect(200)).body;
}

async function whyAll({ pipelineId }: ApiFlow): Promise<PipelineWhy> {
  return (await api.call('get', `/api/v1/pipelines/${pipelineId}/why`).expect(200)).body;
}

async function claim(flow: ApiFlow, vertex: string): Promise<RunKey> {
  const run = { trackId: flow.trackId(vertex), attempt: 1, runId: makeRunId() };
  const [result] = await claimAttempts(api.database, {
    workerId: 'w-one',
    labels: ['default'],
    leaseMs: 60_000,
    claims: [run],
  });
  expect(result).toMatchObject({ granted: true });
  return run;
}

test('the scope read is enough, and what is not there is not found', async () => {
  const flow = await startApiFlow(api, { graph: { vertices: [{ name: 'A' }] } });
  expect(await why(flow, 'A', reader)).toMatchObject({ vertex: 'A', state: 'PENDING' });
  expect((await api.call('get', '/api/v1/tracks/99/why').expect(404)).body.code).toBe('track_not_found');
  expect((await api.call('get', '/api/v1/pipelines/99999/why').expect(404)).body.code).toBe('pipeline_not_found');
});

test('without any worker, with some that take nothing, and with one that serves it', async () => {
  const flow = await startApiFlow(api, { graph: { vertices: [{ name: 'A' }] } });
  expect((await why(flow, 'A')).sentence).toBe('A is PENDING: needs a worker that serves default: no worker is alive');
  await addWorker('one', { isDraining: true });
  await addWorker('two', { labels: ['gpu'], isDraining: true });
  await addWorker('zero', { problem: 'disk full' });
  const [blocker] = (await why(flow, 'A')).blockers;
  expect(blocker?.sentence).toBe(
    'needs a worker that serves default: of 3 workers none does (one is draining, two lacks default and is draining, zero takes nothing: disk full)',
  );
  expect((await whyAll(flow)).groups).toMatchObject([{ kind: 'no_worker', count: 1 }]);
  await addWorker('three');
  expect((await why(flow, 'A')).blockers).toMatchObject([{ kind: 'queue', slots: 2, freeSlots: 2 }]);
  expect((await whyAll(flow)).groups).toMatchObject([
    { kind: 'queue', sentence: '1 track waits in the queue for a worker that serves default: A' },
  ]);
});

test('while Redis is away nobody knows what is in the queues', async () => {
  await addWorker('one');
  const flow = await startApiFlow(api, { graph: { vertices: [{ name: 'A' }] } });
  isRedisReady = false;
  const { blockers, sentence } = await why(flow, 'A');
  expect(blockers).toMatchObject([{ kind: 'not_queued', isRedisReady: false }]);
  expect(sentence).toContain('Redis is away');
});

test('several may hold one track: what a person has to see to comes first', async () => {
  const flow = await startApiFlow(api, {
    graph: {
      vertices: [
        { name: 'A', gate: {} },
        { name: 'B', labels: ['gpu'] },
      ],
    },
  });
  await flow.control('pause', { reason: 'wait' }).expect(200);
  expect((await why(flow, 'A')).blockers.map(({ kind }) => kind)).toEqual(['approval', 'paused']);
  expect((await why(flow, 'B')).blockers.map(({ kind }) => kind)).toEqual(['paused', 'no_worker']);
  expect((await whyAll(flow)).groups.map(({ kind }) => kind)).toEqual(['approval', 'paused']);
});

test('a track that was woken for a place, or whose delay is over, waits in the queue like any other', async () => {
  await addWorker('one');
  const flow = await startApiFlow(api, { graph: { vertices: [{ name: 'A', limit: 1 }] } });
  const set = (columns: string): Promise<unknown> =>
    execute(api.database.dataSource, `UPDATE track SET ${columns} WHERE id = ?`, [flow.trackId('A')]);
  const kinds = async (): Promise<string[]> => (await why(flow, 'A')).blockers.map(({ kind }) => kind);
  await set("waits_for = 'vertex:1:1', waits_rank = 0, waits_since = UTC_TIMESTAMP(6)");
  expect(await kinds()).toEqual(['limit']);
  await set('waits_rank = NULL');
  expect(await kinds()).toEqual(['queue']);
  await set('not_before = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR');
  expect(await kinds()).toEqual(['retry']);
  await set('not_before = UTC_TIMESTAMP(6) - INTERVAL 1 HOUR');
  expect(await kinds()).toEqual(['queue']);
});

test('what waits above a paused pipeline says both', async () => {
  const graph = { vertices: [{ name: 'A' }, { name: 'B' }], edges: [['A', 'B']] };
  const flow = await startApiFlow(api, { graph });
  await flow.control('pause').expect(200);
  expect((await why(flow, 'B')).blockers).toMatchObject([
    { kind: 'paused', by: 'admin' },
    { kind: 'predecessors', roots: [{ vertex: 'A', kind: 'paused' }] },
  ]);
});

test('a running track that is to end says since when somebody wants that', async () => {
  const flow = await startApiFlow(api, { graph: { vertices: [{ name: 'A' }] } });
  await claim(flow, 'A');
  await flow.decide('A', 'cancel').expect(200);
  expect((await whyAll(flow)).groups).toMatchObject([{ kind: 'running', count: 1, sentence: '1 track runs: A' }]);
  const { blockers, sentence } = await why(flow, 'A');
  expect(blockers).toMatchObject([
    { kind: 'running', worker: 'w-one', lastLine: null, cancelRequestedAt: expect.any(String) },
  ]);
  expect(sentence).toContain('it is to end');
});

test('a running track whose processes KILL did not end names them', async () => {
  const flow = await startApiFlow(api, { graph: { vertices: [{ name: 'A' }] } });
  const { trackId, attempt, runId } = await claim(flow, 'A');
  await flow.decide('A', 'cancel').expect(200);
  const bytes = Buffer.from('said\n\n[baton: KILL did not end 12 (cat, state D); it is RUNNING until they are gone]\n');
  await storeOutput(api.database, [{ trackId, attempt, runId, seq: 0, bytes }]);
  expect((await why(flow, 'A')).sentence).toContain('; KILL did not end 12 (cat, state D)');
});

test('only what is still open above a track holds it', async () => {
  // J goes on with the first that succeeds: what else is before it holds nothing any more.
  const vertices = [{ name: 'A' }, { name: 'B' }, { name: 'J', join: 'one_success' }, { name: 'K' }, { name: 'L' }];
  const edges = [
    ['A', 'J'],
    ['B', 'J'],
    ['J', 'K'],
    ['L', 'K'],
  ];
  const flow = await startApiFlow(api, { graph: { vertices, edges } });
  expect((await why(flow, 'J')).blockers).toMatchObject([
    {
      needs: 'one predecessor that succeeds, or the ends of all 2 predecessors',
      roots: [{ vertex: 'A' }, { vertex: 'B' }],
    },
  ]);
  await flow.run(['A']);
  await flow.run(['J']);
  const { blockers } = await why(flow, 'K');
  expect(blockers).toMatchObject([{ total: 2, ended: 1, unfinished: [{ vertex: 'L' }], isComplete: true }]);
  expect((blockers[0] as { roots: { vertex: string }[] }).roots.map(({ vertex }) => vertex)).toEqual(['L']);
});

test('a long way up ends somewhere, and says so', async () => {
  const names = Array.from({ length: 130 }, (_, index) => `V${index}`);
  const edges = names.slice(1).map((name, index) => [names[index], name]);
  const flow = await startApiFlow(api, { graph: { vertices: names.map((name) => ({ name })), edges } });
  expect((await why(flow, 'V99')).blockers).toMatchObject([{ roots: [{ vertex: 'V0' }], isComplete: true }]);
  expect((await why(flow, 'V129')).blockers).toMatchObject([{ roots: [], isComplete: false }]);
});

test('of a crowd ten causes are named, and fifty tracks of a pipeline', async () => {
  const names = Array.from({ length: 70 }, (_, index) => `V${index}`);
  const vertices = [...names.map((name, index) => ({ name, labels: [`l${index}`] })), { name: 'end' }];
  const flow = await startApiFlow(api, { graph: { vertices, edges: names.map((name) => [name, 'end']) } });
  const [blocker] = (await why(flow, 'end')).blockers;
  expect(blocker).toMatchObject({ kind: 'predecessors', total: 70, ended: 0 });
  const { unfinished, roots } = blocker as { unfinished: unknown[]; roots: unknown[] };
  expect([unfinished.length, roots.length]).toEqual([20, 10]);
  const { groups, sentence } = await whyAll(flow);
  expect(groups).toHaveLength(70);
  expect(groups.flatMap(({ tracks }) => tracks)).toHaveLength(50);
  expect(sentence).toMatch(/; and 67 more$/);
});

test('what a choice left out names the track that chose, and what nobody failed names nobody', async () => {
  const vertices = [{ name: 'A' }, { name: 'B' }, { name: 'C' }, { name: 'D' }];
  const edges = [
    ['A', 'B'],
    ['A', 'C'],
    ['C', 'D'],
  ];
  const flow = await startApiFlow(api, { graph: { vertices, edges } });
  await flow.run(['A'], { next: ['B'] });
  expect((await why(flow, 'C')).blockers).toMatchObject([
    { kind: 'ended', reason: 'not_chosen', because: [{ vertex: 'A', state: 'SUCCEED' }] },
  ]);
  expect((await why(flow, 'D')).blockers).toMatchObject([{ reason: 'join_not_met' }]);
  expect((await why(flow, 'A')).blockers).toMatchObject([{ kind: 'ended', reason: null, because: [], actor: null }]);
});

test('no value of a parameter or an output is in an answer', async () => {
  const input = { key: { secret: true, required: true }, more: { required: true } };
  const graph = { vertices: [{ name: 'A', input, script: 'true', onMissing: 'ask' }] };
  const flow = await startApiFlow(api, { graph, start: { params: { key: 'canary-1' } } });
  await insertTrackOutputs(api.database.dataSource, [
    { trackId: flow.trackId('A'), attempt: 1, values: { a: 'canary-2' } },
  ]);
  const answer = await why(flow, 'A');
  expect(answer.blockers).toMatchObject([{ kind: 'params', names: ['more'] }]);
  expect(JSON.stringify(answer)).not.toContain('canary');
});

test("a map's item and a gate's form are nothing that a held track lacks", async () => {
  const input = { hosts: { type: 'json', required: true }, host: { required: true } };
  const map = { over: 'hosts', as: 'host' };
  const gate = { form: { ticket: { required: true } } };
  const vertex = { name: 'M', input, map, gate, script: 'echo {host}', onMissing: 'ask' };
  const flow = await startApiFlow(api, { graph: { vertices: [vertex] } });
  expect((await why(flow, 'M')).blockers).toMatchObject([{ kind: 'params', names: ['hosts'] }]);
  const { items } = (await api.call('get', '/api/v1/inbox?kind=params&limit=200').expect(200)).body;
  const item = items.find(({ trackId }: { trackId: number }) => trackId === flow.trackId('M'));
  expect(Object.keys(item.form)).toEqual(['hosts']);
  await flow.decide('M', 'params', { params: { hosts: ['a'] } }).expect(200);
});
