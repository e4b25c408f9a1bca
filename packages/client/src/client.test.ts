import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { ApiError, createClient, UnreachableError, type Client } from './index.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** A server that answers as a test says, and a client of it. */
async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  options: { timeoutMs?: number } = {},
): Promise<Client> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return createClient({ url: `http://127.0.0.1:${port}/`, token: 'secret', ...options });
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

test('a call carries the token and its body, and gives the answer', async () => {
  const seen: unknown[] = [];
  const client = await serve(async (request, response) => {
    const chunks = await request.toArray();
    seen.push([request.method, request.url, request.headers.authorization, Buffer.concat(chunks).toString()]);
    sendJson(response, 202, { id: 7 });
  });
  expect(await client.startPipeline({ graph: 'g' }, { idempotencyKey: 'k' })).toEqual({ id: 7 });
  expect(seen).toEqual([['POST', '/api/v1/pipelines', 'Bearer secret', '{"graph":"g"}']]);
});

test('schedules are read page after page; what has no answer gives none', async () => {
  const seen: unknown[] = [];
  const client = await serve((request, response) => {
    seen.push([request.method, request.url]);
    if (request.method === 'DELETE') return void response.writeHead(204).end();
    const isFirst = request.url?.includes('cursor') === false;
    sendJson(response, 200, { items: [{ id: isFirst ? 1 : 2 }], nextCursor: isFirst ? '1' : null });
  });
  const ids: number[] = [];
  for await (const { id } of client.listSchedules({ name: 'n' })) ids.push(id);
  expect(ids).toEqual([1, 2]);
  expect(await client.removeSchedule('a/b')).toBeUndefined();
  expect(await client.revokeToken('t1')).toBeUndefined();
  expect(seen).toEqual([
    ['GET', '/api/v1/schedules?name=n&limit=200'],
    ['GET', '/api/v1/schedules?name=n&limit=200&cursor=1'],
    ['DELETE', '/api/v1/schedules/a%2Fb'],
    ['DELETE', '/api/v1/tokens/t1'],
  ]);
});

test('what a person does carries its reason and its key; without them it carries nothing', async () => {
  const seen: unknown[] = [];
  const client = await serve(async (request, response) => {
    const body: unknown = JSON.parse(Buffer.concat(await request.toArray()).toString());
    seen.push([request.method, request.url, request.headers['idempotency-key'], body]);
    sendJson(response, 200, { id: 7 });
  });
  const options = { reason: 'why', idempotencyKey: 'k' };
  await client.pausePipeline(7, options);
  await client.setMode(7, 'auto');
  await client.retryPipeline(7, { from: ['A'], descendants: false }, options);
  await client.chooseNext(101, []);
  await client.approveTrack(101, { tag: 1 }, options);
  await client.retryTrack(101);
  await client.setPool('gpu', 0);
  expect(seen).toEqual([
    ['POST', '/api/v1/pipelines/7/pause', 'k', { reason: 'why' }],
    ['POST', '/api/v1/pipelines/7/mode', undefined, { mode: 'auto' }],
    ['POST', '/api/v1/pipelines/7/retry', 'k', { from: ['A'], descendants: false, reason: 'why' }],
    ['POST', '/api/v1/tracks/101/next', undefined, { next: [] }],
    ['POST', '/api/v1/tracks/101/approve', 'k', { params: { tag: 1 }, reason: 'why' }],
    ['POST', '/api/v1/tracks/101/retry', undefined, {}],
    ['PUT', '/api/v1/pools/gpu', undefined, { limit: 0 }],
  ]);
});

test('an output of nothing is an empty text', async () => {
  const client = await serve((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': '0' }).end();
  });
  expect(await client.readOutput(101)).toBe('');
});

test('a history goes on after the event that is known', async () => {
  const seen: unknown[] = [];
  const client = await serve((request, response) => {
    seen.push(request.url);
    const isFirst = seen.length === 1;
    sendJson(response, 200, { items: [{ id: isFirst ? 6 : 8 }], nextCursor: isFirst ? '6' : null });
  });
  const ids: number[] = [];
  for await (const { id } of client.listHistory(7, 5)) ids.push(id);
  expect(ids).toEqual([6, 8]);
  const all: number[] = [];
  for await (const { id } of client.listHistory(7)) all.push(id);
  expect(seen).toEqual([
    '/api/v1/pipelines/7/history?cursor=5&limit=200',
    '/api/v1/pipelines/7/history?cursor=6&limit=200',
    '/api/v1/pipelines/7/history?limit=200',
  ]);
});

test('a document goes out as its text', async () => {
  const seen: unknown[] = [];
  const client = await serve(async (request, response) => {
    seen.push(request.headers['content-type'], Buffer.concat(await request.toArray()).toString());
    sendJson(response, 201, { id: 1 });
  });
  await client.createGraph({ text: 'name: g # 图\n', format: 'yaml' });
  expect(seen).toEqual(['application/yaml', 'name: g # 图\n']);
});

test('a refusal is an ApiError with its problem document', async () => {
  const problem = { code: 'graph_not_found', detail: 'expected a graph', status: 404, problems: [] };
  const client = await serve((_request, response) => sendJson(response, 404, problem));
  const error = await client.getGraph('g').catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ status: 404, code: 'graph_not_found', message: 'expected a graph', problem });
});

test('an answer that is no problem document is an ApiError all the same', async () => {
  const client = await serve((_request, response) => response.writeHead(502).end('<html>bad gateway</html>'));
  await expect(client.listWorkers()).rejects.toMatchObject({ name: 'ApiError', status: 502, code: 'unknown' });
});

test('nobody there, and nobody who answers in time, are UnreachableErrors', async () => {
  const nobody = createClient({ url: 'http://127.0.0.1:1', token: null });
  await expect(nobody.getPipeline(1)).rejects.toBeInstanceOf(UnreachableError);
  const silent = await serve(() => {}, { timeoutMs: 50 });
  await expect(silent.getPipeline(1)).rejects.toBeInstanceOf(UnreachableError);
});

test('what a worker calls carries the token and its body, and all of it goes over one connection', async () => {
  const seen: unknown[] = [];
  const ports = new Set<unknown>();
  const client = await serve(async (request, response) => {
    ports.add(request.socket.remotePort);
    const text = Buffer.concat(await request.toArray()).toString();
    const { authorization, 'content-type': type } = request.headers;
    seen.push([request.method, request.url, authorization, type, text]);
    if (request.url?.endsWith('/status') === true) response.writeHead(204).end();
    else sendJson(response, 200, { results: ['图'] });
  });
  const body = { chunks: [{ text: '中' }] } as never;
  expect(await client.sendOutput(body)).toEqual({ results: ['图'] });
  expect(await client.sendStatus({} as never)).toBeUndefined();
  expect(await client.sendOutput(body)).toEqual({ results: ['图'] });
  const [first, second] = [
    { text: JSON.stringify(body), name: 'output' },
    { text: '{}', name: 'status' },
  ].map(({ text, name }) => ['POST', `/api/v1/worker/${name}`, 'Bearer secret', 'application/json', text]);
  expect(seen).toEqual([first, second, first]);
  expect(ports.size).toBe(1);
});

test('a worker that is refused gets an ApiError', async () => {
  const problem = { code: 'forbidden', detail: 'not with this token', status: 403, problems: [] };
  const client = await serve((_request, response) => sendJson(response, 403, problem));
  const error = await client.sendStatus({} as never).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ status: 403, code: 'forbidden', message: 'not with this token', problem });
  const page = await serve((_request, response) => response.writeHead(502).end('<html>bad gateway</html>'));
  await expect(page.sendStatus({} as never)).rejects.toMatchObject({ name: 'ApiError', status: 502, code: 'unknown' });
});

test.each<[string, (response: ServerResponse) => void]>([
  ['nothing', () => {}],
  ['half an answer', (response) => void response.writeHead(200, { 'Content-Length': '9' }).write('{')],
  ['half an answer and a broken connection', (response) => void response.write('{', () => response.destroy())],
])('a worker whom the API gives %s finds it unreachable', async (_title, answer) => {
  const client = await serve((_request, response) => answer(response), { timeoutMs: 200 });
  await expect(client.sendStatus({} as never)).rejects.toBeInstanceOf(UnreachableError);
});

test('a worker to whom nobody listens is told so', async () => {
  const nobody = createClient({ url: 'http://127.0.0.1:1', token: null });
  const error = await nobody.sendStatus({} as never).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UnreachableError);
  expect((error as Error).message).toMatch(
    /at http:\/\/127\.0\.0\.1:1, found none: .*connect ECONNREFUSED 127\.0\.0\.1:1$/,
  );
});

test('lists are read page after page', async () => {
  const client = await serve((request, response) => {
    const cursor = new URL(request.url ?? '', 'http://x').searchParams.get('cursor');
    sendJson(response, 200, { items: [{ id: cursor === null ? 2 : 1 }], nextCursor: cursor === null ? '2' : null });
  });
  const ids: number[] = [];
  for await (const { id } of client.listPipelines()) ids.push(id);
  expect(ids).toEqual([2, 1]);
});

test('following goes on after a broken connection, without a gap and without a repetition', async () => {
  const bytes = Buffer.from('eins 一\nzwei 二\ndrei 三\n');
  let connections = 0;
  const client = await serve((_request, response) => {
    connections += 1;
    response.writeHead(200, { 'X-Baton-Attempt': '2' });
    if (connections === 3) return void response.end(bytes);
    // Breaks in the middle of a character.
    response.write(bytes.subarray(0, connections * 7), () => response.destroy());
  });
  let text = '';
  for await (const piece of client.followOutput(5)) text += piece;
  expect(text).toBe(bytes.toString());
  expect(connections).toBe(3);
});

test('following ends with the refusal, and when the caller leaves', async () => {
  const refusing = await serve((_request, response) =>
    sendJson(response, 404, { code: 'track_not_found', detail: 'd' }),
  );
  await expect(refusing.followOutput(5).next()).rejects.toMatchObject({ code: 'track_not_found' });
  const leaving = new AbortController();
  const endless = await serve((_request, response) => void response.writeHead(200).write('a'));
  const pieces = endless.followOutput(5, { signal: leaving.signal });
  expect(await pieces.next()).toEqual({ value: 'a', done: false });
  leaving.abort();
  await expect(pieces.next()).rejects.toMatchObject({ name: 'AbortError' });
});
