import { EventEmitter, once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execute, storeOutput, type RunKey } from '@baton/database';
import { endAttempt, insertFlowRows } from '@baton/database/testing';
import { ADMIN_TOKEN, createTestApi, type TestApi } from '../testing.ts';

let api: TestApi;
let server: Server;
/** Tells when a call has been handled to its end, whether or not somebody still listens. */
const handled = new EventEmitter();
beforeAll(async () => {
  api = await createTestApi();
  server = createServer((incoming, outgoing) => {
    const end = outgoing.end.bind(outgoing) as (chunk?: unknown) => typeof outgoing;
    const endAndTell = (chunk?: unknown): typeof outgoing => {
      handled.emit('end');
      return end(chunk);
    };
    api.app(incoming, Object.assign(outgoing, { end: endAndTell }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  server.close();
  await api.close();
});

async function startAttempt(): Promise<RunKey> {
  const { trackIds, runIds } = await insertFlowRows(api.database, { vertices: [{ name: 'A' }], states: ['RUNNING'] });
  const [trackId = 0] = trackIds;
  return { trackId, attempt: 1, runId: runIds.get(trackId) ?? '' };
}

async function print(attempt: RunKey, seq: number, text: string): Promise<void> {
  await storeOutput(api.database, [{ ...attempt, seq, bytes: Buffer.from(text) }]);
}

async function open(path: string): Promise<IncomingMessage> {
  const { port } = server.address() as AddressInfo;
  const headers = { Authorization: `Bearer ${ADMIN_TOKEN}` };
  const sent = request({ host: '127.0.0.1', port, path: `/api/v1/tracks/${path}`, headers }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return response;
}

/** Keeps what has come, and waits for what is to come. */
function listen(response: IncomingMessage): {
  until(text: string): Promise<void>;
  text(): string;
  end: Promise<unknown>;
} {
  let read = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    read += chunk;
  });
  return {
    async until(text) {
      while (!read.includes(text)) await once(response, 'data');
    },
    text: () => read,
    end: once(response, 'end'),
  };
}

async function readToEnd(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Waits until output has been asked for so many times more: the last of them began after this call. */
async function polls(count: number): Promise<void> {
  const { dataSource } = api.database;
  const query = dataSource.query.bind(dataSource);
  await new Promise<void>((resolve) => {
    let left = count;
    dataSource.query = (sql: string, values?: unknown[]) => {
      if (sql.includes('FROM output_chunk')) left -= 1;
      if (left === 0) resolve();
      return query(sql, values);
    };
  });
  dataSource.query = query;
}

test('output is plain text that no browser takes for a page, whole or a range of it', async () => {
  const attempt = await startAttempt();
  await print(attempt, 0, '<script>alert(1)</script>');
  await print(attempt, 1, '输出\n');
  const { text, headers } = await api.call('get', `/api/v1/tracks/${attempt.trackId}/output`).expect(200);
  expect(text).toBe('<script>alert(1)</script>输出\n');
  expect(headers).toMatchObject({
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'x-baton-attempt': '1',
    'x-baton-attempt-ended': 'false',
    'x-baton-output-bytes': '32',
    'accept-ranges': 'bytes',
  });
  await endAttempt(api.database, attempt, 99);
  const tail = await api.call('get', `/api/v1/tracks/${attempt.trackId}/output`).set('Range', 'bytes=-7').expect(206);
  expect(tail.text).toBe('输出\n');
  expect(tail.headers).toMatchObject({ 'content-range': 'bytes 25-31/32', 'x-baton-cut-bytes': '99' });
  await api.call('get', `/api/v1/tracks/${attempt.trackId}/output`).set('Range', 'bytes=500-').expect(200);
});

test('an attempt may be named; one that never was is not found', async () => {
  const attempt = await startAttempt();
  await print(attempt, 0, 'first');
  await endAttempt(api.database, attempt);
  const path = `/api/v1/tracks/${attempt.trackId}/output`;
  expect((await api.call('get', `${path}?attempt=1`).expect(200)).text).toBe('first');
  expect((await api.call('get', `${path}?attempt=2`).expect(404)).body.code).toBe('attempt_not_found');
  expect((await api.call('get', `${path}?attempt=1&follow=true`).expect(200)).text).toBe('first');
  expect((await api.call('get', `${path}?attempt=0`).expect(422)).body.code).toBe('invalid_request');
});

test('a follower gets what is printed as it comes, waits at a gap, and is let go at the end', async () => {
  const attempt = await startAttempt();
  await print(attempt, 0, 'one ');
  const follower = listen(await open(`${attempt.trackId}/output?follow=true`));
  await follower.until('one ');
  await print(attempt, 2, 'three ');
  await polls(2);
  await print(attempt, 1, 'two ');
  await follower.until('three ');
  await print(attempt, 4, 'five');
  await endAttempt(api.database, attempt);
  await follower.end;
  expect(follower.text()).toBe('one two three five');
});

test('a follower may come before the attempt starts', async () => {
  const { trackIds } = await insertFlowRows(api.database, { vertices: [{ name: 'A' }] });
  const [trackId = 0] = trackIds;
  const response = await open(`${trackId}/output?follow=true`);
  expect(response.statusCode).toBe(200);
  expect(response.headers['x-baton-attempt']).toBe('1');
  const attempt = { trackId, attempt: 1, runId: 'run-that-came-later' };
  await execute(
    api.database.dataSource,
    `UPDATE track SET state = 'RUNNING', run_id = ?, worker_id = 'w', started_at = UTC_TIMESTAMP(6) WHERE id = ?`,
    [attempt.runId, trackId],
  );
  await print(attempt, 0, 'at last');
  const follower = listen(response);
  await follower.until('at last');
  await endAttempt(api.database, attempt);
  await follower.end;
  expect(follower.text()).toBe('at last');
});

test('a follower of a track that ends without an attempt is let go; later ones find nothing', async () => {
  const { trackIds } = await insertFlowRows(api.database, { vertices: [{ name: 'A' }] });
  const [trackId = 0] = trackIds;
  const response = await open(`${trackId}/output?follow=true`);
  await execute(
    api.database.dataSource,
    `UPDATE track SET state = 'CANCELLED', due_at = NULL, finished_at = UTC_TIMESTAMP(6) WHERE id = ?`,
    [trackId],
  );
  expect(await readToEnd(response)).toBe('');
  await api.call('get', `/api/v1/tracks/${trackId}/output?follow=true`).expect(404);
});

test('a follower that leaves asks MySQL no more', async () => {
  const attempt = await startAttempt();
  await print(attempt, 0, 'said');
  const client = await open(`${attempt.trackId}/output?follow=true`);
  await listen(client).until('said');
  const left = once(handled, 'end');
  client.destroy();
  await left;
});

test('of a lost worker the cut is marked, whole, in a range and for a follower; what it sends later stands before the mark', async () => {
  const attempt = await startAttempt();
  await print(attempt, 0, 'line 1\n');
  await endAttempt(api.database, attempt);
  await execute(api.database.dataSource, `UPDATE attempt SET result = 'lost', exit_code = NULL WHERE track_id = ?`, [
    attempt.trackId,
  ]);
  const mark = '\n[baton: the worker was lost here; what it had not sent of the output is missing]\n';
  const path = `/api/v1/tracks/${attempt.trackId}/output`;
  expect((await api.call('get', path).expect(200)).text).toBe(`line 1\n${mark}`);
  expect((await api.call('get', `${path}?follow=true`).expect(200)).text).toBe(`line 1\n${mark}`);
  const ranges = { 'bytes=-9': 'missing]\n', 'bytes=5-13': '1\n\n[baton', 'bytes=0-5': 'line 1', 'bytes=10-12': 'ato' };
  for (const [range, text] of Object.entries(ranges)) {
    const part = await api.call('get', path).set('Range', range).expect(206);
    expect(part.text).toBe(text);
    expect(part.headers['content-range']).toContain(`/${7 + mark.length}`);
  }
  await print(attempt, 1, 'line 2\n');
  expect((await api.call('get', path).expect(200)).text).toBe(`line 1\nline 2\n${mark}`);
});

test('of an attempt that ended in order, and whose worker could not send all, the missing end is marked until it comes', async () => {
  const attempt = await startAttempt();
  await print(attempt, 0, 'line 1\n');
  await endAttempt(api.database, attempt);
  const setBytes = (printed: number, cut: number): Promise<unknown> =>
    execute(api.database.dataSource, 'UPDATE attempt SET output_bytes = ?, cut_bytes = ? WHERE track_id = ?', [
      printed,
      cut,
      attempt.trackId,
    ]);
  await setBytes(21, 7);
  const mark = '\n[baton: the end of the output is missing here: the worker could not send it]\n';
  const path = `/api/v1/tracks/${attempt.trackId}/output`;
  const followed = `${path}?attempt=1&follow=true`;
  expect((await api.call('get', path).expect(200)).text).toBe(`line 1\n${mark}`);
  expect((await api.call('get', followed).expect(200)).text).toBe(`line 1\n${mark}`);
  expect((await api.call('get', path).set('Range', 'bytes=-9').expect(206)).text).toBe('send it]\n');
  await print(attempt, 1, 'line 3\n');
  expect((await api.call('get', path).expect(200)).text).toBe('line 1\nline 3\n');
  expect((await api.call('get', followed).expect(200)).text).toBe('line 1\nline 3\n');
});

test('megabytes are streamed whole and in order', async () => {
  const attempt = await startAttempt();
  const lines = Array.from({ length: 40 }, (_, seq) => `${seq}:${'x'.repeat(250_000)}\n`);
  for (const [seq, line] of lines.entries()) await print(attempt, seq, line);
  expect((await readToEnd(await open(`${attempt.trackId}/output`))) === lines.join('')).toBe(true);
  await endAttempt(api.database, attempt);
  expect((await readToEnd(await open(`${attempt.trackId}/output?follow=true`))) === lines.join('')).toBe(true);
});
