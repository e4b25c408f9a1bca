import { expect, test } from '@jest/globals';
import { testServers } from '@baton/devstack/testing';
import {
  findProcesses,
  findProtocol,
  forgetProcesses,
  PROTOCOL,
  recordProcess,
  startReporting,
  type ProcessReport,
} from './processes.ts';
import { useTestDatabase } from './testing-database.ts';
import { createTestDatabase } from './testing.ts';

const database = useTestDatabase();

const REPORT: ProcessReport = {
  id: 'w-1',
  kind: 'worker',
  host: 'a',
  pid: 7,
  softwareVersion: '0.1.0',
  settings: { kept: 0 },
  counters: {},
  clockSkewMs: 0,
  uptimeMs: 60_000,
};

const setAge = (id: string, age: string): Promise<unknown> =>
  database.dataSource.query(`UPDATE process SET seen_at = UTC_TIMESTAMP(6) - INTERVAL ${age} WHERE id = ?`, [id]);

test('a process is known by its last report; one that is silent is gone, and its counts are kept for a week', async () => {
  await recordProcess(database, REPORT);
  await recordProcess(database, { ...REPORT, counters: { lease_expiries: 2 }, clockSkewMs: -12.4, uptimeMs: 61_000 });
  const [found, ...others] = await findProcesses(database);
  expect(others).toEqual([]);
  expect(found).toMatchObject({ id: 'w-1', isAlive: true, counters: { lease_expiries: 2 }, clockSkewMs: -12 });
  const startedAgoMs = Number(found?.seenAt.getTime()) - Number(found?.startedAt.getTime());
  expect(startedAgoMs).toBeGreaterThan(59_000);
  await setAge('w-1', '1 HOUR');
  expect(await findProcesses(database)).toEqual([]);
  expect(await findProcesses(database, 2 * 3_600_000)).toMatchObject([{ id: 'w-1', isAlive: false }]);
  expect(await forgetProcesses(database)).toBe(0);
  await setAge('w-1', '8 DAY');
  expect(await forgetProcesses(database)).toBe(1);
});

test('a process reports itself until it stops, and then it is gone at once', async () => {
  let count = 0;
  const reporting = await startReporting(database, {
    kind: 'orchestrator',
    softwareVersion: '0.1.0',
    settings: { reconcileMs: 1000 },
    readCounters: () => ({ enqueued_again: (count += 1) }),
    onError: (error) => {
      throw error;
    },
    intervalMs: 5,
  });
  const readCount = async (): Promise<number> => (await findProcesses(database))[0]?.counters['enqueued_again'] ?? 0;
  expect(await readCount()).toBeGreaterThan(0);
  for (let looks = 0; looks < 5000 && (await readCount()) < 3; looks += 1);
  expect(await readCount()).toBeGreaterThan(2);
  await reporting.stop();
  expect(await findProcesses(database)).toEqual([]);
  expect(await findProcesses(database, 600_000)).toMatchObject([{ id: reporting.id, isAlive: false }]);
});

test('a report that cannot be written is told, and stops nothing', async () => {
  const errors: unknown[] = [];
  const broken = await createTestDatabase(testServers().mysqlUrl);
  await broken.dataSource.query('DROP TABLE process');
  const options = { kind: 'api' as const, softwareVersion: '0', settings: {}, readCounters: () => ({}) };
  const reporting = await startReporting(broken, { ...options, onError: (error) => errors.push(error) });
  expect(errors).toHaveLength(1);
  await reporting.stop();
  await broken.close();
});

test.each([
  ['there is no other process', [], PROTOCOL],
  ['all know it', [{ kind: 'api' as const, settings: { protocol: PROTOCOL } }], PROTOCOL],
  ['one knows less', [{ kind: 'api' as const, settings: { protocol: 2 } }], 2],
  ['a newer one knows more', [{ kind: 'orchestrator' as const, settings: { protocol: PROTOCOL + 1 } }], PROTOCOL],
  ['an API of before says nothing of it', [{ kind: 'api' as const, settings: {} }], 1],
  [
    'an orchestrator of before says nothing of it',
    [{ kind: 'orchestrator' as const, settings: { reconcileMs: 1 } }],
    1,
  ],
  ['a worker of before is alive', [{ kind: 'worker' as const, settings: {} }], PROTOCOL],
])('what all know of the protocol, where %s', async (_title, others, protocol) => {
  const own = await createTestDatabase(testServers().mysqlUrl);
  const known = { kind: 'orchestrator' as const, settings: { protocol: PROTOCOL } };
  for (const [index, other] of [known, ...others].entries())
    await recordProcess(own, { ...REPORT, ...other, id: `p-${index}` });
  expect(await findProtocol(own)).toBe(protocol);
  await own.close();
});

test('what a process that is gone did not know is nobody’s concern', async () => {
  const own = await createTestDatabase(testServers().mysqlUrl);
  await recordProcess(own, { ...REPORT, kind: 'orchestrator', settings: {} });
  await own.dataSource.query('UPDATE process SET seen_at = UTC_TIMESTAMP(6) - INTERVAL 1 MINUTE');
  expect(await findProtocol(own)).toBe(PROTOCOL);
  await own.close();
});
