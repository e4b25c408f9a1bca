import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { page, problem, startFakeApi, type FakeApi } from './testing/fake-api.ts';
import { GRAPH, makePipeline, makeTrack } from './testing/rows.ts';
import { runForTest } from './testing/run-for-test.ts';

let api: FakeApi;
let directory = '';

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'baton-cli-'));
});
afterEach(async () => {
  await api?.close();
  rmSync(directory, { recursive: true });
});

const CYCLE = {
  code: 'cycle',
  message: 'expected no cycle, found A -> B -> A',
  pointer: '/vertices/0',
  line: 6,
  column: 5,
};

describe('graph', () => {
  test('apply stores the file under its own name, as it is, and tells what the check found', async () => {
    api = await startFakeApi({
      'PUT /api/v1/graphs/test1': { body: { ...GRAPH, change: 'created', problems: [] } },
      'PUT /api/v1/graphs/test2': { body: { ...GRAPH, name: 'test2', change: 'next_version', problems: [CYCLE] } },
    });
    writeFileSync(path.join(directory, 'one.yaml'), '# a comment\nname: test1\n');
    writeFileSync(path.join(directory, 'two.json'), '{"name": "test2"}');
    const run = await runForTest(['graph', 'apply', 'one.yaml', 'two.json'], {
      url: api.url,
      workingDirectory: directory,
    });
    expect(run.exitCode).toBe(2);
    expect(run.stdout).toBe(
      'test1@2 stored: 2 vertices, 1 edge, check passed\n' +
        'test2@2 stored as the next version: 2 vertices, 1 edge, it cannot start:\n' +
        '  cycle at line 6, column 5, /vertices/0: expected no cycle, found A -> B -> A\n',
    );
    expect(api.seen.map(({ body, headers }) => [headers['content-type'], body])).toEqual([
      ['application/yaml', '# a comment\nname: test1\n'],
      ['application/json', '{"name": "test2"}'],
    ]);
    expect(api.seen[0]?.headers.authorization).toBe('Bearer token');
  });

  test('a document that cannot be read is sent all the same: the server tells the place', async () => {
    api = await startFakeApi({
      'POST /api/v1/graphs': problem(400, 'malformed_yaml', 'line 2, column 1: expected ]', [
        { code: 'malformed_yaml', message: 'expected ]', line: 2, column: 1 },
      ]),
    });
    writeFileSync(path.join(directory, 'bad.yaml'), 'name: [\n');
    const run = await runForTest(['graph', 'apply', 'bad.yaml'], { url: api.url, workingDirectory: directory });
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toContain('bad.yaml: line 2, column 1: expected ]');
    expect(run.stderr).toContain('  malformed_yaml at line 2, column 1: expected ]');
  });

  test('check tells of each graph whether it can start', async () => {
    const result = (name: string, problems: object[]) => ({
      id: 1,
      name,
      version: 1,
      checked: problems.length === 0,
      problems,
    });
    api = await startFakeApi({
      'POST /api/v1/graphs/check': { body: { items: [result('a', []), result('b', [CYCLE])] } },
      'POST /api/v1/graphs/a/check': { body: result('a', []) },
    });
    const all = await runForTest(['graph', 'check', '--all'], { url: api.url });
    expect(all.exitCode).toBe(2);
    expect(all.stdout).toMatch(/^a@1: check passed\nb@1: it cannot start:\n {2}cycle at line 6/);
    expect(await runForTest(['graph', 'check', 'a'], { url: api.url })).toMatchObject({ exitCode: 0 });
  });

  test('list, show and export', async () => {
    api = await startFakeApi({ 'GET /api/v1/graphs': page([GRAPH]), 'GET /api/v1/graphs/test1': { body: GRAPH } });
    const list = await runForTest(['graph', 'list'], { url: api.url });
    expect(list.stdout).toMatch(/^graph +name +version .*\n3 +test1 +2 +passed +draft /);
    const show = await runForTest(['graph', 'show', 'test1@2'], { url: api.url });
    expect(show.stdout).toContain('1       A            ip     echo A …');
    expect(show.stdout).toContain('2       B     A      data   echo B');
    expect(api.seen.at(-1)?.path).toBe('/api/v1/graphs/test1?version=2');
    const exported = await runForTest(['graph', 'export', 'test1', '--format', 'json'], { url: api.url });
    expect(JSON.parse(exported.stdout)).toEqual({
      name: 'test1',
      vertices: [
        { name: 'A', script: 'echo A\necho 2', next: ['B'], input: GRAPH.vertices[0]?.input },
        { name: 'B', script: 'echo B', input: GRAPH.vertices[1]?.input },
      ],
      edges: [['A', 'B']],
    });
  });
});

describe('run', () => {
  const started = { status: 202, body: makePipeline() };

  test('asks for what is required and missing, and sends texts as they are', async () => {
    api = await startFakeApi({ 'GET /api/v1/graphs/test1': { body: GRAPH }, 'POST /api/v1/pipelines': started });
    const words = ['run', 'test1', '-p', 'data={"a":1}', '--name', 'mine', '--priority', '5', '--idempotency-key', 'k'];
    const run = await runForTest(words, { url: api.url, answers: { ip: '08' } });
    expect(run).toMatchObject({ exitCode: 0, stdout: 'Pipeline 7 (test1) of test1@1 is RUNNING: 1 track\n' });
    expect(JSON.parse(api.seen.at(-1)?.body ?? '')).toEqual({
      graph: 'test1',
      params: { data: { a: 1 }, ip: '08' },
      name: 'mine',
      priority: 5,
    });
    expect(api.seen.at(-1)?.headers['idempotency-key']).toBe('k');
  });

  test("asks for no map's item: each item is given by the map", async () => {
    const input = { hosts: { type: 'json', required: true }, host: { type: 'string', required: true } };
    const vertices = [{ id: 1, name: 'A', script: 'true', input, map: { over: 'hosts', as: 'host' } }];
    api = await startFakeApi({
      'GET /api/v1/graphs/test1': { body: { ...GRAPH, vertices } },
      'POST /api/v1/pipelines': started,
    });
    await runForTest(['run', 'test1'], { url: api.url, answers: { hosts: '["a"]', host: 'nobody asked' } });
    expect(JSON.parse(api.seen.at(-1)?.body ?? '').params).toEqual({ hosts: ['a'] });
  });

  test('without a terminal the server names what is missing', async () => {
    const missing = { code: 'missing_parameter', message: 'expected a value for ip', pointer: '/params/ip' };
    api = await startFakeApi({
      'GET /api/v1/graphs/test1': { body: GRAPH },
      'POST /api/v1/pipelines': problem(422, 'invalid_parameters', 'found 1 problem', [missing]),
    });
    const run = await runForTest(['run', 'test1', '--json'], { url: api.url });
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('  missing_parameter at /params/ip: expected a value for ip');
    expect(JSON.parse(run.stdout)).toMatchObject({
      error: { code: 'invalid_parameters', problem: { problems: [missing] } },
    });
  });

  test('of a file that cannot start starts nothing', async () => {
    api = await startFakeApi({
      'PUT /api/v1/graphs/test2': { body: { ...GRAPH, change: 'created', problems: [CYCLE] } },
    });
    writeFileSync(path.join(directory, 'g.yaml'), 'name: test2\n');
    const run = await runForTest(['run', 'g.yaml'], { url: api.url, workingDirectory: directory });
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('cannot start: its check found a problem\n  cycle at line 6');
    expect(api.seen).toHaveLength(1);
  });

  test.each([
    [['run', 'g', '-p', 'ip'], 'expected -p name=value'],
    [['run', 'g', '-p', 'a=1', '-p', 'a=2'], 'expected each parameter once, found a again'],
    [['run', 'g', '--mode', 'fast'], "argument 'fast' is invalid"],
    [['run', 'g', '--priority', '1001'], 'expected a whole number from 0 to 1000'],
    [['run', 'g', '--timeout', '0'], 'expected a number greater than 0'],
    [['run'], "missing required argument 'graph'"],
    [['run', './absent.yaml'], 'expected a file to read'],
    [['frob'], "unknown command 'frob'"],
    [['ps', '--state', 'odd'], 'expected one of RUNNING'],
    [['show', 'x'], "expected a pipeline's id, a track's id or pipeline/vertex"],
    [['pause', '7/A'], 'expected a whole number from 1'],
    [['logs', 'x'], "expected a track's id or pipeline/vertex"],
  ])('%j is a wrong command line', async (words, message) => {
    const run = await runForTest(words, { url: 'http://127.0.0.1:9' });
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toContain(message);
  });
});

describe('ps, show, logs, cancel, workers, import', () => {
  test('ps shows the newest, and says that there are more', async () => {
    api = await startFakeApi({ 'GET /api/v1/pipelines': page([makePipeline(), makePipeline({ id: 6 })]) });
    const run = await runForTest(['ps', '--limit', '1', '--state', 'running', '--graph', 'test1'], { url: api.url });
    expect(run.stdout).toMatch(/\n7 +test1 +test1@1 +RUNNING +0\/1 +2026-11-23 07:00:00 /);
    expect(run.stdout).toContain('These are the newest 1; --limit and --all show more.');
    expect(api.seen[0]?.path).toMatch(/state=RUNNING.*graph=test1/);
    const all = await runForTest(['ps', '--all', '--json'], { url: api.url });
    expect(JSON.parse(all.stdout)).toMatchObject({ items: [{ id: 7 }, { id: 6 }], hasMore: false });
  });

  test('show and logs find a track by its vertex', async () => {
    api = await startFakeApi({
      'GET /api/v1/pipelines/7': { body: makePipeline({ params: { ip: '10.0.0.1' } }) },
      'GET /api/v1/pipelines/7/tracks': page([makeTrack({ vertex: 'a/b' })]),
      'GET /api/v1/tracks/101/output': { type: 'text/plain', body: 'out\x1b[1m\n' },
    });
    const show = await runForTest(['show', '7'], { url: api.url });
    expect(show.stdout).toContain('params ip="10.0.0.1"');
    expect(show.stdout).toContain('a/b     101    WAITING');
    const logs = await runForTest(['logs', '7/a/b', '--attempt', '2'], { url: api.url });
    expect(logs).toEqual({ exitCode: 0, stdout: 'out\x1b[1m\n', stderr: '' });
    expect(api.seen.at(-1)?.path).toContain('attempt=2');
    expect((await runForTest(['logs', '101', '--follow'], { url: api.url })).stdout).toBe('out\x1b[1m\n');
    const unknown = await runForTest(['logs', '7/zz'], { url: api.url });
    expect(unknown).toMatchObject({ exitCode: 2, stdout: '' });
    expect(unknown.stderr).toContain('expected a vertex of pipeline 7 (a/b), found "zz"');
  });

  test('cancel says what is still being ended', async () => {
    const counts = { ...makePipeline().counts, RUNNING: 2, CANCELLED: 1 };
    api = await startFakeApi({
      'POST /api/v1/pipelines/7/cancel': { body: makePipeline({ state: 'CANCELLED', counts }) },
    });
    const run = await runForTest(['cancel', '7'], { url: api.url });
    expect(run.stdout).toContain('CANCELLED: 1 CANCELLED, 2 RUNNING\n2 running scripts are being ended');
  });

  test('workers says what to do where there is none', async () => {
    api = await startFakeApi({ 'GET /api/v1/workers': { body: { items: [] } } });
    expect((await runForTest(['workers'], { url: api.url })).stdout).toContain('No worker is alive');
    expect((await runForTest(['workers', '--json'], { url: api.url })).stdout).toBe('{\n  "items": []\n}\n');
  });

  test('import stores the graph of a workflow', async () => {
    api = await startFakeApi({
      'PUT /api/v1/graphs/flow': { body: { ...GRAPH, name: 'flow', change: 'created', problems: [] } },
    });
    const tasks = [{ id: 'a', children: ['b'] }, { id: 'b' }];
    const workflow = { name: 'flow', schemaVersion: '1.5', workflow: { specification: { tasks } } };
    writeFileSync(path.join(directory, 'w.json'), JSON.stringify(workflow));
    const run = await runForTest(['import', 'w.json'], { url: api.url, workingDirectory: directory });
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(api.seen[0]?.body ?? '')).toMatchObject({ name: 'flow', edges: [['a', 'b']] });
  });
});

test('tokens are made, listed and revoked', async () => {
  const id = '0123456789abcdef';
  const times = { createdAt: '2026-11-23T07:00:00.000Z', expiresAt: null, revokedAt: null, lastUsedAt: null };
  api = await startFakeApi({
    'GET /api/v1/tokens': {
      body: {
        items: [{ id, name: 'ci', scopes: ['read', 'submit'], roles: ['release'], createdBy: 'admin', ...times }],
      },
    },
    'POST /api/v1/tokens': { status: 201, body: { id, token: 'baton_secret' } },
    [`DELETE /api/v1/tokens/${id}`]: { status: 204, body: '' },
    'DELETE /api/v1/tokens/other': problem(404, 'token_not_found', 'no such token'),
  });
  const words = ['tokens', 'create', 'ci', '--scope', 'submit', '--role', 'release', '--days', '2'];
  const made = await runForTest(words, { url: api.url });
  expect(made).toEqual({ exitCode: 0, stdout: 'baton_secret\n', stderr: '' });
  expect(JSON.parse(api.seen[0]?.body ?? '')).toEqual({
    name: 'ci',
    scopes: ['submit'],
    roles: ['release'],
    lifetimeMs: 172_800_000,
  });
  expect((await runForTest(['tokens', 'list'], { url: api.url })).stdout).toContain(
    'ci    read,submit  release  valid',
  );
  expect((await runForTest(['tokens', 'revoke', id], { url: api.url })).exitCode).toBe(0);
  const refused = await runForTest(['tokens', 'revoke', 'other'], { url: api.url });
  expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
  expect(refused.stderr).toContain('404 token_not_found');
});
