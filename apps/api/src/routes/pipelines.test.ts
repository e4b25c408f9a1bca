import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestApi, type TestApi } from '../testing.ts';

let api: TestApi;
beforeAll(async () => {
  api = await createTestApi();
  const vertices = [
    { name: 'A', script: 'ping {ip}', input: { ip: { type: 'string', default: '127.0.0.1' } } },
    { name: 'B', script: 'echo B', labels: ['gpu', 'arm'] },
  ];
  await api
    .call('post', '/api/v1/graphs')
    .send({ name: 'flow', vertices, edges: [['A', 'B']] })
    .expect(201);
});
afterAll(() => api.close());

const start = (body: object): ReturnType<TestApi['call']> => api.call('post', '/api/v1/pipelines').send(body);

async function countPipelines(): Promise<number> {
  const [row] = await api.database.dataSource.query('SELECT COUNT(*) AS count FROM pipeline');
  return row.count;
}

test('a start is accepted, seals the version and enqueues the first tracks', async () => {
  const { body, headers } = await start({ graph: 'flow@1', params: { ip: '10.0.0.1' }, priority: 3 }).expect(202);
  expect(headers['location']).toBe(`/api/v1/pipelines/${body.id}`);
  expect(body).toMatchObject({
    graph: 'flow',
    version: 1,
    name: 'flow',
    mode: 'auto',
    onFailure: 'stop',
    state: 'RUNNING',
    params: { ip: '10.0.0.1' },
    counts: { PENDING: 1, WAITING: 1 },
    createdBy: 'admin',
  });
  expect(api.enqueued.filter(({ pipelineId }) => pipelineId === body.id)).toMatchObject([{ vertex: 'A', attempt: 1 }]);
  expect((await api.call('get', '/api/v1/graphs/flow')).body.sealed).toBe(true);
  const queues = await api.database.dataSource.query('SELECT labels FROM track_queue ORDER BY labels');
  expect(queues).toEqual([{ labels: 'arm+gpu' }, { labels: 'default' }]);
});

test('twenty starts with one key make one pipeline', async () => {
  const before = await countPipelines();
  const send = (): ReturnType<TestApi['call']> => start({ graph: 'flow' }).set('Idempotency-Key', 'one-of-20');
  const answers = await Promise.all(Array.from({ length: 20 }, async () => send()));
  expect(await countPipelines()).toBe(before + 1);
  const started = answers.filter(({ status }) => status === 202);
  expect(started.length).toBeGreaterThan(0);
  expect(new Set(started.map(({ body }) => body.id)).size).toBe(1);
  expect(started.filter(({ headers }) => headers['idempotent-replayed'] === undefined)).toHaveLength(1);
  for (const { body } of answers.filter(({ status }) => status !== 202))
    expect(body.code).toBe('idempotency_key_in_use');
  const replayed = await send().expect(202);
  expect(replayed.headers['idempotent-replayed']).toBe('true');
});

test('a key gives the first answer again, and refuses another request', async () => {
  const first = await start({ graph: 'flow' }).set('Idempotency-Key', 'again').expect(202);
  await api.call('post', `/api/v1/pipelines/${first.body.id}/cancel`).expect(200);
  const again = await start({ graph: 'flow' }).set('Idempotency-Key', 'again').expect(202);
  expect(again.body).toEqual(first.body);
  const other = await start({ graph: 'flow', name: 'x' }).set('Idempotency-Key', 'again').expect(422);
  expect(other.body.code).toBe('idempotency_key_reused');
  const graph = { name: 'keyed', vertices: [{ name: 'A', script: 'a' }] };
  const send = (): ReturnType<TestApi['call']> =>
    api.call('post', '/api/v1/graphs').set('Idempotency-Key', 'graph').send(graph);
  const made = await send().expect(201);
  expect((await send().expect(201)).body).toEqual(made.body);
});

test('without Redis a start is accepted', async () => {
  const enqueueTracks = async (): Promise<void> => {
    throw new Error('Connection is closed.');
  };
  const offline = await createTestApi({ enqueueTracks });
  await offline
    .call('post', '/api/v1/graphs')
    .send({ name: 'g', vertices: [{ name: 'A', script: 'a' }] })
    .expect(201);
  const { body } = await offline.call('post', '/api/v1/pipelines').send({ graph: 'g' }).expect(202);
  expect(body.state).toBe('RUNNING');
  await offline.close();
});

test('cancelling ends a pipeline, once', async () => {
  const { body } = await start({ graph: 'flow' }).expect(202);
  for (const _time of [1, 2]) {
    const cancelled = await api.call('post', `/api/v1/pipelines/${body.id}/cancel`).expect(200);
    expect(cancelled.body).toMatchObject({ state: 'CANCELLED', counts: { CANCELLED: 2 } });
  }
  expect((await api.call('post', '/api/v1/pipelines/999999/cancel').expect(404)).body.code).toBe('pipeline_not_found');
});

test('an edit and a start at the same moment: the pipeline has the edit, or the edit is refused', async () => {
  for (let round = 0; round < 20; round += 1) {
    const name = `race-${round}`;
    const vertices = [{ name: 'A', script: 'a' }];
    await api.call('post', '/api/v1/graphs').send({ name, vertices }).expect(201);
    const edit = api.call('post', `/api/v1/graphs/${name}/vertices`).send({ name: 'B', script: 'b' });
    const [edited, started] = await Promise.all([edit, start({ graph: name })]);
    expect([edited.status, started.status, started.body.totalTracks]).toEqual(
      edited.status === 201 ? [201, 202, 2] : [409, 202, 1],
    );
  }
});

test('a track that lacks a value is held until a person gives it', async () => {
  const input = { ip: { type: 'string', required: true }, count: { type: 'integer', required: true } };
  const vertices = [{ name: 'A', script: 'ping {ip}', input, onMissing: 'ask' }];
  await api.call('post', '/api/v1/graphs').send({ name: 'asks', vertices }).expect(201);
  const { body: pipeline } = await start({ graph: 'asks', params: { count: 2 } }).expect(202);
  const ofPipeline = (): object[] => api.enqueued.filter(({ pipelineId }) => pipelineId === pipeline.id);
  expect(ofPipeline()).toEqual([]);
  const { body: page } = await api.call('get', `/api/v1/pipelines/${pipeline.id}/tracks`).expect(200);
  const at = `/api/v1/tracks/${page.items[0].id}/params`;
  const bad = await api
    .call('post', at)
    .send({ params: { count: 'x', ipp: 1 } })
    .expect(422);
  expect(bad.body.problems.map(({ code }: { code: string }) => code).toSorted()).toEqual([
    'invalid_parameter',
    'missing_parameter',
    'unknown_parameter',
  ]);
  const ips = Array.from({ length: 20 }, (_, index) => `10.0.0.${index}`);
  const answers = await Promise.all(ips.map(async (ip) => api.call('post', at).send({ params: { ip } })));
  const winners = answers.filter(({ status }) => status === 200);
  expect(winners).toHaveLength(1);
  expect(answers.filter(({ body }) => body.code === 'state_conflict')).toHaveLength(19);
  const ip = winners[0]?.body.input.ip;
  expect(winners[0]?.body).toMatchObject({ state: 'PENDING', awaits: null, input: { count: 2 }, script: `ping ${ip}` });
  await api.call('post', at).send({ params: { ip } }).expect(200);
  expect(ofPipeline()).toMatchObject([{ vertex: 'A', attempt: 1, seq: 1 }]);
  await api.call('post', '/api/v1/tracks/999/params').send({ params: {} }).expect(404);
});
