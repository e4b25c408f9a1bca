import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openDatabase, type Database } from '@baton/database';
import { countFires, makeTestSchedule, readFires, readScheduled } from '@baton/database/testing';
import { readTestRounds } from '@baton/devstack/testing';
import { createRandom } from '@baton/domain/testing';
import { runSchedules } from './run-schedules.ts';
import { createTestDeps, createTestLogger, type TestDeps } from './testing.ts';

/*
 * Must show: schedules with three orchestrators over a year. Each has connections of its own; their rounds overlap, some of
 * their transactions are killed before the COMMIT, some of their deaths come right after it, and pipelines end when they like.
 * By itself it lets the two fortnights pass in which the clock is changed, each with a month's end;
 * `BATON_E2E_ROUNDS=1 npm test -- schedule-year` the whole year.
 */

interface Period {
  from: Date;
  until: Date;
  /** Between two rounds at most. */
  longestPauseHours: number;
  /** The share of the running pipelines of the weekly schedule that end between two rounds. */
  weeklyEnds: number;
  fewestCrashes: number;
}

const SPRING = { from: new Date('2026-03-23T00:00:00Z'), until: new Date('2026-04-06T00:00:00Z') };
const AUTUMN = { from: new Date('2026-10-19T00:00:00Z'), until: new Date('2026-11-02T00:00:00Z') };
const YEAR = { from: new Date('2026-01-01T00:00:00Z'), until: new Date('2027-01-01T00:00:00Z') };
// In a fortnight the weekly schedule is due twice: the second one finds the first one running.
const FORTNIGHT = { longestPauseHours: 8, weeklyEnds: 0, fewestCrashes: 10 };
const PERIODS: readonly (readonly [name: string, period: Period])[] =
  readTestRounds() === null
    ? [
        ['the fortnight that loses an hour', { ...SPRING, ...FORTNIGHT }],
        ['the fortnight that gains an hour', { ...AUTUMN, ...FORTNIGHT }],
      ]
    : [['a year', { ...YEAR, longestPauseHours: 30, weeklyEnds: 0.2, fewestCrashes: 100 }]];
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const ZONE = 'Europe/Berlin';

let deps: TestDeps;
const databases: Database[] = [];
beforeEach(async () => {
  deps = await createTestDeps();
  for (let index = 0; index < 3; index += 1)
    databases.push(await openDatabase({ url: deps.database.url, poolSize: 2 }));
});
afterEach(async () => {
  for (const database of databases.splice(0)) await database.close();
  await deps.close();
});

/** Every quarter of an hour as the clock in Berlin shows it: `Sun 02:30`, with its instant. */
function* walkThrough({ from, until }: Period): Generator<{ instant: number; shown: string }> {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: ZONE,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
  });
  for (let instant = from.getTime(); instant < until.getTime(); instant += 15 * MINUTE_MS) {
    yield { instant, shown: format.format(instant).replace(',', '') };
  }
}

/** The due times of a period, found by looking at the clock; the two days when it is changed are said by hand. */
function expectedDueTimes(period: Period): Record<'hourly' | 'daily' | 'weekly', number[]> {
  const hourly: number[] = [];
  const daily = new Set<number>();
  const weekly: number[] = [];
  for (const { instant, shown } of walkThrough(period)) {
    if (shown.endsWith(':00')) hourly.push(instant);
    if (shown.endsWith('02:30')) daily.add(instant);
    if (shown === 'Mon 00:15') weekly.push(instant);
  }
  const missing = Date.parse('2026-03-29T01:30:00Z'); // 02:30 is not there: 03:30
  if (missing >= period.from.getTime() && missing < period.until.getTime()) daily.add(missing);
  daily.delete(Date.parse('2026-10-25T01:30:00Z')); // the second 02:30
  return { hourly, daily: [...daily].toSorted((a, b) => a - b), weekly };
}

test.each(PERIODS)(
  'three orchestrators over %s, with daylight saving: every due time once',
  async (_name, period) => {
    const { database } = deps;
    const { from, until, longestPauseHours, weeklyEnds, fewestCrashes } = period;
    const common = { timeZone: ZONE, catchUpLimit: 1000 };
    const hourly = await makeTestSchedule(database, from, { ...common, cron: '0 * * * *', overlap: 'allow' });
    const daily = await makeTestSchedule(database, from, { ...common, cron: '30 2 * * *', overlap: 'queue' });
    const weekly = await makeTestSchedule(database, from, { ...common, cron: '15 0 * * mon', overlap: 'skip' });
    const random = createRandom(20_260_329);
    let crashes = 0;
    const crash = (): void => {
      crashes += 1;
      throw new Error('killed');
    };
    const orchestrators = databases.map((own, index) => ({
      ...deps,
      database: { ...own, url: deps.database.url },
      logger: createTestLogger([]),
      trackQueue: {
        ...deps.trackQueue,
        // Nobody takes the tracks; an orchestrator that dies after the commit enqueues nothing.
        enqueueTracks: async () => (random.chance(0.02 * (index + 1)) ? crash() : undefined),
      },
    }));
    const tick = (now: Date): Promise<unknown> =>
      Promise.all(
        orchestrators.map((orchestrator) =>
          runSchedules(orchestrator, { now, beforeCommit: async () => (random.chance(0.05) ? crash() : undefined) }),
        ),
      );
    const endSome = (scheduleId: number, share: number): Promise<unknown> =>
      database.dataSource.query(
        `UPDATE pipeline SET state = 'CANCELLED', open_tracks = 0, finished_at = UTC_TIMESTAMP(6)
       WHERE schedule_id = ? AND state = 'RUNNING' AND RAND() < ?`,
        [scheduleId, share],
      );

    const lastMinute = until.getTime() - MINUTE_MS;
    const pauseMs = (): number => (1 + random.below(longestPauseHours)) * HOUR_MS + 7 * MINUTE_MS;
    for (let now = from.getTime(); now < lastMinute; now += pauseMs()) {
      await tick(new Date(now));
      await endSome(daily.scheduleId, 0.8);
      await endSome(weekly.scheduleId, weeklyEnds);
    }
    // Nothing is killed at the end: what is left to do is done.
    const calm = { now: new Date(lastMinute) };
    for (let left = 1; left > 0;) {
      await endSome(daily.scheduleId, 1);
      const results = await Promise.all(orchestrators.map((orchestrator) => runSchedules(orchestrator, calm)));
      left = results.reduce((sum, { decided }) => sum + decided, 0);
    }

    const expected = expectedDueTimes(period);
    const hours = (until.getTime() - from.getTime()) / HOUR_MS;
    expect(expected.hourly).toHaveLength(hours);
    expect(expected.daily).toHaveLength(hours / 24);
    const startedAt = async (scheduleId: number): Promise<number[]> =>
      (await readScheduled(database, scheduleId)).map(({ dueAt }) => dueAt.getTime());
    expect(await startedAt(hourly.scheduleId)).toEqual(expected.hourly);
    expect(await startedAt(daily.scheduleId)).toEqual(expected.daily);
    expect(await countFires(database, hourly.scheduleId)).toEqual({ started: hours });
    expect(await countFires(database, daily.scheduleId)).toEqual({ started: hours / 24 });
    const counts = await countFires(database, weekly.scheduleId);
    expect((await readFires(database, weekly.scheduleId)).map((text) => text.split(' ')[0])).toEqual(
      expected.weekly.map((instant) => new Date(instant).toISOString().slice(5, 16)),
    );
    expect(counts.started).toBe((await readScheduled(database, weekly.scheduleId)).length);
    expect(counts.skipped).toBeGreaterThan(0);
    expect(crashes).toBeGreaterThan(fewestCrashes);
  },
  300_000,
);
