import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { recordProcess } from '@baton/database';
import { startTestFlow } from '@baton/database/testing';
import { createLegTimes } from '@baton/service';
import supertest from 'supertest';
import { createTestApi, WORKER_TOKEN, type TestApi } from './testing.ts';

let api: TestApi;
beforeAll(async () => {
  api = await createTestApi();
});
afterAll(() => api.close());

async function readMetrics(): Promise<string> {
  const { text } = await api.call('get', '/metrics').expect(200);
  return text;
}

/** As a worker sends it. */
const status = {
  workerId: 'w-1',
  host: 'a',
  pid: 7,
  softwareVersion: '0.1.0',
  uptimeMs: 5000,
  clock: new Date().toISOString(),
  kept: 2,
  oldestKeptMs: 900,
  counters: { 'renewed_consumers:tracks': 1, 'of a newer version': 5 },
};

test('what processes count is shown by process, also what an orchestrator without a port counts', async () => {
  await recordProcess(api.database, {
    id: 'o-1',
    kind: 'orchestrator',
    host: 'b',
    pid: 8,
    softwareVersion: '0.1.0',
    settings: {},
    counters: { 'repairs:start': 2, lease_expiries: 3, 'transaction_retries:deadlock': 4 },
    clockSkewMs: 0,
    uptimeMs: 1,
  });
  const authorized = supertest(api.app).post('/api/v1/worker/status').set('Authorization', `Bearer ${WORKER_TOKEN}`);
  await authorized.send(status).expect(204);
  const text = await readMetrics();
  for (const line of [
    'baton_repairs_total{process="o-1",kind="orchestrator",repair="start"} 2',
    'baton_lease_expiries_total{process="o-1",kind="orchestrator"} 3',
    'baton_transaction_retries_total{process="o-1",kind="orchestrator",cause="deadlock"} 4',
    'baton_renewed_consumers_total{process="w-1",kind="worker",queue="tracks"} 1',
    'baton_redis_up 1',
    'baton_redis_writable 1',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
  expect((await readMetrics()).match(/baton_lease_expiries_total\{.*\} 3/g)).toHaveLength(1);
});

test('how long each leg takes is a histogram, for each process', async () => {
  const legs = createLegTimes();
  for (const ms of [0.4, 3, 3, 60_000]) legs.observe('applied', ms);
  const report = { kind: 'orchestrator' as const, host: 'b', pid: 9, softwareVersion: '0.1.0', settings: {} };
  await recordProcess(api.database, { ...report, id: 'o-2', counters: legs.read(), clockSkewMs: 0, uptimeMs: 1 });
  const text = await readMetrics();
  expect(text).toMatch(/^# TYPE baton_leg_seconds histogram$/m);
  const buckets = [
    ...text.matchAll(
      /^baton_leg_seconds_bucket\{le="([^"]+)",leg="applied",process="o-2",kind="orchestrator"\} (\d+)$/gm,
    ),
  ];
  const counts = new Map(buckets.map(([, bound, count]) => [bound, Number(count)]));
  expect([
    counts.get('0.0005'),
    counts.get('0.002'),
    counts.get('0.005'),
    counts.get('30'),
    counts.get('+Inf'),
  ]).toEqual([1, 1, 3, 3, 4]);
  expect(text).toMatch(/^baton_leg_seconds_sum\{leg="applied",process="o-2",kind="orchestrator"\} 60\.0064$/m);
  expect(text).toMatch(/^baton_leg_seconds_count\{leg="applied",process="o-2",kind="orchestrator"\} 4$/m);
});

test('how long tracks wait for workers and for persons, and what is in the queues', async () => {
  const flow = await startTestFlow(api.database, { vertices: { A: {}, B: {} }, held: ['B'] });
  await api.database.dataSource.query(
    'UPDATE track SET pending_at = pending_at - INTERVAL 1 HOUR, due_at = NULL WHERE pipeline_id = ?',
    [flow.pipelineId],
  );
  await api.deps.queue.enqueueTracks(flow.toDispatch);
  await api.deps.completions.add('strange', { v: 99 });
  const text = await readMetrics();
  expect(Number(/^baton_oldest_pending_seconds (\S+)$/m.exec(text)?.[1])).toBeGreaterThan(3599);
  expect(Number(/^baton_oldest_undecided_seconds (\S+)$/m.exec(text)?.[1])).toBeGreaterThan(3599);
  expect(text).toMatch(/^baton_queue_entries\{queue="tracks"\} 1$/m);
  expect(text).toMatch(/^baton_queue_entries\{queue="completions"\} 1$/m);
  expect(text).toMatch(/^baton_queue_parked_entries\{queue="completions"\} 0$/m);
});
