import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { claimAttempts } from '@baton/database';
import { makeRunId, TEST_LEASE_MS, TEST_WORKER } from '@baton/database/testing';
import { createTestApi, type TestApi } from '../testing.ts';
import { as, makeToken, startApiFlow, type ApiFlow } from '../testing-flow.ts';

let api: TestApi;
let nudges = 0;
beforeAll(async () => {
  const nudgeWorkers = async (): Promise<void> => {
    nudges += 1;
    throw new Error('Redis is away');
  };
  api = await createTestApi({ deps: { nudgeWorkers } });
});
afterAll(() => api.close());

/** A -> B -> C, held on failure unless the test says otherwise. */
function startChain(start: object = { onFailure: 'hold' }): Promise<ApiFlow> {
  const vertices = [{ name: 'A' }, { name: 'B' }, { name: 'C' }];
  const edges = [
    ['A', 'B'],
    ['B', 'C'],
  ];
  return startApiFlow(api, { graph: { vertices, edges }, start });
}

async function claim(flow: ApiFlow, vertex: string): Promise<void> {
  const claims = [{ trackId: flow.trackId(vertex), attempt: 1, runId: makeRunId() }];
  await claimAttempts(api.database, { workerId: TEST_WORKER, labels: ['default'], leaseMs: TEST_LEASE_MS, claims });
}

test('skip: a track that has not started, and one whose failure awaits a decision', async () => {
  const flow = await startChain();
  const { body } = await flow.decide('B', 'skip', { reason: 'not needed' }).expect(200);
  expect(body).toMatchObject({ state: 'SKIPPED', reason: 'skipped' });
  expect(body.lastAction).toMatchObject({ kind: 'skip', actor: 'admin', reason: 'not needed' });
  await flow.decide('B', 'skip').expect(200);
  const other = await startChain();
  await other.run(['A'], { exitCode: 1 });
  expect(await other.states()).toEqual({ A: 'FAILED decision', B: 'WAITING', C: 'WAITING' });
  await other.decide('A', 'skip').expect(200);
  expect(await other.states()).toMatchObject({ A: 'SKIPPED' });
});

test('succeed: counts as succeeded, and the flow goes on', async () => {
  const flow = await startChain();
  const { body } = await flow.decide('A', 'succeed').expect(200);
  expect(body).toMatchObject({ state: 'SUCCEED', reason: 'forced' });
  await flow.run(['B'], { exitCode: 1 });
  await flow.decide('B', 'succeed').expect(200);
  expect(await flow.states()).toEqual({ A: 'SUCCEED', B: 'SUCCEED', C: 'PENDING' });
  expect(flow.enqueued()).toEqual(['A', 'B', 'C']);
  await flow.decide('B', 'succeed').expect(200);
  expect(flow.enqueued()).toEqual(['A', 'B', 'C']);
});

test('give up: the failure stands, and the pipeline ends', async () => {
  const flow = await startChain();
  await flow.decide('A', 'give-up').expect(409);
  await flow.run(['A'], { exitCode: 1 });
  for (const _time of [1, 2]) {
    expect((await flow.decide('A', 'give-up').expect(200)).body).toMatchObject({ state: 'FAILED', awaits: null });
  }
  expect(await flow.states()).toEqual({ A: 'FAILED', B: 'CANCELLED', C: 'CANCELLED' });
  const { body } = await api.call('get', `/api/v1/pipelines/${flow.pipelineId}`).expect(200);
  expect(body.state).toBe('FAILED');
});

describe('cancel', () => {
  test('a track that has not started is CANCELLED at once, as a failure', async () => {
    const flow = await startChain({});
    const { body } = await flow.decide('A', 'cancel', { reason: 'wrong' }).expect(200);
    expect(body).toMatchObject({ state: 'CANCELLED', reason: 'cancelled' });
    await flow.decide('A', 'cancel').expect(200);
    await flow.decide('A', 'succeed').expect(200);
    expect(await flow.states()).toMatchObject({ A: 'SUCCEED', B: 'PENDING' });
    await flow.decide('A', 'cancel').expect(409);
  });

  test('one that runs is asked for, and its workers are told now', async () => {
    const flow = await startChain();
    await claim(flow, 'A');
    const before = nudges;
    const { body } = await flow.decide('A', 'cancel').expect(200);
    expect(body).toMatchObject({ state: 'RUNNING', cancelRequestedAt: expect.any(String) });
    expect(nudges).toBe(before + 1);
    for (const step of ['skip', 'succeed']) await flow.decide('A', step).expect(409);
  });
});

test('twenty people at once about one failed track, to skip it or to force it: one wins', async () => {
  const flow = await startChain();
  await flow.run(['A'], { exitCode: 1 });
  const steps = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? 'skip' : 'succeed'));
  const answers = await Promise.all(steps.map(async (step) => flow.decide('A', step)));
  const { A } = await flow.states();
  const winner = A === 'SKIPPED' ? 'skip' : 'succeed';
  expect(answers.map(({ status }) => status)).toEqual(steps.map((step) => (step === winner ? 200 : 409)));
  const { body } = await api.call('get', `/api/v1/pipelines/${flow.pipelineId}/history?limit=200`).expect(200);
  const kinds: string[] = body.items.map(({ kind }: { kind: string }) => kind);
  expect(kinds.filter((kind) => kind === 'skip' || kind === 'succeed')).toEqual([winner]);
});

test.each(['skip', 'succeed', 'give-up', 'cancel', 'retry'])(
  '%s needs the scope operate, and a track',
  async (step) => {
    const flow = await startChain();
    const submitter = await makeToken(api, { name: 'sam', scopes: ['submit'] });
    const at = `/api/v1/tracks/${flow.trackId('A')}/${step}`;
    expect((await as(api, submitter, 'post', at).expect(403)).body.code).toBe('forbidden');
    for (const id of [999, flow.trackId('C') + 1]) {
      expect((await api.call('post', `/api/v1/tracks/${id}/${step}`).expect(404)).body.code).toBe('track_not_found');
    }
    await api.call('post', `/api/v1/tracks/x/${step}`).expect(422);
    await flow.decide('A', step, { reason: 'x'.repeat(501) }).expect(422);
    await flow.decide('A', step, { why: 'because' }).expect(422);
  },
);

test('a decision with a key is found done, though the track has gone on since', async () => {
  const flow = await startChain();
  const succeed = (): ReturnType<TestApi['call']> => flow.decide('A', 'succeed').set('Idempotency-Key', 'once');
  await succeed().expect(200);
  await flow.run(['B']);
  await succeed().expect(200);
  expect((await flow.decide('A', 'skip').set('Idempotency-Key', 'once').expect(422)).body.code).toBe(
    'idempotency_key_reused',
  );
  expect(flow.enqueued()).toEqual(['A', 'B', 'C']);
});
