import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from '@jest/globals';
import { createToken } from '@baton/database';
import type supertest from 'supertest';
import { ADMIN_TOKEN, createTestApi, type TestApi } from './testing.ts';

/** What bad input gets: the right code, the place, every problem at once; and nothing is written. */

let api: TestApi;
let server: Server;
beforeAll(async () => {
  api = await createTestApi({ settings: { maxBodyBytes: 4096, maxGraphBytes: 16_384, maxYamlBytes: 8192 } });
  server = createServer(api.app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const vertices = [
    {
      name: 'A',
      script: 'ping {ip}',
      input: { ip: { type: 'string', required: true }, count: { type: 'integer', default: 1, max: 9 } },
    },
    { name: 'B', script: 'echo B' },
  ];
  await api
    .call('post', '/api/v1/graphs')
    .send({ name: 'good', vertices, edges: [['A', 'B']] })
    .expect(201);
  const cyclic = {
    name: 'cyclic',
    vertices: [
      { name: 'A', script: 'a' },
      { name: 'B', script: 'b' },
    ],
  };
  await api
    .call('post', '/api/v1/graphs')
    .send({
      ...cyclic,
      edges: [
        ['A', 'B'],
        ['B', 'A'],
      ],
    })
    .expect(201);
  await api
    .call('post', '/api/v1/graphs')
    .send({ name: 'sealed', vertices: [{ name: 'A', script: 'a' }] })
    .expect(201);
  await api.call('post', '/api/v1/pipelines').send({ graph: 'sealed' }).expect(202);
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await api.close();
});

const TABLES = ['graph', 'graph_version', 'vertex', 'edge', 'pipeline', 'track', 'idempotency_key', 'track_queue'];

/** Every row of every table: what must not change. */
async function readEverything(): Promise<unknown> {
  const rows = TABLES.map(async (table) => [table, await api.database.dataSource.query(`SELECT * FROM ${table}`)]);
  return Promise.all(rows);
}

let before: unknown;
beforeEach(async () => {
  before = await readEverything();
});
afterEach(async () => {
  expect(await readEverything()).toEqual(before);
});

const start = (body: object): supertest.Test => api.call('post', '/api/v1/pipelines').send(body);
const define = (document: object): supertest.Test => api.call('post', '/api/v1/graphs').send(document);
const good = { graph: 'good', params: { ip: '10.0.0.1' } };
type Found = { code: string; pointer?: string };
const problemsOf = (body: { problems: Found[] }): string[] =>
  body.problems.map(({ code, pointer }) => `${code} ${pointer ?? ''}`.trim());

test('an unknown graph, and an unknown version', async () => {
  for (const graph of ['nobody', 999, '999', 'good@7']) {
    const { body } = await start({ graph }).expect(404);
    expect(body.code).toBe('graph_not_found');
  }
  expect((await start({ graph: 'good@7' })).body.detail).toContain('version 1 to 1');
});

test('a graph that fails its check: the problems are named, the cycle vertex by vertex', async () => {
  const { body } = await start({ graph: 'cyclic' }).expect(409);
  expect(body).toMatchObject({ code: 'graph_check_failed', problems: [{ code: 'cycle', vertices: ['A', 'B', 'A'] }] });
  expect(body.detail).toContain('A -> B -> A');
});

test('unknown, missing and ill-typed parameters: all at once, with pointers', async () => {
  const { body } = await start({ graph: 'good', params: { 'A.count': '8.5', ipp: 'x', 'B.ip': 'x' } }).expect(422);
  expect(body.code).toBe('invalid_parameters');
  expect(problemsOf(body).toSorted()).toEqual([
    'invalid_parameter /params/A.count',
    'missing_parameter /params/ip',
    'unknown_parameter /params/B.ip',
    'unknown_parameter /params/ipp',
  ]);
});

test('of very many problems the first are listed, and all are counted', async () => {
  const params = Object.fromEntries(Array.from({ length: 1500 }, (_, index) => [`x${index}`, 1]));
  const text = JSON.stringify({ name: 'many', vertices: [{ name: 'A', script: 'a', ...params }] }).replaceAll(' ', '');
  const { body } = await api.call('post', '/api/v1/graphs').type('application/json').send(text).expect(422);
  expect(body.problems).toHaveLength(1000);
  expect(body.detail).toContain('found 1500 problems');
});

test('a parameter out of its rule', async () => {
  const { body } = await start({ graph: 'good', params: { ip: 'x', count: 10 } }).expect(422);
  expect(problemsOf(body)).toEqual(['invalid_parameter /params/count']);
  expect(body.detail).toContain('found 1 problem; the first: ');
});

test('unknown fields and wrong values of a request: all at once', async () => {
  const { body } = await start({ ...good, mode: 'fast', prio: 1, priority: 'high', name: '' }).expect(422);
  expect(body.code).toBe('invalid_request');
  expect(problemsOf(body).toSorted()).toEqual([
    'invalid_field /mode',
    'invalid_field /name',
    'invalid_field /priority',
    'unknown_field /prio',
  ]);
});

test('__proto__ anywhere is an unknown field, and pollutes nothing', async () => {
  const texts = ['{"graph":"good","params":{"__proto__":{"polluted":1}}}', '{"__proto__":{"graph":"good"}}'];
  for (const text of [...texts, '{"graph":"good","params":{"\\u005f_proto__":{"polluted":1}}}']) {
    const { body } = await api.call('post', '/api/v1/pipelines').type('application/json').send(text).expect(422);
    expect(body.problems[0].code).toBe('unknown_field');
  }
  const document = '{"name":"p","vertices":[{"name":"A","script":"a","__proto__":{"polluted":1}}]}';
  await api.call('post', '/api/v1/graphs').type('application/json').send(document).expect(422);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test('a bad Idempotency-Key, an unknown query parameter, a bad id', async () => {
  const { body } = await start(good).set('Idempotency-Key', 'a b').expect(422);
  expect(body.problems[0].message).toContain('header idempotency-key: expected 1 to 255 visible');
  expect((await api.call('get', '/api/v1/graphs?nam=x&limit=0').expect(422)).body.problems).toHaveLength(2);
  await api.call('get', '/api/v1/pipelines/abc').expect(422);
});

test('an id in a path is digits alone', async () => {
  for (const id of ['1e0', '0x1', '01', '%201', '1.0', '+1', '-1', '0', '9999999999999999']) {
    for (const path of [`/api/v1/tracks/${id}`, `/api/v1/pipelines/${id}`]) {
      const { body } = await api.call('get', path).expect(422);
      expect(body.problems[0].message).toContain('Id: expected an id: digits, the first not 0');
    }
  }
  await api.call('get', '/api/v1/pipelines/1').expect(200);
  expect((await api.call('get', '/api/v1/tracks/9007199254740991').expect(404)).body.code).toBe('track_not_found');
});

test('a body over its limit, announced or not', async () => {
  const { body } = await start({ ...good, name: 'x'.repeat(5000) }).expect(413);
  expect(body.code).toBe('body_too_large');
  expect((await define({ name: 'big', description: 'x'.repeat(17_000) })).body.code).toBe('body_too_large');
  const yaml = api.call('post', '/api/v1/graphs').set('Content-Type', 'application/yaml');
  expect((await yaml.send(`name: yaml # ${'x'.repeat(9000)}`)).body.code).toBe('body_too_large');
  expect(await sendPieces('/api/v1/pipelines', Array(5).fill(' '.repeat(1000)))).toBe(413);
  expect(await sendPieces('/api/v1/graphs', Array(17).fill(' '.repeat(1000)))).toBe(413);
});

test('malformed JSON and YAML: the place is named', async () => {
  const json = api.call('post', '/api/v1/pipelines').type('application/json');
  expect((await json.send('{"graph": "good",\n  oops}').expect(400)).body).toMatchObject({
    code: 'malformed_json',
    problems: [{ line: 2, column: 3 }],
  });
  const yaml = api.call('post', '/api/v1/graphs').type('application/yaml');
  expect((await yaml.send('name: g\nvertices: [\n').expect(400)).body).toMatchObject({
    code: 'malformed_yaml',
    problems: [{ line: expect.any(Number) }],
  });
  expect(await sendPieces('/api/v1/graphs', [Buffer.from([0x22, 0xff, 0x22])])).toBe(400);
});

test('a body of another type, and none', async () => {
  const form = await api.call('post', '/api/v1/pipelines').type('form').send('graph=good').expect(415);
  expect(form.body.code).toBe('unsupported_media_type');
  await api.call('post', '/api/v1/pipelines').type('text/plain').send('{"graph":"good"}').expect(415);
  await api.call('post', '/api/v1/pipelines').type('application/yaml').send('graph: good').expect(415);
  const zipped = api.call('post', '/api/v1/pipelines').set('Content-Encoding', 'gzip').type('application/json');
  await zipped.send(JSON.stringify(good)).expect(415);
  expect((await api.call('post', '/api/v1/pipelines').expect(422)).body.problems[0].code).toBe('missing_field');
});

test('a graph document with problems of its form and its structure: all at once, with line and column', async () => {
  const text = `name: bad
vertices:
  - {name: A, script: a, timeoutMs: soon}
  - {name: A, script: a}
  - {name: B, script: b, color: red}
edges: [[A, B], [A, B], [A, A], [A, Z]]
`;
  const { body } = await api.call('post', '/api/v1/graphs').type('application/yaml').send(text).expect(422);
  expect(body.code).toBe('invalid_graph');
  expect(body.problems.map(({ code }: Found) => code).toSorted()).toEqual([
    'duplicate_edge',
    'duplicate_vertex',
    'invalid_field',
    'self_loop',
    'unknown_field',
    'unknown_vertex',
  ]);
  const late = body.problems.find(({ code }: Found) => code === 'invalid_field');
  expect(late).toMatchObject({ line: 3, column: expect.any(Number), pointer: '/vertices/0/timeoutMs' });
});

test('a name that is taken, and a name of digits', async () => {
  expect((await define({ name: 'good' }).expect(409)).body.code).toBe('graph_name_taken');
  expect((await define({ name: '42' }).expect(422)).body.code).toBe('invalid_graph');
});

test('another name in the document than in the path', async () => {
  const { body } = await api.call('put', '/api/v1/graphs/good').send({ name: 'better' }).expect(422);
  expect(problemsOf(body)).toEqual(['other_name /name']);
  expect((await api.call('put', '/api/v1/graphs/999').send({ name: 'x' }).expect(404)).body.code).toBe(
    'graph_not_found',
  );
});

test('edits of a sealed version say how to make the next', async () => {
  const { body } = await api
    .call('post', '/api/v1/graphs/sealed/vertices')
    .send({ name: 'X', script: 'x' })
    .expect(409);
  expect(body).toMatchObject({ code: 'graph_sealed', detail: expect.stringMatching(/POST \S+\/versions/) });
});

test('edits that cannot be', async () => {
  const at = '/api/v1/graphs/good';
  const refused: [supertest.Test, number, string][] = [
    [api.call('post', `${at}/vertices`).send({ name: 'A', script: 'again' }), 422, 'duplicate_vertex'],
    [api.call('post', `${at}/vertices`).send({ name: 'C', script: 'c', colour: 'red' }), 422, 'unknown_field'],
    [api.call('post', `${at}/edges`).send({ tail: 'A', head: 'B' }), 422, 'duplicate_edge'],
    [api.call('post', `${at}/edges`).send({ tail: 'A', head: 1 }), 422, 'self_loop'],
    [api.call('post', `${at}/edges`).send({ tail: 'A', head: 'Z' }), 422, 'unknown_vertex'],
    [api.call('patch', `${at}/vertices/A`).send({ name: 'B' }), 422, 'duplicate_vertex'],
  ];
  for (const [sent, status, code] of refused) expect((await sent.expect(status)).body.problems[0].code).toBe(code);
  expect((await api.call('patch', `${at}/vertices/Z`).send({ script: 'z' }).expect(404)).body.code).toBe(
    'vertex_not_found',
  );
  expect((await api.call('delete', `${at}/edges/99`).expect(404)).body.code).toBe('edge_not_found');
});

test('a token without the scope', async () => {
  const { token } = await createToken(api.database, {
    name: 'reader',
    scopes: ['read'],
    createdBy: 'test',
    lifetimeMs: null,
  });
  const { body } = await start(good).set('Authorization', `Bearer ${token}`).expect(403);
  expect(body.code).toBe('forbidden');
});

test('an error says nothing of the inside', async () => {
  const bodies = [
    (await start({ graph: "x' OR 1=1 --" })).text,
    (await api.call('get', '/api/v1/graphs/%ff')).text,
    (await api.call('get', '/api/v1/graphs?name=%25%27')).text,
  ];
  for (const text of bodies) {
    expect(text).not.toMatch(/SELECT|node_modules|\.ts:|mysql/i);
    expect(text).not.toContain(process.cwd());
  }
});

/** @returns the status of a body that comes in pieces, its length not announced */
function sendPieces(path: string, pieces: (string | Buffer)[]): Promise<number> {
  const { port } = server.address() as AddressInfo;
  const headers = { Authorization: `Bearer ${ADMIN_TOKEN}`, 'Content-Type': 'application/json' };
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, path, method: 'POST', headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('error', reject);
    for (const piece of pieces) request.write(piece);
    request.end();
  });
}
