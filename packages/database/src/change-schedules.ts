import { BatonError, firstDueTimes, nextDueTime, type Problem } from '@baton/domain';
import type { Database } from './data-source.ts';
import { findFiresAt, writeFires, type FireRecord } from './schedule-fires.ts';
import { lockSchedule, timetableOf, updateSchedule, type ScheduleRecord, type ScheduleSettings } from './schedules.ts';
import type { Runner } from './statements.ts';
import { withTransaction } from './with-transaction.ts';

/** What people do to a schedule. Each locks its row first, as whoever decides about its due times does. */

/** So many due times may be backfilled in one call. */
export const MAX_BACKFILL = 1000;

/**
 * Gives a schedule other settings, which `change` makes of those that it has. With another cron expression or time zone it is
 * due by them from now on; what had not been decided about by the old ones is not made up for.
 * @throws BatonError schedule_not_found, schedule_name_taken; what `change` throws
 */
export function changeSchedule(
  database: Database,
  { scheduleId, changedBy, now }: { scheduleId: number; changedBy: string; now: Date },
  change: (runner: Runner, schedule: ScheduleRecord) => Promise<ScheduleSettings>,
): Promise<void> {
  return withTransaction(database, async (runner) => {
    const schedule = await lockOrThrow(runner, scheduleId);
    const settings = await change(runner, schedule);
    const isSameTimes = settings.cron === schedule.cron && settings.timeZone === schedule.timeZone;
    const next = { ...schedule, ...settings };
    const keepsNext = isSameTimes || schedule.nextDueAt === null;
    const nextDueAt = keepsNext ? schedule.nextDueAt : nextDueTime(timetableOf(next), now);
    const persons = [...new Set([...schedule.changedBy, changedBy])];
    await updateSchedule(runner, { ...next, changedBy: persons, nextDueAt }, now);
  });
}

/**
 * Pauses a schedule: nothing of it is started, queued due times and backfills included. Again: nothing more happens.
 * @throws BatonError schedule_not_found
 */
export function pauseSchedule(database: Database, scheduleId: number, now: Date): Promise<void> {
  return withTransaction(database, async (runner) => {
    const schedule = await lockOrThrow(runner, scheduleId);
    if (schedule.pausedAt !== null) return;
    await updateSchedule(runner, { ...schedule, pausedAt: now, nextDueAt: null }, now);
  });
}

/**
 * Lets a paused schedule go on with its next due time; those during the pause are not made up for.
 * @throws BatonError schedule_not_found, state_conflict where it is not paused
 */
export function resumeSchedule(database: Database, scheduleId: number, now: Date): Promise<void> {
  let isResumed = false;
  return withTransaction(database, async (runner) => {
    const schedule = await lockOrThrow(runner, scheduleId);
    if (schedule.pausedAt === null) {
      // Whoever hears nothing of his COMMIT finds here what he did.
      if (isResumed) return;
      const detail = `expected the schedule ${JSON.stringify(schedule.name)} to be paused, found that it is not`;
      throw new BatonError('state_conflict', detail);
    }
    const nextDueAt = nextDueTime(timetableOf(schedule), now);
    await updateSchedule(runner, { ...schedule, pausedAt: null, nextDueAt }, now);
    isResumed = true;
  });
}

export interface BackfillRequest {
  scheduleId: number;
  /** Due times from here on ... */
  from: Date;
  /** ... and before this; not in the future. */
  until: Date;
  /** So many of the backfilled pipelines run at once. */
  atOnce: number;
  /** Who asked: it is by his doing that they start. */
  requestedBy: string;
  now: Date;
}

export interface BackfillResult {
  /** Due times of the range. */
  dueTimes: number;
  /** Those that wait now because of this call: they were not noted, or skipped, missed or failed. */
  queued: number;
}

/**
 * Asks for the due times of a range that have not been started: they wait in a queue of their own, first come first served by
 * due time. One that was started, or waits already, is left alone: each comes once, however often it is asked for.
 * @throws BatonError schedule_not_found; invalid_schedule for a range that is empty, not over, or has more than MAX_BACKFILL
 *   due times
 */
export function backfillSchedule(database: Database, request: BackfillRequest): Promise<BackfillResult> {
  const { scheduleId, atOnce, requestedBy, now } = request;
  let queuedBefore = 0;
  return withTransaction(database, async (runner) => {
    const schedule = await lockOrThrow(runner, scheduleId);
    const dueTimes = findBackfillTimes(schedule, request);
    const known = await findFiresAt(runner, scheduleId, dueTimes);
    const detail = `backfill by ${requestedBy}`;
    const fires = dueTimes
      .filter((dueAt) => !isUnderWay(known.get(dueAt.getTime())))
      .map((dueAt): FireRecord => {
        const asked = { backfillAtOnce: atOnce, requestedBy };
        return { dueAt, state: 'queued', pipelineId: null, ...asked, detail, decidedAt: now };
      });
    await writeFires(runner, scheduleId, fires);
    // Where the reply to a COMMIT was lost, what this call has queued is found queued.
    queuedBefore = Math.max(queuedBefore, fires.length);
    return { dueTimes: dueTimes.length, queued: queuedBefore };
  });
}

function findBackfillTimes(schedule: ScheduleRecord, { from, until, now }: BackfillRequest): Date[] {
  const problems: Problem[] = [];
  const refuse = (code: string, message: string, pointer = '/to'): void => {
    problems.push({ code, message, pointer });
  };
  // Nothing was due before there was a clock for it; and every day of a range is looked at.
  if (from.getTime() < 0) {
    refuse('range_too_early', `expected a time since 1970, found ${from.toISOString()}`, '/from');
  }
  if (from >= until) refuse('empty_range', `expected a time after ${from.toISOString()}, found ${until.toISOString()}`);
  if (until > now) refuse('range_not_over', `expected a range that is over, found ${until.toISOString()}`);
  const limit = MAX_BACKFILL + 1;
  const dueTimes = problems.length > 0 ? [] : firstDueTimes(timetableOf(schedule), { from, until, limit });
  const last = dueTimes[MAX_BACKFILL];
  if (last !== undefined) {
    const most = `a range that ends with ${last.toISOString()} has as many`;
    refuse('range_too_long', `expected at most ${MAX_BACKFILL} due times, found more; ${most}`);
  }
  if (problems.length === 0) return dueTimes;
  const found = problems.map(({ message }) => message).join('; ');
  throw new BatonError('invalid_schedule', `expected a range that can be backfilled: ${found}`, { problems });
}

function isUnderWay(fire: FireRecord | undefined): boolean {
  return fire?.state === 'started' || fire?.state === 'queued';
}

async function lockOrThrow(runner: Runner, scheduleId: number): Promise<ScheduleRecord> {
  const schedule = await lockSchedule(runner, scheduleId);
  if (schedule !== null) return schedule;
  throw new BatonError('schedule_not_found', `expected the id of a schedule, found ${scheduleId}`);
}
