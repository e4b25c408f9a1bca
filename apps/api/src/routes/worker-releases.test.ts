import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeRunId } from '@baton/database/testing';
import supertest from 'supertest';
import { createTestApi, WORKER_TOKEN, type TestApi } from '../testing.ts';
import { makeToken, startApiFlow, type ApiFlow } from '../testing-flow.ts';

let api: TestApi;
beforeAll(async () => {
  api = await createTestApi();
});
afterAll(() => api.close());

function post(path: string, body: object, token: string | null = WORKER_TOKEN): supertest.Test {
  const call = supertest(api.app).post(`/api/v1/worker/${path}`);
  return (token === null ? call : call.set('Authorization', `Bearer ${token}`)).send(body);
}

interface Claimed {
  trackId: number;
  attempt: number;
  runId: string;
}

/** @returns the claim, and what became of it */
async function claim(flow: ApiFlow, vertex: string, more: object = {}): Promise<{ run: Claimed; why: string }> {
  const run = { trackId: flow.trackId(vertex), attempt: 1, runId: makeRunId() };
  const claims = [{ ...run, ...more }];
  const { body } = await post('claims', { workerId: 'w1', labels: ['default'], claims }).expect(200);
  return { run, why: body.results[0].why ?? 'granted' };
}

test('what is given back is enqueued once for all workers, however often it is asked', async () => {
  const flow = await startApiFlow(api, { graph: { vertices: [{ name: 'A' }, { name: 'B' }] } });
  const { run } = await claim(flow, 'A', { isAhead: true });
  expect(flow.enqueued()).toEqual(['A', 'B']);
  const other = { ...run, runId: makeRunId() };
  for (let asked = 0; asked < 2; asked += 1) {
    await post('releases', { workerId: 'w1', runs: [run, other] }).expect(200, { kept: [] });
  }
  expect(flow.enqueued()).toEqual(['A', 'B', 'A']);
  expect(await flow.states()).toEqual({ A: 'PENDING', B: 'PENDING' });
  expect((await claim(flow, 'A')).why).toBe('granted');
});

test('what somebody wants gone is kept, and its history says who gave back what', async () => {
  const flow = await startApiFlow(api, { graph: { vertices: [{ name: 'A' }, { name: 'B' }] } });
  const [first, second] = [(await claim(flow, 'A')).run, (await claim(flow, 'B')).run];
  await post('releases', { workerId: 'w1', runs: [first] }).expect(200, { kept: [] });
  await flow.control('cancel').expect(200);
  await post('releases', { workerId: 'w1', runs: [first, second] }).expect(200, { kept: [second.runId] });
  const { body } = await api.call('get', `/api/v1/pipelines/${flow.pipelineId}/history?limit=100`).expect(200);
  const kinds = (body.items as { kind: string }[]).map(({ kind }) => kind);
  expect(kinds.toSorted()).toEqual(['cancel', 'claim', 'claim', 'release', 'start']);
});

test('a track with a limit is not claimed ahead: it would take the place of one that could run', async () => {
  const flow = await startApiFlow(api, { graph: { vertices: [{ name: 'A', limit: 2 }, { name: 'B' }] } });
  expect((await claim(flow, 'A', { isAhead: true })).why).toBe('needs_slot');
  expect((await claim(flow, 'B', { isAhead: true })).why).toBe('granted');
  expect((await claim(flow, 'A', { isAhead: false })).why).toBe('granted');
});

describe('refused is', () => {
  const run = { trackId: 1, attempt: 1, runId: makeRunId() };

  test('who has no token, or one that is not for workers', async () => {
    const reader = await makeToken(api, { name: 'rita', scopes: ['read', 'operate'] });
    await post('releases', { workerId: 'w1', runs: [run] }, null).expect(401);
    await post('releases', { workerId: 'w1', runs: [run] }, reader).expect(403);
  });

  test.each([
    ['no run', { workerId: 'w1', runs: [] }, '/runs'],
    ['too many runs', { workerId: 'w1', runs: Array.from({ length: 257 }, () => run) }, '/runs'],
    ['a run without an attempt', { workerId: 'w1', runs: [{ ...run, attempt: 0 }] }, '/runs/0/attempt'],
    ['a run id of another form', { workerId: 'w1', runs: [{ ...run, runId: '!' }] }, '/runs/0/runId'],
    ['more than is known', { workerId: 'w1', runs: [{ ...run, isAhead: true }] }, '/runs/0/isAhead'],
    ['nobody', { runs: [run] }, '/workerId'],
  ])('%s', async (_title, body, pointer) => {
    const answer = await post('releases', body).expect(422);
    expect(answer.body).toMatchObject({ code: 'invalid_request', problems: [{ pointer }] });
  });

  test('a claim that says something else than yes or no of being ahead', async () => {
    const claims = [{ ...run, isAhead: 'yes' }];
    const { body } = await post('claims', { workerId: 'w1', labels: ['default'], claims }).expect(422);
    expect(body.problems).toMatchObject([{ pointer: '/claims/0/isAhead' }]);
  });
});
