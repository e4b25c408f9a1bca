import { expect, test } from '@jest/globals';
import { applyFlowEvents } from './apply-flow-events.ts';
import { backfillSchedule, changeSchedule, pauseSchedule, resumeSchedule } from './change-schedules.ts';
import { findMovableQueues } from './schedule-fires.ts';
import { deleteSchedule, findSchedule } from './schedules.ts';
import { useTestDatabase } from './testing-database.ts';
import { fireAll, makeTestSchedule, readFires, readScheduled } from './testing-schedules.ts';

const database = useTestDatabase();

const at = (text: string): Date => new Date(`2026-05-01T${text}Z`);
const lanes = ['due', 'backfill'] as const;

async function backfill(scheduleId: number, from: string, until: string): Promise<void> {
  const range = { from: at(from), until: at(until), atOnce: 1 };
  await backfillSchedule(database, { ...range, scheduleId, requestedBy: 'somebody', now: at('23:00') });
}
async function cancelAll(scheduleId: number): Promise<void> {
  const live = (await readScheduled(database, scheduleId)).filter(({ state }) => state === 'RUNNING');
  await applyFlowEvents(database, new Map(live.map(({ id }) => [id, [{ kind: 'cancel' as const }]])));
}
async function movableLanes(scheduleId: number): Promise<string[]> {
  const queues = await findMovableQueues(database, 1000);
  return queues.filter((queue) => queue.scheduleId === scheduleId).map(({ lane }) => lane);
}

test('the due times of a pause are not made up for', async () => {
  const { scheduleId } = await makeTestSchedule(database, at('10:00'), { catchUpLimit: 100 });
  await pauseSchedule(database, scheduleId, at('10:30'));
  expect(await findSchedule(database.dataSource, scheduleId)).toMatchObject({ pausedAt: at('10:30'), nextDueAt: null });
  await pauseSchedule(database, scheduleId, at('11:30'));
  await resumeSchedule(database, scheduleId, at('15:30'));
  expect(await findSchedule(database.dataSource, scheduleId)).toMatchObject({ pausedAt: null, nextDueAt: at('16:00') });
  await fireAll(database, scheduleId, { now: at('16:00') });
  expect(await readFires(database, scheduleId)).toEqual(['05-01T16:00 started']);
  await expect(resumeSchedule(database, scheduleId, at('16:30'))).rejects.toMatchObject({ code: 'state_conflict' });
});

test('what was queued and backfilled waits for the end of a pause as well', async () => {
  const { scheduleId } = await makeTestSchedule(database, at('10:00'), { overlap: 'queue', catchUpLimit: 9 });
  await fireAll(database, scheduleId, { now: at('11:30') });
  await backfill(scheduleId, '08:00', '09:00');
  await cancelAll(scheduleId);
  expect(await movableLanes(scheduleId)).toEqual(['due', 'backfill']);
  await pauseSchedule(database, scheduleId, at('11:31'));
  expect(await movableLanes(scheduleId)).toEqual([]);
  for (const lane of lanes) expect(await fireAll(database, scheduleId, { now: at('11:32'), lane })).toEqual([]);
  await resumeSchedule(database, scheduleId, at('11:40'));
  for (const lane of lanes) expect(await fireAll(database, scheduleId, { now: at('11:41'), lane })).toHaveLength(1);
  const all = ['05-01T08:00 started', '05-01T10:00 started', '05-01T11:00 started'];
  expect(await readFires(database, scheduleId)).toEqual(all);
});

test('the queue of a schedule and its backfill go on each by itself', async () => {
  const { scheduleId } = await makeTestSchedule(database, at('10:00'), { overlap: 'queue', catchUpLimit: 9 });
  await fireAll(database, scheduleId, { now: at('12:30') });
  await backfill(scheduleId, '07:00', '10:00');
  expect(await movableLanes(scheduleId)).toEqual(['backfill']);
  const now = at('12:40');
  const started = await fireAll(database, scheduleId, { now, lane: 'backfill' });
  expect(started.map(({ fires }) => fires[0]?.dueAt)).toEqual([at('07:00')]);
  expect(await movableLanes(scheduleId)).toEqual([]);
  const [, own] = await readScheduled(database, scheduleId);
  await applyFlowEvents(database, new Map([[own?.id ?? 0, [{ kind: 'cancel' }]]]));
  expect(await movableLanes(scheduleId)).toEqual(['due']);
  expect(await fireAll(database, scheduleId, { now, lane: 'backfill' })).toEqual([]);
  const next = await fireAll(database, scheduleId, { now, lane: 'due' });
  expect(next.map(({ fires }) => fires[0]?.dueAt)).toEqual([at('11:00')]);
  expect(await readFires(database, scheduleId)).toEqual([
    '05-01T07:00 started',
    '05-01T08:00 queued',
    '05-01T09:00 queued',
    '05-01T10:00 started',
    '05-01T11:00 started',
    '05-01T12:00 queued',
  ]);
});

test('other times are in force at once; other settings leave what is undecided', async () => {
  const { scheduleId } = await makeTestSchedule(database, at('10:00'), { catchUpLimit: 9 });
  const change = (changes: object, now: Date): Promise<void> =>
    changeSchedule(database, { scheduleId, changedBy: 'somebody', now }, async (_runner, schedule) => ({
      ...schedule,
      ...changes,
    }));
  await change({ overlap: 'skip' }, at('12:30'));
  expect(await findSchedule(database.dataSource, scheduleId)).toMatchObject({
    overlap: 'skip',
    nextDueAt: at('10:00'),
  });
  await change({ cron: '15 * * * *' }, at('12:30'));
  expect(await findSchedule(database.dataSource, scheduleId)).toMatchObject({ nextDueAt: at('13:15') });
  await change({ timeZone: 'Asia/Kolkata' }, at('12:30'));
  expect(await findSchedule(database.dataSource, scheduleId)).toMatchObject({ nextDueAt: at('12:45') });
  await pauseSchedule(database, scheduleId, at('12:30'));
  await change({ timeZone: 'UTC' }, at('12:30'));
  expect(await findSchedule(database.dataSource, scheduleId)).toMatchObject({ nextDueAt: null, timeZone: 'UTC' });
});

test('a schedule that is not there cannot be changed', async () => {
  const none = { scheduleId: 999_999_999, changedBy: 'somebody', now: at('10:00') };
  const refusal = { code: 'schedule_not_found' };
  await expect(pauseSchedule(database, none.scheduleId, none.now)).rejects.toMatchObject(refusal);
  await expect(resumeSchedule(database, none.scheduleId, none.now)).rejects.toMatchObject(refusal);
  await expect(changeSchedule(database, none, async (_runner, schedule) => schedule)).rejects.toMatchObject(refusal);
  expect(await deleteSchedule(database, none.scheduleId)).toBe(false);
});
