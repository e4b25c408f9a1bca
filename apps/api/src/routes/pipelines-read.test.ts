import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execute, recordHeartbeat } from '@baton/database';
import { insertFlowRows, insertGraphRows, insertPipelineRows } from '@baton/database/testing';
import { createTestApi, type TestApi } from '../testing.ts';

let api: TestApi;
beforeAll(async () => {
  api = await createTestApi();
});
afterAll(() => api.close());

function declare(changes: object): object {
  return {
    type: 'string',
    required: false,
    choices: null,
    pattern: null,
    min: null,
    max: null,
    secret: false,
    ...changes,
  };
}
const password = declare({ secret: true });
const host = declare({ required: true });
const vertices = [
  { name: 'build', script: 'make', input: {} },
  { name: 'deploy', script: 'push {host}', input: { host, password } },
  { name: '通知', script: 'echo done' },
];
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('pipelines', () => {
  test('one is shown with counts, and with secrets masked wherever they may have gone', async () => {
    const { pipelineId } = await insertFlowRows(api.database, {
      graphName: 'release',
      pipelineName: 'release 1.2',
      params: { host: 'h1', password: 'hunter2', 'deploy.password': 'hunter3', 'build.password': 'shown' },
      vertices,
      states: ['SUCCEED', 'RUNNING', 'WAITING'],
    });
    const { body, text } = await api.call('get', `/api/v1/pipelines/${pipelineId}`).expect(200);
    expect(body).toMatchObject({
      id: pipelineId,
      graph: 'release',
      version: 1,
      name: 'release 1.2',
      state: 'RUNNING',
      mode: 'auto',
      onFailure: 'stop',
      priority: 0,
      reason: null,
      totalTracks: 3,
      openTracks: 2,
      createdBy: 'test',
      parentTrackId: null,
      deadlineAt: null,
      scheduleId: null,
      scheduledFor: null,
      params: { host: 'h1', password: '***', 'deploy.password': '***', 'build.password': 'shown' },
      counts: { WAITING: 1, PENDING: 0, RUNNING: 1, SUCCEED: 1, FAILED: 0, SKIPPED: 0, CANCELLED: 0 },
      createdAt: expect.stringMatching(ISO),
      finishedAt: null,
    });
    expect(text).not.toContain('hunter');
    const list = await api.call('get', '/api/v1/pipelines').expect(200);
    expect(list.text).not.toContain('hunter');
  });

  test('the list is filtered and goes from page to page, by the cursor or by the Link header', async () => {
    const graph = await insertGraphRows(api.database, { graphName: 'paged', vertices });
    const ids: number[] = [];
    for (const pipelineState of ['RUNNING', 'FAILED', 'FINISH', 'FAILED', 'FAILED'] as const) {
      ids.push((await insertPipelineRows(api.database, graph, { vertices, pipelineState })).pipelineId);
    }
    const seen: number[][] = [];
    let path: string | undefined = '/api/v1/pipelines?graph=paged&state=FAILED&state=RUNNING&limit=3';
    while (path !== undefined) {
      const { body, headers }: { body: { items: { id: number }[]; nextCursor: string | null }; headers: Headers } =
        await api.call('get', path).expect(200);
      seen.push(body.items.map(({ id }) => id));
      path = /^<(.*)>; rel="next"$/.exec(headers.link ?? '')?.[1];
      expect(body.nextCursor === null).toBe(path === undefined);
    }
    expect(seen).toEqual([[ids[4], ids[3], ids[1]], [ids[0]]]);
    const byId = await api.call('get', `/api/v1/pipelines?graph=${graph.graphId}&state=FINISH`).expect(200);
    expect(byId.body.items).toMatchObject([{ id: ids[2], finishedAt: expect.stringMatching(ISO) }]);
    const since = await api.call('get', '/api/v1/pipelines?graph=paged&createdAfter=2999-01-01T00:00:00Z').expect(200);
    expect(since.body).toEqual({ items: [], nextCursor: null });
  });

  interface Headers {
    link?: string;
  }

  test.each([
    ['/api/v1/pipelines/4000000', 404, 'pipeline_not_found'],
    ['/api/v1/pipelines/4000000/tracks', 404, 'pipeline_not_found'],
    ['/api/v1/pipelines/x', 422, 'invalid_request'],
    ['/api/v1/pipelines?graph=nowhere', 404, 'graph_not_found'],
    ['/api/v1/pipelines?state=running', 422, 'invalid_request'],
    ['/api/v1/pipelines?limit=201', 422, 'invalid_request'],
    ['/api/v1/pipelines?cursor=0%20OR%201', 422, 'invalid_request'],
    ['/api/v1/pipelines?createdAfter=yesterday', 422, 'invalid_request'],
    ['/api/v1/pipelines?stat=RUNNING', 422, 'invalid_request'],
    ['/api/v1/tracks/4194305999', 404, 'track_not_found'],
    ['/api/v1/tracks/0', 422, 'invalid_request'],
    ['/api/v1/tracks/4194305999/output', 404, 'track_not_found'],
  ])('GET %s is refused with %d %s', async (path, status, code) => {
    const { body } = await api.call('get', path).expect(status);
    expect(body.code).toBe(code);
  });
});

describe('tracks', () => {
  test('a track of the list has what SPEC section 4 names', async () => {
    const { pipelineId, trackIds } = await insertFlowRows(api.database, {
      pipelineName: 'p',
      vertices,
      states: ['SUCCEED', 'PENDING', 'WAITING'],
    });
    await execute(
      api.database.dataSource,
      `UPDATE track SET input = '{"host":"10.0.0.1","password":"hunter2"}' WHERE id = ?`,
      [trackIds[1]],
    );
    const { body } = await api.call('get', `/api/v1/pipelines/${pipelineId}/tracks?state=PENDING`).expect(200);
    expect(body).toEqual({
      items: [
        {
          id: trackIds[1],
          pipelineId,
          pipeline: 'p',
          pipelineState: 'RUNNING',
          vertexId: 2,
          vertex: 'deploy',
          state: 'PENDING',
          attempt: 1,
          awaits: null,
          gate: null,
          gateDecision: null,
          choice: null,
          chosen: null,
          exitCode: null,
          reason: null,
          detail: null,
          childPipelineId: null,
          worker: null,
          input: { host: '10.0.0.1', password: '***' },
          script: 'push 10.0.0.1',
          pendingAt: expect.stringMatching(ISO),
          notBefore: null,
          expiresAt: null,
          startedAt: null,
          finishedAt: null,
        },
      ],
      nextCursor: null,
    });
    const first = await api.call('get', `/api/v1/pipelines/${pipelineId}/tracks?limit=2`).expect(200);
    expect(first.body.items.map(({ vertex }: { vertex: string }) => vertex)).toEqual(['build', 'deploy']);
    const rest = await api.call('get', `/api/v1/pipelines/${pipelineId}/tracks?cursor=${first.body.nextCursor}`);
    expect(rest.body.items.map(({ vertex }: { vertex: string }) => vertex)).toEqual(['通知']);
  });

  test('a track whose values are missing shows its script as the graph has it', async () => {
    const { trackIds } = await insertFlowRows(api.database, { vertices });
    await execute(api.database.dataSource, `UPDATE track SET awaits = 'params', due_at = NULL WHERE id = ?`, [
      trackIds[1],
    ]);
    const { body } = await api.call('get', `/api/v1/tracks/${trackIds[1]}`).expect(200);
    expect(body).toMatchObject({ awaits: 'params', script: 'push {host}', input: {}, attempts: [] });
  });

  test('one track has its attempts, the running one last, and how many reports were stale', async () => {
    const { trackIds, runIds } = await insertFlowRows(api.database, {
      vertices,
      states: ['RUNNING'],
      workerId: 'w-1',
    });
    const [trackId = 0] = trackIds;
    await recordHeartbeat(api.database, {
      id: 'w-1',
      name: 'alpha',
      host: 'h',
      pid: 1,
      softwareVersion: '0.1.0',
      isolationLevel: 'namespace',
      labels: ['default'],
      slots: 1,
      isDraining: false,
      startedAt: new Date(),
    });
    await execute(api.database.dataSource, 'UPDATE track SET attempt = 2 WHERE id = ?', [trackId]);
    await execute(
      api.database.dataSource,
      `INSERT INTO attempt (track_id, attempt, run_id, worker_id, result, exit_code, pending_at, started_at, finished_at,
          duration_ms, output_bytes, cut_bytes)
        VALUES (?, 1, 'the-first-run-of-it', 'w-gone', 'exit_code', 3, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), 12, 5, 7)`,
      [trackId],
    );
    const { body } = await api.call('get', `/api/v1/tracks/${trackId}`).expect(200);
    expect(body).toMatchObject({ state: 'RUNNING', attempt: 2, worker: 'alpha', staleCompletions: 0 });
    expect(body.attempts).toEqual([
      {
        attempt: 1,
        runId: 'the-first-run-of-it',
        worker: 'w-gone',
        result: 'exit_code',
        exitCode: 3,
        signal: null,
        detail: null,
        durationMs: 12,
        outputBytes: 5,
        cutBytes: 7,
        startedAt: expect.stringMatching(ISO),
        finishedAt: expect.stringMatching(ISO),
      },
      {
        attempt: 2,
        runId: runIds.get(trackId),
        worker: 'alpha',
        result: null,
        exitCode: null,
        signal: null,
        detail: null,
        durationMs: null,
        outputBytes: null,
        cutBytes: null,
        startedAt: expect.stringMatching(ISO),
        finishedAt: null,
      },
    ]);
  });
});
