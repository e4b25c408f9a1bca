import { afterAll, beforeAll, expect, test } from '@jest/globals';
import supertest from 'supertest';
import { createTestApi, type TestApi } from './testing.ts';

let api: TestApi;
beforeAll(async () => {
  api = await createTestApi();
});
afterAll(() => api.close());

test('says that it runs, and that it is ready', async () => {
  await supertest(api.app).get('/healthz').expect(200, { status: 'ok' });
  await supertest(api.app).get('/readyz').expect(200, { status: 'ready', database: 'ready', redis: 'ready' });
});

test('a call that does not exist is a problem document', async () => {
  const { body } = await api.call('get', '/api/v1/nothing').set('X-Request-Id', 'my-id').expect(404);
  expect(body).toMatchObject({ code: 'route_not_found', status: 404, instance: '/api/v1/nothing', requestId: 'my-id' });
});
