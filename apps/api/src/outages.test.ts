import { createServer, connect, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { openDatabase, type Database } from '@baton/database';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import supertest from 'supertest';
import { createApp } from './app.ts';
import { createAuthenticate } from './auth/authenticate.ts';
import { createStartJoiner } from './join-starts.ts';
import { createMetrics } from './metrics.ts';
import { ADMIN_TOKEN, createTestApi, type TestApi } from './testing.ts';

/** MySQL behind a door that a test can shut (connections are refused and cut) or block (nothing comes through). */
interface Door {
  url: string;
  shut(): Promise<void>;
  block(): void;
  open(): Promise<void>;
}

let api: TestApi;
let door: Door;
let database: Database;
let app: ReturnType<typeof createApp>;
beforeAll(async () => {
  api = await createTestApi();
  door = await buildDoor(api.database.url);
  database = await openDatabase({ url: door.url, poolSize: 3 });
  const settings = { ...api.deps.settings, deadlineMs: 500 };
  const authenticate = createAuthenticate(database, { isOn: true, adminToken: ADMIN_TOKEN, workerToken: null });
  app = createApp({
    ...api.deps,
    database,
    starts: createStartJoiner({ ...api.deps, database }),
    authenticate,
    metrics: createMetrics({ database, readQueues: async () => null, probeRedis: () => api.deps.probeRedis() }),
    settings,
  });
  await api
    .call('post', '/api/v1/graphs')
    .send({ name: 'g', vertices: [{ name: 'A', script: 'a' }] })
    .expect(201);
});
afterAll(async () => {
  await door.open();
  await database.close();
  await door.shut();
  await api.close();
});

const call = (method: 'get' | 'post', path: string): supertest.Test =>
  supertest(app)[method](path).set('Authorization', `Bearer ${ADMIN_TOKEN}`);

async function readDatabaseUp(): Promise<string | undefined> {
  const { text } = await call('get', '/metrics').expect(200);
  return /^baton_database_up (\d)$/m.exec(text)?.[1];
}

test('MySQL away: 503 at once, /healthz goes on, /readyz says so; and back again', async () => {
  await call('get', '/api/v1/graphs').expect(200);
  await door.shut();
  const startedAt = performance.now();
  for (const path of ['/api/v1/graphs', '/api/v1/graphs/g']) {
    const { body, headers } = await call('get', path).expect(503);
    expect(body.code).toMatch(/^(database_unavailable|deadline_exceeded)$/);
    expect(headers['retry-after']).toBe('1');
  }
  expect(performance.now() - startedAt).toBeLessThan(5000);
  await call('get', '/healthz').expect(200);
  expect((await call('get', '/readyz').expect(503)).body).toMatchObject({ database: 'unavailable' });
  expect(await readDatabaseUp()).toBe('0');
  await door.open();
  await call('get', '/api/v1/graphs').expect(200);
  expect(await readDatabaseUp()).toBe('1');
});

test('MySQL that does not answer: 503 at the deadline, and nothing is written', async () => {
  const countPipelines = async (): Promise<number> =>
    (await api.database.dataSource.query('SELECT COUNT(*) AS count FROM pipeline'))[0].count;
  const before = await countPipelines();
  door.block();
  const started = call('post', '/api/v1/pipelines').send({ graph: 'g' });
  const [read, written] = await Promise.all([call('get', '/api/v1/graphs').expect(503), started.expect(503)]);
  expect([read.body.code, written.body.code]).toEqual(['deadline_exceeded', 'deadline_exceeded']);
  await door.open();
  expect(await countPipelines()).toBe(before);
});

async function buildDoor(targetUrl: string): Promise<Door> {
  const target = new URL(targetUrl);
  const sockets = new Set<Socket>();
  let isBlocked = false;
  const server: Server = createServer((inner) => {
    const outer = connect(Number(target.port), target.hostname);
    for (const socket of [inner, outer]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => socket.destroy());
    }
    if (!isBlocked) inner.pipe(outer).pipe(inner);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: Object.assign(new URL(targetUrl), { hostname: '127.0.0.1', port: String(port) }).href,
    async shut() {
      if (!server.listening) return;
      const closed = new Promise((resolve) => server.close(resolve));
      cut();
      await closed;
    },
    block() {
      isBlocked = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    async open() {
      if (isBlocked) cut();
      isBlocked = false;
      if (!server.listening) await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    },
  };
}
