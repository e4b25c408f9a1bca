import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createToken, type TokenScope } from '@baton/database';
import { fireAll, readScheduled } from '@baton/database/testing';
import supertest from 'supertest';
import { createTestApi, type TestApi } from '../testing.ts';

let api: TestApi;
beforeAll(async () => {
  api = await createTestApi();
  const secret = { type: 'string', secret: true };
  const input = { ip: { type: 'string', required: true }, port: { type: 'int', default: 22 }, password: secret };
  const vertices = [{ name: 'A', script: 'ping {ip}', input }];
  await api.call('post', '/api/v1/graphs').send({ name: 'ping', vertices }).expect(201);
  await api
    .call('post', '/api/v1/graphs')
    .send({ name: 'half', vertices: [{ name: 'A', script: 'a', next: 'nobody' }] });
});
afterAll(() => api.close());

const at = '/api/v1/schedules';
let made = 0;
async function make(fields: object = {}): Promise<{ id: number; name: string; path: string }> {
  made += 1;
  const body = { name: `every day ${made}`, cron: '30 2 * * *', graph: 'ping', params: { ip: 'x' }, ...fields };
  const answer = await api.call('post', at).send(body).expect(201);
  return { ...(answer.body as { id: number; name: string }), path: `${at}/${(answer.body as { id: number }).id}` };
}
/** As if hours had passed, or were still to come. */
const moveDueTime = (id: number, to: string): Promise<unknown> =>
  api.database.dataSource.query('UPDATE schedule SET next_due_at = ? WHERE id = ?', [new Date(to), id]);

describe('a schedule', () => {
  test('is made with its defaults, shown by id and by name, and says when it is due next', async () => {
    const { id, name, path } = await make({ cron: '@daily' });
    const { body, headers } = await api
      .call('post', at)
      .send({ name: '每天', cron: '0 12 * * mon', timeZone: 'Asia/Shanghai', graph: 'ping', params: { ip: 'y' } })
      .expect(201);
    expect(headers['location']).toBe(`${at}/${body.id}`);
    expect(body).toMatchObject({
      name: '每天',
      timeZone: 'Asia/Shanghai',
      graph: 'ping',
      pipelineName: null,
      params: { ip: 'y' },
      mode: null,
      overlap: 'queue',
      catchUpLimit: 1,
      pausedAt: null,
      lastError: null,
      createdBy: 'admin',
    });
    expect(body.nextDueTimes).toHaveLength(5);
    for (const dueAt of body.nextDueTimes as string[]) expect(dueAt).toMatch(/T04:00:00\.000Z$/);
    const shown = await api.call('get', path).expect(200);
    expect(shown.body).toMatchObject({ id, name, timeZone: 'UTC' });
    expect((await api.call('get', `${at}/${encodeURIComponent('每天')}`).expect(200)).body).toEqual(body);
  });

  test('that is due once in decades is not looked ahead for through a century: a page may have hundreds of them', async () => {
    const { path } = await make({ cron: '0 0 29 2 */7' });
    expect((await api.call('get', path).expect(200)).body.nextDueTimes).toEqual([expect.stringMatching(/-02-29T/)]);
  });

  test('starts pipelines with its parameters and policies', async () => {
    const more = { pipelineName: 'nightly', mode: 'manual', onFailure: 'continue', priority: 7, timeoutMs: 60_000 };
    const { id, name } = await make({ ...more, params: { 'A.ip': '10.0.0.1' } });
    await moveDueTime(id, '2021-05-01T02:30:00Z');
    await fireAll(api.database, id, { now: new Date('2021-05-01T02:30:00Z') });
    const [pipeline] = await readScheduled(api.database, id);
    const { body } = await api.call('get', `/api/v1/pipelines/${pipeline?.id}`).expect(200);
    const { pipelineName, timeoutMs: _timeout, ...policies } = more;
    expect(body).toMatchObject({
      ...policies,
      name: pipelineName,
      createdBy: `schedule ${name}`,
      params: { 'A.ip': '10.0.0.1' },
    });
    expect(body).toMatchObject({ scheduleId: id, scheduledFor: '2021-05-01T02:30:00.000Z' });
    expect(body.deadlineAt).not.toBeNull();
  });

  test('never shows what its graph calls a secret', async () => {
    const { path } = await make({ params: { ip: 'x', password: 'hunter2' } });
    const { body } = await api.call('get', path).expect(200);
    expect(body.params).toEqual({ ip: 'x', password: '***' });
    await api.database.dataSource.query(`UPDATE schedule SET graph = 'gone' WHERE id = ?`, [body.id]);
    expect((await api.call('get', path).expect(200)).body.params).toEqual({ ip: '***', password: '***' });
  });

  test('is made once under one Idempotency-Key', async () => {
    const body = { name: 'once', cron: '@hourly', graph: 'ping', params: { ip: 'x' } };
    const send = (): supertest.Test => api.call('post', at).set('Idempotency-Key', 'key-1').send(body);
    const first = await send().expect(201);
    const again = await send().expect(201);
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect(again.body.id).toBe(first.body.id);
    const { body: other } = await api.call('post', at).send(body).expect(409);
    expect(other).toMatchObject({ code: 'schedule_name_taken' });
  });

  test('is listed by pages and by how its name begins', async () => {
    const first = await make({ name: 'list a' });
    const second = await make({ name: 'list b' });
    const page = await api.call('get', `${at}?name=list&limit=1`).expect(200);
    expect(page.body).toMatchObject({ items: [{ id: first.id }], nextCursor: String(first.id) });
    const rest = await api.call('get', `${at}?name=list&limit=1&cursor=${page.body.nextCursor}`).expect(200);
    expect(rest.body).toMatchObject({ items: [{ id: second.id }], nextCursor: null });
  });

  test('is changed field by field; null takes one away', async () => {
    const { path } = await make({ priority: 3, timeZone: 'Europe/Berlin' });
    const { body } = await api
      .call('patch', path)
      .send({ cron: '@hourly', priority: null, overlap: 'skip' })
      .expect(200);
    expect(body).toMatchObject({
      cron: '@hourly',
      priority: null,
      overlap: 'skip',
      timeZone: 'Europe/Berlin',
      params: { ip: 'x' },
    });
    const [first] = body.nextDueTimes as [string];
    expect(Date.parse(first) - Date.now()).toBeLessThanOrEqual(3_600_000);
    const { name } = await make();
    const taken = await api.call('patch', path).send({ name }).expect(409);
    expect(taken.body).toMatchObject({ code: 'schedule_name_taken' });
  });

  test('is removed with what waits of it; its pipelines stay', async () => {
    const { id, path } = await make();
    await moveDueTime(id, '2021-05-01T02:30:00Z');
    await fireAll(api.database, id, { now: new Date('2021-05-01T02:30:00Z') });
    await api.call('delete', path).expect(204);
    await api.call('delete', path).expect(404);
    expect(await readScheduled(api.database, id)).toMatchObject([{ state: 'RUNNING' }]);
  });
});

describe('bad input', () => {
  const codesOf = (body: { problems: { code: string; pointer?: string }[] }): string[] =>
    body.problems.map(({ code, pointer }) => `${code} ${pointer}`).toSorted();

  test('everything that is wrong is told at once, and nothing is written', async () => {
    const body = {
      name: '17',
      cron: '0 0 30 2 *',
      timeZone: 'Mars/Olympus',
      graph: 'ping',
      params: { port: 'x', colour: 'red' },
      overlap: 'sometimes',
      catchUpLimit: -1,
      priority: 0.5,
      colour: 'red',
    };
    const { body: refusal } = await api.call('post', at).send(body).expect(422);
    expect(refusal.code).toBe('invalid_schedule');
    expect(codesOf(refusal)).toEqual([
      'cron_never_fires /cron',
      'invalid_field /catchUpLimit',
      'invalid_field /name',
      'invalid_field /overlap',
      'invalid_field /priority',
      'invalid_parameter /params/port',
      'missing_parameter /params/ip',
      'unknown_field /colour',
      'unknown_parameter /params/colour',
      'unknown_time_zone /timeZone',
    ]);
    expect((await api.call('get', `${at}?name=17`).expect(200)).body.items).toEqual([]);
  });

  test.each<[string, object | string, string[]]>([
    ['nothing', {}, ['missing_field /cron', 'missing_field /graph', 'missing_field /name']],
    ['a list', [], ['invalid_field ']],
    ['an unknown graph', { graph: 'nowhere@3' }, ['graph_not_found /graph']],
    ['an unknown version', { graph: 'ping@9' }, ['graph_not_found /graph']],
    ['a graph that cannot start', { graph: 'half', params: {} }, ['bad_next undefined', 'graph_check_failed /graph']],
    ['seconds', { cron: '0 0 0 * * *' }, ['bad_cron /cron']],
    ['no cron', { cron: 5 }, ['invalid_field /cron']],
    ['a zone that is no text', { timeZone: 5 }, ['invalid_field /timeZone']],
  ])('%s', async (_what, change, codes) => {
    const whole = { name: 'bad', cron: '@daily', graph: 'ping', params: { ip: 'x' } };
    const isWhole = Array.isArray(change) || Object.keys(change).length === 0;
    const { body } = await api
      .call('post', at)
      .send(isWhole ? change : { ...whole, ...(change as object) })
      .expect(422);
    expect(body.code).toBe('invalid_schedule');
    expect(codesOf(body)).toEqual(codes);
  });

  test('a patch that would break the schedule changes nothing', async () => {
    const { path } = await make();
    const before = await api.call('get', path).expect(200);
    const { body } = await api
      .call('patch', path)
      .send({ cron: 'never', graph: 'nowhere', overlap: 'x', more: 1 })
      .expect(422);
    expect(codesOf(body)).toEqual([
      'bad_cron /cron',
      'graph_not_found /graph',
      'invalid_field /overlap',
      'unknown_field /more',
    ]);
    await api.call('patch', path).send([]).expect(422);
    expect((await api.call('get', path).expect(200)).body).toEqual(before.body);
  });

  test.each([
    ['get', ''],
    ['patch', ''],
    ['delete', ''],
    ['post', '/pause'],
    ['post', '/resume'],
    ['get', '/fires'],
  ] as const)('%s of a schedule that is not there', async (method, path) => {
    for (const reference of ['999999', 'nobody']) {
      const call = api.call(method, `${at}/${reference}${path}`);
      const { body } = await (method === 'patch' ? call.send({}) : call).expect(404);
      expect(body).toMatchObject({ code: 'schedule_not_found' });
    }
  });

  test.each<[TokenScope, string, 'get' | 'post' | 'patch' | 'delete', number]>([
    ['read', '', 'get', 200],
    ['read', '/pause', 'post', 403],
    ['submit', '/pause', 'post', 403],
    ['submit', '/backfill', 'post', 403],
    ['submit', '', 'patch', 403],
    ['submit', '', 'delete', 403],
    ['operate', '/pause', 'post', 200],
  ])('a token with the scope %s, schedule%s: %s', async (scope, path, method, status) => {
    const { path: schedule } = await make();
    const { token } = await createToken(api.database, { name: 't', scopes: [scope], createdBy: 'x', lifetimeMs: null });
    await supertest(api.app)
      [method](schedule + path)
      .set('Authorization', `Bearer ${token}`)
      .expect(status);
  });
});
