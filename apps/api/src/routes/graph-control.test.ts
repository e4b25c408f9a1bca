import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestApi, type TestApi } from '../testing.ts';

/** Fields of graphs that say how persons, conditions, other graphs and limits have a part in the flow. */

let api: TestApi;
beforeAll(async () => {
  api = await createTestApi();
});
afterAll(() => api.close());

const DOCUMENT = {
  name: 'control',
  timeoutMs: 86_400_000_000,
  limit: 5,
  vertices: [
    { name: 'A', script: 'echo "list=[1]" > "$BATON_OUTPUT"', input: { go: { type: 'boolean', default: true } } },
    {
      name: 'B',
      script: 'echo {reason} {item}',
      input: { item: { type: 'integer', required: true } },
      when: 'params.item > 0 || states.A == "SUCCEED"',
      gate: { approvers: ['role:ops'], form: { reason: { type: 'string', required: true } }, expiresMs: 5000 },
      limit: 2,
      queueTimeoutMs: 60_000,
    },
    { name: 'C', script: 'echo {item}', input: { item: {} }, map: { over: 'A.list', concurrency: 3 } },
  ],
  edges: [['A', 'B'], { tail: 'A', head: 'C', when: 'params.go' }],
};

async function send(document: object, method: 'post' | 'put' = 'put'): Promise<Record<string, unknown>> {
  const { body } = await api.call(method, '/api/v1/graphs/control').send(document).expect(200);
  return body as Record<string, unknown>;
}

test('all of it is stored and shown, and an export applied again changes nothing', async () => {
  const saved = await send(DOCUMENT);
  expect(saved['problems']).toEqual([]);
  const shown = (await api.call('get', '/api/v1/graphs/control').expect(200)).body;
  const [, b, c] = DOCUMENT.vertices;
  expect(shown).toMatchObject({ timeoutMs: 86_400_000_000, limit: 5, checked: true });
  expect(shown.vertices).toMatchObject([{ id: 1 }, { id: 2, ...b }, { id: 3, ...c }]);
  expect(shown.edges).toEqual([
    { id: 1, tail: 'A', head: 'B', when: null },
    { id: 2, tail: 'A', head: 'C', when: 'params.go' },
  ]);
  const { text } = await api.call('get', '/api/v1/graphs/control').accept('application/yaml').expect(200);
  const again = await api.call('put', '/api/v1/graphs/control').type('application/yaml').send(text).expect(200);
  expect(again.body).toMatchObject({ change: 'unchanged', checked: true });
});

test('each of it alone is a change', async () => {
  await send(DOCUMENT);
  const [a, b, c] = DOCUMENT.vertices;
  const [first] = DOCUMENT.edges;
  const changes = [
    { ...DOCUMENT, timeoutMs: 5 },
    { ...DOCUMENT, limit: 6 },
    { ...DOCUMENT, vertices: [a, { ...b, when: 'params.item > 1' }, c] },
    { ...DOCUMENT, vertices: [a, b, { ...c, map: { over: 'A.list' } }] },
    { ...DOCUMENT, edges: [first, ['A', 'C']] },
    { ...DOCUMENT, edges: [first, { tail: 'A', head: 'C', when: '!params.go' }] },
  ];
  for (const changed of changes) {
    expect(await send(changed)).toMatchObject({ change: 'replaced', edges: [{ id: 1 }, { id: 2 }] });
    expect(await send(changed)).toMatchObject({ change: 'unchanged' });
  }
});

test('the next version has all of it too', async () => {
  await send(DOCUMENT);
  await api
    .call('post', '/api/v1/pipelines')
    .send({ graph: 'control', params: { 'B.item': 1 } })
    .expect(202);
  const next = await api.call('post', '/api/v1/graphs/control/versions').send({}).expect(201);
  expect(next.body).toMatchObject({ version: 2, timeoutMs: 86_400_000_000, limit: 5 });
  expect(next.body.edges[1].when).toBe('params.go');
  expect(next.body.vertices[1].gate).toEqual(DOCUMENT.vertices[1]?.gate);
});

test('a graph or a pool that is not there is told with its place in the text; making it lets the graph start', async () => {
  const text =
    'name: parent\nvertices:\n  - name: Z\n    script: z\n    pools: [db]\n  - name: A\n    pipeline:\n      graph: child\n';
  const send = () => api.call('put', '/api/v1/graphs/parent').type('application/yaml').send(text).expect(200);
  const { body } = await send();
  expect(body.checked).toBe(false);
  expect(body.problems).toMatchObject([
    { code: 'unknown_pool', pointer: '/vertices/0/pools/0', line: 5, column: 13 },
    { code: 'unknown_graph', pointer: '/vertices/1/pipeline/graph', line: 8, column: 14 },
  ]);
  const refused = await api.call('post', '/api/v1/pipelines').send({ graph: 'parent' }).expect(409);
  expect(refused.body).toMatchObject({ code: 'graph_check_failed', problems: [{}, {}] });
  await api.call('put', '/api/v1/pools/db').send({ limit: 1 });
  await api
    .call('post', '/api/v1/graphs')
    .send({ name: 'child', vertices: [{ name: 'A', script: 'a' }] })
    .expect(201);
  expect((await send()).body).toMatchObject({ change: 'unchanged', checked: true, problems: [] });
  const ring = { name: 'child', vertices: [{ name: 'A', pipeline: { graph: 'parent' } }] };
  const closed = await api.call('put', '/api/v1/graphs/child').send(ring).expect(200);
  expect(closed.body).toMatchObject({ checked: false, problems: [{ code: 'sub_pipeline_cycle', line: 1 }] });
});

test('a graph made again with the same key shows the same problems', async () => {
  const document = { name: 'lonely', vertices: [{ name: 'A', pipeline: { graph: 'nowhere' } }] };
  const post = () => api.call('post', '/api/v1/graphs').set('Idempotency-Key', 'k').send(document).expect(201);
  const [first, again] = [await post(), await post()];
  expect(first.body).toMatchObject({ checked: false, problems: [{ code: 'unknown_graph' }] });
  expect(again.body.problems).toEqual(first.body.problems);
});
