import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openDatabase } from '@baton/database';
import { countFires, makeTestSchedule, readFires, readScheduled, startProxy } from '@baton/database/testing';
import { runSchedules, startSchedules } from './run-schedules.ts';
import { createTestDeps, findQueued, type TestDeps } from './testing.ts';

let deps: TestDeps;
beforeEach(async () => {
  deps = await createTestDeps();
});
afterEach(async () => {
  await deps.trackQueue.queueOf('default').obliterate({ force: true });
  await deps.close();
});

const at = (text: string): Date => new Date(`2026-05-01T${text}Z`);

test('what is due is started, enqueued and logged', async () => {
  const { scheduleId } = await makeTestSchedule(deps.database, at('10:00'));
  await makeTestSchedule(deps.database, at('10:00'), { cron: '30 * * * *' });
  expect(await runSchedules(deps, { now: at('09:59') })).toEqual({ decided: 0, started: 0 });
  expect(await runSchedules(deps, { now: at('10:00') })).toEqual({ decided: 1, started: 1 });
  expect(await runSchedules(deps, { now: at('10:00:01') })).toEqual({ decided: 0, started: 0 });
  expect(await readFires(deps.database, scheduleId)).toEqual(['05-01T10:00 started']);
  expect(await findQueued(deps)).toEqual(['A']);
  expect(deps.events).toEqual(['due_time_started']);
});

test('a pipeline that is replaced is cancelled before the next one starts', async () => {
  const { scheduleId } = await makeTestSchedule(deps.database, at('10:00'), { overlap: 'replace' });
  await runSchedules(deps, { now: at('10:00') });
  expect(await runSchedules(deps, { now: at('11:00') })).toEqual({ decided: 1, started: 1 });
  expect(await readScheduled(deps.database, scheduleId)).toMatchObject([{ state: 'CANCELLED' }, { state: 'RUNNING' }]);
  expect(deps.events).toEqual(['due_time_started', 'pipeline_ended', 'schedule_replaces', 'due_time_started']);
});

test('one that waits is started by the round after the end of the one before it', async () => {
  const { scheduleId } = await makeTestSchedule(deps.database, at('10:00'), { overlap: 'queue' });
  for (const now of [at('10:00'), at('11:00'), at('11:01')]) await runSchedules(deps, { now });
  expect(await readFires(deps.database, scheduleId)).toEqual(['05-01T10:00 started', '05-01T11:00 queued']);
  await deps.database.dataSource.query(
    `UPDATE pipeline SET state = 'CANCELLED', open_tracks = 0, finished_at = UTC_TIMESTAMP(6) WHERE schedule_id = ?`,
    [scheduleId],
  );
  expect(await runSchedules(deps, { now: at('11:02') })).toEqual({ decided: 1, started: 1 });
  expect(await readFires(deps.database, scheduleId)).toEqual(['05-01T10:00 started', '05-01T11:00 started']);
});

test('a schedule that fails keeps no other from its due times, and what failed and was missed is logged', async () => {
  const broken = await makeTestSchedule(deps.database, at('10:00'));
  const unknown = await makeTestSchedule(deps.database, at('10:00'), { order: { graph: 'nowhere' } });
  const late = await makeTestSchedule(deps.database, at('08:00'));
  await deps.database.dataSource.query('UPDATE schedule SET time_zone = ? WHERE id = ?', [
    'Nowhere',
    broken.scheduleId,
  ]);
  expect(await runSchedules(deps, { now: at('10:00') })).toEqual({ decided: 4, started: 1 });
  expect(deps.events).toEqual(['due_times_missed', 'due_time_started', 'schedule_not_run', 'due_time_failed']);
  expect(await countFires(deps.database, unknown.scheduleId)).toEqual({ failed: 1 });
  expect(await countFires(deps.database, late.scheduleId)).toEqual({ missed: 2, started: 1 });
});

test('without Redis the pipeline is started all the same', async () => {
  const { scheduleId } = await makeTestSchedule(deps.database, at('10:00'));
  const refusing = { ...deps.trackQueue, enqueueTracks: () => Promise.reject(new Error('OOM command not allowed')) };
  await runSchedules({ ...deps, trackQueue: refusing }, { now: at('10:00') });
  expect(await countFires(deps.database, scheduleId)).toEqual({ started: 1 });
  expect(deps.events).toEqual(['due_time_started', 'enqueue_failed']);
});

test('rounds follow each other by the clock of the database, also after MySQL was away, until they are stopped', async () => {
  const { scheduleId } = await makeTestSchedule(deps.database, new Date(Date.now() - 86_400_000), { catchUpLimit: 1 });
  const proxy = await startProxy(deps.database.url);
  const distant = { ...(await openDatabase({ url: proxy.url, poolSize: 1 })), url: proxy.url };
  await proxy.refuse();
  const isAway = signal(deps.events, 'schedules_not_run');
  const isStarted = signal(deps.events, 'due_time_started');
  const schedules = startSchedules({ ...deps, database: distant }, 5);
  await isAway;
  await proxy.accept();
  await isStarted;
  await schedules.stop();
  await schedules.stop();
  expect(await readScheduled(deps.database, scheduleId)).toHaveLength(1);
  await distant.close();
  await proxy.close();
});

/** Resolves when an event is logged. */
function signal(events: string[], event: string): Promise<void> {
  return new Promise((resolve) => {
    const { push } = events;
    events.push = (...added) => {
      if (added.includes(event)) resolve();
      return push.apply(events, added);
    };
  });
}
