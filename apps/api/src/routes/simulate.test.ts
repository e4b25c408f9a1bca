import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execute, selectRows } from '@baton/database';
import { insertGraphRows } from '@baton/database/testing';
import { createTestApi, type TestApi } from '../testing.ts';
import { as, makeToken } from '../testing-flow.ts';

let api: TestApi;
let reader: string;
beforeAll(async () => {
  api = await createTestApi();
  reader = await makeToken(api, { name: 'rita' });
  await put('what-if', {
    onFailure: 'continue',
    vertices: [
      { name: 'A', script: 'true', input: { big: { type: 'bool', default: false } }, next: 'B' },
      { name: 'B', script: 'true' },
      { name: 'C', script: 'true', when: 'params.big', input: { big: { type: 'bool', default: false } } },
    ],
    edges: [
      ['A', 'B'],
      ['A', 'C'],
    ],
  }).expect(200);
});
afterAll(() => api.close());

function put(name: string, document: object): ReturnType<TestApi['call']> {
  return api.call('put', `/api/v1/graphs/${name}`).send({ name, ...document });
}

function simulate(body: object, graph = 'what-if'): ReturnType<TestApi['call']> {
  return api.call('post', `/api/v1/graphs/${graph}/simulate`).send(body);
}

function statesOf({ tracks }: { tracks: { vertex: string; state: string; reason: string | null }[] }): string[] {
  return tracks.map(({ vertex, state, reason }) => `${vertex} ${state}${reason === null ? '' : ` ${reason}`}`);
}

describe('simulate', () => {
  test('tells how each track would end, and writes nothing; the scope read is enough', async () => {
    const { body } = await as(api, reader, 'post', '/api/v1/graphs/what-if/simulate').expect(200);
    expect(body).toMatchObject({ state: 'FINISH', makespanMs: 2000, criticalPath: ['A', 'B'], waitsFor: [] });
    expect(statesOf(body)).toEqual(['A SUCCEED', 'B SUCCEED', 'C SKIPPED condition_false']);
    const counts =
      'SELECT (SELECT COUNT(*) FROM pipeline) AS pipelines, (SELECT COUNT(*) FROM graph_version WHERE sealed_at IS NOT NULL) AS `sealed`';
    expect(await selectRows(api.database.dataSource, counts)).toEqual([{ pipelines: 0, sealed: 0 }]);
    expect(api.enqueued).toEqual([]);
  });

  test('takes parameters, outcomes, the mode and the policy of the question; else those of the graph', async () => {
    const failed = await simulate({ params: { 'C.big': true }, outcomes: { B: { result: 'fail' } } }).expect(200);
    expect(failed.body.state).toBe('FAILED');
    expect(statesOf(failed.body)).toEqual(['A SUCCEED', 'B FAILED exit_code', 'C SUCCEED']);
    const stopped = await simulate({ onFailure: 'stop', outcomes: { A: { result: 'fail' } } }).expect(200);
    expect(statesOf(stopped.body)).toEqual([
      'A FAILED exit_code',
      'B CANCELLED pipeline_failed',
      'C CANCELLED pipeline_failed',
    ]);
    const manual = await simulate({ mode: 'manual', outcomes: { A: { choice: 'wait' } } }).expect(200);
    expect(manual.body).toMatchObject({ state: 'RUNNING', waitsFor: [{ vertex: 'A', awaits: 'choice' }] });
  });

  test('is of the version that is asked for', async () => {
    await api.call('post', '/api/v1/pipelines').send({ graph: 'what-if' }).expect(202);
    await put('what-if', { vertices: [{ name: 'only', script: 'true' }] }).expect(200);
    expect(statesOf((await simulate({}).expect(200)).body)).toEqual(['only SUCCEED']);
    expect((await simulate({ version: 1 }).expect(200)).body.tracks).toHaveLength(3);
    expect((await simulate({}, 'what-if@1').expect(200)).body.tracks).toHaveLength(3);
    expect((await simulate({ version: 9 }).expect(404)).body.code).toBe('graph_not_found');
  });

  test('what is wrong with the question is said at once', async () => {
    const unknown = await simulate({ version: 1, outcomes: { X: {}, 'Y/Z': {} } }).expect(422);
    expect(unknown.body.problems).toMatchObject([
      { code: 'unknown_vertex', pointer: '/outcomes/X' },
      { code: 'unknown_vertex', pointer: '/outcomes/Y~1Z' },
    ]);
    expect((await simulate({ version: 1, params: { nobody: 1 } }).expect(422)).body.code).toBe('invalid_parameters');
    expect((await simulate({ outcomes: { only: { result: 'maybe' } } }).expect(422)).body.code).toBe('invalid_request');
    await put('cyclic', {
      vertices: [
        { name: 'A', script: 'true' },
        { name: 'B', script: 'true' },
      ],
      edges: [
        ['A', 'B'],
        ['B', 'A'],
      ],
    }).expect(200);
    const cyclic = await simulate({}, 'cyclic').expect(409);
    expect(cyclic.body).toMatchObject({ code: 'graph_check_failed', problems: [{ code: 'cycle' }] });
  });

  test('graphs that would keep the API busy are refused, sealed or not', async () => {
    const vertices = Array.from({ length: 20_001 }, (_, index) => ({ name: `v${index}` }));
    const { versionId } = await insertGraphRows(api.database, { graphName: 'large', vertices });
    expect((await simulate({}, 'large').expect(422)).body.detail).toContain('at most 20000 vertices');
    await execute(api.database.dataSource, 'UPDATE graph_version SET sealed_at = NULL WHERE id = ?', [versionId]);
    expect((await simulate({}, 'large').expect(422)).body.detail).toContain('found 20001');
  });

  test('attempts without end are refused', async () => {
    const vertices = Array.from({ length: 40 }, (_, index) => ({
      name: `v${index}`,
      script: 'true',
      retry: { max: 1000 },
    }));
    await put('endless', { onFailure: 'continue', vertices }).expect(200);
    const outcomes = Object.fromEntries(vertices.map(({ name }) => [name, { result: 'fail' }]));
    expect((await simulate({ outcomes }, 'endless').expect(422)).body.detail).toContain('at most 30000 attempts');
  });
});

describe('diff', () => {
  const secret = (value: string): object => ({ key: { secret: true, default: value } });
  beforeAll(async () => {
    const first = [
      { name: 'A', script: 'echo 1', input: secret('one') },
      { name: 'B', script: 'true' },
    ];
    await put('diffed', { vertices: first, edges: [['A', 'B']] }).expect(200);
    await api.call('post', '/api/v1/pipelines').send({ graph: 'diffed' }).expect(202);
    const second = [
      { name: 'A', script: 'echo 2', input: secret('two') },
      { name: 'C', script: 'true' },
    ];
    await put('diffed', { onFailure: 'hold', vertices: second, edges: [['A', 'C']] }).expect(200);
  });

  test('tells what was added, removed and changed', async () => {
    const { body } = await api.call('get', '/api/v1/graphs/diffed/diff?from=1&to=2').expect(200);
    expect(body).toMatchObject({
      graph: 'diffed',
      from: 1,
      to: 2,
      header: [{ field: 'onFailure', before: null, after: 'hold' }],
      vertices: { added: [{ name: 'C' }], removed: [{ name: 'B' }] },
      edges: { added: [{ tail: 'A', head: 'C', when: null }], removed: [{ tail: 'A', head: 'B' }], changed: [] },
    });
    const [changed] = body.vertices.changed;
    expect(changed).toMatchObject({
      name: 'A',
      fields: expect.arrayContaining([{ field: 'script', before: 'echo 1', after: 'echo 2' }]),
    });
    expect(JSON.stringify(changed)).toContain('two');
  });

  test('without versions it is of the last two; backwards it is the way back', async () => {
    const { body } = await api.call('get', '/api/v1/graphs/diffed/diff').expect(200);
    expect([body.from, body.to]).toEqual([1, 2]);
    const back = await api.call('get', '/api/v1/graphs/diffed/diff?from=2&to=1').expect(200);
    expect(back.body.vertices).toMatchObject({ added: [{ name: 'B' }], removed: [{ name: 'C' }] });
  });

  test('whoever may only read sees no default of a secret', async () => {
    const { body } = await as(api, reader, 'get', '/api/v1/graphs/diffed/diff').expect(200);
    expect(JSON.stringify(body)).not.toMatch(/one|two/);
    expect(body.vertices.changed).toMatchObject([{ name: 'A', fields: [{ field: 'script' }] }]);
  });

  test('versions that are not there', async () => {
    expect((await api.call('get', '/api/v1/graphs/diffed/diff?from=7').expect(404)).body.code).toBe('graph_not_found');
    await put('single', { vertices: [{ name: 'A', script: 'true' }] }).expect(200);
    expect((await api.call('get', '/api/v1/graphs/single/diff').expect(422)).body.code).toBe('invalid_request');
  });
});
