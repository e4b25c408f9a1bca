import { MAX_DETAIL_LENGTH, type FireState, type ScheduleLoad } from '@baton/domain';
import type { Database } from './data-source.ts';
import { execute, inChunks, placeRows, selectRows, type Runner } from './statements.ts';

/** The rows of schedule_fire: what became of each due time. Whoever writes one has locked its schedule. */

/** What became of one due time. */
export interface FireRecord {
  dueAt: Date;
  state: FireState;
  /** Set exactly where it was started. */
  pipelineId: number | null;
  /** Backfilled: so many of such run at once; null: it came by itself. */
  backfillAtOnce: number | null;
  /** Who asked for it afterwards; null: it came by itself. */
  requestedBy: string | null;
  detail: string | null;
  decidedAt: Date;
}

const FIRE_COLUMNS = `due_at AS dueAt, state, pipeline_id AS pipelineId, backfill_at_once AS backfillAtOnce,
  requested_by AS requestedBy, detail, decided_at AS decidedAt`;
const ROWS_AT_ONCE = 1000;

/** The two queues of a schedule: of what came by itself, and of what a person asked for afterwards. */
export type FireLane = 'due' | 'backfill';

/** Writes what was decided about due times, whatever was noted about them before. */
export async function writeFires(runner: Runner, scheduleId: number, fires: readonly FireRecord[]): Promise<void> {
  for (const chunk of inChunks(fires, ROWS_AT_ONCE)) {
    const { places, values } = placeRows(
      chunk.map(({ dueAt, state, pipelineId, backfillAtOnce, requestedBy, detail, decidedAt }) => {
        const cut = detail?.slice(0, MAX_DETAIL_LENGTH) ?? null;
        return [scheduleId, dueAt, state, pipelineId, backfillAtOnce, requestedBy, cut, decidedAt];
      }),
    );
    await execute(
      runner,
      `REPLACE INTO schedule_fire (schedule_id, due_at, state, pipeline_id, backfill_at_once, requested_by, detail,
         decided_at)
       VALUES ${places}`,
      values,
    );
  }
}

/** @returns what is noted about these due times, by their ms since 1970 */
export async function findFiresAt(
  runner: Runner,
  scheduleId: number,
  dueTimes: readonly Date[],
): Promise<Map<number, FireRecord>> {
  const found = new Map<number, FireRecord>();
  for (const chunk of inChunks(dueTimes, ROWS_AT_ONCE)) {
    const sql = `SELECT ${FIRE_COLUMNS} FROM schedule_fire WHERE schedule_id = ? AND due_at IN (?)`;
    const rows = await selectRows<FireRecord>(runner, sql, [scheduleId, chunk]);
    for (const row of rows) found.set(row.dueAt.getTime(), row);
  }
  return found;
}

export interface FireFilter {
  scheduleId: number;
  /** Empty: every state. */
  states: readonly FireState[];
  /** Only due times before this: the last one of the page before. */
  before?: Date;
  limit: number;
}

/** @returns what became of due times, the newest first */
export function findFires(
  database: Database,
  { scheduleId, states, before, limit }: FireFilter,
): Promise<FireRecord[]> {
  return selectRows<FireRecord>(
    database.dataSource,
    `SELECT ${FIRE_COLUMNS} FROM schedule_fire WHERE schedule_id = ?
       ${states.length === 0 ? '' : 'AND state IN (?)'} ${before === undefined ? '' : 'AND due_at < ?'}
     ORDER BY due_at DESC LIMIT ?`,
    [scheduleId, ...(states.length === 0 ? [] : [states]), ...(before === undefined ? [] : [before]), limit],
  );
}

/**
 * Found by the index of states; the primary key has the order that is asked for, but the whole history as well.
 * @returns the first due time of a lane that waits; null: none does
 */
export async function findQueueHead(runner: Runner, scheduleId: number, lane: FireLane): Promise<FireRecord | null> {
  const [row] = await selectRows<FireRecord>(
    runner,
    `SELECT ${FIRE_COLUMNS} FROM schedule_fire IGNORE INDEX (PRIMARY)
     WHERE state = 'queued' AND schedule_id = ? AND backfill_at_once IS ${lane === 'due' ? '' : 'NOT'} NULL
     ORDER BY due_at LIMIT 1`,
    [scheduleId],
  );
  return row ?? null;
}

/** @returns what of a schedule is alive or waits, but for what was backfilled */
export async function findLoad(runner: Runner, scheduleId: number): Promise<ScheduleLoad> {
  const live = await findLive(runner, scheduleId, 'due');
  const [row] = await selectRows<{ queued: number }>(
    runner,
    `SELECT COUNT(*) AS queued FROM schedule_fire FORCE INDEX (ix_schedule_fire_state)
     WHERE state = 'queued' AND schedule_id = ? AND backfill_at_once IS NULL`,
    [scheduleId],
  );
  return { live, queued: Number(row?.queued ?? 0) };
}

/** A schedule's few live pipelines are found by the index, however many it has had. */
const LIVE_PIPELINES = `pipeline p FORCE INDEX (ix_pipeline_schedule)
  STRAIGHT_JOIN schedule_fire f ON f.schedule_id = p.schedule_id AND f.due_at = p.scheduled_for
  WHERE p.schedule_id IN (?) AND p.state IN ('RUNNING', 'PAUSED')`;

/** @returns the live pipelines of a lane, by due time */
export function findLive(runner: Runner, scheduleId: number, lane: FireLane): Promise<ScheduleLoad['live']> {
  return selectRows<ScheduleLoad['live'][number]>(
    runner,
    `SELECT p.id AS pipelineId, p.scheduled_for AS dueAt FROM ${LIVE_PIPELINES}
       AND f.backfill_at_once IS ${lane === 'due' ? '' : 'NOT'} NULL ORDER BY p.scheduled_for`,
    [[scheduleId]],
  );
}

interface QueueRow {
  scheduleId: number;
  isBackfill: number;
  pipelines: number;
}

/**
 * The queues of schedules that are not paused whose first due time need not wait any longer, as far as can be said without a
 * lock. Where nothing waits that is one look into an index.
 */
export async function findMovableQueues(
  database: Database,
  limit: number,
): Promise<{ scheduleId: number; lane: FireLane }[]> {
  const queues = await selectRows<QueueRow>(
    database.dataSource,
    `SELECT f.schedule_id AS scheduleId, f.backfill_at_once IS NOT NULL AS isBackfill,
       COALESCE(MAX(f.backfill_at_once), IF(MAX(s.overlap_policy) = 'allow', 1000000, 1)) AS pipelines
     FROM schedule_fire f FORCE INDEX (ix_schedule_fire_state)
     STRAIGHT_JOIN schedule s ON s.id = f.schedule_id AND s.paused_at IS NULL
     WHERE f.state = 'queued' GROUP BY f.schedule_id, f.backfill_at_once IS NOT NULL ORDER BY f.schedule_id`,
  );
  if (queues.length === 0) return [];
  const live = await selectRows<QueueRow>(
    database.dataSource,
    `SELECT p.schedule_id AS scheduleId, f.backfill_at_once IS NOT NULL AS isBackfill, COUNT(*) AS pipelines
     FROM ${LIVE_PIPELINES} GROUP BY p.schedule_id, f.backfill_at_once IS NOT NULL`,
    [[...new Set(queues.map(({ scheduleId }) => scheduleId))]],
  );
  const keyOf = ({ scheduleId, isBackfill }: QueueRow): string => `${scheduleId} ${isBackfill}`;
  const alive = new Map(live.map((row) => [keyOf(row), Number(row.pipelines)]));
  return queues
    .filter((queue) => (alive.get(keyOf(queue)) ?? 0) < Number(queue.pipelines))
    .slice(0, limit)
    .map(({ scheduleId, isBackfill }) => ({ scheduleId, lane: isBackfill === 1 ? 'backfill' : 'due' }));
}
