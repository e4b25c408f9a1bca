import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { applyPersonAction, execute, selectRows, startChildren } from '@baton/database';
import { trackIdOf } from '@baton/domain';
import { applyAction } from '../apply-action.ts';
import { createTestApi, type TestApi } from '../testing.ts';
import { startApiFlow, startChildOf, type ApiFlow } from '../testing-flow.ts';

let api: TestApi;
beforeAll(async () => {
  api = await createTestApi();
});
afterAll(() => api.close());

/** A pipeline with two tracks that run pipelines. @returns it, and their ids */
async function startParent(): Promise<{ flow: ApiFlow; children: number[] }> {
  const { body: graph } = await api
    .call('post', '/api/v1/graphs')
    .send({ name: 'inner', vertices: [{ name: 'S', script: 'true' }] })
    .expect(201);
  const runs = ['first', 'second'].map((name) => ({ name, script: undefined, pipeline: { graph: graph.name } }));
  const flow = await startApiFlow(api, { graph: { vertices: runs as never } });
  const trackIds = ['first', 'second'].map((name) => flow.trackId(name));
  await startChildren(
    api.database,
    trackIds.map((trackId) => ({ trackId, attempt: 1 })),
  );
  const sql = 'SELECT id FROM pipeline WHERE parent_track_id IN (?) ORDER BY parent_track_id';
  const rows = await selectRows<{ id: number }>(api.database.dataSource, sql, [trackIds]);
  return { flow, children: rows.map(({ id }) => id) };
}

/** Until somebody asks for the lock of a pipeline that is locked. */
async function waitForLockWait(pipelineId: number): Promise<void> {
  const sql = 'SELECT COUNT(*) AS count FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE ?';
  for (let look = 0; look < 1000; look += 1) {
    const waiting = `SELECT p.id%IN (${pipelineId})%FOR UPDATE`;
    const [row] = await selectRows<{ count: number }>(api.database.dataSource, sql, [waiting]);
    if (Number(row?.count) > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('expected somebody to wait for the lock, found nobody');
}

test('a child that ends while its parent is paused keeps neither the parent nor other children from that', async () => {
  const { flow, children } = await startParent();
  const [first = 0, second = 0] = children;
  const ending = api.database.dataSource.createQueryRunner();
  await ending.startTransaction();
  await execute(ending, `UPDATE pipeline SET state = 'FAILED', finished_at = UTC_TIMESTAMP(6) WHERE id = ?`, [first]);
  const answer = flow.control('pause').then((response) => response);
  await waitForLockWait(first);
  await ending.commitTransaction();
  await ending.release();
  expect(await answer).toMatchObject({ status: 200, body: { state: 'PAUSED' } });
  const { body } = await api.call('get', `/api/v1/pipelines/${second}`).expect(200);
  expect(body.state).toBe('PAUSED');
});

test('a pause that broke off on its way down goes all the way when it is asked for again', async () => {
  await api
    .call('post', '/api/v1/graphs')
    .send({ name: 'lowest', vertices: [{ name: 'S', script: 'true' }] })
    .expect(201);
  await api
    .call('post', '/api/v1/graphs')
    .send({ name: 'middle', vertices: [{ name: 'M', pipeline: { graph: 'lowest' } }] })
    .expect(201);
  const flow = await startApiFlow(api, {
    graph: { vertices: [{ name: 'top', script: undefined, pipeline: { graph: 'middle' } }] as never },
  });
  const middle = await startChildOf(api, flow.trackId('top'));
  const lowest = await startChildOf(api, trackIdOf(middle, 1));
  for (const [kind, state] of [
    ['pause', 'PAUSED'],
    ['resume', 'RUNNING'],
  ] as const) {
    const action = { actor: 'alice', reason: null, actionId: `broken-off-${kind}` };
    // As far as the process came that died: the two above, not the one below.
    for (const pipelineId of [flow.pipelineId, middle]) {
      await applyPersonAction(api.database, { pipelineId, event: { kind } }, action);
    }
    await applyAction(api.deps, { pipelineId: flow.pipelineId, event: { kind } }, { ...action, key: null });
    const { body } = await api.call('get', `/api/v1/pipelines/${lowest}`).expect(200);
    expect(body.state).toBe(state);
  }
});
