import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readCompletionSecret, recordProcess } from '@baton/database';
import { insertFlowRows } from '@baton/database/testing';
import { workerKey } from '@baton/queue';
import supertest from 'supertest';
import { createTestApi, WORKER_TOKEN, type TestApi } from '../testing.ts';

/** What heartbeats say for hand-over. What is known of processes is asked for every few seconds: each test has an API. */
let hands: TestApi;
let old: TestApi;
beforeAll(async () => {
  hands = await createTestApi();
  old = await createTestApi();
});
afterAll(async () => {
  await hands.close();
  await old.close();
});

const WORKER = {
  id: 'w-hands',
  name: 'alpha',
  host: 'h',
  pid: 7,
  softwareVersion: '0.2.0',
  isolationLevel: 'namespace',
  labels: ['default'],
  slots: 4,
  isDraining: false,
  startedAt: '2026-11-01T00:00:00.000Z',
};

async function post(api: TestApi, call: string, body: object): Promise<Record<string, unknown>> {
  const sent = supertest(api.app).post(`/api/v1/worker/${call}`).set('authorization', `Bearer ${WORKER_TOKEN}`);
  return (await sent.send(body).expect(200)).body as Record<string, unknown>;
}

const beat = (api: TestApi, more = {}): Promise<Record<string, unknown>> =>
  post(api, 'heartbeats', { worker: WORKER, running: [], reported: [], ...more });

test('a worker is told its key, and where it asks for it all that is claimed for it', async () => {
  const { trackIds } = await insertFlowRows(hands.database, { vertices: [{ name: 'A' }, { name: 'B' }] });
  const claims = trackIds
    .slice(0, 1)
    .map((trackId) => ({ trackId, attempt: 1, runId: randomBytes(16).toString('hex') }));
  await post(hands, 'claims', { workerId: WORKER.id, labels: ['default'], claims });
  const key = workerKey(await readCompletionSecret(hands.database), WORKER.id);
  expect(await beat(hands)).toMatchObject({ handOverKey: key, held: [] });
  expect(await beat(hands, { asksForHeld: true })).toMatchObject({ handOverKey: key, held: claims });
  const another = { ...WORKER, id: 'w-another' };
  expect(await beat(hands, { asksForHeld: true, worker: another })).toMatchObject({ held: [] });
});

test('while an orchestrator is alive that hands nothing over there is no key', async () => {
  const report = { kind: 'orchestrator' as const, host: 'h', pid: 1, softwareVersion: '0.1.0', uptimeMs: 0 };
  const settings = { protocol: 2 };
  await recordProcess(old.database, { ...report, id: 'o-old', settings, counters: {}, clockSkewMs: 0 });
  expect(await beat(old)).toMatchObject({ protocol: 2, handOverKey: null });
});
