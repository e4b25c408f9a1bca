import { describe, expect, test } from '@jest/globals';
import { CronExpressionParser } from 'cron-parser';
import fc from 'fast-check';
import { readCron } from './cron-expression.ts';
import { firstDueTimes, readTimetable } from './schedule-times.ts';

const IN_2026 = { from: new Date('2026-01-01T00:00:00Z'), until: new Date('2027-01-01T00:00:00Z'), limit: 100_000 };

function daysIn2026(cron: string): string[] {
  const timetable = readTimetable(cron, 'UTC');
  if (!timetable.ok) throw new Error(timetable.problems[0]?.message);
  return firstDueTimes(timetable.value, IN_2026).map((due) => due.toISOString().slice(5, 10));
}

describe('what an expression means', () => {
  test.each([
    ['0 0 L 2,3 *', ['02-28', '03-31']],
    ['0 0 * 4 5L', ['04-24']],
    ['0 0 * 4 7L', ['04-26']],
    ['0 0 * 4 MON#2', ['04-13']],
    ['0 0 * 5 1#5', []],
    ['0 0 1,L apr *', ['04-01', '04-30']],
    ['0 0 1 4 7', ['04-01', '04-05', '04-12', '04-19', '04-26']],
    ['0 0 ? 4 0', ['04-05', '04-12', '04-19', '04-26']],
    ['0 0 */10 4 mon', []],
    ['0 0 */5 4 mon', ['04-06']],
    ['0 0 1-7 4 */6', ['04-04', '04-05']],
    ['@yearly', ['01-01']],
    ['@annually', ['01-01']],
    [' @Monthly ', Array.from({ length: 12 }, (_, month) => `${String(month + 1).padStart(2, '0')}-01`)],
  ])('%s', (cron, days) => {
    expect(daysIn2026(cron)).toEqual(days);
  });

  test.each([
    ['@weekly', 52],
    ['@daily', 365],
    ['@midnight', 365],
    ['@hourly', 8760],
  ])('%s comes %d times in 2026', (cron, times) => {
    expect(daysIn2026(cron)).toHaveLength(times);
  });

  test('a leap day comes every fourth year, a fifth Monday of February after 28', () => {
    const timetable = readTimetable('0 0 * 2 1#5', 'UTC');
    const range = { from: new Date('2016-03-01'), until: new Date('2050-01-01'), limit: 5 };
    expect(timetable.ok && firstDueTimes(timetable.value, range)).toEqual([new Date('2044-02-29T00:00:00Z')]);
  });

  test("without time zones and with one day field it is the parser's own meaning", () => {
    const values = (least: number, most: number): fc.Arbitrary<string> =>
      fc.oneof(
        fc.constant('*'),
        fc.integer({ min: least, max: most }).map(String),
        fc.tuple(fc.integer({ min: least, max: most }), fc.integer({ min: 0, max: 9 })).map(([from, more]) => {
          return `${from}-${Math.min(from + more, most)}`;
        }),
        fc.integer({ min: 1, max: 9 }).map((step) => `*/${step}`),
        fc
          .uniqueArray(fc.integer({ min: least, max: most }), { minLength: 1, maxLength: 4 })
          .map((list) => list.join(',')),
      );
    const day = fc.oneof(
      values(1, 28).map((field) => [field, '*'] as const),
      fc.oneof(values(0, 6), fc.constantFrom('1L', '7L', '2#3')).map((field) => ['*', field] as const),
      fc.constant(['L', '*'] as const),
    );
    fc.assert(
      fc.property(values(0, 59), values(0, 23), values(1, 12), day, (minute, hour, month, [ofMonth, ofWeek]) => {
        const cron = `${minute} ${hour} ${ofMonth} ${month} ${ofWeek}`;
        const timetable = readTimetable(cron, 'UTC');
        if (!timetable.ok) throw new Error(timetable.problems[0]?.message);
        const theirs = CronExpressionParser.parse(cron, { tz: 'UTC', currentDate: new Date('2025-12-31T23:59:59Z') });
        const range = { from: new Date('2026-01-01'), until: new Date('2200-01-01'), limit: 20 };
        expect(firstDueTimes(timetable.value, range)).toEqual(theirs.take(20).map((date) => date.toDate()));
      }),
      { numRuns: 150, seed: 1 },
    );
  });
});

describe('what is refused', () => {
  test.each([
    '',
    '* * * *',
    '0 0 0 * * *',
    '61 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * * 13 *',
    '* * * * 8',
    '* * * foo *',
    '0 22-2 * * *',
    '*/0 * * * *',
    '1,,2 * * * *',
    'H * * * *',
    '@reboot',
    '@every 5m',
    '0 0 15W * *',
    '0 0 * * 1#6',
    '0 0 * * mon#2,tue',
    '* * * * * ; id',
    `${Array.from({ length: 60 }, (_, minute) => minute).join(',')} ${'1,'.repeat(20)}1 * * *`,
  ])('%j', (cron) => {
    const read = readCron(cron);
    expect(read).toMatchObject({ ok: false, problems: [{ code: 'bad_cron' }] });
    expect(read.ok ? '' : read.problems[0]?.message).toMatch(/^expected five fields .*, found "/);
  });

  test.each(['0 0 30 2 *', '0 0 31 4,6,9,11 *', '0 0 30,31 feb *', '0 0 */29 2 1#5'])('%s never fires', (cron) => {
    const message = `expected a time that comes, found "${cron}", which never does`;
    expect(readCron(cron)).toEqual({ ok: false, problems: [{ code: 'cron_never_fires', message }] });
  });

  test('what never comes by its day of the month alone comes by its day of the week', () => {
    expect(daysIn2026('0 0 30 2 1')).toEqual(['02-02', '02-09', '02-16', '02-23']);
  });
});
