import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestApi, type TestApi } from './testing.ts';

/**
 * How deep a body may be: no schema or query ever sees a deeper one. How deep a value in it may be: so that every database
 * that we know stores it, in its tables and in the history.
 */

let api: TestApi;
beforeAll(async () => {
  api = await createTestApi();
  await send('/api/v1/graphs', graphText('plain', 6)).expect(201);
});
afterAll(() => api.close());

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
// Each of so many levels as a whole.
const startText = (levels: number): string => `{"graph":"plain","params":{"A.x":${nested(levels - 2)}}}`;
const vertexText = (name: string, levels: number): string =>
  `{"name":"${name}","script":"a","input":{"x":{"type":"json","default":${nested(levels - 3)}}}}`;
const graphText = (name: string, levels: number): string =>
  `{"name":"${name}","vertices":[${vertexText('A', levels - 2)}]}`;

function send(path: string, text: string, type = 'application/json'): ReturnType<TestApi['call']> {
  return api.call('post', path).type(type).send(text);
}

test('values of 24 levels are taken and stored, wherever they stand', async () => {
  await send('/api/v1/pipelines', startText(26)).expect(202);
  await send('/api/v1/graphs', graphText('json', 29)).expect(201);
  await send('/api/v1/graphs', graphText('yaml', 29), 'application/yaml').expect(201);
  await send('/api/v1/graphs/json/vertices', vertexText('B', 27)).expect(201);
  await send('/api/v1/pipelines', '{"graph":"json"}').expect(202);
});

test('deeper values are refused, each with its place', async () => {
  const { body } = await send('/api/v1/pipelines', startText(27)).expect(422);
  expect(body.problems).toMatchObject([{ message: expect.stringContaining('at most 24 levels') }]);
  const graph = await send('/api/v1/graphs', graphText('deep', 30)).expect(422);
  expect(graph.body.problems).toMatchObject([{ message: expect.stringContaining('at most 24 levels'), line: 1 }]);
});

test('more than 32 levels are refused by every call', async () => {
  const sent: [string, string, string?][] = [
    ['/api/v1/pipelines', startText(33)],
    ['/api/v1/pipelines', startText(3000)],
    ['/api/v1/pipelines', startText(300_000)],
    ['/api/v1/tracks/1/params', `{"params":{"x":${nested(3000)}}}`],
    ['/api/v1/graphs', graphText('deep', 33)],
    ['/api/v1/graphs', graphText('deep', 33), 'application/yaml'],
    ['/api/v1/graphs/plain/vertices', vertexText('B', 33)],
  ];
  for (const [path, text, type] of sent) {
    const { body } = await send(path, text, type).expect(422);
    expect(body).toMatchObject({ code: 'invalid_request', detail: 'expected at most 32 levels, found more' });
  }
});

test('far too deep graph documents are refused while they are read, with the place', async () => {
  for (const type of ['application/json', 'application/yaml']) {
    const { body } = await send('/api/v1/graphs', graphText('deep', 3000), type).expect(400);
    expect(body.detail).toMatch(/^line 1, column \d+: expected at most 100 levels/);
  }
});
