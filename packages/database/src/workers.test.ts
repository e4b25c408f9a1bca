import { expect, test } from '@jest/globals';
import { findTrackQueues } from './find-track-queues.ts';
import { findWorkers } from './find-workers.ts';
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

test('queues: `default` is always there, and first', async () => {
  expect(await findTrackQueues(database)).toEqual(['default']);
  await execute(
    database.dataSource,
    `INSERT INTO track_queue VALUES ('gpu+linux', UTC_TIMESTAMP(6)), ('default', UTC_TIMESTAMP(6)), ('arm', UTC_TIMESTAMP(6))`,
  );
  expect(await findTrackQueues(database)).toEqual(['default', 'arm', 'gpu+linux']);
});
