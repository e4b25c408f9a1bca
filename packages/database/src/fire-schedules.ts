import {
  BatonError,
  decideOverlap,
  MAX_DETAIL_LENGTH,
  planDueTimes,
  type ScheduleLoad,
  type TrackToDispatch,
} from '@baton/domain';
import type { Database } from './data-source.ts';
import { findRetry } from './database-errors.ts';
import {
  findFiresAt,
  findLive,
  findLoad,
  findQueueHead,
  writeFires,
  type FireLane,
  type FireRecord,
} from './schedule-fires.ts';
import { timetableOf, tryLockSchedule, type ScheduleRecord } from './schedules.ts';
import { startPipelineIn } from './start-pipeline.ts';
import { execute, selectRows, type Runner } from './statements.ts';
import { withTransaction } from './with-transaction.ts';

/*
 * Due times become pipelines here, one a transaction: the schedule's row is locked (whoever finds it locked goes on to the
 * next schedule), the pipeline and the note about the due time are written, and next_due_at moves on. So with any number of
 * callers each due time is decided once, and
 * - who dies before the commit has done nothing; another caller does it;
 * - who dies after the commit leaves tracks that nobody enqueued: the reconcile loop does;
 * - a COMMIT whose reply was lost is found done when the body runs again;
 * - a pipeline that cannot be made is rolled back, and a second transaction notes that: the schedule goes on;
 * - while MySQL is away nothing is decided; what was due meanwhile is caught up as far as the schedule says.
 */

/** What one call did. */
export type Fired =
  /** Nothing is to be done, or somebody else is at it. */
  | { kind: 'nothing' }
  /** These pipelines are to be cancelled first; then call again. */
  | { kind: 'replace'; schedule: ScheduleRecord; pipelineIds: number[] }
  | {
      kind: 'decided';
      schedule: ScheduleRecord;
      /** What was noted, ascending by due time; at most one is started. */
      fires: FireRecord[];
      /** To be enqueued now. */
      toDispatch: TrackToDispatch[];
      /** Why a pipeline could not be made. */
      error?: unknown;
    };

const SELECT_DUE_SCHEDULES = `SELECT id FROM schedule WHERE paused_at IS NULL AND next_due_at <= ?
  ORDER BY next_due_at LIMIT ?`;

/** @returns ids of schedules with due times to decide about, the longest due first */
export async function findDueSchedules(database: Database, now: Date, limit: number): Promise<number[]> {
  const rows = await selectRows<{ id: number }>(database.dataSource, SELECT_DUE_SCHEDULES, [now, limit]);
  return rows.map(({ id }) => id);
}

export interface FireOptions {
  now: Date;
  /** For tests: called in the transaction when everything has been written. */
  beforeCommit?: (runner: Runner) => Promise<void>;
}

const CAME_BY_ITSELF = { backfillAtOnce: null, requestedBy: null };
const IDLE: ScheduleLoad = { live: [], queued: 0 };

/** Decides about the first due time of a schedule that has come, and notes those before it that were missed. */
export function fireSchedule(database: Database, scheduleId: number, options: FireOptions): Promise<Fired> {
  const { now } = options;
  return decideOnce(database, options, async (runner, attempt) => {
    const schedule = await tryLockSchedule(runner, scheduleId);
    if (schedule?.nextDueAt == null || schedule.nextDueAt > now) return whatWasDone(runner, attempt);
    const { nextDueAt } = schedule;
    const plan = planDueTimes(timetableOf(schedule), { ...schedule, nextDueAt }, now);
    const due = plan.due === null ? [] : [plan.due];
    // A backfill may have been quicker.
    const known = await findFiresAt(runner, scheduleId, [...plan.missed.map(({ dueAt }) => dueAt), ...due]);
    const fires: FireRecord[] = plan.missed
      .filter(({ dueAt }) => !known.has(dueAt.getTime()))
      .map((missed) => ({ ...missed, state: 'missed', pipelineId: null, ...CAME_BY_ITSELF, decidedAt: now }));
    let toDispatch: TrackToDispatch[] = [];
    for (const dueAt of due.filter((one) => !known.has(one.getTime()))) {
      // Where overlaps are allowed nobody asks what is alive: that may be much.
      const load = schedule.overlap === 'allow' ? IDLE : await findLoad(runner, scheduleId);
      const decision = decideOverlap(schedule.overlap, load);
      if (decision.kind === 'replace') return { kind: 'replace', schedule, pipelineIds: decision.pipelineIds };
      const note = { dueAt, pipelineId: null, ...CAME_BY_ITSELF, detail: null, decidedAt: now };
      if (decision.kind === 'queue') fires.push({ ...note, state: 'queued' });
      else if (decision.kind === 'skip') fires.push({ ...note, state: 'skipped', detail: decision.detail });
      else {
        const started = await startFire(runner, attempt, { database, schedule, fire: note });
        fires.push(started.fire);
        ({ toDispatch } = started);
      }
    }
    await writeFires(runner, scheduleId, fires);
    await execute(runner, 'UPDATE schedule SET next_due_at = ? WHERE id = ?', [plan.nextDueAt, scheduleId]);
    return { kind: 'decided', schedule, fires, toDispatch };
  });
}

/** Starts the first due time of a queue, where enough of the pipelines before it have ended. */
export function startQueuedFire(
  database: Database,
  { scheduleId, lane }: { scheduleId: number; lane: FireLane },
  options: FireOptions,
): Promise<Fired> {
  return decideOnce(database, options, async (runner, attempt) => {
    const schedule = await tryLockSchedule(runner, scheduleId);
    const head = schedule === null ? null : await findQueueHead(runner, scheduleId, lane);
    if (schedule === null || head === null) return whatWasDone(runner, attempt);
    const live = await findLive(runner, scheduleId, lane);
    const mayOverlap = lane === 'due' && schedule.overlap === 'allow';
    if (!mayOverlap && live.length >= (head.backfillAtOnce ?? 1)) return whatWasDone(runner, attempt);
    const fire = { ...head, decidedAt: options.now };
    const started = await startFire(runner, attempt, { database, schedule, fire });
    await writeFires(runner, scheduleId, [started.fire]);
    return { kind: 'decided', schedule, fires: [started.fire], toDispatch: started.toDispatch };
  });
}

/** What the tries of one call know of each other. */
interface Attempt {
  /** What the last try had written when it came to its COMMIT. */
  written: Extract<Fired, { kind: 'decided' }> | null;
  /** The pipeline that could not be made, in a try that was rolled back. */
  failure: { dueAt: Date; error: unknown } | null;
}

/** A try that could not make its pipeline is rolled back, and another one notes that. */
async function decideOnce(
  database: Database,
  { beforeCommit }: FireOptions,
  decide: (runner: Runner, attempt: Attempt) => Promise<Fired>,
): Promise<Fired> {
  const attempt: Attempt = { written: null, failure: null };
  const run = (): Promise<Fired> =>
    withTransaction(database, async (runner) => {
      const fired = await decide(runner, attempt);
      if (fired.kind === 'decided') attempt.written = fired;
      await beforeCommit?.(runner);
      return fired;
    });
  try {
    return await run();
  } catch (error) {
    if (attempt.failure === null || attempt.failure.error !== error) throw error;
  }
  const fired = await run();
  return fired.kind === 'decided' ? { ...fired, error: attempt.failure.error } : fired;
}

/** Nothing is left to decide: perhaps because this very call did, and the reply to its COMMIT was lost. */
async function whatWasDone(runner: Runner, { written }: Attempt): Promise<Fired> {
  const started = written?.fires.find(({ pipelineId }) => pipelineId !== null);
  if (written === null || started === undefined) return { kind: 'nothing' };
  const found = await findFiresAt(runner, written.schedule.id, [started.dueAt]);
  const isOurs = found.get(started.dueAt.getTime())?.pipelineId === started.pipelineId;
  return isOurs ? written : { kind: 'nothing' };
}

/** Makes the pipeline of a due time; where the try before failed at that, notes why instead. */
async function startFire(
  runner: Runner,
  attempt: Attempt,
  { database, schedule, fire }: { database: Database; schedule: ScheduleRecord; fire: Omit<FireRecord, 'state'> },
): Promise<{ fire: FireRecord; toDispatch: TrackToDispatch[] }> {
  const { dueAt } = fire;
  if (attempt.failure?.dueAt.getTime() === dueAt.getTime()) {
    const detail = describeFailure(attempt.failure.error);
    await execute(runner, 'UPDATE schedule SET last_error = ? WHERE id = ?', [detail, schedule.id]);
    return { fire: { ...fire, state: 'failed', detail }, toDispatch: [] };
  }
  const order = { ...schedule.order, name: schedule.order.name ?? schedule.name };
  const origin = {
    createdBy: `schedule ${schedule.name}`,
    schedule: { id: schedule.id, dueAt, madeBy: schedule.createdBy, helpers: findHelpers(schedule, fire) },
  };
  try {
    const { pipelineId, toDispatch } = await startPipelineIn(runner, database, { order, origin });
    await execute(runner, 'UPDATE schedule SET last_error = NULL WHERE id = ?', [schedule.id]);
    return { fire: { ...fire, state: 'started', pipelineId }, toDispatch };
  } catch (error) {
    // Of deadlocks and a MySQL that is away the transaction is tried again; all else would be the same the next time.
    if (findRetry(error) === null) attempt.failure = { dueAt, error };
    throw error;
  }
}

/** By whose doing it starts as well, and how: whoever changed the schedule may have changed what it starts. */
function findHelpers(
  { name, createdBy, changedBy }: ScheduleRecord,
  { requestedBy }: Pick<FireRecord, 'requestedBy'>,
): { actor: string; reason: string }[] {
  const changed = changedBy.filter((actor) => actor !== createdBy && actor !== requestedBy);
  const helpers = changed.map((actor) => ({ actor, reason: `changed the schedule ${name}` }));
  if (requestedBy === null || requestedBy === createdBy) return helpers;
  return [...helpers, { actor: requestedBy, reason: `backfill of the schedule ${name}` }];
}

function describeFailure(error: unknown): string {
  if (!(error instanceof BatonError)) return 'it failed in a way that was not expected; the log has it';
  const problems = error.problems.map(({ message }) => message).join('; ');
  return `${error.code}: ${error.message}${problems === '' ? '' : ` (${problems})`}`.slice(0, MAX_DETAIL_LENGTH);
}
