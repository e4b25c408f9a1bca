import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestApi, type TestApi } from '../testing.ts';
import { flowOf, startApiFlow, startChildOf, type ApiFlow } from '../testing-flow.ts';

let api: TestApi;
beforeAll(async () => {
  api = await createTestApi();
});
afterAll(() => api.close());

const ip = { type: 'string', default: '10.0.0.1' };
/** A -> B -> C, and X beside them; A and B have an ip. */
const graph = {
  vertices: [
    { name: 'A', script: 'ping {ip}', input: { ip } },
    { name: 'B', script: 'ping {ip}', input: { ip } },
    { name: 'C' },
    { name: 'X' },
  ],
  edges: [
    ['A', 'B'],
    ['B', 'C'],
  ],
};
const startFlow = (start: object = {}): Promise<ApiFlow> =>
  startApiFlow(api, { graph, start: { onFailure: 'continue', ...start } });

/** A and X have succeeded, B has failed. */
async function startFailed(start: object = {}): Promise<ApiFlow> {
  const flow = await startFlow(start);
  await flow.run(['A', 'X']);
  await flow.run(['B'], { exitCode: 1 });
  return flow;
}

async function attemptsOf(flow: ApiFlow, vertex: string): Promise<(string | null)[]> {
  const { body } = await api.call('get', `/api/v1/tracks/${flow.trackId(vertex)}`).expect(200);
  return body.attempts.map(({ result }: { result: string | null }) => result);
}

describe('a pipeline', () => {
  test('runs again from what failed, and nothing else; earlier attempts stay readable', async () => {
    const flow = await startFailed();
    expect(await flow.states()).toEqual({ A: 'SUCCEED', B: 'FAILED', C: 'CANCELLED', X: 'SUCCEED' });
    const { body } = await flow.control('retry', { reason: 'the host is back' }).expect(200);
    expect(body).toMatchObject({ state: 'RUNNING', counts: { SUCCEED: 2, PENDING: 1, WAITING: 1 } });
    expect(body.plan).toEqual({
      version: { from: 1, to: 1 },
      totalTracks: 2,
      tracks: [
        { vertexId: 2, vertex: 'B', attempt: 2, isNew: false, changes: [] },
        { vertexId: 3, vertex: 'C', attempt: 1, isNew: false, changes: [] },
      ],
    });
    await flow.run(['B']);
    await flow.run(['C']);
    expect(flow.enqueued()).toEqual(['A', 'X', 'B', 'B', 'C']);
    expect(await attemptsOf(flow, 'B')).toEqual(['exit_code', 'succeed']);
    const nothing = await flow.control('retry').expect(409);
    expect(nothing.body.code).toBe('state_conflict');
  });

  test('a preview shows the same and changes nothing', async () => {
    const flow = await startFailed();
    const { body } = await flow.control('retry', { preview: true, params: { ip: '10.0.0.2' } }).expect(200);
    expect(body.state).toBe('FAILED');
    expect(body.plan.tracks).toMatchObject([{ vertex: 'B', attempt: 2, changes: ['params.ip'] }, { vertex: 'C' }]);
    expect(await flow.states()).toMatchObject({ B: 'FAILED', C: 'CANCELLED' });
    const history = await api.call('get', `/api/v1/pipelines/${flow.pipelineId}/history?limit=200`).expect(200);
    expect(history.text).not.toContain('rerun');
  });

  test('runs again from named vertices, with what follows them or alone', async () => {
    const flow = await startFailed();
    await flow.control('retry', { from: ['A'], descendants: false }).expect(200);
    expect(await flow.states()).toEqual({ A: 'PENDING', B: 'FAILED', C: 'CANCELLED', X: 'SUCCEED' });
    await flow.run(['A']);
    await flow.control('retry', { from: ['A', 4] }).expect(200);
    expect(await flow.states()).toEqual({ A: 'PENDING', B: 'WAITING', C: 'WAITING', X: 'PENDING' });
    const busy = await flow.control('retry', { from: ['X', 'A'] }).expect(409);
    expect(busy.body).toMatchObject({ code: 'state_conflict', detail: expect.stringMatching(/A.*X|X.*A/) });
  });

  test('new parameters reach what runs again; all that is wrong with them is said at once', async () => {
    const flow = await startFailed();
    const bad = await flow.control('retry', { params: { ip: ['x'], ipp: 1 } }).expect(422);
    expect(bad.body.code).toBe('invalid_parameters');
    expect(bad.body.problems.map(({ pointer }: { pointer: string }) => pointer).toSorted()).toEqual([
      '/params/ip',
      '/params/ipp',
    ]);
    expect(await flow.states()).toMatchObject({ B: 'FAILED' });
    await flow.control('retry', { params: { ip: '10.0.0.2' } }).expect(200);
    const b = await api.call('get', `/api/v1/tracks/${flow.trackId('B')}`).expect(200);
    expect(b.body).toMatchObject({ script: 'ping 10.0.0.2', attempt: 2, lastAction: null });
    const a = await api.call('get', `/api/v1/tracks/${flow.trackId('A')}`).expect(200);
    expect(a.body).toMatchObject({ script: 'ping 10.0.0.1', attempt: 1 });
  });

  test('takes the newest version of its graph, or one that it cannot have is refused', async () => {
    const flow = await startFailed();
    const { body: pipeline } = await api.call('get', `/api/v1/pipelines/${flow.pipelineId}`).expect(200);
    const { body: stored } = await api.call('get', `/api/v1/graphs/${pipeline.graph}`).expect(200);
    const vertices = stored.vertices.map(({ id: _id, ...vertex }: { id: number; name: string }) => {
      return vertex.name === 'B' ? { ...vertex, script: 'echo mended' } : vertex;
    });
    const edges = stored.edges.map(({ tail, head }: { tail: string; head: string }) => [tail, head]);
    const document = { name: pipeline.graph, vertices, edges };
    await api.call('put', `/api/v1/graphs/${pipeline.graph}`).send(document).expect(200);
    const preview = await flow.control('retry', { version: 'latest', preview: true }).expect(200);
    expect(preview.body).toMatchObject({ version: 1, plan: { version: { from: 1, to: 2 } } });
    expect(preview.body.plan.tracks).toMatchObject([{ vertex: 'B', changes: ['script'] }, { vertex: 'C' }]);
    const { body } = await flow.control('retry', { version: 2 }).expect(200);
    expect(body).toMatchObject({ version: 2, state: 'RUNNING' });
    const live = await flow.control('retry', { version: 1 }).expect(409);
    expect(live.body.detail).toContain('RUNNING');
    expect((await flow.control('retry', { version: 9 }).expect(404)).body.code).toBe('graph_not_found');
  });

  test('twenty at once: it runs again once', async () => {
    const flow = await startFailed();
    const answers = await Promise.all(Array.from({ length: 20 }, async () => flow.control('retry')));
    const codes = answers.map(({ status }) => status);
    expect(codes.filter((status) => status === 200)).toHaveLength(1);
    expect(codes.filter((status) => status === 409)).toHaveLength(19);
    expect(flow.enqueued()).toEqual(['A', 'X', 'B', 'B']);
  });

  test('with a key it runs again once, however often it is sent', async () => {
    const flow = await startFailed();
    const send = (): ReturnType<TestApi['call']> => flow.control('retry').set('Idempotency-Key', 'again');
    await send().expect(200);
    await flow.run(['B'], { exitCode: 1 });
    const { body } = await send().expect(200);
    expect(body).toMatchObject({ state: 'FAILED', plan: null });
    expect(await attemptsOf(flow, 'B')).toEqual(['exit_code', 'exit_code']);
  });

  test.each([
    [{ from: ['A', 'Y', 99] }, ['/from/1', '/from/2']],
    [{ from: [] }, ['/from']],
    [{ from: 'A' }, ['/from']],
    [{ descendants: false }, ['/descendants']],
    [{ version: 'newest' }, ['/version']],
    [{ version: 0 }, ['/version']],
    [{ form: 'failed' }, ['/form']],
  ])('%j is refused', async (body, pointers) => {
    const flow = await startFailed();
    const refused = await flow.control('retry', body).expect(422);
    expect(refused.body.code).toBe('invalid_request');
    expect(refused.body.problems.map(({ pointer }: { pointer: string }) => pointer)).toEqual(pointers);
  });
});

describe('a track', () => {
  test('whose failure awaits a decision runs again, with other values for it alone', async () => {
    const flow = await startFlow({ onFailure: 'hold' });
    await flow.run(['A'], { exitCode: 1 });
    expect(await flow.states()).toMatchObject({ A: 'FAILED decision', B: 'WAITING' });
    const bad = await flow.decide('A', 'retry', { params: { ip: ['x'], port: 2 } }).expect(422);
    expect(bad.body.problems.map(({ pointer }: { pointer: string }) => pointer).toSorted()).toEqual([
      '/params/ip',
      '/params/port',
    ]);
    const { body } = await flow.decide('A', 'retry', { params: { ip: '10.0.0.3' }, reason: 'moved' }).expect(200);
    expect(body).toMatchObject({ state: 'PENDING', awaits: null, attempt: 2, script: 'ping 10.0.0.3' });
    expect(body.lastAction).toMatchObject({ kind: 'rerun', actor: 'admin', reason: 'moved' });
    await flow.decide('A', 'retry').expect(409);
    await flow.run(['A']);
    const b = await api.call('get', `/api/v1/tracks/${flow.trackId('B')}`).expect(200);
    expect(b.body.script).toBe('ping 10.0.0.1');
  });

  test('that has ended runs again alone, or with what follows it', async () => {
    const flow = await startFailed();
    await flow.decide('A', 'retry').expect(200);
    expect(await flow.states()).toMatchObject({ A: 'PENDING', B: 'FAILED', C: 'CANCELLED' });
    await flow.run(['A']);
    await flow.decide('A', 'retry', { descendants: true }).expect(200);
    expect(await flow.states()).toMatchObject({ A: 'PENDING', B: 'WAITING', C: 'WAITING' });
  });

  test('its gate is asked anew', async () => {
    const flow = await startApiFlow(api, { graph: { vertices: [{ name: 'A', gate: {} }] } });
    await flow.decide('A', 'approve').expect(200);
    await flow.run(['A'], { exitCode: 1 });
    const { body } = await flow.decide('A', 'retry').expect(200);
    expect(body).toMatchObject({ state: 'PENDING', awaits: 'approval', gateDecision: null });
  });
});

test('an item of a map runs again by its own name, although its graph has no such vertex', async () => {
  const vertex = { name: 'each', script: 'echo {item}', map: { over: 'list' } };
  const input = { item: { type: 'integer' }, list: { type: 'json', default: [1, 2, 3] } };
  const parent = await startApiFlow(api, { graph: { vertices: [{ ...vertex, input }] } });
  const items = await flowOf(api, await startChildOf(api, parent.trackId('each')));
  await items.run(['each[1]', 'each[2]'], { exitCode: 1 });
  await items.decide('each[1]', 'retry').expect(200);
  await items.control('retry', { from: ['each[2]'] }).expect(200);
  expect(await items.states()).toEqual({ 'each[0]': 'PENDING', 'each[1]': 'PENDING', 'each[2]': 'PENDING' });
});
