import { connect } from 'node:net';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import supertest from 'supertest';
import { createApp } from '../app.ts';
import { createTestApi, type TestApi } from '../testing.ts';

let api: TestApi;
let server: Server;
beforeAll(async () => {
  api = await createTestApi();
  server = createServer(api.app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await api.close();
});

/** Every call that changes something, as a page of another site could make it. */
const SITES = [
  { Origin: 'https://evil.example' },
  { Origin: 'null' },
  { Origin: 'http://127.0.0.1:1' },
  { 'Sec-Fetch-Site': 'cross-site' },
  { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'cors' },
  { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'iframe' },
];

test.each(SITES)('a page of another site is refused: %j', async (headers) => {
  for (const method of ['get', 'post', 'options'] as const) {
    const answer = await supertest(server)[method]('/api/v1/graphs').set(headers).send();
    expect([answer.status, answer.body.code]).toEqual([403, 'foreign_origin']);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  }
});

test('our own pages and programs are let through, and a followed link', async () => {
  const { port } = server.address() as AddressInfo;
  const own = [
    {},
    { Origin: `http://127.0.0.1:${port}`, Host: `127.0.0.1:${port}` },
    { 'Sec-Fetch-Site': 'same-origin' },
    { 'Sec-Fetch-Site': 'none' },
    { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' },
  ];
  for (const headers of own) await supertest(server).get('/healthz').set(headers).expect(200);
});

test.each(['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example', '192.168.1.5', '', 'localhost@evil'])(
  'the Host %j is refused',
  async (host) => {
    expect((await supertest(server).get('/healthz').set('Host', host)).body.code ?? 'refused').toMatch(
      /^(unknown_host|refused)$/,
    );
  },
);

test('loopback names, with any port, and allowed names are served; addresses where it is public', async () => {
  for (const host of ['localhost', 'localhost:3000', '127.0.0.1:1', '[::1]:3000', 'LOCALHOST']) {
    await supertest(server).get('/healthz').set('Host', host).expect(200);
  }
  const settings = { ...api.deps.settings, allowedHosts: ['baton.example'], isPublic: true };
  const open = createApp({ ...api.deps, settings });
  for (const host of ['baton.example:443', '10.0.0.7:3000', '[fe80::1]']) {
    await supertest(open).get('/healthz').set('Host', host).expect(200);
  }
  await supertest(open).get('/healthz').set('Host', 'evil.example').expect(421);
});

test('every answer carries strict headers', async () => {
  const { headers } = await supertest(server).get('/healthz');
  expect(headers['content-security-policy']).toContain("default-src 'none'");
  expect(headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  });
  expect(headers['x-powered-by']).toBeUndefined();
});

test('a page needs nothing but this server, and no inline script', async () => {
  for (const path of ['/', '/docs']) {
    const { text, headers } = await supertest(server).get(path).expect(200);
    expect(text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect(text).not.toMatch(/<script>|<style>| on\w+=/);
    expect(headers['content-security-policy']).toContain("script-src 'self';");
  }
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png', 'start.js']) {
    await supertest(server).get(`/docs/${file}`).expect(200);
  }
  await supertest(server).get('/docs/..%2f..%2fpackage.json').expect(422);
});

test('a request that is no HTTP, or without a Host, gets no further', async () => {
  const { port } = server.address() as AddressInfo;
  const said = await new Promise<string>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('GET /healthz HTTP/1.0\r\n\r\n'));
    socket.on('data', (data) => {
      resolve(data.toString());
      socket.destroy();
    });
  });
  expect(said).toMatch(/^HTTP\/1\.1 421 /);
});
