import { expect, test } from '@jest/globals';
import { findTrackQueues } from './find-track-queues.ts';
import { findWorkers } from './find-workers.ts';
import { forgetWorkers } from './forget-workers.ts';
import { recordHeartbeat, type WorkerReport } from './record-heartbeat.ts';
import { execute } from './statements.ts';
import { useTestDatabase } from './testing-database.ts';
import { insertFlowRows } from './testing-rows.ts';

const database = useTestDatabase();

const report: WorkerReport = {
  id: 'worker-a',
  name: 'alpha',
  host: 'host-1',
  pid: 4711,
  softwareVersion: '0.1.0',
  isolationLevel: 'process_group',
  labels: ['gpu', '机房'],
  slots: 4,
  isDraining: false,
  startedAt: new Date('2026-11-01T02:03:04.567Z'),
};

test('a worker is alive as long as it is heard of, and shows what it says and runs', async () => {
  await recordHeartbeat(database, { ...report, problem: 'something else' });
  await recordHeartbeat(database, { ...report, slots: 8, isDraining: true, problem: 'disk full' });
  await recordHeartbeat(database, { ...report, id: 'worker-b', name: 'beta' });
  const { pipelineId, trackIds } = await insertFlowRows(database, {
    pipelineName: 'night',
    vertices: [{ name: 'A' }, { name: 'B' }, { name: 'C' }],
    states: ['SUCCEED', 'RUNNING', 'PENDING'],
    workerId: 'worker-a',
  });
  await execute(
    database.dataSource,
    `UPDATE worker SET seen_at = UTC_TIMESTAMP(6) - INTERVAL 1 HOUR WHERE id = 'worker-b'`,
  );
  const alive = await findWorkers(database, { aliveMs: 15_000, all: false });
  expect(alive).toEqual([
    {
      ...report,
      slots: 8,
      isDraining: true,
      problem: 'disk full',
      isAlive: true,
      seenAt: expect.any(Date),
      running: [
        { trackId: trackIds[1], attempt: 1, pipelineId, pipeline: 'night', vertex: 'B', startedAt: expect.any(Date) },
      ],
    },
  ]);
  await recordHeartbeat(database, report);
  expect(await findWorkers(database, { aliveMs: 15_000, all: false })).toMatchObject([{ problem: null }]);
  const all = await findWorkers(database, { aliveMs: 15_000, all: true });
  expect(all.map(({ name, isAlive }) => [name, isAlive])).toEqual([
    ['alpha', true],
    ['beta', false],
  ]);
});

async function recordSilent(id: string, silent: string): Promise<void> {
  await recordHeartbeat(database, { ...report, id, name: id });
  await execute(database.dataSource, `UPDATE worker SET seen_at = UTC_TIMESTAMP(6) - INTERVAL ${silent} WHERE id = ?`, [
    id,
  ]);
}

test('workers that have been silent for so long are forgotten, in steps, but for those whose track is RUNNING', async () => {
  const before = await findWorkers(database, { aliveMs: 15_000, all: true });
  for (const id of ['gone-1', 'gone-2', 'gone-3']) await recordSilent(id, '8 DAY');
  await recordSilent('needed', '9 DAY');
  await recordSilent('not-so-long', '6 DAY');
  const vertices = [{ name: 'A' }, { name: 'B' }];
  await insertFlowRows(database, { vertices, states: ['SUCCEED', 'FAILED'], workerId: 'gone-1' });
  await insertFlowRows(database, { vertices, states: ['SUCCEED', 'RUNNING'], workerId: 'needed' });
  const forget = (): Promise<number> => forgetWorkers(database, { keepMs: 7 * 86_400_000, atOnce: 2 });
  expect([await forget(), await forget(), await forget(), await forget()]).toEqual([1, 1, 1, 0]);
  const left = await findWorkers(database, { aliveMs: 15_000, all: true });
  expect(left.map(({ id }) => id).toSorted()).toEqual(
    [...before.map(({ id }) => id), 'needed', 'not-so-long'].toSorted(),
  );
});

test('a worker that comes back while it is being forgotten stays', async () => {
  await recordSilent('back', '8 DAY');
  const { dataSource } = database;
  const query = dataSource.query.bind(dataSource);
  dataSource.query = async (sql: string, values?: unknown[]) => {
    if (sql.startsWith('DELETE')) await recordHeartbeat(database, { ...report, id: 'back' });
    return query(sql, values);
  };
  const forgotten = await forgetWorkers(database, { keepMs: 7 * 86_400_000 });
  dataSource.query = query;
  expect(forgotten).toBe(0);
  const alive = await findWorkers(database, { aliveMs: 15_000, all: false });
  expect(alive.map(({ id }) => id)).toContain('back');
});

test('queues: `default` is always there, and first', async () => {
  expect(await findTrackQueues(database)).toEqual(['default']);
  await execute(
    database.dataSource,
    `INSERT INTO track_queue VALUES ('gpu+linux', UTC_TIMESTAMP(6)), ('default', UTC_TIMESTAMP(6)), ('arm', UTC_TIMESTAMP(6))`,
  );
  expect(await findTrackQueues(database)).toEqual(['default', 'arm', 'gpu+linux']);
});
