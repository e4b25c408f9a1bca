import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createTestApi, type TestApi } from '../testing.ts';
import { flowOf, startApiFlow, type ApiFlow } from '../testing-flow.ts';

let api: TestApi;
beforeAll(async () => {
  api = await createTestApi();
  const document = readFileSync(path.resolve(import.meta.dirname, '../../../../examples/test1.yaml'), 'utf8');
  await api.call('post', '/api/v1/graphs').set('Content-Type', 'application/yaml').send(document).expect(201);
});
afterAll(() => api.close());

/** The owner's test1 in manual mode, after A has succeeded. */
async function startAfterA(): Promise<ApiFlow> {
  const { body } = await api.call('post', '/api/v1/pipelines').send({ graph: 'test1', mode: 'manual' }).expect(202);
  const flow = await flowOf(api, body.id);
  await flow.run(['A']);
  return flow;
}

test('test1: at A the offer is B; choosing B skips C, and B runs', async () => {
  const flow = await startAfterA();
  expect(await flow.states()).toEqual({ A: 'SUCCEED choice', B: 'WAITING', C: 'WAITING', D: 'WAITING' });
  const shown = await api.call('get', `/api/v1/tracks/${flow.trackId('A')}`).expect(200);
  expect(shown.body).toMatchObject({ choice: { offered: ['B'], successors: ['B', 'C'] }, chosen: null });
  const chosen = await flow.decide('A', 'next', { next: 'B', reason: 'C is not needed' }).expect(200);
  expect(chosen.body).toMatchObject({
    state: 'SUCCEED',
    awaits: null,
    choice: null,
    chosen: ['B'],
    lastAction: { kind: 'choose', actor: 'admin', reason: 'C is not needed', at: expect.any(String) },
  });
  expect(await flow.states()).toEqual({ A: 'SUCCEED', B: 'PENDING', C: 'SKIPPED', D: 'WAITING' });
  expect(flow.enqueued()).toEqual(['A', 'B']);
  await flow.run(['B']);
  await flow.decide('B', 'next', { next: 'D' }).expect(200);
  await flow.run(['D']);
  const ended = await api.call('get', `/api/v1/pipelines/${flow.pipelineId}`).expect(200);
  expect(ended.body).toMatchObject({ state: 'FINISH', mode: 'manual' });
});

test('test1: choosing C at A runs C, then B', async () => {
  const flow = await startAfterA();
  const c = flow.trackId('C') % 2 ** 22;
  await flow.decide('A', 'next', { next: [c] }).expect(200);
  expect(await flow.states()).toEqual({ A: 'SUCCEED', B: 'WAITING', C: 'PENDING', D: 'WAITING' });
  await flow.run(['C']);
  await flow.decide('C', 'next', { next: ['B'] }).expect(200);
  expect(flow.enqueued()).toEqual(['A', 'C', 'B']);
});

test('the same choice again changes nothing, another one is a conflict', async () => {
  const flow = await startAfterA();
  await flow.decide('A', 'next', { next: ['C', 'B'] }).expect(200);
  const again = await flow.decide('A', 'next', { next: ['B', 'C'] }).expect(200);
  expect(again.body.chosen.toSorted()).toEqual(['B', 'C']);
  const other = await flow.decide('A', 'next', { next: 'B' }).expect(409);
  expect(other.body).toMatchObject({ code: 'state_conflict', detail: expect.stringContaining('B, C') });
  expect(flow.enqueued()).toEqual(['A', 'C']);
  const { body } = await api.call('get', `/api/v1/pipelines/${flow.pipelineId}/history?limit=200`).expect(200);
  expect(body.items.filter(({ kind }: { kind: string }) => kind === 'choose')).toHaveLength(1);
});

test('of two choices at once exactly one wins, twenty times', async () => {
  for (let round = 0; round < 20; round += 1) {
    const flow = await startAfterA();
    const [b, c] = await Promise.all([
      flow.decide('A', 'next', { next: 'B' }),
      flow.decide('A', 'next', { next: 'C' }),
    ]);
    expect([b.status, c.status].toSorted((x, y) => x - y)).toEqual([200, 409]);
    const states = await flow.states();
    expect(states).toEqual(
      b.status === 200
        ? { A: 'SUCCEED', B: 'PENDING', C: 'SKIPPED', D: 'WAITING' }
        : { A: 'SUCCEED', B: 'WAITING', C: 'PENDING', D: 'WAITING' },
    );
  }
}, 60_000);

test('every entry of a choice that cannot be is named, with what could be chosen', async () => {
  const flow = await startAfterA();
  const { body } = await flow.decide('A', 'next', { next: ['B', 'D', 'X', 99, 'B', 2] }).expect(422);
  expect(body.code).toBe('invalid_choice');
  expect(body.detail).toContain('("B", "C")');
  expect(body.problems).toMatchObject([
    { code: 'not_a_successor', pointer: '/next/1' },
    { code: 'unknown_vertex', pointer: '/next/2' },
    { code: 'unknown_vertex', pointer: '/next/3' },
    { code: 'duplicate_choice', pointer: '/next/4' },
    { code: 'duplicate_choice', pointer: '/next/5' },
  ]);
  expect(body.problems[0].message).toContain('"A"');
  const last = await flow.decide('D', 'next', { next: 'A' }).expect(422);
  expect(last.body.detail).toContain('it has none');
  expect(await flow.states()).toMatchObject({ A: 'SUCCEED choice' });
  await flow.decide('A', 'next', {}).expect(422);
  await flow.decide('A', 'next', { next: 0 }).expect(422);
});

test('none of the successors may be chosen: then nothing comes after it', async () => {
  const flow = await startAfterA();
  await flow.decide('A', 'next', { next: [] }).expect(200);
  expect(await flow.states()).toEqual({ A: 'SUCCEED', B: 'SKIPPED', C: 'SKIPPED', D: 'SKIPPED' });
});

test('before its track has succeeded there is nothing to choose', async () => {
  const { body } = await api.call('post', '/api/v1/pipelines').send({ graph: 'test1', mode: 'manual' }).expect(202);
  const flow = await flowOf(api, body.id);
  expect((await flow.decide('A', 'next', { next: 'B' }).expect(409)).body.code).toBe('state_conflict');
  await api.call('post', '/api/v1/tracks/999/next').send({ next: 'B' }).expect(404);
});

test('a pipeline is switched between the modes while it runs', async () => {
  const flow = await startAfterA();
  const auto = await flow.control('mode', { mode: 'auto', reason: 'I go home' }).expect(200);
  expect(auto.body).toMatchObject({ mode: 'auto', state: 'RUNNING' });
  expect(await flow.states()).toEqual({ A: 'SUCCEED', B: 'WAITING', C: 'PENDING', D: 'WAITING' });
  expect(flow.enqueued()).toEqual(['A', 'C']);
  await flow.control('mode', { mode: 'auto' }).expect(200);
  await flow.control('mode', { mode: 'manual' }).expect(200);
  await flow.run(['C']);
  expect(await flow.states()).toMatchObject({ C: 'SUCCEED choice' });
  await flow.control('mode', { mode: 'by hand' }).expect(422);
  await flow.control('mode').expect(422);
  await flow.control('cancel').expect(200);
  expect((await flow.control('mode', { mode: 'auto' }).expect(409)).body.code).toBe('state_conflict');
});

test('what is offered may be several, by names and ids', async () => {
  const flow = await startApiFlow(api, {
    graph: {
      vertices: [{ name: 'A', next: ['C', 2] }, { name: 'B' }, { name: 'C' }],
      edges: [
        ['A', 'B'],
        ['A', 'C'],
      ],
    },
    start: { mode: 'manual' },
  });
  await flow.run(['A']);
  const { body } = await api.call('get', `/api/v1/tracks/${flow.trackId('A')}`).expect(200);
  expect(body.choice).toEqual({ offered: ['C', 'B'], successors: ['B', 'C'] });
});
