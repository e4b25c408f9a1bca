import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { findProcesses, findWorkers, startReporting } from '@baton/database';
import { readPipeline, readStates, startTestFlow, type TestFlow } from '@baton/database/testing';
import { testServers } from '@baton/devstack/testing';
import { createCompletionQueue, type CompletionQueue } from '@baton/queue';
import { startOrchestrator } from './start-orchestrator.ts';
import { createTestDeps, createTestLogger, runToMessages, type TestDeps } from './testing.ts';
import { completionKey } from '@baton/queue';

let deps: TestDeps;
let completions: CompletionQueue;
beforeAll(async () => {
  deps = await createTestDeps();
  completions = createCompletionQueue(deps.redis, deps.redisPrefix);
});
afterAll(async () => {
  await completions.queue.obliterate({ force: true });
  await completions.close();
  await deps.trackQueue.queueOf('default').obliterate({ force: true });
  await deps.close();
});

function start(events: string[] = [], reconcileMs = 50): ReturnType<typeof startOrchestrator> {
  const config = {
    BATON_MYSQL_URL: deps.database.url,
    BATON_REDIS_URL: testServers().redisUrl,
    BATON_REDIS_PREFIX: deps.redisPrefix,
    BATON_RECONCILE_MS: reconcileMs,
    BATON_HAND_OVER: 'on' as const,
    BATON_COMPLETION_BATCH: 20,
    BATON_WORKER_KEEP_MS: 3_600_000,
    BATON_CRITICAL_PATH: 'on' as const,
    BATON_LOG_LEVEL: 'info' as const,
  };
  return startOrchestrator(config, createTestLogger(events));
}

/** Connections of the database of this test, and those of Redis, that servers know of. */
async function countConnections(): Promise<{ mysql: number; redis: number }> {
  const processes = (await deps.database.dataSource.query('SHOW PROCESSLIST')) as { db: string | null }[];
  const list = String(await deps.redis.client('LIST'));
  return {
    mysql: processes.filter(({ db }) => db === new URL(deps.database.url).pathname.slice(1)).length,
    redis: list.split('\n').filter((line) => line.includes(`name=${deps.redisPrefix}`)).length,
  };
}

/** Asks again until the answer is yes. @throws Error after five seconds */
async function waitUntil(ask: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!(await ask())) {
    if (performance.now() > deadline) throw new Error('not within five seconds');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function report(flow: TestFlow, names: readonly string[]): Promise<void> {
  const messages = await runToMessages(deps.secret, flow, names);
  for (const { completion } of messages.flatMap(({ completions: own }) => own)) {
    await completions.reportCompletion(completion, completionKey(deps.secret, completion), 1);
  }
}

test('completions from the queue drive a pipeline to its end', async () => {
  const service = await start();
  const flow = await startTestFlow(deps.database, { edges: ['A->B', 'A->C', 'C->B', 'B->D'] });
  for (const [name, next] of [
    ['A', 'C'],
    ['C', 'B'],
    ['B', 'D'],
  ] as const) {
    await report(flow, [name]);
    await waitUntil(async () => (await readStates(flow))[next] === 'PENDING');
  }
  await report(flow, ['D']);
  await waitUntil(async () => (await readPipeline(flow)).state === 'FINISH');
  await service.stop();
});

test('a completion that its claim did not sign is parked where people see it', async () => {
  const events: string[] = [];
  const service = await start(events);
  const flow = await startTestFlow(deps.database, { vertices: { A: {} } });
  const [signed] = (await runToMessages(deps.secret, flow, ['A']))[0]?.completions ?? [];
  if (signed === undefined) throw new Error('one claim, one message');
  const { completion } = signed;
  await completions.reportCompletion(completion, 'another key', 1);
  await waitUntil(async () => (await completions.queue.getFailedCount()) === 1);
  expect((await completions.queue.getFailed())[0]?.failedReason).toMatch(/is not signed by its claim/);
  expect(await readStates(flow)).toEqual({ A: 'RUNNING' });
  await completions.reportCompletion(completion, completionKey(deps.secret, completion), 2);
  await waitUntil(async () => (await readPipeline(flow)).state === 'FINISH');
  await service.stop();
  expect(events).toContain('completion_parked');
  const [report] = await findProcesses(deps.database, 60_000);
  expect(report).toMatchObject({ kind: 'orchestrator', isAlive: false, settings: { protocol: 3, reconcileMs: 50 } });
});

test('entries of one completion and of several are understood, and a forged one among several parks its entry alone', async () => {
  const service = await start();
  const flow = await startTestFlow(deps.database, { vertices: { A: {}, B: {}, C: {}, D: {} } });
  const messages = await runToMessages(deps.secret, flow, ['A', 'B', 'C', 'D']);
  const [first, ...others] = messages.flatMap(({ completions: own }) => own);
  const [forged, ...genuine] = others;
  if (first === undefined || forged === undefined) throw new Error('four claims, four completions');
  await completions.queue.add('as before version 0.2.0', { v: 1, ...first });
  const before = await completions.queue.getFailedCount();
  const mixed = [genuine[0], { ...forged, signature: 'forged' }, genuine[1]];
  await completions.queue.add('several', { v: 2, completions: mixed });
  const done = { A: 'SUCCEED', B: 'RUNNING', C: 'SUCCEED', D: 'SUCCEED' };
  await waitUntil(async () => JSON.stringify(await readStates(flow)) === JSON.stringify(done));
  await waitUntil(async () => (await completions.queue.getFailedCount()) === before + 1);
  await completions.queue.add('again', { v: 2, completions: [forged] });
  await waitUntil(async () => (await readPipeline(flow)).state === 'FINISH');
  await service.stop();
});

test('an orchestrator that would look more seldom than leases end does not start', async () => {
  const options = { kind: 'api' as const, softwareVersion: '0', readCounters: () => ({}), onError: () => {} }; // cannot fail
  const api = await startReporting(deps.database, { ...options, settings: { leaseMs: 5000, heartbeatMs: 1000 } });
  await expect(start([], 10_000)).rejects.toThrow(
    /reconcile_too_seldom: BATON_RECONCILE_MS is 10000 and leases last 5000 ms.*; set BATON_RECONCILE_MS to a third/,
  );
  await api.stop();
  await (await start([], 10_000)).stop();
});

test('workers that nobody has heard of for the time they are kept are forgotten', async () => {
  const insert = (id: string, silent: string): Promise<unknown> =>
    deps.database.dataSource.query(
      `INSERT INTO worker (id, name, host, pid, software_version, isolation_level, labels, slots, started_at, seen_at)
        VALUES (?, ?, 'h', 1, '0', 'none', '[]', 1, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) - INTERVAL ${silent})`,
      [id, id],
    );
  await insert('an hour gone', '61 MINUTE');
  await insert('kept', '59 MINUTE');
  const events: string[] = [];
  const service = await start(events);
  const find = async (): Promise<string[]> =>
    (await findWorkers(deps.database, { aliveMs: 15_000, all: true })).map(({ id }) => id);
  await waitUntil(async () => !(await find()).includes('an hour gone'));
  expect(await find()).toContain('kept');
  await service.stop();
  expect(events).toContain('workers_forgotten');
});

test('started and stopped twenty times it leaves no connection behind', async () => {
  const before = await countConnections();
  for (let round = 0; round < 20; round += 1) {
    const service = await start();
    await service.stop();
  }
  await waitUntil(async () => {
    const after = await countConnections();
    return after.mysql <= before.mysql && after.redis <= before.redis;
  });
});
