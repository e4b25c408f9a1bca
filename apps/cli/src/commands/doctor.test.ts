import { afterEach, expect, test } from '@jest/globals';
import { problem, startFakeApi, type FakeApi } from '../testing/fake-api.ts';
import { runForTest } from '../testing/run-for-test.ts';

let api: FakeApi;
afterEach(() => api.close());

const process = {
  id: 'o-1',
  kind: 'orchestrator',
  host: 'host-1',
  pid: 7,
  softwareVersion: '0.1.0',
  startedAt: '2026-05-01T00:00:00.000Z',
  seenAt: '2026-05-01T00:01:00.000Z',
  clockSkewMs: -3,
  settings: {},
  counters: { lease_expiries: 2 },
};
const healthy = {
  at: '2026-05-01T00:01:00.000Z',
  mysql: { version: '8.4.3', settings: {}, session: { sqlMode: '', isolation: '', timeZone: '' } },
  redis: { server: 'Redis 7.2.5', evictionPolicy: 'noeviction', persistence: 'aof', usedBytes: 1, limitBytes: 0 },
  queues: [
    { name: 'completions', waiting: 0, parked: 1 },
    { name: 'tracks', waiting: 4, parked: 0 },
  ],
  processes: [process],
  findings: [] as object[],
};
const note = {
  code: 'redis_not_persistent',
  severity: 'note',
  found: 'Redis keeps nothing',
  advice: 'set appendonly yes',
};
const error = { code: 'no_worker', severity: 'error', found: 'no worker is alive', advice: 'start one' };

async function runWith(findings: object[], ...words: string[]): Promise<Awaited<ReturnType<typeof runForTest>>> {
  api = await startFakeApi({ 'GET /api/v1/doctor': { body: { ...healthy, findings } } });
  return runForTest(['doctor', ...words], { url: api.url });
}

test('nothing found: 0, with what there is', async () => {
  const { exitCode, stdout } = await runWith([]);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('MySQL: 8.4.3. Redis: Redis 7.2.5; 4 entries wait, 1 are parked.');
  expect(stdout).toMatch(/orchestrator +o-1 +host-1 +7 +0\.1\.0 +\S.* +-3 ms +lease_expiries 2/);
  expect(stdout).toContain('Nothing found');
});

test('a note alone is no reason for another exit code', async () => {
  const { exitCode, stdout } = await runWith([note]);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('note: redis_not_persistent\n  Redis keeps nothing\n  -> set appendonly yes');
});

test('an error or a warning: 1, with what to do', async () => {
  const { exitCode, stdout } = await runWith([error, note]);
  expect(exitCode).toBe(1);
  expect(stdout).toContain('error: no_worker\n  no worker is alive\n  -> start one');
});

test('--json gives all of it', async () => {
  const { exitCode, stdout } = await runWith([error], '--json');
  expect(exitCode).toBe(1);
  expect(JSON.parse(stdout)).toEqual({ ...healthy, findings: [error] });
});

test('without the rights of an admin: 4', async () => {
  api = await startFakeApi({
    'GET /api/v1/doctor': problem(403, 'forbidden', 'expected a token with the scope admin'),
  });
  expect((await runForTest(['doctor'], { url: api.url })).exitCode).toBe(4);
});
