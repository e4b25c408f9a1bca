import { afterAll, beforeAll, expect, test } from '@jest/globals';
import supertest from 'supertest';
import { createTestApi, type TestApi } from '../testing.ts';

let api: TestApi;
beforeAll(async () => {
  api = await createTestApi();
});
afterAll(() => api.close());

test('a token is shown once, works for its scopes, and works no more once it is revoked', async () => {
  const made = await api
    .call('post', '/api/v1/tokens')
    .send({ name: '值班', scopes: ['read'], roles: ['ops', 'release-manager'] })
    .expect(201);
  const { id, token } = made.body;
  expect(token).toMatch(/^baton_[0-9a-f]{16}_/);
  expect(made.headers.location).toBe(`/api/v1/tokens/${id}`);
  const listed = await api.call('get', '/api/v1/tokens').expect(200);
  expect(listed.body.items).toMatchObject([
    { id, name: '值班', scopes: ['read'], roles: ['ops', 'release-manager'], createdBy: 'admin', revokedAt: null },
  ]);
  expect(listed.text).not.toContain(token.split('_')[2]);

  const asReader = (path: string): supertest.Test =>
    supertest(api.app).get(path).set('Authorization', `Bearer ${token}`);
  await asReader('/api/v1/pipelines').expect(200);
  await asReader('/api/v1/tokens').expect(403);
  await api.call('delete', `/api/v1/tokens/${id}`).expect(204);
  await api.call('delete', `/api/v1/tokens/${id}`).expect(204);
  const after = await api.call('get', '/api/v1/tokens').expect(200);
  expect(after.body.items[0].revokedAt).toEqual(expect.any(String));
  const another = await createTestApi({ deps: { database: api.database } });
  await supertest(another.app).get('/api/v1/pipelines').set('Authorization', `Bearer ${token}`).expect(401);
  await another.close();
});

test.each([
  ['no scope', { name: 'x', scopes: [] }],
  ['a scope twice', { name: 'x', scopes: ['read', 'read'] }],
  ['an unknown scope', { name: 'x', scopes: ['root'] }],
  ['a line break in the name', { name: 'x\ny', scopes: ['read'] }],
  ['an unknown field', { name: 'x', scopes: ['read'], secret: 'mine' }],
  ['a role with a comma', { name: 'x', scopes: ['read'], roles: ['a,b'] }],
  ['a role twice', { name: 'x', scopes: ['read'], roles: ['a', 'a'] }],
  ['sixteen roles', { name: 'x', scopes: ['read'], roles: Array.from({ length: 16 }, (_role, index) => `r${index}`) }],
  ['no lifetime at all', { name: 'x', scopes: ['read'], lifetimeMs: 0 }],
])('a token with %s is refused', async (_name, body) => {
  const { body: problem } = await api.call('post', '/api/v1/tokens').send(body).expect(422);
  expect(problem.code).toBe('invalid_request');
});

test('a token that never was is not found', async () => {
  const { body } = await api.call('delete', '/api/v1/tokens/0123456789abcdef').expect(404);
  expect(body.code).toBe('token_not_found');
});
