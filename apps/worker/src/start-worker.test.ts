import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { testServers } from '@baton/devstack/testing';
import { createCompletionQueue } from '@baton/queue';
import { openTestRedis, uniquePrefix } from '@baton/queue/testing';
import { loadConfig } from './config.ts';
import { openSpool } from './spool.ts';
import { startWorker } from './start-worker.ts';
import { makeCompletion, makeDirectory, makeHeartbeatAnswer, recordEvents, waitFor } from './testing.ts';

let directory: Awaited<ReturnType<typeof makeDirectory>>;
let api: Server;
/** Until then the API refuses every heartbeat. */
let isApiUp: boolean;
/** What the worker reported in its heartbeats. */
let reported: unknown[];

beforeEach(async () => {
  directory = await makeDirectory();
  isApiUp = false;
  reported = [];
  api = createServer((request, response) => {
    void answer(request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  }).listen(0, '127.0.0.1');
  await once(api, 'listening');
});
afterEach(async () => {
  api.closeAllConnections();
  api.close();
  await directory.remove();
});

async function answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
  // As an API that is older than that call.
  if (request.url?.endsWith('/status') === true) return { status: 404, body: {} };
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const heartbeat = JSON.parse(Buffer.concat(chunks).toString()) as { reported: { runId: string }[] };
  reported.push(heartbeat.reported);
  const applied = heartbeat.reported.map(({ runId }) => runId);
  return isApiUp ? { status: 200, body: makeHeartbeatAnswer({ applied }) } : { status: 503, body: {} };
}

test('what an earlier life left is sent before the API answers, and is in the first heartbeat', async () => {
  const prefix = uniquePrefix();
  const redis = await openTestRedis(testServers().redisUrl);
  const completions = createCompletionQueue(redis, prefix);
  const completion = makeCompletion();
  const earlier = await openSpool(join(directory.path, 'spool'));
  await earlier.keep({ completion, key: 'key', values: {} });
  const config = loadConfig({
    BATON_REDIS_URL: testServers().redisUrl,
    BATON_REDIS_PREFIX: prefix,
    BATON_API_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
    BATON_WORKER_TOKEN: 'token',
    BATON_WORKER_DIRECTORY: directory.path,
    BATON_CONCURRENCY: '1',
    // What every host permits.
    BATON_ISOLATION: 'process-group',
  });
  const { logger, events } = recordEvents();
  const starting = startWorker(config, logger);
  await waitFor(async () => (await completions.queue.getWaitingCount()) === 1, 'the completion is sent');
  await waitFor(() => reported.length > 0, 'a heartbeat');
  const { trackId, attempt, runId } = completion;
  expect(reported[0]).toEqual([{ trackId, attempt, runId }]);
  expect(events.indexOf('spool_replayed')).toBe(0);
  isApiUp = true;
  const worker = await starting;
  await worker.stop();
  const later = await openSpool(join(directory.path, 'spool'));
  expect(later.found).toEqual([]);
  await completions.close();
  redis.disconnect();
}, 30_000);
