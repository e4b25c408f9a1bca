import { BatonError, readTimetable, type OverlapPolicy, type Timetable } from '@baton/domain';
import type { Database } from './data-source.ts';
import { databaseErrorNumber, DUPLICATE_KEY } from './database-errors.ts';
import type { PipelineOrder } from './start-pipeline.ts';
import { execute, selectRows, type Runner } from './statements.ts';
import { toStoredJson } from './stored-json.ts';
import { withRetries } from './with-transaction.ts';

/*
 * Schedules: what is to be started, and when next.
 *
 * The truth is the schedule's row and one row of schedule_fire for each due time that somebody has decided about. Whoever
 * writes either has locked the schedule's row: so a due time is decided once, whoever comes at the same time, and a crash
 * leaves a due time either undecided (next_due_at stands there still) or decided with its pipeline. `now` is an argument
 * everywhere: the processes pass the database's clock, tests their own.
 */

/** What people give. */
export interface ScheduleSettings {
  name: string;
  cron: string;
  /** IANA. */
  timeZone: string;
  /** What to start; the graph is an id, a name, or `name@version`. */
  order: PipelineOrder;
  overlap: OverlapPolicy;
  /** So many due times that nobody was there for are started all the same: the newest. */
  catchUpLimit: number;
}

export interface ScheduleRecord extends ScheduleSettings {
  id: number;
  pausedAt: Date | null;
  /** The first due time that nobody has decided about; null while it is paused. */
  nextDueAt: Date | null;
  /** Why the last due time could not be started; null: it could, or there was none. */
  lastError: string | null;
  createdBy: string;
  /** Who changed it since, each once. */
  changedBy: string[];
  createdAt: Date;
  updatedAt: Date;
}

const SCHEDULE_COLUMNS = `id, name, cron, time_zone AS timeZone, graph, request, overlap_policy AS overlap,
  catch_up_limit AS catchUpLimit, paused_at AS pausedAt, next_due_at AS nextDueAt, last_error AS lastError,
  created_by AS createdBy, changed_by AS changedBy, created_at AS createdAt, updated_at AS updatedAt`;

type ScheduleRow = Omit<ScheduleRecord, 'order' | 'changedBy'> & {
  graph: string;
  request: string;
  changedBy: string | null;
};

function toRecord({ graph, request, changedBy, ...row }: ScheduleRow): ScheduleRecord {
  const order = { ...(JSON.parse(request) as Omit<PipelineOrder, 'graph'>), graph };
  return { ...row, order, changedBy: JSON.parse(changedBy ?? '[]') as string[] };
}

/**
 * The timetable of a schedule that was stored.
 * @throws Error where it cannot be read any more, which only another time zone database may cause
 */
export function timetableOf({ id, cron, timeZone }: Pick<ScheduleRecord, 'id' | 'cron' | 'timeZone'>): Timetable {
  const read = readTimetable(cron, timeZone);
  if (read.ok) return read.value;
  throw new Error(`the cron expression and time zone of schedule ${id} cannot be read: ${read.problems[0]?.message}`);
}

/** @returns the schedule, or null where there is none */
export async function findSchedule(runner: Runner, idOrName: number | string): Promise<ScheduleRecord | null> {
  return selectSchedule(runner, `${typeof idOrName === 'number' ? 'id' : 'name'} = ?`, [idOrName]);
}

/** Locks a schedule: nobody else decides about its due times until the transaction ends. @returns null where there is none */
export async function lockSchedule(runner: Runner, scheduleId: number): Promise<ScheduleRecord | null> {
  return selectSchedule(runner, 'id = ? FOR UPDATE', [scheduleId]);
}

/** As lockSchedule, but null as well where somebody else has locked it or it is paused. */
export async function tryLockSchedule(runner: Runner, scheduleId: number): Promise<ScheduleRecord | null> {
  return selectSchedule(runner, 'id = ? AND paused_at IS NULL FOR UPDATE SKIP LOCKED', [scheduleId]);
}

async function selectSchedule(
  runner: Runner,
  where: string,
  values: readonly unknown[],
): Promise<ScheduleRecord | null> {
  const sql = `SELECT ${SCHEDULE_COLUMNS} FROM schedule WHERE ${where}`;
  const [row] = await selectRows<ScheduleRow>(runner, sql, values);
  return row === undefined ? null : toRecord(row);
}

export interface ScheduleFilter {
  /** How the name begins; compared exactly. */
  namePrefix?: string;
  /** Only schedules with a greater id: the last one of the page before. */
  afterId?: number;
  limit: number;
}

/** @returns schedules in the order of their making */
export async function findSchedules(database: Database, filter: ScheduleFilter): Promise<ScheduleRecord[]> {
  const { namePrefix, afterId = 0, limit } = filter;
  const named = namePrefix === undefined ? '' : 'AND LEFT(name, CHAR_LENGTH(?)) = ?';
  const rows = await selectRows<ScheduleRow>(
    database.dataSource,
    `SELECT ${SCHEDULE_COLUMNS} FROM schedule WHERE id > ? ${named} ORDER BY id LIMIT ?`,
    [afterId, ...(namePrefix === undefined ? [] : [namePrefix, namePrefix]), limit],
  );
  return rows.map(toRecord);
}

/**
 * Writes a new schedule.
 * @throws BatonError schedule_name_taken
 */
export async function insertSchedule(
  runner: Runner,
  settings: ScheduleSettings,
  { createdBy, nextDueAt, now }: { createdBy: string; nextDueAt: Date; now: Date },
): Promise<number> {
  const values = [...columnValues(settings), nextDueAt, createdBy, now, now];
  const { insertId } = await unlessNameIsTaken(settings.name, () =>
    execute(
      runner,
      `INSERT INTO schedule (name, cron, time_zone, graph, request, overlap_policy, catch_up_limit, next_due_at, created_by,
         created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      values,
    ),
  );
  return insertId;
}

/**
 * Writes the settings of a schedule that the caller has locked, and from when on it is due.
 * @throws BatonError schedule_name_taken
 */
export async function updateSchedule(
  runner: Runner,
  schedule: Pick<ScheduleRecord, 'id' | 'pausedAt' | 'nextDueAt' | 'changedBy'> & ScheduleSettings,
  now: Date,
): Promise<void> {
  const { id, pausedAt, nextDueAt, changedBy } = schedule;
  const values = [...columnValues(schedule), pausedAt, nextDueAt, toStoredJson(changedBy), now, id];
  await unlessNameIsTaken(schedule.name, () =>
    execute(
      runner,
      `UPDATE schedule SET name = ?, cron = ?, time_zone = ?, graph = ?, request = ?, overlap_policy = ?, catch_up_limit = ?,
         paused_at = ?, next_due_at = ?, changed_by = ?, updated_at = ? WHERE id = ?`,
      values,
    ),
  );
}

function columnValues(settings: ScheduleSettings): unknown[] {
  const { name, cron, timeZone, order, overlap, catchUpLimit } = settings;
  const { graph, ...request } = order;
  return [name, cron, timeZone, String(graph), toStoredJson(request), overlap, catchUpLimit];
}

async function unlessNameIsTaken<T>(name: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (databaseErrorNumber(error) !== DUPLICATE_KEY) throw error;
    const detail = `expected a name that no other schedule has, found ${JSON.stringify(name)}`;
    throw new BatonError('schedule_name_taken', detail, { cause: error });
  }
}

/**
 * Removes a schedule with what is noted about its due times. Its pipelines stay, and go on.
 * @returns whether there was one
 */
export async function deleteSchedule(database: Database, scheduleId: number): Promise<boolean> {
  const { affectedRows } = await withRetries(() =>
    execute(database.dataSource, 'DELETE FROM schedule WHERE id = ?', [scheduleId]),
  );
  return affectedRows > 0;
}

/** The database's clock: the one that all processes go by. */
export async function readClock(runner: Runner): Promise<Date> {
  const [row] = await selectRows<{ now: Date }>(runner, 'SELECT UTC_TIMESTAMP(6) AS now');
  if (row === undefined) throw new Error('the database did not tell the time');
  return row.now;
}
