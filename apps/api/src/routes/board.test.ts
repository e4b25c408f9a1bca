import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createToken, execute } from '@baton/database';
import supertest from 'supertest';
import { ADMIN_TOKEN, createTestApi, WORKER_TOKEN, type TestApi } from '../testing.ts';

let api: TestApi;
let readToken: string;
beforeAll(async () => {
  api = await createTestApi();
  const reader = {
    name: 'reader',
    scopes: ['operate', 'submit', 'read'] as const,
    createdBy: 'test',
    lifetimeMs: null,
  };
  readToken = (await createToken(api.database, reader)).token;
});
afterAll(() => api.close());

async function queueNames(): Promise<string[]> {
  const { body } = await api.call('get', '/queues/api/queues').expect(200);
  return body.queues.map(({ name }: { name: string }) => name).toSorted();
}

test('nobody but an admin sees any of it; a browser is asked for the token', async () => {
  for (const path of [
    '/queues',
    '/queues/',
    '/queues/api/queues',
    '/queues/queue/tracks',
    '/queues/static/js/main.js',
  ]) {
    const { headers } = await supertest(api.app).get(path).expect(401);
    expect(headers['www-authenticate']).toMatch(/^Basic /);
    for (const token of [readToken, WORKER_TOKEN]) {
      await supertest(api.app).get(path).set('Authorization', `Bearer ${token}`).expect(403);
    }
  }
  await supertest(api.app).get('/queues/').auth('anything', ADMIN_TOKEN).expect(200);
  await supertest(api.app).get('/queues/').auth('anything', 'wrong').expect(401);
});

test('its page asks no other host for anything, and cannot be framed', async () => {
  const { text, headers } = await api.call('get', '/queues/').expect(200);
  expect(text).toContain('<div id="root">');
  expect(text).not.toMatch(/(?:href|src|action)\s*=\s*["']?(?:https?:)?\/\//i);
  const policy = headers['content-security-policy'] ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/https?:|\*/);
  expect(text).toContain('<base href="/queues/"');
  expect(policy).toContain("base-uri 'self'");
  const script = /src="(static\/js\/main[^"]+)"/.exec(text)?.[1];
  await api.call('get', `/queues/${script}`).expect(200);
});

test('a new label set has its queue without a restart', async () => {
  expect(await queueNames()).toEqual(['children', 'completions', 'tracks']);
  await execute(api.database.dataSource, `INSERT INTO track_queue VALUES ('gpu+linux', UTC_TIMESTAMP(6))`);
  expect(await queueNames()).toEqual(['children', 'completions', 'tracks', 'tracks-gpu+linux']);
});

test('what waits is shown, and nothing can be changed', async () => {
  await api.deps.queue.enqueueTracks([
    {
      trackId: 4_194_305,
      attempt: 1,
      seq: 1,
      labels: [],
      priority: 0,
      pipelineId: 1,
      pipeline: 'night',
      vertex: 'A',
      graph: 'g',
    },
  ]);
  const { body } = await api.call('get', '/queues/api/queues?activeQueue=tracks&status=prioritized').expect(200);
  const tracks = body.queues.find(({ name }: { name: string }) => name === 'tracks');
  expect(tracks).toMatchObject({ readOnlyMode: true, counts: { prioritized: 1 } });
  expect(tracks.jobs).toMatchObject([{ id: 't4194305-a1-d1', name: 'g/A' }]);
  for (const [method, path] of [
    ['put', '/queues/api/queues/tracks/pause'],
    ['put', '/queues/api/queues/tracks/obliterate'],
    ['put', '/queues/api/queues/tracks/t4194305-a1-d1/clean'],
    ['post', '/queues/api/queues/tracks/add'],
    ['delete', '/queues/api/queues/tracks'],
  ] as const) {
    await api.call(method, path).expect(405);
  }
  const counts = await api.deps.queue.queueOf('default').getJobCounts('prioritized');
  expect(counts).toEqual({ prioritized: 1 });
});
