import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execute, PROTOCOL, readCompletionSecret } from '@baton/database';
import { insertFlowRows, type StoredRows } from '@baton/database/testing';
import { completionKey } from '@baton/queue';
import supertest from 'supertest';
import { claimTracks } from '@baton/claims';
import { createTestApi, WORKER_TOKEN, type TestApi } from '../testing.ts';

let api: TestApi;
beforeAll(async () => {
  api = await createTestApi();
});
afterAll(() => api.close());

function post(path: string, body: object): supertest.Test {
  return supertest(api.app).post(`/api/v1/worker/${path}`).set('Authorization', `Bearer ${WORKER_TOKEN}`).send(body);
}

function newRun(trackId = 0, attempt = 1): { trackId: number; attempt: number; runId: string } {
  return { trackId, attempt, runId: randomBytes(16).toString('hex') };
}

const ip = {
  type: 'string',
  required: true,
  choices: null,
  pattern: null,
  min: null,
  max: null,
  secret: false,
  description: null,
};

async function startFlow(): Promise<StoredRows> {
  const rows = await insertFlowRows(api.database, {
    graphName: `测试-${randomBytes(4).toString('hex')}`,
    pipelineName: 'night run',
    vertices: [
      { name: 'A', script: 'ping {ip}', input: { ip }, policies: { timeoutMs: 5000, shell: 'bash' } },
      { name: 'B', policies: { labels: ['gpu'] } },
      { name: 'C' },
    ],
    states: ['PENDING', 'PENDING', 'WAITING'],
  });
  await execute(api.database.dataSource, `UPDATE track SET input = '{"ip":"127.0.0.1"}' WHERE id = ?`, [
    rows.trackIds[0],
  ]);
  return rows;
}

describe('claims', () => {
  test('a granted claim brings everything that running the script needs', async () => {
    const { trackIds, pipelineId } = await startFlow();
    const claim = newRun(trackIds[0]);
    const { body } = await post('claims', { workerId: 'w1', labels: ['default'], claims: [claim] }).expect(200);
    const secret = await readCompletionSecret(api.database);
    expect(body).toEqual({
      leaseMs: 15_000,
      results: [
        {
          runId: claim.runId,
          granted: true,
          run: expect.objectContaining({
            trackId: trackIds[0],
            attempt: 1,
            pipelineId,
            pipeline: 'night run',
            vertexId: 1,
            vertex: 'A',
            shell: 'bash',
            timeoutMs: 5000,
            graceMs: null,
            maxOutputBytes: null,
            refusal: null,
            script: 'ping 127.0.0.1',
            completionKey: completionKey(secret, claim),
          }),
        },
      ],
    });
    expect(body.results[0].run.environment).toMatchObject({
      PARAM_ip: '127.0.0.1',
      BATON_GRAPH: expect.stringMatching(/^测试-/),
      BATON_PIPELINE: 'night run',
      BATON_PIPELINE_ID: String(pipelineId),
      BATON_VERTEX: 'A',
      BATON_TRACK_ID: String(trackIds[0]),
      BATON_ATTEMPT: '1',
      BATON_RUN_ID: claim.runId,
    });
  });

  test('what cannot be claimed is refused with its reason, in the order asked', async () => {
    const { trackIds } = await startFlow();
    const claims = [newRun(trackIds[2]), newRun(trackIds[1]), newRun(99), newRun(trackIds[0], 2), newRun(trackIds[0])];
    const { body } = await post('claims', { workerId: 'w1', labels: ['default'], claims }).expect(200);
    expect(body.results.map(({ runId }: { runId: string }) => runId)).toEqual(claims.map(({ runId }) => runId));
    expect(body.results.map(({ granted, why }: { granted: boolean; why?: string }) => why ?? granted)).toEqual([
      'not_pending',
      'labels',
      'unknown_track',
      'other_attempt',
      true,
    ]);
  });

  test('of many workers that claim one attempt at once, one gets it; its repeat is granted again', async () => {
    const { trackIds } = await startFlow();
    const claims = Array.from({ length: 16 }, () => newRun(trackIds[0]));
    const claimOne = async (index: number): Promise<boolean> => {
      const claim = claims[index];
      const { body } = await post('claims', { workerId: `w${index}`, labels: ['default'], claims: [claim] }).expect(
        200,
      );
      return body.results[0].granted;
    };
    const granted = await Promise.all(claims.map((_, index) => claimOne(index)));
    expect(granted.filter(Boolean)).toHaveLength(1);
    expect(await claimOne(granted.indexOf(true))).toBe(true);
    expect(await claimOne(granted.indexOf(false))).toBe(false);
  });

  test('a script that cannot be rendered is handed out as a refusal, so that its track ends', async () => {
    const { trackIds } = await startFlow();
    const render = (): never => {
      throw new Error('no place for ip');
    };
    const request = { workerId: 'w1', labels: ['default'], leaseMs: 15_000, claims: [newRun(trackIds[0])] };
    expect(await claimTracks(api.deps, request, render)).toMatchObject([
      { granted: true, run: { script: '', refusal: 'the script could not be rendered: no place for ip' } },
    ]);
  });
});

describe('heartbeats', () => {
  const worker = {
    id: 'w-heart',
    name: 'alpha',
    host: 'h',
    pid: 7,
    softwareVersion: '0.1.0',
    isolationLevel: 'namespace',
    labels: ['gpu', 'linux'],
    slots: 4,
    isDraining: false,
    startedAt: '2026-11-01T00:00:00.000Z',
  };

  test('leases are renewed, lost runs and cancelled ones named, applied reports forgotten', async () => {
    const { trackIds } = await startFlow();
    const [held, foreign] = [newRun(trackIds[0]), newRun(trackIds[2])];
    await post('claims', { workerId: worker.id, labels: ['default'], claims: [held] }).expect(200);
    const before = await leaseOf(held.trackId);
    const beat = { worker, running: [held, foreign], reported: [foreign] };
    const { body } = await post('heartbeats', beat).expect(200);
    expect(body).toMatchObject({ leaseMs: 15_000, heartbeatMs: 4000, protocol: PROTOCOL, applied: [] });
    expect(body.running).toEqual([
      { runId: held.runId, state: 'held' },
      { runId: foreign.runId, state: 'lost' },
    ]);
    expect((await leaseOf(held.trackId)).getTime()).toBeGreaterThan(before.getTime());
    await execute(api.database.dataSource, 'UPDATE track SET cancel_requested_at = UTC_TIMESTAMP(6) WHERE id = ?', [
      held.trackId,
    ]);
    await execute(
      api.database.dataSource,
      `INSERT INTO stale_completion (track_id, attempt, run_id, why, completion, received_at)
        VALUES (?, 1, ?, 'not_running', '{}', UTC_TIMESTAMP(6))`,
      [foreign.trackId, foreign.runId],
    );
    const second = await post('heartbeats', beat).expect(200);
    expect(second.body.running[0]).toEqual({ runId: held.runId, state: 'cancel' });
    expect(second.body.applied).toEqual([foreign.runId]);
    const workers = await api.call('get', '/api/v1/workers').expect(200);
    expect(workers.body.items).toEqual([
      {
        ...worker,
        problem: null,
        isAlive: true,
        seenAt: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
        running: [expect.objectContaining({ trackId: held.trackId, vertex: 'A', pipeline: 'night run' })],
      },
    ]);
  });

  test('a worker of a newer version may say more than this API knows', async () => {
    const { trackIds } = await startFlow();
    const run = newRun(trackIds[0]);
    await post('claims', { workerId: worker.id, labels: ['default'], claims: [run] }).expect(200);
    const runs = [{ ...run, more: 1 }];
    const beat = { worker: { ...worker, more: { deep: [1] } }, running: runs, reported: runs, more: 'still' };
    const { body } = await post('heartbeats', beat).expect(200);
    expect(body.running).toEqual([{ runId: run.runId, state: 'held' }]);
    const badRun = { ...beat, running: [{ ...run, attempt: 0 }] };
    expect((await post('heartbeats', badRun).expect(422)).body.problems).toHaveLength(1);
  });

  test('a worker is told the queues whose labels it all serves', async () => {
    await execute(
      api.database.dataSource,
      `INSERT IGNORE INTO track_queue VALUES ('gpu', UTC_TIMESTAMP(6)), ('gpu+linux', UTC_TIMESTAMP(6)), ('arm+gpu', UTC_TIMESTAMP(6))`,
    );
    const queuesOf = async (labels: string[]): Promise<string[]> => {
      const beat = { worker: { ...worker, labels }, running: [], reported: [] };
      return (await post('heartbeats', beat).expect(200)).body.queues;
    };
    expect(await queuesOf(['gpu', 'linux'])).toEqual(['gpu', 'gpu+linux']);
    expect(await queuesOf(['default'])).toEqual(['default']);
    expect(await queuesOf(['gpu', 'arm', 'default'])).toEqual(['default', 'arm+gpu', 'gpu']);
  });

  async function leaseOf(trackId: number): Promise<Date> {
    const [row] = await api.database.dataSource.query('SELECT due_at AS dueAt FROM track WHERE id = ?', [trackId]);
    return row.dueAt;
  }
});

describe('output', () => {
  test('is stored once, for the run that holds the attempt', async () => {
    const { trackIds } = await startFlow();
    const run = newRun(trackIds[0]);
    await post('claims', { workerId: 'w1', labels: ['default'], claims: [run] }).expect(200);
    const chunk = { ...run, seq: 0, data: Buffer.from('héllo\n').toString('base64') };
    const foreign = { ...newRun(trackIds[0]), seq: 1, data: 'AAAA' };
    await post('output', { chunks: [chunk] }).expect(200, { refused: [] });
    const { body } = await post('output', { chunks: [chunk, foreign] }).expect(200);
    expect(body).toEqual({ refused: [{ runId: foreign.runId, why: 'other_run' }] });
    const { text } = await api.call('get', `/api/v1/tracks/${trackIds[0]}/output`).expect(200);
    expect(text).toBe('héllo\n');
  });

  test.each([
    ['not base64', { seq: 0, data: 'a?==' }],
    ['half a group', { seq: 0, data: 'abc' }],
    ['a negative place', { seq: -1, data: '' }],
    ['too many bytes', { seq: 0, data: 'A'.repeat(1_400_000) }],
  ])('%s is refused', async (_name, piece) => {
    const { body } = await post('output', { chunks: [{ ...newRun(1), ...piece }] }).expect(422);
    expect(body).toMatchObject({
      code: 'invalid_request',
      problems: [{ pointer: expect.stringMatching(/^\/chunks\/0/) }],
    });
  });
});
