import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { recordHeartbeat, recordProcess, type ProcessReport } from '@baton/database';
import { startTestFlow } from '@baton/database/testing';
import { testServers } from '@baton/devstack/testing';
import { COMPLETION_QUEUE, completionMessageSchema, connectRedis, createConsumer } from '@baton/queue';
import supertest from 'supertest';
import { createTestApi, WORKER_TOKEN, type TestApi } from '../testing.ts';

interface Answer {
  findings: { code: string; severity: string; found: string; advice: string }[];
  processes: { id: string }[];
  mysql: { version: string };
  redis: { server: string } | null;
  queues: { name: string }[] | null;
}

let api: TestApi;
beforeAll(async () => {
  api = await createTestApi();
});
afterAll(() => api.close());
beforeEach(async () => {
  await record({});
  await record({ id: 'a-1', kind: 'api', settings: { leaseMs: 15_000, heartbeatMs: 4000 } });
  await recordWorker({});
});
afterEach(async () => {
  for (const table of ['process', 'worker']) await api.database.dataSource.query(`DELETE FROM ${table}`);
});

/** An orchestrator as it should be. */
function record(changes: Partial<ProcessReport>): Promise<void> {
  return recordProcess(api.database, {
    id: 'o-1',
    kind: 'orchestrator',
    host: 'host-1',
    pid: 1,
    softwareVersion: '0.1.0',
    settings: { reconcileMs: 1000 },
    counters: {},
    clockSkewMs: 0,
    uptimeMs: 1,
    ...changes,
  });
}

function recordWorker(changes: Partial<Parameters<typeof recordHeartbeat>[1]>): Promise<void> {
  return recordHeartbeat(api.database, {
    id: 'w-1',
    name: 'worker-1',
    host: 'host-1',
    pid: 2,
    softwareVersion: '0.1.0',
    isolationLevel: 'pid-namespace',
    labels: ['default'],
    slots: 4,
    isDraining: false,
    startedAt: new Date(),
    ...changes,
  });
}

async function examine(): Promise<Answer> {
  const { body } = await api.call('get', '/api/v1/doctor').expect(200);
  return body as Answer;
}

/** What was found besides what the Redis of the tests always is. */
async function findAll(): Promise<string[]> {
  const { findings } = await examine();
  for (const { found, advice } of findings) expect([found, advice]).not.toContain('');
  return findings
    .map(({ code, severity }) => `${severity} ${code}`)
    .filter((one) => !one.endsWith('redis_not_persistent'));
}

const run = (sql: string): Promise<unknown> => api.database.dataSource.query(sql);

test('a healthy installation: what there is, and nothing found; for admins alone', async () => {
  const answer = await examine();
  expect(await findAll()).toEqual([]);
  expect(answer.processes.map(({ id }) => id).toSorted()).toEqual(['a-1', 'o-1']);
  expect(answer.mysql.version).toMatch(/^\d+\.\d+/);
  expect(answer.redis?.server).toMatch(/^(Redis|Valkey) \d/);
  expect(answer.queues?.map(({ name }) => name)).toEqual(['completions', 'children', 'tracks']);
  const worker = supertest(api.app).get('/api/v1/doctor').set('Authorization', `Bearer ${WORKER_TOKEN}`);
  await worker.expect(403);
});

/** What makes each finding, and of which process. */
const PROCESSES: Record<string, () => Promise<unknown>> = {
  'error no_orchestrator': () => run(`DELETE FROM process WHERE kind = 'orchestrator'`),
  'error no_worker': () => run('DELETE FROM worker'),
  'warning mixed_versions': () => record({ id: 'o-2', softwareVersion: '0.0.9' }),
  'warning leases_differ': () => record({ id: 'a-2', kind: 'api', settings: { leaseMs: 30_000 } }),
  'error reconcile_too_seldom': () => record({ settings: { reconcileMs: 20_000 } }),
  'warning clock_skew': () => record({ clockSkewMs: -3_600_000 }),
  'warning weak_isolation': () => recordWorker({ isolationLevel: 'process-group' }),
  'warning completions_kept': () => record({ id: 'w-1', kind: 'worker', settings: { kept: 3, oldestKeptMs: 90_000 } }),
  'error repairs_made': () => record({ counters: { 'repairs:start': 1 } }),
  'warning unknown_completions_seen': () => record({ counters: { unknown_completions: 2 } }),
  'note consumers_renewed': () => record({ counters: { 'renewed_consumers:tracks': 1 } }),
};

test.each(Object.entries(PROCESSES))('%s', async (finding, make) => {
  await make();
  expect(await findAll()).toEqual([finding]);
});

test('a clock that a worker sends is held against the database', async () => {
  const status = {
    workerId: 'w-1',
    host: 'host-1',
    pid: 2,
    softwareVersion: '0.1.0',
    uptimeMs: 5000,
    clock: new Date(Date.now() + 3_600_000).toISOString(),
    kept: 0,
    oldestKeptMs: 0,
    counters: {},
  };
  const call = supertest(api.app).post('/api/v1/worker/status').set('Authorization', `Bearer ${WORKER_TOKEN}`);
  await call.send(status).expect(204);
  const { findings } = await examine();
  expect(findings[0]?.found).toMatch(/^the clock of worker w-1 on host-1 is (3600|3599) s ahead of the database's$/);
});

test('labels that nobody serves: a note where graphs ask for them, a warning where tracks wait', async () => {
  const flow = await startTestFlow(api.database, { vertices: { A: { labels: ['gpu', 'big'] } } });
  expect(await findAll()).toEqual(['note labels_not_served']);
  await api.deps.queue.enqueueTracks(flow.toDispatch);
  const { findings } = await examine();
  const [finding] = findings;
  expect(finding).toMatchObject({ code: 'labels_not_served', severity: 'warning' });
  expect(finding?.found).toMatch(/big\+gpu, and 1 tracks wait/);
  expect(finding?.advice).toBe('start a worker with BATON_LABELS=big,gpu');
  await recordWorker({ labels: ['default', 'gpu', 'big'] });
  expect(await findAll()).toEqual([]);
  await recordWorker({ labels: ['default', 'gpu', 'big'], isDraining: true });
  expect(await findAll()).toEqual(['warning labels_not_served']);
  await run('DELETE FROM track_queue');
  await run(`UPDATE track SET due_at = NULL, awaits = 'params'`);
});

test('a queue that somebody paused, and completions that wait for long', async () => {
  const { completions } = api.deps;
  await completions.pause();
  await completions.add('late', { v: 1 }, { timestamp: Date.now() - 60_000 });
  expect(await findAll()).toEqual(['error queue_paused', 'warning completions_late']);
  await completions.resume();
  await completions.obliterate({ force: true });
  expect(await findAll()).toEqual([]);
});

test('an entry that nobody could take is shown with its reason', async () => {
  const redis = connectRedis({ url: testServers().redisUrl, prefix: 'unused' }, 'consumer', () => {}); // nothing goes away
  const { completions } = api.deps;
  const parked = new Promise<void>((resolve) => {
    const consumer = createConsumer({
      redis,
      prefix: String(completions.opts.prefix),
      queueName: COMPLETION_QUEUE,
      schema: completionMessageSchema,
      concurrency: 1,
      keepFailed: true,
      handle: async () => 'done',
      onFailed: () => void consumer.close(2000).then(resolve),
      onStuck: () => {},
    });
  });
  await completions.add('of the future', { v: 99 });
  await parked;
  redis.disconnect();
  const { findings } = await examine();
  expect(findings).toContainEqual(
    expect.objectContaining({
      code: 'messages_parked',
      severity: 'warning',
      found: expect.stringMatching(/^1 entries of queue completions are parked.*is not of a known form/s),
    }),
  );
  await completions.obliterate({ force: true });
});

test('the tables and Redis are looked at as well', async () => {
  const deps = { ...api.deps };
  await startTestFlow(api.database, { vertices: { A: {} } });
  await run(`UPDATE track SET due_at = UTC_TIMESTAMP(6) - INTERVAL 1 HOUR WHERE awaits IS NULL`);
  api.deps.readRedis = async () => {
    const settings = await deps.readRedis();
    return settings === null ? null : { ...settings, evictionPolicy: 'allkeys-lru', persistence: 'none' };
  };
  api.deps.probeRedis = async () => 'refuses_writes';
  expect((await examine()).findings.map(({ code }) => code)).toEqual([
    'redis_evicts',
    'redis_refuses_writes',
    'track_overdue',
    'redis_not_persistent',
  ]);
  api.deps.isRedisReady = () => false;
  const away = await examine();
  expect(away.findings.map(({ code }) => code)).toEqual(['redis_away', 'track_overdue']);
  expect([away.redis, away.queues]).toEqual([null, null]);
  Object.assign(api.deps, deps);
});
