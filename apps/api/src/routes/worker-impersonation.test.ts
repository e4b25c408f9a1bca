import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CHILD_WORKER, findTrack, readTrackOutputs, startChildren } from '@baton/database';
import supertest from 'supertest';
import { createTestApi, WORKER_TOKEN, type TestApi } from '../testing.ts';
import { startApiFlow, type ApiFlow } from '../testing-flow.ts';

/*
 * A track that runs a pipeline is claimed by an orchestrator, under a run id that anybody can work out. A worker that does
 * must get nothing by it: neither the key that signs the completion, nor a place to write outputs to, nor the lease.
 */

let api: TestApi;
beforeAll(async () => {
  api = await createTestApi();
});
afterAll(() => api.close());

function post(path: string, body: object): supertest.Test {
  return supertest(api.app).post(`/api/v1/worker/${path}`).set('Authorization', `Bearer ${WORKER_TOKEN}`).send(body);
}

/** A track that runs a pipeline, and the run that has it. */
async function startRun(): Promise<{ flow: ApiFlow; run: { trackId: number; attempt: number; runId: string } }> {
  const child = await startApiFlow(api, { graph: { vertices: [{ name: 'A' }] } });
  const { body } = await api.call('get', `/api/v1/pipelines/${child.pipelineId}`).expect(200);
  const vertices = [{ name: 'run', script: '', pipeline: { graph: body.graph } }];
  const flow = await startApiFlow(api, { graph: { vertices } });
  const trackId = flow.trackId('run');
  await startChildren(api.database, [{ trackId, attempt: 1 }]);
  const track = await findTrack(api.database, trackId);
  return { flow, run: { trackId, attempt: 1, runId: track?.runId ?? '' } };
}

test('no worker gets the key of a run that is a pipeline, by whatever name it calls', async () => {
  const { run } = await startRun();
  const claim = { workerId: CHILD_WORKER, labels: ['default'], claims: [run] };
  const asOrchestrator = await post('claims', claim).expect(422);
  expect(asOrchestrator.text).not.toContain('completionKey');
  const { body } = await post('claims', { ...claim, workerId: 'w1' }).expect(200);
  expect(body.results).toEqual([{ runId: run.runId, granted: false, why: 'not_pending' }]);
});

test('no worker writes outputs of a run that is a pipeline', async () => {
  const { run } = await startRun();
  const { body } = await post('outputs', { outputs: [{ ...run, values: { result: 'forged' } }] }).expect(200);
  expect(body.refused).toEqual([{ runId: run.runId, why: 'other_run' }]);
  expect(await readTrackOutputs(api.database.dataSource, run.trackId, 1)).toEqual({});
  const chunk = { ...run, seq: 0, data: Buffer.from('forged').toString('base64') };
  expect((await post('output', { chunks: [chunk] }).expect(200)).body.refused).toHaveLength(1);
});

test('no worker keeps a run that is a pipeline alive', async () => {
  const { run } = await startRun();
  const worker = {
    id: CHILD_WORKER,
    name: 'w',
    host: 'h',
    pid: 1,
    softwareVersion: '1',
    isolationLevel: 'none',
    labels: ['default'],
    slots: 1,
    isDraining: false,
    startedAt: new Date().toISOString(),
  };
  await post('heartbeats', { worker, running: [run], reported: [] }).expect(422);
});
