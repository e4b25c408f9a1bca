import { CronExpressionParser, type CronFieldCollection } from 'cron-parser';
import type { Problem } from './errors.ts';
import { describeFound, type Parsed } from './graph-definition-problems.ts';

/*
 * Cron expressions, read into what they mean on the calendar of one place. Time zones are zone-times.ts's affair.
 *
 * The form is crontab's: five fields (minute, hour, day of the month, month, day of the week), names of months and days,
 * lists, ranges, steps, `L` (last day of the month, `5L` its last Friday), `1#2` (its second Monday), and the names
 * `@yearly` ... `@hourly`. A field of seconds is refused: pipelines are not for that. So are `H` and `@reboot`, which do
 * not say when.
 *
 * As in vixie cron, where both day fields are restricted a day needs to match only one of them; a field that begins with
 * `*` is not restricted.
 */

/** When a schedule is due, by the wall clock of a place. */
export interface CronTimes {
  /** Minutes since midnight, ascending. */
  minutesOfDay: readonly number[];
  /** It may be due in every hour of a day: it goes by the hours that pass, not by single times of the day. */
  isEveryHour: boolean;
  /** Whether it is due on a day, counted from 1970-01-01 of the place's calendar. */
  matchesDay(day: number): boolean;
}

export const DAY_MS = 86_400_000;
/** The calendar repeats itself after these: what never fires in them never does. */
export const DAYS_OF_CALENDAR = 146_097;

const ALIASES: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const FORM = `five fields (minute, hour, day of the month, month, day of the week) or one of ${Object.keys(ALIASES).join(', ')}`;
const MAX_LENGTH = 190;
const FIELDS = /^[a-z0-9*/,\-#? \t]+$/i;
const WORDS = /^(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat|l)$/i;

/**
 * Reads a cron expression.
 * @returns problems with the codes bad_cron and cron_never_fires, without a pointer
 */
export function readCron(cron: string): Parsed<CronTimes> {
  const text = ALIASES[cron.trim().toLowerCase()] ?? cron.trim();
  const words = text.split(/\s+/);
  const [minute, hour, daysOfMonth = '', month, daysOfWeek = '', ...more] = words;
  const isOfForm = words.length >= 5 && more.length === 0 && cron.length <= MAX_LENGTH && FIELDS.test(text);
  const hasOddWord = (text.match(/[a-z]+/gi) ?? []).some((word) => !WORDS.test(word));
  if (!isOfForm || hasOddWord) return refuse('bad_cron', `expected ${FORM}, found ${describeFound(cron)}`);
  let fields: CronFieldCollection;
  let months: readonly number[];
  try {
    // The months apart: the parser would refuse some of what never fires, in words of its own.
    fields = CronExpressionParser.parse([minute, hour, daysOfMonth, '*', daysOfWeek].join(' '), { tz: 'UTC' }).fields;
    months = CronExpressionParser.parse(`0 0 * ${month} *`, { tz: 'UTC' }).fields.month.values;
  } catch (error) {
    return refuse('bad_cron', `expected ${FORM}, found ${describeFound(cron)}: ${(error as Error).message}`);
  }
  const isOneDayEnough = isRestricted(daysOfMonth) && isRestricted(daysOfWeek);
  const times = readFields(fields, { months, isOneDayEnough });
  for (let day = 0; day < DAYS_OF_CALENDAR; day += 1) if (times.matchesDay(day)) return { ok: true, value: times };
  return refuse('cron_never_fires', `expected a time that comes, found ${describeFound(cron)}, which never does`);
}

function refuse(code: string, message: string): { ok: false; problems: Problem[] } {
  return { ok: false, problems: [{ code, message }] };
}

function readFields(
  fields: CronFieldCollection,
  options: { months: readonly number[]; isOneDayEnough: boolean },
): CronTimes {
  const hours: readonly number[] = fields.hour.values;
  const minutes: readonly number[] = fields.minute.values;
  const months = new Set(options.months);
  const daysOfMonth = new Set<number | string>(fields.dayOfMonth.values);
  const daysOfWeek = new Set(fields.dayOfWeek.values.map((value) => String(value).replace(/^7/, '0')));
  const { nthDay } = fields.dayOfWeek;
  return {
    minutesOfDay: hours.flatMap((hour) => minutes.map((minute) => hour * 60 + minute)),
    isEveryHour: hours.length === 24,
    matchesDay(day) {
      const date = new Date(day * DAY_MS);
      if (!months.has(date.getUTCMonth() + 1)) return false;
      const dayOfMonth = date.getUTCDate();
      const daysLeft = daysOfMonthIn(date) - dayOfMonth;
      const dayOfWeek = date.getUTCDay();
      const isDayOfMonth = daysOfMonth.has(dayOfMonth) || (daysLeft === 0 && daysOfMonth.has('L'));
      const isDayOfWeek =
        (daysOfWeek.has(`${dayOfWeek}`) && (nthDay === 0 || Math.ceil(dayOfMonth / 7) === nthDay)) ||
        (daysLeft < 7 && daysOfWeek.has(`${dayOfWeek}L`));
      return options.isOneDayEnough ? isDayOfMonth || isDayOfWeek : isDayOfMonth && isDayOfWeek;
    },
  };
}

function isRestricted(field: string): boolean {
  return !/^[*?]/.test(field);
}

function daysOfMonthIn(date: Date): number {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
}
