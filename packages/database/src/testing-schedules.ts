import { randomBytes } from 'node:crypto';
import { nextDueTime, type FireState } from '@baton/domain';
import type { Database } from './data-source.ts';
import { fireSchedule, startQueuedFire, type Fired, type FireOptions } from './fire-schedules.ts';
import { findFires, type FireLane } from './schedule-fires.ts';
import { insertSchedule, timetableOf, type ScheduleSettings } from './schedules.ts';
import { selectRows } from './statements.ts';
import { storeTestGraph } from './testing-flow.ts';
import { withTransaction } from './with-transaction.ts';

/** A schedule of a graph of its own (one vertex), due from a time on; hourly in UTC unless the test says otherwise. */
export async function makeTestSchedule(
  database: Database,
  from: Date,
  settings: Partial<ScheduleSettings> = {},
): Promise<{ scheduleId: number; name: string; graph: string }> {
  const { graph } = await storeTestGraph(database, { vertices: { A: {} } });
  const name = settings.name ?? `schedule-${randomBytes(6).toString('hex')}`;
  const defaults = { cron: '@hourly', timeZone: 'UTC', overlap: 'allow', catchUpLimit: 0 } as const;
  const schedule = { ...defaults, order: { graph }, ...settings, name };
  const nextDueAt = nextDueTime(timetableOf({ id: 0, ...schedule }), new Date(from.getTime() - 1));
  const scheduleId = await withTransaction(database, (runner) =>
    insertSchedule(runner, schedule, { createdBy: 'a test', nextDueAt, now: from }),
  );
  return { scheduleId, name, graph };
}

/** Fires until nothing is left to decide; pipelines to replace are cancelled. @returns what was decided, in order */
export async function fireAll(
  database: Database,
  scheduleId: number,
  options: FireOptions & { lane?: FireLane; cancel?: (pipelineIds: number[]) => Promise<void> },
): Promise<Extract<Fired, { kind: 'decided' }>[]> {
  const { lane } = options;
  const decided: Extract<Fired, { kind: 'decided' }>[] = [];
  for (;;) {
    const fired =
      lane === undefined
        ? await fireSchedule(database, scheduleId, options)
        : await startQueuedFire(database, { scheduleId, lane }, options);
    if (fired.kind === 'nothing') return decided;
    if (fired.kind === 'decided') decided.push(fired);
    else if (options.cancel === undefined) throw new Error('the test did not expect pipelines to be replaced');
    else await options.cancel(fired.pipelineIds);
  }
}

/** What became of each due time, ascending: `05-01T10:00 started`. */
export async function readFires(database: Database, scheduleId: number): Promise<string[]> {
  const fires = await findFires(database, { scheduleId, states: [], limit: 100_000 });
  return fires.toReversed().map(({ dueAt, state }) => `${dueAt.toISOString().slice(5, 16)} ${state}`);
}

/** The pipelines of a schedule by due time, ascending. */
export function readScheduled(
  database: Database,
  scheduleId: number,
): Promise<{ id: number; dueAt: Date; name: string; createdBy: string; state: string }[]> {
  return selectRows(
    database.dataSource,
    `SELECT id, scheduled_for AS dueAt, name, created_by AS createdBy, state FROM pipeline WHERE schedule_id = ?
     ORDER BY scheduled_for, id`,
    [scheduleId],
  );
}

/** How many due times are in each state. */
export async function countFires(database: Database, scheduleId: number): Promise<Partial<Record<FireState, number>>> {
  const rows = await selectRows<{ state: FireState; fires: number }>(
    database.dataSource,
    'SELECT state, COUNT(*) AS fires FROM schedule_fire WHERE schedule_id = ? GROUP BY state',
    [scheduleId],
  );
  return Object.fromEntries(rows.map(({ state, fires }) => [state, Number(fires)]));
}
