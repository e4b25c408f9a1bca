import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { insertEvents } from '@baton/database';
import { createTestApi, type TestApi } from '../testing.ts';
import { as, makeToken, startApiFlow, type ApiFlow } from '../testing-flow.ts';

let api: TestApi;
let nudges = 0;
beforeAll(async () => {
  const nudgeWorkers = async (): Promise<void> => {
    nudges += 1;
  };
  api = await createTestApi({ deps: { nudgeWorkers } });
});
afterAll(() => api.close());

const chain = { vertices: [{ name: 'A' }, { name: 'B' }], edges: [['A', 'B']] };
const startChain = (start: object = {}): Promise<ApiFlow> => startApiFlow(api, { graph: chain, start });

interface HistoryItem {
  kind: string;
  actor: string | null;
  reason: string | null;
  changes: { tracks?: { vertex?: string; state?: string }[] };
}

async function readHistory(flow: ApiFlow): Promise<HistoryItem[]> {
  return (await api.call('get', `/api/v1/pipelines/${flow.pipelineId}/history?limit=200`).expect(200)).body.items;
}

test('paused: what runs ends and is recorded, nothing starts until it is resumed', async () => {
  const flow = await startChain();
  await flow.control('resume').expect(409);
  for (const _time of [1, 2]) {
    const { body } = await flow.control('pause', { reason: 'look first' }).expect(200);
    expect(body.state).toBe('PAUSED');
  }
  await expect(flow.run(['A'])).rejects.toThrow('refused');
  await flow.control('resume').expect(200);
  expect(flow.enqueued()).toEqual(['A', 'A']);
  await flow.run(['A']);
  expect(flow.enqueued()).toEqual(['A', 'A', 'B']);
  const refused = await flow.control('resume').expect(409);
  expect(refused.body).toMatchObject({ code: 'state_conflict', detail: expect.stringContaining('PAUSED') });
  await flow.run(['B']);
  await flow.control('pause').expect(409);
});

test('a cancelled pipeline stays so; one that has finished cannot be cancelled', async () => {
  const flow = await startChain();
  const before = nudges;
  for (const _time of [1, 2]) {
    const { body } = await flow.control('cancel', { reason: 'wrong branch' }).expect(200);
    expect(body).toMatchObject({ state: 'CANCELLED', counts: { CANCELLED: 2 } });
  }
  expect(nudges).toBeGreaterThan(before);
  const events = (await readHistory(flow)).filter(({ kind }) => kind === 'cancel');
  expect(events).toMatchObject([{ actor: 'admin', reason: 'wrong branch' }]);
  const other = await startApiFlow(api, { graph: { vertices: [{ name: 'A' }] } });
  await other.run(['A']);
  expect((await other.control('cancel').expect(409)).body.detail).toContain('FINISH');
});

test('a key is done once, whatever has happened since; with another request it is refused', async () => {
  const flow = await startChain();
  const pause = (step: string, body: object = {}): ReturnType<TestApi['call']> =>
    flow.control(step, body).set('Idempotency-Key', 'my:key_1%');
  await pause('pause').expect(200);
  await flow.control('resume').expect(200);
  const again = await pause('pause').expect(200);
  expect(again.body.state).toBe('RUNNING');
  expect((await pause('cancel').expect(422)).body.code).toBe('idempotency_key_reused');
  expect((await pause('pause', { reason: 'another' }).expect(422)).body.code).toBe('idempotency_key_reused');
  await flow.control('pause').set('Idempotency-Key', 'my:key_1%:').expect(200);
  const someone = await makeToken(api, { name: 'olga', scopes: ['operate'] });
  await as(api, someone, 'post', `/api/v1/pipelines/${flow.pipelineId}/resume`)
    .set('Idempotency-Key', 'my:key_1%')
    .expect(200);
  expect((await readHistory(flow)).filter(({ kind }) => kind === 'pause')).toHaveLength(2);
});

test('twenty at once with one key: done once, and all are told so', async () => {
  const flow = await startChain();
  const answers = await Promise.all(
    Array.from({ length: 20 }, async () => flow.control('pause').set('Idempotency-Key', 'twenty')),
  );
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  expect((await readHistory(flow)).filter(({ kind }) => kind === 'pause')).toHaveLength(1);
});

describe('history', () => {
  test('says what happened, who did it and why, in order and from page to page', async () => {
    const flow = await startChain();
    await flow.run(['A']);
    await flow.control('pause', { reason: 'lunch' }).expect(200);
    const seen: HistoryItem[] = [];
    let cursor: string | null = null;
    do {
      const query: string = `limit=1${cursor === null ? '' : `&cursor=${cursor}`}`;
      const at: string = `/api/v1/pipelines/${flow.pipelineId}/history?${query}`;
      const { body }: { body: { items: HistoryItem[]; nextCursor: string | null } } = await api
        .call('get', at)
        .expect(200);
      seen.push(...body.items);
      cursor = body.nextCursor;
    } while (cursor !== null);
    expect(seen.map(({ kind }) => kind)).toEqual(['start', 'claim', 'flow', 'pause']);
    expect(seen[2]?.changes.tracks).toEqual(
      expect.arrayContaining([expect.objectContaining({ vertex: 'A', state: 'SUCCEED' })]),
    );
    expect(seen[3]).toMatchObject({ actor: 'admin', reason: 'lunch', changes: { pipeline: { state: 'PAUSED' } } });
    expect(seen).toEqual(await readHistory(flow));
  });

  test('a page ends early where its events are long, and none is lost', async () => {
    const flow = await startChain();
    const detail = 'x'.repeat(700_000);
    const body = { tracks: [{ vertexId: 1, detail }] };
    const event = {
      pipelineId: flow.pipelineId,
      kind: 'flow',
      actor: null,
      reason: null,
      actionId: null,
      body,
    } as const;
    await insertEvents(
      api.database.dataSource,
      Array.from({ length: 30 }, () => event),
    );
    let pages = 0;
    const seen = new Set<number>();
    let cursor: string | null = '';
    while (cursor !== null) {
      const at: string = `/api/v1/pipelines/${flow.pipelineId}/history?limit=200${cursor}`;
      const page: { items: { id: number }[]; nextCursor: string | null } = (await api.call('get', at).expect(200)).body;
      for (const { id } of page.items) seen.add(id);
      cursor = page.nextCursor === null ? null : `&cursor=${page.nextCursor}`;
      pages += 1;
    }
    expect(seen.size).toBe(31);
    expect(pages).toBeGreaterThanOrEqual(15);
  });

  test('of no pipeline is not found', async () => {
    const { body } = await api.call('get', '/api/v1/pipelines/999999/history').expect(404);
    expect(body.code).toBe('pipeline_not_found');
  });
});

test.each(['pause', 'resume', 'cancel', 'mode', 'retry'])(
  '%s needs the scope operate, and a pipeline',
  async (step) => {
    const flow = await startChain();
    const body = step === 'mode' ? { mode: 'manual' } : {};
    const submitter = await makeToken(api, { name: 'sam', scopes: ['submit'] });
    const at = `/api/v1/pipelines/${flow.pipelineId}/${step}`;
    expect((await as(api, submitter, 'post', at).send(body).expect(403)).body.code).toBe('forbidden');
    const missing = await api.call('post', `/api/v1/pipelines/999999/${step}`).send(body).expect(404);
    expect(missing.body.code).toBe('pipeline_not_found');
    for (const bad of [{ reason: 'x'.repeat(501) }, { reason: 1 }, { reasons: 'x' }]) {
      expect((await flow.control(step, { ...body, ...bad }).expect(422)).body.code).toBe('invalid_request');
    }
    await flow.control(step, body).set('Idempotency-Key', 'two words').expect(422);
  },
);
