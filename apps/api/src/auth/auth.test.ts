import { createToken, revokeToken, TOKEN_SCOPES, type TokenScope } from '@baton/database';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import supertest from 'supertest';
import type { Method } from '../http/route-types.ts';
import { MOUNTS, ROUTES } from '../routes/index.ts';
import { createTestApi, WORKER_TOKEN, type TestApi } from '../testing.ts';
import { createAuthenticate, tokenOf } from './authenticate.ts';
import { allows } from './scopes.ts';

let api: TestApi;
const tokens = new Map<TokenScope, string>();
beforeAll(async () => {
  api = await createTestApi();
  for (const scope of TOKEN_SCOPES) tokens.set(scope, await makeToken(scope));
});
afterAll(() => api.close());

async function makeToken(...scopes: TokenScope[]): Promise<string> {
  const request = { name: scopes.join(), scopes, createdBy: 'test', lifetimeMs: null };
  return (await createToken(api.database, request)).token;
}

function call(method: Method, path: string, token: string | null): supertest.Test {
  const request = supertest(api.app)[method](path.replaceAll(/\{\w+\}/g, '1'));
  return token === null ? request : request.set('Authorization', `Bearer ${token}`);
}

/** Which scopes may do what needs one: written out, so that a change of the rule is seen. */
const ALLOWED: Record<TokenScope, readonly TokenScope[]> = {
  read: ['admin', 'operate', 'submit', 'read'],
  submit: ['admin', 'operate', 'submit'],
  operate: ['admin', 'operate'],
  admin: ['admin'],
  worker: ['worker'],
};

test('the scopes allow what the table says', () => {
  for (const needed of TOKEN_SCOPES) {
    expect(TOKEN_SCOPES.filter((scope) => allows([scope], needed))).toEqual(ALLOWED[needed]);
  }
});

const GUARDED = ROUTES.flatMap(({ method, path, scope }) => (scope === null ? [] : [{ method, path, scope }]));

test.each(GUARDED)('$method $path needs $scope', async ({ method, path, scope }) => {
  expect((await call(method, path, null)).body.code).toBe('unauthenticated');
  expect((await call(method, path, 'baton_nonsense')).body.code).toBe('unauthenticated');
  for (const refused of TOKEN_SCOPES.filter((candidate) => !ALLOWED[scope].includes(candidate))) {
    expect((await call(method, path, tokens.get(refused) ?? '')).body.code).toBe('forbidden');
  }
});

test('a call of each scope lets those in that the table names', async () => {
  for (const [scope, path] of [
    ['read', '/api/v1/graphs'],
    ['admin', '/api/v1/tokens'],
  ] as const) {
    for (const allowed of ALLOWED[scope]) await call('get', path, tokens.get(allowed) ?? '').expect(200);
  }
  await supertest(api.app)
    .get('/metrics')
    .set('Authorization', `Bearer ${tokens.get('read')}`)
    .expect(200);
});

test('only these calls need no token', () => {
  const open = ROUTES.filter(({ scope }) => scope === null).map(({ path }) => path);
  expect(open.toSorted()).toEqual(['/', '/docs', '/docs/{file}', '/healthz', '/openapi.json', '/readyz']);
  expect(MOUNTS.filter(({ scope }) => scope === null)).toEqual([]);
});

test('a browser may log in to the dashboard, and only there', async () => {
  const anonymous = await supertest(api.app).get('/queues').expect(401);
  expect(anonymous.headers['www-authenticate']).toMatch(/^Basic /);
  await supertest(api.app)
    .get('/queues')
    .auth('me', tokens.get('read') ?? '')
    .expect(403);
  await supertest(api.app)
    .get('/queues')
    .auth('me', tokens.get('admin') ?? '')
    .expect(200);
  const elsewhere = await supertest(api.app)
    .get('/api/v1/graphs')
    .auth('me', tokens.get('admin') ?? '')
    .expect(401);
  expect(elsewhere.headers['www-authenticate']).toBeUndefined();
});

test('a token that is expired, of another secret, or revoked opens nothing; revoked within 5 s', async () => {
  let nowMs = 0;
  const settings = { isOn: true, adminToken: null, workerToken: WORKER_TOKEN };
  const authenticate = createAuthenticate(api.database, settings, () => nowMs);
  const { id, token } = await createToken(api.database, {
    name: 'short',
    scopes: ['read'],
    createdBy: 'test',
    lifetimeMs: null,
  });
  expect(await authenticate(token)).toEqual({ tokenId: id, name: 'short', scopes: ['read'], roles: [] });
  const forged = token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A');
  expect(await authenticate(forged)).toBeNull();
  await revokeToken(api.database, id);
  nowMs = 5001;
  expect(await authenticate(token)).toBeNull();
  const request = { name: 'gone', scopes: ['read'] as const, createdBy: 'test', lifetimeMs: 0 };
  expect(await authenticate((await createToken(api.database, request)).token)).toBeNull();
  expect(await authenticate(WORKER_TOKEN)).toMatchObject({ scopes: ['worker'] });
});

test('the database holds no usable token', async () => {
  const rows = await api.database.dataSource.query('SELECT * FROM api_token');
  const dump = JSON.stringify(rows);
  for (const token of tokens.values()) expect(dump).not.toContain(token.slice(-43));
});

test('a token is read from its header', () => {
  const basic = `Basic ${Buffer.from('user:pass:word').toString('base64')}`;
  expect(tokenOf('Bearer abc', false)).toBe('abc');
  expect(tokenOf('bearer  abc ', false)).toBe('abc');
  expect(tokenOf(basic, true)).toBe('pass:word');
  expect([tokenOf(basic, false), tokenOf('Bearer', false), tokenOf(undefined, true)]).toEqual([null, null, null]);
});
