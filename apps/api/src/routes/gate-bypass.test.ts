import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fireSchedule, startChildren, startQueuedFire, type Fired } from '@baton/database';
import { createTestApi, type TestApi } from '../testing.ts';
import { as, flowOf, makeToken, startApiFlow, type ApiFlow } from '../testing-flow.ts';

/* Ways around a gate: whoever may not approve may not bring about otherwise what an approval does. */

let api: TestApi;
let olga: string;
let lena: string;
beforeAll(async () => {
  api = await createTestApi();
  olga = await makeToken(api, { name: 'olga', scopes: ['operate'] });
  lena = await makeToken(api, { name: 'lena', scopes: ['operate'], roles: ['lead'] });
});
afterAll(() => api.close());

/** Build and a gate before Deploy. */
function startGated(gate: object, token?: string): Promise<ApiFlow> {
  const vertices = [{ name: 'Build' }, { name: 'Gate', gate }, { name: 'Deploy' }];
  const edges = [
    ['Build', 'Gate'],
    ['Gate', 'Deploy'],
    ['Build', 'Deploy'],
  ];
  return startApiFlow(api, { graph: { vertices, edges }, ...(token === undefined ? {} : { token }) });
}

const act = (token: string, flow: ApiFlow, step: string, body: object = {}): ReturnType<TestApi['call']> =>
  as(api, token, 'post', `/api/v1/tracks/${flow.trackId('Gate')}/${step}`).send(body);

describe('skipping and forcing', () => {
  test('a gated track is for its approvers', async () => {
    const flow = await startGated({ approvers: ['role:lead'] });
    expect((await act(olga, flow, 'skip').expect(403)).body.code).toBe('not_an_approver');
    await flow.run(['Build']);
    for (const step of ['skip', 'succeed']) {
      const { body } = await act(olga, flow, step).expect(403);
      expect(body).toMatchObject({ code: 'not_an_approver', detail: expect.stringContaining('role:lead') });
    }
    expect(await flow.states()).toEqual({ Build: 'SUCCEED', Gate: 'PENDING approval', Deploy: 'WAITING' });
    await act(lena, flow, 'succeed').expect(200);
    expect(await flow.states()).toMatchObject({ Gate: 'SUCCEED', Deploy: 'PENDING' });
  });

  test('nor after a rejection, or a cancel', async () => {
    const rejected = await startGated({ approvers: ['role:lead'], onReject: 'fail' });
    await rejected.run(['Build']);
    await act(lena, rejected, 'reject').expect(200);
    await act(olga, rejected, 'succeed').expect(403);
    const cancelled = await startGated({ approvers: ['role:lead'] });
    await cancelled.run(['Build']);
    await act(olga, cancelled, 'cancel').expect(200);
    await act(olga, cancelled, 'succeed').expect(403);
    await act(olga, cancelled, 'skip').expect(403);
  });

  test('what was approved is for whoever may operate', async () => {
    const flow = await startGated({ approvers: ['role:lead'] });
    await flow.run(['Build']);
    await act(lena, flow, 'approve').expect(200);
    await flow.run(['Gate'], { outcome: 'exited', exitCode: 1 });
    await act(olga, flow, 'succeed').expect(200);
  });

  test('not by who started the pipeline, where the gate forbids that', async () => {
    const flow = await startGated({ forbidSelfApproval: true }, olga);
    await flow.run(['Build']);
    for (const step of ['skip', 'succeed']) {
      expect((await act(olga, flow, step).expect(403)).body.code).toBe('self_approval_forbidden');
    }
    await act(lena, flow, 'skip').expect(200);
  });
});

describe('approving what one started oneself', () => {
  const gate = { forbidSelfApproval: true };
  const input = { image: { type: 'string', default: 'stable' } };

  /** @returns the name of a graph with a gate before its only vertex */
  async function storeGated(): Promise<string> {
    const flow = await startApiFlow(api, { graph: { vertices: [{ name: 'Gate', gate, input }] } });
    return (await api.call('get', `/api/v1/pipelines/${flow.pipelineId}`).expect(200)).body.graph;
  }

  async function expectRefused(flow: ApiFlow): Promise<void> {
    expect((await act(olga, flow, 'approve').expect(403)).body.code).toBe('self_approval_forbidden');
    const { body } = await as(api, olga, 'get', '/api/v1/inbox?limit=200').expect(200);
    const item = body.items.find(({ trackId }: { trackId: number }) => trackId === flow.trackId('Gate'));
    expect(item.me).toBe(false);
    const mine = await as(api, olga, 'get', '/api/v1/inbox?mine=true&limit=200').expect(200);
    expect(mine.body.items.map(({ trackId }: { trackId: number }) => trackId)).not.toContain(flow.trackId('Gate'));
    await act(lena, flow, 'approve').expect(200);
  }

  test('by a schedule that one made, also when it is gone', async () => {
    const request = { name: 'every minute', cron: '* * * * *', graph: await storeGated(), params: { image: 'evil' } };
    const made = await as(api, olga, 'post', '/api/v1/schedules').send(request).expect(201);
    const fired = await fireSchedule(api.database, made.body.id, { now: new Date(made.body.nextDueTimes[0]) });
    const pipelineId = fired.kind === 'decided' ? fired.fires[0]?.pipelineId : null;
    await api.call('delete', `/api/v1/schedules/${made.body.id}`).expect(204);
    const flow = await flowOf(api, pipelineId ?? 0);
    await expectRefused(flow);
    const history = await api.call('get', `/api/v1/pipelines/${flow.pipelineId}/history`).expect(200);
    expect(history.body.items[0]).toMatchObject({ kind: 'start', actor: 'olga', reason: 'schedule every minute' });
  });

  /** The pipeline that a schedule has just started. */
  const startedBy = (fired: Fired): Promise<ApiFlow> =>
    flowOf(api, (fired.kind === 'decided' ? fired.fires[0]?.pipelineId : null) ?? 0);

  test("by somebody else's schedule that one changed, whoever changed it after that", async () => {
    const request = { name: 'of lena', cron: '* * * * *', graph: await storeGated() };
    const { body } = await as(api, lena, 'post', '/api/v1/schedules').send(request).expect(201);
    const patches: [string, object][] = [
      [olga, { params: { image: 'evil' } }],
      [lena, { overlap: 'allow' }],
    ];
    for (const [token, patch] of patches) {
      await as(api, token, 'patch', `/api/v1/schedules/${body.id}`).send(patch).expect(200);
    }
    const now = new Date(body.nextDueTimes[0]);
    const flow = await startedBy(await fireSchedule(api.database, body.id, { now }));
    expect((await act(olga, flow, 'approve').expect(403)).body.code).toBe('self_approval_forbidden');
    await act(lena, flow, 'approve').expect(403);
    await flow.decide('Gate', 'approve').expect(200);
    const { items } = (await api.call('get', `/api/v1/pipelines/${flow.pipelineId}/history`).expect(200)).body;
    expect(items.slice(0, 2)).toMatchObject([
      { kind: 'start', actor: 'lena', reason: 'schedule of lena' },
      { kind: 'start', actor: 'olga', reason: 'changed the schedule of lena' },
    ]);
  });

  test("by a backfill of somebody else's schedule", async () => {
    const request = { name: 'of the admin', cron: '* * * * *', graph: await storeGated() };
    const { body } = await api.call('post', '/api/v1/schedules').send(request).expect(201);
    const range = { from: '2026-01-01T00:00:00Z', to: '2026-01-01T00:01:00Z' };
    await as(api, olga, 'post', `/api/v1/schedules/${body.id}/backfill`).send(range).expect(200);
    const head = { scheduleId: body.id, lane: 'backfill' } as const;
    await expectRefused(await startedBy(await startQueuedFire(api.database, head, { now: new Date() })));
  });

  test('by giving a track its parameters', async () => {
    const asked = { name: 'Gate', gate, input: { image: { type: 'string', required: true } }, onMissing: 'ask' };
    const flow = await startApiFlow(api, { graph: { vertices: [asked] } });
    await act(olga, flow, 'params', { params: { image: 'evil' } }).expect(200);
    await expectRefused(flow);
  });

  test("by running somebody else's pipeline again with other parameters", async () => {
    const graph = await storeGated();
    const { body } = await as(api, lena, 'post', '/api/v1/pipelines').send({ graph }).expect(202);
    const flow = await flowOf(api, body.id);
    await act(lena, flow, 'reject').expect(403);
    await act(olga, flow, 'reject').expect(200);
    await act(olga, flow, 'retry', { params: { image: 'evil' } }).expect(200);
    expect((await act(olga, flow, 'approve').expect(403)).body.code).toBe('self_approval_forbidden');
    await flow.decide('Gate', 'approve').expect(200);
  });

  test('by a pipeline that runs the one with the gate', async () => {
    const vertices = [{ name: 'run', script: '', pipeline: { graph: await storeGated() } }];
    const above = await startApiFlow(api, { graph: { vertices }, token: olga });
    await startChildren(api.database, [{ trackId: above.trackId('run'), attempt: 1 }]);
    const track = await api.call('get', `/api/v1/tracks/${above.trackId('run')}`).expect(200);
    await expectRefused(await flowOf(api, track.body.childPipelineId));
  });
});
