import { DAY_MS, DAYS_OF_CALENDAR, readCron, type CronTimes } from './cron-expression.ts';
import type { Problem } from './errors.ts';
import { describeFound, type Parsed } from './graph-definition-problems.ts';
import { dueInstantsOf, openZone, type Zone } from './zone-times.ts';

/*
 * When a schedule is due. Pure: the same expression, zone and range give the same due times, in every process and however
 * they are asked for (from the front, from the end, one by one); only the time zone database may differ. Due times are
 * whole minutes, except in zones whose clocks once differed from UTC by seconds.
 *
 * Everything is made from the due times of one day of UTC: the days of the place's calendar that may fall into it are
 * the same one, the one before and the one after, as no clock is ever a whole day from UTC.
 */

/** A cron expression in a time zone, both read. */
export interface Timetable {
  times: CronTimes;
  zone: Zone;
}

/**
 * Reads a cron expression and the name of its IANA time zone.
 * @returns problems with the codes bad_cron, cron_never_fires (pointer /cron) and unknown_time_zone (/timeZone), all at once
 */
export function readTimetable(cron: string, timeZone: string): Parsed<Timetable> {
  const times = readCron(cron);
  const zone = openZone(timeZone);
  if (times.ok && zone !== null) return { ok: true, value: { times: times.value, zone } };
  const problems: Problem[] = times.ok ? [] : times.problems.map((problem) => ({ ...problem, pointer: '/cron' }));
  if (zone === null) {
    const message = `expected the name of a time zone, such as Europe/Berlin or UTC, found ${describeFound(timeZone)}`;
    problems.push({ code: 'unknown_time_zone', message, pointer: '/timeZone' });
  }
  return { ok: false, problems };
}

/** A range of due times: `from` belongs to it, `until` does not. */
export interface DueRange {
  from: Date;
  until: Date;
  /** So many at most. */
  limit: number;
}

/** @returns the first due time after an instant */
export function nextDueTime(timetable: Timetable, after: Date): Date {
  const from = new Date(after.getTime() + 1);
  const until = new Date(after.getTime() + (DAYS_OF_CALENDAR + 1) * DAY_MS);
  return firstDueTimes(timetable, { from, until, limit: 1 })[0] as Date;
}

/** @returns the first due times of a range, ascending */
export function firstDueTimes(timetable: Timetable, { from, until, limit }: DueRange): Date[] {
  const found: number[] = [];
  for (let day = dayOf(from); day * DAY_MS < until.getTime() && found.length < limit; day += 1) {
    found.push(...dueTimesOfDay(timetable, day).filter((instant) => isWithin(instant, { from, until })));
  }
  return found.slice(0, limit).map((instant) => new Date(instant));
}

/** @returns the last due times of a range, ascending */
export function lastDueTimes(timetable: Timetable, { from, until, limit }: DueRange): Date[] {
  const found: number[] = [];
  for (let day = dayOf(until); (day + 1) * DAY_MS > from.getTime() && found.length < limit; day -= 1) {
    const ofDay = dueTimesOfDay(timetable, day).filter((instant) => isWithin(instant, { from, until }));
    found.push(...ofDay.toReversed());
  }
  const last = found.slice(0, limit).toReversed();
  return last.map((instant) => new Date(instant));
}

function dayOf(date: Date): number {
  return Math.floor(date.getTime() / DAY_MS);
}

function isWithin(instant: number, { from, until }: Pick<DueRange, 'from' | 'until'>): boolean {
  return instant >= from.getTime() && instant < until.getTime();
}

/** Of one day of UTC, ascending, each once. */
function dueTimesOfDay({ times, zone }: Timetable, day: number): number[] {
  const instants = [day - 1, day, day + 1].flatMap((local) => dueInstantsOf(times, zone, local));
  const ofDay = instants.filter((instant) => Math.floor(instant / DAY_MS) === day);
  return [...new Set(ofDay)].toSorted((a, b) => a - b);
}
