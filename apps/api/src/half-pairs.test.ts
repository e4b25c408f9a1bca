import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestApi, type TestApi } from './testing.ts';

/** Half a surrogate pair is no text: no table takes it. Bodies can hold one only as an escape. */

let api: TestApi;
beforeAll(async () => {
  api = await createTestApi();
  const input = { x: { type: 'json', default: 1 } };
  const graph = { name: 'plain', vertices: [{ name: 'A', script: 'a', input }] };
  await api.call('post', '/api/v1/graphs').send(graph).expect(201);
});
afterAll(() => api.close());

const HALF = '"\\uD83D"';

function send(path: string, text: string, type = 'application/json'): ReturnType<TestApi['call']> {
  return api.call('post', path).type(type).send(text);
}

test.each([
  ['/api/v1/pipelines', `{"graph":"plain","params":{"x":[${HALF}]}}`, ['/params/x/0']],
  ['/api/v1/pipelines', `{"graph":"plain","name":${HALF},"params":{"x":{${HALF}:1}}}`, ['/name', '/params/x/\ud83d']],
  ['/api/v1/schedules', `{"graph":"plain","name":"s","cron":"@daily","pipelineName":${HALF}}`, ['/pipelineName']],
  [
    '/api/v1/graphs',
    `{"name":"g","vertices":[{"name":"A","script":"","gate":{"message":${HALF}}}]}`,
    ['/vertices/0/gate/message'],
  ],
  ['/api/v1/graphs', `{"name":"g","vertices":[{"name":"A","script":"","when":${HALF}}]}`, ['/vertices/0/when']],
  ['/api/v1/tracks/1/approve', `{"params":{"x":[${HALF}]},"comment":${HALF}}`, ['/params/x/0', '/comment']],
])('%s refuses %s', async (path, text, pointers) => {
  const { body } = await send(path, text).expect(422);
  expect(body).toMatchObject({ code: 'invalid_request', detail: expect.stringContaining('half a surrogate pair') });
  expect(body.problems.map(({ pointer }: { pointer: string }) => pointer)).toEqual(pointers);
});

test('in YAML as well', async () => {
  for (const half of [HALF, '"\\U0000dc00"']) {
    const text = `{name: y, description: ${half}}`;
    expect((await send('/api/v1/graphs', text, 'application/yaml').expect(422)).body.code).toBe('invalid_request');
  }
});

test('in JSON within a text, as the input of a vertex may be given', async () => {
  const inner = JSON.stringify(`{"x":{"type":"json","default":[${HALF}]}}`);
  const refused = await send('/api/v1/graphs', `{"name":"t","vertices":[{"name":"A","script":"a","input":${inner}}]}`);
  expect(refused.status).toBe(422);
  const described = JSON.stringify(`{"x":{"type":"json","description":${HALF}}}`);
  await send('/api/v1/graphs', `{"name":"u","vertices":[{"name":"A","script":"a","input":${described}}]}`).expect(201);
});

test('whole pairs, and backslashes, are texts like any other', async () => {
  const values = '["\\uD83D\\uDE00","\\\\ud800"]';
  const { body } = await send('/api/v1/pipelines', `{"graph":"plain","params":{"x":${values}}}`).expect(202);
  const shown = await api.call('get', `/api/v1/pipelines/${body.id}`).expect(200);
  expect(shown.body.params).toEqual({ x: ['😀', '\\ud800'] });
});
