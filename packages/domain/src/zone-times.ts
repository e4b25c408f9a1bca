import { DAY_MS, type CronTimes } from './cron-expression.ts';

/*
 * Instants of wall-clock times, with the rules for the days when the clocks are changed. As in vixie cron they depend on
 * what the schedule is:
 *
 * - It names times of the day (its hour field leaves hours out): each of its times comes once a day. A time that the clocks
 *   jump over comes later by as much as they jump (02:30 becomes 03:30); of a time that comes twice the first counts.
 * - It goes by the hours (its hour field allows every hour): it is due whenever the clocks show one of its times. What they
 *   jump over is not due, what comes twice is due twice; so an hour passes between two due times of `0 * * * *`.
 *
 * Two times of one schedule that fall on one instant are one due time.
 */

const MINUTE_MS = 60_000;

/** The hours of one time zone. */
export interface Zone {
  /** Milliseconds that its clocks are ahead of UTC at an instant (ms since 1970). */
  offsetAt(instant: number): number;
}

/** @returns the zone, or null where the name is none of the IANA database's; `+02:00` is no name */
export function openZone(name: string): Zone | null {
  if (!/^[A-Za-z][\w+-]*(\/[\w+-]+)*$/.test(name)) return null;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', { ...NUMERIC, timeZone: name });
  } catch {
    // The one thing that can be wrong with these options is the name.
    return null;
  }
  return {
    offsetAt(instant) {
      const second = Math.floor(instant / 1000) * 1000;
      const parts = new Map(format.formatToParts(second).map(({ type, value }) => [type, Number(value)]));
      const at = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) as number;
      return Date.UTC(at('year'), at('month') - 1, at('day'), at('hour'), at('minute'), at('second')) - second;
    },
  };
}

const NUMERIC = {
  calendar: 'gregory',
  numberingSystem: 'latn',
  hourCycle: 'h23',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
} as const;

/**
 * The due times of one day of the place's calendar, as instants (ms since 1970), in no order and perhaps twice.
 * @param day counted from 1970-01-01
 */
export function dueInstantsOf(times: CronTimes, zone: Zone, day: number): number[] {
  if (!times.matchesDay(day)) return [];
  const before = zone.offsetAt((day - 1) * DAY_MS);
  const after = zone.offsetAt((day + 2) * DAY_MS);
  return times.minutesOfDay.flatMap((minute) => {
    const wallClock = day * DAY_MS + minute * MINUTE_MS;
    if (before === after) return [wallClock - before];
    const instants = [before, after].map((offset) => wallClock - offset);
    const real = instants.filter((instant) => zone.offsetAt(instant) === wallClock - instant);
    if (times.isEveryHour) return real;
    // Where there is none, the offset of before says what the time would have been.
    return [real.length === 0 ? wallClock - before : Math.min(...real)];
  });
}
