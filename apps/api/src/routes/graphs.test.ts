import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestApi, type TestApi } from '../testing.ts';

let api: TestApi;
beforeAll(async () => {
  api = await createTestApi();
});
afterAll(() => api.close());

const CHAIN = {
  vertices: [
    { name: 'A', script: 'echo A', next: 2 },
    { name: 'B', script: 'echo B', timeoutMs: 1000 },
  ],
  edges: [['A', 'B']],
};

async function make(name: string, document: object = CHAIN): Promise<{ id: number }> {
  const { body } = await api
    .call('post', '/api/v1/graphs')
    .send({ name, ...document })
    .expect(201);
  return body;
}

async function seal(name: string): Promise<void> {
  await api.call('post', '/api/v1/pipelines').send({ graph: name }).expect(202);
}

test('a whole graph is made, checked and shown with its ids', async () => {
  const { body, headers } = await api
    .call('post', '/api/v1/graphs')
    .send({ name: 'whole', ...CHAIN })
    .expect(201);
  expect(headers['location']).toBe(`/api/v1/graphs/${body.id}`);
  expect(body).toMatchObject({
    name: 'whole',
    version: 1,
    checked: true,
    sealed: false,
    change: 'created',
    problems: [],
    vertices: [
      { id: 1, name: 'A', script: 'echo A', next: [2] },
      { id: 2, name: 'B', script: 'echo B', timeoutMs: 1000 },
    ],
    edges: [{ id: 1, tail: 'A', head: 'B' }],
  });
  const { body: shown } = await api.call('get', headers['location'] as string).expect(200);
  const { change: _change, problems: _problems, ...whole } = body;
  expect(shown).toEqual(whole);
});

test('YAML makes the same graph, and a graph goes out as YAML and in again', async () => {
  const text =
    'name: from-yaml\nvertices:\n  - name: 甲\n    script: |\n      echo 甲\n  - {name: B, script: echo B}\nedges:\n  - [甲, B]\n';
  const sent = await api.call('post', '/api/v1/graphs').type('application/yaml').send(text).expect(201);
  expect(sent.body.checked).toBe(true);
  const out = await api.call('get', `/api/v1/graphs/${encodeURIComponent('from-yaml')}`).accept('application/yaml');
  expect(out.type).toBe('application/yaml');
  const again = await api.call('put', '/api/v1/graphs/from-yaml').type('application/yaml').send(out.text).expect(200);
  expect(again.body).toMatchObject({ change: 'unchanged', version: 1 });
});

test('a graph is built step by step, and every edit makes it unchecked', async () => {
  const { id } = await make('steps', {});
  const at = `/api/v1/graphs/${id}`;
  const check = async (): Promise<{ checked: boolean; problems: { code: string }[] }> =>
    (await api.call('post', `${at}/check`).expect(200)).body;
  expect(await check()).toMatchObject({ checked: false, problems: [{ code: 'no_vertex' }] });
  const a = (await api.call('post', `${at}/vertices`).send({ name: 'A', script: 'echo A' }).expect(201)).body;
  const b = (await api.call('post', `${at}/vertices`).send({ name: 'B', script: 'echo B' }).expect(201)).body;
  const edge = (await api.call('post', `${at}/edges`).send({ tail: a.id, head: 'B' }).expect(201)).body;
  expect(edge).toEqual({ id: 1, tail: 'A', head: 'B', when: null });
  expect(await check()).toMatchObject({ checked: true, problems: [] });
  await api.call('patch', `${at}/vertices/B`).send({ name: 'C', timeoutMs: 5 }).expect(200);
  const changed = (await api.call('get', at)).body;
  expect(changed).toMatchObject({
    checked: false,
    vertices: [{ id: 1 }, { id: b.id, name: 'C', timeoutMs: 5 }],
  });
  await api.call('patch', `${at}/edges/${edge.id}`).send({ tail: 'C', head: 'A', when: 'true' }).expect(200);
  await api.call('patch', `${at}/edges/${edge.id}`).send({}).expect(200);
  expect((await api.call('get', at)).body.edges).toEqual([{ id: 1, tail: 'C', head: 'A', when: 'true' }]);
  await api.call('patch', `${at}/edges/${edge.id}`).send({ when: null }).expect(200);
  expect((await api.call('get', at)).body.edges).toEqual([{ id: 1, tail: 'C', head: 'A', when: null }]);
  await api.call('delete', `${at}/edges/${edge.id}`).expect(204);
  await api.call('delete', `${at}/vertices/C`).expect(204);
  const left = (await api.call('get', at)).body;
  expect([left.vertices.map(({ name }: { name: string }) => name), left.edges]).toEqual([['A'], []]);
});

test('PUT replaces a draft in place, and makes the next version of a sealed one; names keep their ids', async () => {
  await make('put');
  const put = async (document: object): Promise<Record<string, unknown>> =>
    (
      await api
        .call('put', '/api/v1/graphs/put')
        .send({ name: 'put', ...document })
        .expect(200)
    ).body;
  expect(await put(CHAIN)).toMatchObject({ change: 'unchanged', version: 1 });
  const [a, b] = CHAIN.vertices;
  const grown = {
    vertices: [
      { name: 'N', script: 'n' },
      { ...b, script: 'echo 2' },
      { ...a, next: 2 },
    ],
    edges: [['A', 'B']],
  };
  const draft = await put(grown);
  expect(draft).toMatchObject({ change: 'replaced', version: 1, edges: [{ id: 1, tail: 'A', head: 'B' }] });
  expect(draft['vertices']).toEqual([
    { id: 1, name: 'A', script: 'echo A', next: [2] },
    { id: 2, name: 'B', script: 'echo 2', timeoutMs: 1000 },
    { id: 3, name: 'N', script: 'n' },
  ]);
  await seal('put');
  expect(await put(grown)).toMatchObject({ change: 'unchanged', version: 1, sealed: true });
  expect(await put(CHAIN)).toMatchObject({ change: 'next_version', version: 2, sealed: false, checked: true });
  const first = (await api.call('get', '/api/v1/graphs/put?version=1').expect(200)).body;
  expect(first.vertices).toHaveLength(3);
  expect((await api.call('put', '/api/v1/graphs/new').send({ name: 'new' }).expect(200)).body.change).toBe('created');
});

test('a sealed version refuses every edit and says how to make the next', async () => {
  await make('sealed');
  await seal('sealed');
  const edits = [
    api.call('post', '/api/v1/graphs/sealed/vertices').send({ name: 'X', script: 'x' }),
    api.call('patch', '/api/v1/graphs/sealed/vertices/A').send({ script: 'x' }),
    api.call('delete', '/api/v1/graphs/sealed/vertices/A'),
    api.call('post', '/api/v1/graphs/sealed/edges').send({ tail: 'B', head: 'A' }),
    api.call('delete', '/api/v1/graphs/sealed/edges/1'),
  ];
  for (const edit of edits) {
    const { body } = await edit.expect(409);
    expect(body).toMatchObject({ code: 'graph_sealed', detail: expect.stringContaining('/versions makes the next') });
  }
  const { body: next } = await api.call('post', '/api/v1/graphs/sealed/versions').expect(201);
  expect(next).toMatchObject({ version: 2, sealed: false, checked: true, vertices: [{ id: 1 }, { id: 2 }] });
  expect((await api.call('post', '/api/v1/graphs/sealed/versions').expect(200)).body.version).toBe(2);
  await api.call('delete', '/api/v1/graphs/sealed/vertices/A').expect(204);
  expect((await api.call('get', '/api/v1/graphs/sealed%401').expect(200)).body.vertices).toHaveLength(2);
});

test('a cycle is stored and spelled out by the check; check-all names every unchecked graph', async () => {
  const cycle = {
    vertices: CHAIN.vertices.map(({ name, script }) => ({ name, script })),
    edges: [
      ['A', 'B'],
      ['B', 'A'],
    ],
  };
  const { id } = await make('cycle', cycle);
  const { body } = await api.call('post', '/api/v1/graphs/check').expect(200);
  const found = body.items.find((item: { id: number }) => item.id === id);
  expect(found).toMatchObject({ checked: false, problems: [{ code: 'cycle', vertices: ['A', 'B', 'A'] }] });
});

test('graphs are listed newest first, by pages and by the beginning of the name', async () => {
  for (const name of ['list_1', 'list_2', 'listX']) await make(name, {});
  const first = (await api.call('get', '/api/v1/graphs?name=list_&limit=1').expect(200)).body;
  expect(first.items.map(({ name }: { name: string }) => name)).toEqual(['list_2']);
  const second = await api.call('get', `/api/v1/graphs?name=list_&limit=1&cursor=${first.nextCursor}`).expect(200);
  expect(second.body).toMatchObject({ items: [{ name: 'list_1' }], nextCursor: null });
});
