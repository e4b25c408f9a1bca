import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { firstDueTimes, lastDueTimes, nextDueTime, readTimetable, type Timetable } from './schedule-times.ts';

function open(cron: string, timeZone: string): Timetable {
  const read = readTimetable(cron, timeZone);
  if (!read.ok) throw new Error(read.problems[0]?.message);
  return read.value;
}

/** Due times between two dates as people of the place read them and as UTC: `03-29 03:30 = 01:30Z`. */
function due(cron: string, timeZone: string, [from, until]: [string, string]): string[] {
  const range = { from: new Date(from), until: new Date(until), limit: 1000 };
  const local = wallClockOf(timeZone);
  return firstDueTimes(open(cron, timeZone), range).map(
    (at) => `${local(at.getTime()).slice(5)} = ${at.toISOString().slice(11, 16)}Z`,
  );
}

/** `2026-03-29 03:30`, made another way than the code does. */
function wallClockOf(timeZone: string): (instant: number) => string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  return (instant) => format.format(instant);
}

describe('a time of the day', () => {
  test.each<[string, string, [string, string], string[]]>([
    [
      '30 2 * * *',
      'Europe/Berlin',
      ['2026-03-28', '2026-03-31'],
      ['03-28 02:30 = 01:30Z', '03-29 03:30 = 01:30Z', '03-30 02:30 = 00:30Z'],
    ],
    [
      '30 2 * * *',
      'Europe/Berlin',
      ['2026-10-24', '2026-10-27'],
      ['10-24 02:30 = 00:30Z', '10-25 02:30 = 00:30Z', '10-26 02:30 = 01:30Z'],
    ],
    [
      '30 2 * * *',
      'America/New_York',
      ['2026-03-07', '2026-03-10'],
      ['03-07 02:30 = 07:30Z', '03-08 03:30 = 07:30Z', '03-09 02:30 = 06:30Z'],
    ],
    [
      '30 1 * * *',
      'America/New_York',
      ['2026-10-31', '2026-11-03'],
      ['10-31 01:30 = 05:30Z', '11-01 01:30 = 05:30Z', '11-02 01:30 = 06:30Z'],
    ],
    [
      '15 2 * * *',
      'Australia/Lord_Howe',
      ['2026-10-02T12:00', '2026-10-05T12:00'],
      ['10-03 02:15 = 15:45Z', '10-04 02:45 = 15:45Z', '10-05 02:15 = 15:15Z'],
    ],
    [
      '45 1 * * *',
      'Australia/Lord_Howe',
      ['2026-04-03T12:00', '2026-04-06T12:00'],
      ['04-04 01:45 = 14:45Z', '04-05 01:45 = 14:45Z', '04-06 01:45 = 15:15Z'],
    ],
    [
      '0 0 * * *',
      'Africa/Cairo',
      ['2026-04-22T12:00', '2026-04-25T12:00'],
      ['04-23 00:00 = 22:00Z', '04-24 01:00 = 22:00Z', '04-25 00:00 = 21:00Z'],
    ],
    [
      '0 0 * * *',
      'America/Sao_Paulo',
      ['2018-11-03', '2018-11-06'],
      ['11-03 00:00 = 03:00Z', '11-04 01:00 = 03:00Z', '11-05 00:00 = 02:00Z'],
    ],
    ['0 8 * * *', 'Asia/Shanghai', ['2026-03-28', '2026-03-30'], ['03-28 08:00 = 00:00Z', '03-29 08:00 = 00:00Z']],
    // A whole day was left out.
    ['0 12 30 12 *', 'Pacific/Apia', ['2011-12-29', '2012-01-02'], ['12-31 12:00 = 22:00Z']],
    // Each of the times in a gap comes; those that fall on one instant are one.
    ['0,30 2 * * *', 'Europe/Berlin', ['2026-03-29', '2026-03-30'], ['03-29 03:00 = 01:00Z', '03-29 03:30 = 01:30Z']],
    ['0 2,3 * * *', 'Europe/Berlin', ['2026-03-29', '2026-03-30'], ['03-29 03:00 = 01:00Z']],
    [
      '45 23 * * *',
      'America/Sao_Paulo',
      ['2018-02-17T12:00', '2018-02-19T12:00'],
      ['02-17 23:45 = 01:45Z', '02-18 23:45 = 02:45Z'],
    ],
  ])('%s in %s', (cron, timeZone, range, expected) => {
    expect(due(cron, timeZone, range)).toEqual(expected);
  });

  test('of a time that comes twice the first counts', () => {
    expect(due('30 2 * * *', 'Europe/Berlin', ['2026-10-25', '2026-10-26'])).toEqual(['10-25 02:30 = 00:30Z']);
  });
});

describe('every hour', () => {
  test('an hour passes between two due times, whatever the clocks do', () => {
    expect(due('30 * * * *', 'Europe/Berlin', ['2026-03-29', '2026-03-29T03:00'])).toEqual([
      '03-29 01:30 = 00:30Z',
      '03-29 03:30 = 01:30Z',
      '03-29 04:30 = 02:30Z',
    ]);
    expect(due('30 * * * *', 'Europe/Berlin', ['2026-10-25', '2026-10-25T03:00'])).toEqual([
      '10-25 02:30 = 00:30Z',
      '10-25 02:30 = 01:30Z',
      '10-25 03:30 = 02:30Z',
    ]);
  });

  test('where half an hour is left out or comes twice, it is due when the clocks show its time', () => {
    expect(due('0 * * * *', 'Australia/Lord_Howe', ['2026-10-03T14:00', '2026-10-03T17:30'])).toEqual([
      '10-04 01:00 = 14:30Z',
      '10-04 03:00 = 16:00Z',
      '10-04 04:00 = 17:00Z',
    ]);
    expect(due('45 * * * *', 'Australia/Lord_Howe', ['2026-04-04T14:00', '2026-04-04T16:30'])).toEqual([
      '04-05 01:45 = 14:45Z',
      '04-05 01:45 = 15:15Z',
      '04-05 02:45 = 16:15Z',
    ]);
  });
});

/** Walks every minute of UTC and looks at the clock of the place: the rules as sentences, without any arithmetic of offsets. */
function walkTheClock(cron: { minutes: number[]; hours: number[] }, timeZone: string, [from, until]: [number, number]) {
  const local = wallClockOf(timeZone);
  const isEveryHour = cron.hours.length === 24;
  const isTime = (text: string): boolean =>
    cron.hours.includes(Number(text.slice(11, 13))) && cron.minutes.includes(Number(text.slice(14, 16)));
  const seen = new Set<string>();
  const found = new Set<number>();
  let shown = local(from - 60_000);
  for (let instant = from; instant < until; instant += 60_000) {
    const now = local(instant);
    if (!isEveryHour) {
      // What the clock would have shown, had it not jumped, comes when the clock shows it plus the jump.
      const jumped = (Date.parse(`${now}Z`) - Date.parse(`${shown}Z`)) / 60_000 - 1;
      for (let minute = 0; minute < jumped; minute += 1) {
        const missing = new Date(Date.parse(`${shown}Z`) + (minute + 1) * 60_000).toISOString().replace('T', ' ');
        if (isTime(missing)) found.add(instant + minute * 60_000);
      }
    }
    if (isTime(now) && (isEveryHour || !seen.has(now))) found.add(instant);
    seen.add(now);
    shown = now;
  }
  return [...found].filter((instant) => instant < until).toSorted((a, b) => a - b);
}

const CHANGES: [string, string][] = [
  ['Europe/Berlin', '2026-03-29'],
  ['Europe/Berlin', '2026-10-25'],
  ['America/New_York', '2026-03-08'],
  ['America/New_York', '2026-11-01'],
  ['Australia/Lord_Howe', '2026-04-04'],
  ['Australia/Lord_Howe', '2026-10-03'],
  ['Asia/Shanghai', '2026-03-29'],
  ['America/Sao_Paulo', '2018-11-04'],
  ['America/Sao_Paulo', '2018-02-17'],
  ['Africa/Cairo', '2026-04-23'],
  ['Africa/Cairo', '2026-10-29'],
  ['Antarctica/Troll', '2026-03-29'],
  ['Pacific/Apia', '2011-12-30'],
];

describe('against a walk over every minute', () => {
  test.each(CHANGES)('around the change of %s on %s', (timeZone, date) => {
    const from = Date.parse(date) - 2 * 86_400_000;
    const until = Date.parse(date) + 4 * 86_400_000;
    const some = (most: number, maxLength: number): fc.Arbitrary<number[]> =>
      fc.uniqueArray(fc.integer({ min: 0, max: most }), { minLength: 1, maxLength });
    const everyHour = fc.constant(Array.from({ length: 24 }, (_, hour) => hour));
    fc.assert(
      fc.property(some(59, 3), fc.oneof(some(23, 6), some(4, 3), everyHour), (minutes, hours) => {
        const timetable = open(`${minutes.join(',')} ${hours.join(',')} * * *`, timeZone);
        const range = { from: new Date(from), until: new Date(until), limit: 10_000 };
        const expected = walkTheClock({ minutes, hours }, timeZone, [from, until]).map((at) => new Date(at));
        expect(firstDueTimes(timetable, range)).toEqual(expected);
        expect(lastDueTimes(timetable, range)).toEqual(expected);
      }),
      { numRuns: 6, seed: 1 },
    );
  });
});

describe('the same due times, however they are asked for', () => {
  const timetable = open('0,20,40 */2 * * *', 'Europe/Berlin');
  const range = { from: new Date('2026-03-28T05:20:00Z'), until: new Date('2026-04-02T00:00:00Z'), limit: 10_000 };
  const all = firstDueTimes(timetable, range);

  test('one by one', () => {
    let last = new Date(range.from.getTime() - 1);
    for (const expected of all) {
      last = nextDueTime(timetable, last);
      expect(last).toEqual(expected);
    }
  });

  test('from the front and from the end, in any number', () => {
    for (const limit of [0, 1, 7, all.length, all.length + 1]) {
      expect(firstDueTimes(timetable, { ...range, limit })).toEqual(all.slice(0, limit));
      expect(lastDueTimes(timetable, { ...range, limit })).toEqual(limit === 0 ? [] : all.slice(-limit));
    }
  });

  test('the beginning of a range belongs to it, its end does not', () => {
    const [first, second] = all as [Date, Date];
    expect(firstDueTimes(timetable, { from: first, until: second, limit: 9 })).toEqual([first]);
    expect(lastDueTimes(timetable, { from: first, until: second, limit: 9 })).toEqual([first]);
    expect(firstDueTimes(timetable, { from: first, until: first, limit: 9 })).toEqual([]);
    expect(nextDueTime(timetable, first)).toEqual(second);
  });

  test('a rare one is found, however far it is', () => {
    expect(nextDueTime(open('0 0 29 2 *', 'UTC'), new Date('2096-03-01'))).toEqual(new Date('2104-02-29'));
  });
});

describe('time zones', () => {
  test.each(['UTC', 'Asia/Shanghai', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5', 'europe/berlin'])('%s', (zone) => {
    expect(readTimetable('@daily', zone).ok).toBe(true);
  });

  test.each(['', 'Mars/Olympus', '+02:00', 'Europe/', 'UTC+2', 'local', 'Europe/Berlin; x'])('not %j', (zone) => {
    const read = readTimetable('@daily', zone);
    expect(read).toMatchObject({ ok: false, problems: [{ code: 'unknown_time_zone', pointer: '/timeZone' }] });
  });

  test('problems of one and of both are told at once', () => {
    const one = readTimetable('0 0 31 6 *', 'UTC');
    expect(one).toMatchObject({ ok: false, problems: [{ code: 'cron_never_fires', pointer: '/cron' }] });
    const read = readTimetable('0 0 31 6 *', 'Mars/Olympus');
    expect(read.ok ? [] : read.problems.map(({ code, pointer }) => [code, pointer])).toEqual([
      ['cron_never_fires', '/cron'],
      ['unknown_time_zone', '/timeZone'],
    ]);
  });

  test('an offset of seconds, as clocks had before there were zones', () => {
    expect(due('0 12 * * *', 'Europe/Amsterdam', ['1936-01-01', '1936-01-02'])).toHaveLength(1);
    expect(nextDueTime(open('0 12 * * *', 'Europe/Paris'), new Date('1900-01-01'))).toEqual(
      new Date('1900-01-01T11:50:39Z'),
    );
  });
});
