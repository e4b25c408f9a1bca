import { createToken, type TokenScope } from '@baton/database';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestApi, type TestApi } from '../testing.ts';

const SECRET = 'hunter2';
const INPUT = {
  key: { type: 'string', secret: true, default: SECRET },
  pin: { type: 'integer', secret: true, default: 4711 },
  none: { type: 'string', secret: true, required: true },
  shown: { type: 'string', default: 'shown' },
};
const FORM = { code: { type: 'string', secret: true, default: SECRET } };

let api: TestApi;
beforeAll(async () => {
  api = await createTestApi();
  const document = { name: 'g', vertices: [{ name: 'A', script: 'a', input: INPUT, gate: { form: FORM } }] };
  await api.call('post', '/api/v1/graphs').send(document).expect(201);
});
afterAll(() => api.close());

async function read(scope: TokenScope, type: string): Promise<{ text: string; body: unknown }> {
  const request = { name: scope, scopes: [scope], createdBy: 'test', lifetimeMs: null };
  const { token } = await createToken(api.database, request);
  return api.call('get', '/api/v1/graphs/g').set('Authorization', `Bearer ${token}`).accept(type).expect(200);
}

test('to who may only read, the defaults of secret parameters are masked', async () => {
  const { body, text } = await read('read', 'application/json');
  const masked = { ...INPUT, key: { ...INPUT.key, default: '***' }, pin: { ...INPUT.pin, default: '***' } };
  const gate = { form: { code: { ...FORM.code, default: '***' } } };
  expect(body).toMatchObject({ vertices: [{ input: masked, gate }] });
  const yaml = await read('read', 'application/yaml');
  expect(yaml.text).toContain('***');
  expect(text + yaml.text).not.toMatch(/hunter2|4711/);
});

test('who may send a graph reads it as it is stored: an export applied again changes nothing', async () => {
  for (const scope of ['submit', 'operate', 'admin'] as const) {
    expect((await read(scope, 'application/json')).body).toMatchObject({ vertices: [{ input: INPUT }] });
    const { text } = await read(scope, 'application/yaml');
    const sent = await api.call('put', '/api/v1/graphs/g').type('application/yaml').send(text).expect(200);
    expect(sent.body.change).toBe('unchanged');
  }
});
