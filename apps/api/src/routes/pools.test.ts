import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createToken, type TokenScope } from '@baton/database';
import { claimAll, makePoolName, startPipelineOf, storeTestGraph, type TestFlow } from '@baton/database/testing';
import supertest from 'supertest';
import { createTestApi, type TestApi } from '../testing.ts';

let api: TestApi;
let name: string;
beforeAll(async () => {
  api = await createTestApi();
});
afterAll(() => api.close());
beforeEach(() => {
  name = makePoolName();
});

const put = (limit: unknown): supertest.Test => api.call('put', `/api/v1/pools/${name}`).send({ limit });

/** Three tracks that run in the pool. */
async function startInPool(): Promise<{ flow: TestFlow; trackIds: number[] }> {
  const policies = { pools: [name] };
  const graph = await storeTestGraph(api.database, { vertices: { A: policies, B: policies, C: policies } });
  const flow = await startPipelineOf(api.database, graph);
  return { flow, trackIds: ['A', 'B', 'C'].map((vertex) => flow.trackId(vertex)) };
}

test('a pool is made, listed, changed and removed', async () => {
  const pool = { name, limit: 2, running: 0, waiting: 0 };
  expect((await put(2).expect(201)).body).toEqual(pool);
  expect((await put(2).expect(200)).body).toEqual(pool);
  expect((await put(0).expect(200)).body).toEqual({ ...pool, limit: 0 });
  const { body } = await api.call('get', '/api/v1/pools').expect(200);
  expect(body.items).toContainEqual({ ...pool, limit: 0 });
  await api.call('delete', `/api/v1/pools/${name}`).expect(204);
  const { body: problem } = await api.call('delete', `/api/v1/pools/${name}`).expect(404);
  expect(problem).toMatchObject({ code: 'pool_not_found', detail: expect.stringContaining(name) });
});

test('tracks that waited for a pool to be made or to grow are enqueued at once, as many as it has places', async () => {
  const { trackIds } = await startInPool();
  await claimAll(api.database, trackIds);
  api.enqueued.length = 0;
  expect((await put(1).expect(201)).body).toMatchObject({ running: 0, waiting: 2 });
  expect(api.enqueued).toMatchObject([{ vertex: 'A' }]);
  await claimAll(api.database, trackIds.slice(0, 1));
  expect((await put(3).expect(200)).body).toMatchObject({ running: 1, waiting: 0 });
  expect(api.enqueued.map(({ vertex }) => vertex)).toEqual(['A', 'B', 'C']);
});

test('a lower limit leaves what runs alone', async () => {
  await put(3).expect(201);
  await claimAll(api.database, (await startInPool()).trackIds);
  expect((await put(1).expect(200)).body).toEqual({ name, limit: 1, running: 3, waiting: 0 });
});

test('a pool that a graph names stays, and the answer says where it is named', async () => {
  await put(3).expect(201);
  const { flow } = await startInPool();
  const { body } = await api.call('delete', `/api/v1/pools/${name}`).expect(409);
  expect(body).toMatchObject({ code: 'pool_in_use', problems: [{ vertices: ['A'] }, {}, {}] });
  expect(body.problems[0].message).toContain(flow.graph.graph);
  const { body: listed } = await api.call('get', '/api/v1/pools').expect(200);
  expect(listed.items).toContainEqual({ name, limit: 3, running: 0, waiting: 0 });
});

test.each([
  ['less than none', -1],
  ['a fraction', 1.5],
  ['a text', '3'],
  ['nothing', undefined],
  ['too much', 1_000_001],
])('a limit of %s is refused', async (_what, limit) => {
  expect((await put(limit).expect(422)).body.code).toBe('invalid_request');
  const { body } = await api.call('get', '/api/v1/pools').expect(200);
  expect(body.items.map((pool: { name: string }) => pool.name)).not.toContain(name);
});

test.each(['-a', 'a b', 'ä', 'a'.repeat(64), 'a:b'])('%s is no name of a pool', async (bad) => {
  const path = `/api/v1/pools/${encodeURIComponent(bad)}`;
  expect((await api.call('put', path).send({ limit: 1 }).expect(422)).body.code).toBe('invalid_request');
  await api.call('delete', path).expect(422);
});

test('whoever may only read sees pools and changes none', async () => {
  const withScope = async (scope: TokenScope): Promise<string> =>
    (await createToken(api.database, { name: scope, scopes: [scope], roles: [], createdBy: 'test', lifetimeMs: null }))
      .token;
  const reader = `Bearer ${await withScope('read')}`;
  const request = supertest(api.app);
  await request.get('/api/v1/pools').set('Authorization', reader).expect(200);
  await request.put(`/api/v1/pools/${name}`).set('Authorization', reader).send({ limit: 1 }).expect(403);
  await request.delete(`/api/v1/pools/${name}`).set('Authorization', reader).expect(403);
  const operator = `Bearer ${await withScope('operate')}`;
  await request.put(`/api/v1/pools/${name}`).set('Authorization', operator).send({ limit: 1 }).expect(201);
});
