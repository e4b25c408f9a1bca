import { firstDueTimes, lastDueTimes, nextDueTime, type Timetable } from './schedule-times.ts';

/*
 * What becomes of a due time. Pure; packages/database writes down what these rules say.
 *
 *   (none) -> started   its pipeline was made in the same transaction
 *          -> queued    a pipeline before it still runs; -> started when that has ended, or failed, or skipped
 *          -> skipped   the overlap policy leaves it out; the detail says which pipeline was in the way
 *          -> missed    nobody was there to start it, and more such are not caught up
 *          -> failed    its pipeline could not be made: the graph is gone, no longer checked, or wants other parameters
 *
 * What is started stays so. A person's backfill makes skipped, missed and failed ones queued again.
 */
export const FIRE_STATES = ['started', 'queued', 'skipped', 'missed', 'failed'] as const;
export type FireState = (typeof FIRE_STATES)[number];

/** What happens at a due time while a pipeline of the schedule still runs. */
export const OVERLAP_POLICIES = ['allow', 'queue', 'skip', 'replace'] as const;
export type OverlapPolicy = (typeof OVERLAP_POLICIES)[number];

/** A due time that is found later than this was missed; it is started only as far as the catch-up limit goes. */
const ON_TIME_MS = 60_000;
/** So many missed due times are noted one by one after a downtime; the oldest of them speaks for those before it. */
export const MAX_MISSED_NOTED = 100;
/** So many due times of one schedule wait for the pipeline before them; the next one is skipped. */
export const MAX_QUEUED = 100;

export interface DuePlan {
  /** Ascending; the detail is for people. */
  missed: { dueAt: Date; detail: string }[];
  /** To be decided now; null: none. Further ones are found when this one is done: nextDueAt has come already. */
  due: Date | null;
  nextDueAt: Date;
}

/**
 * What to do about the due times that have come: the first that nobody has decided about, and those that are not caught up.
 * @param schedule.nextDueAt the first due time that nobody has decided about
 * @param schedule.catchUpLimit how many missed due times are started all the same: the newest
 */
export function planDueTimes(
  timetable: Timetable,
  { nextDueAt, catchUpLimit }: { nextDueAt: Date; catchUpLimit: number },
  now: Date,
): DuePlan {
  const lateUntil = new Date(Math.max(now.getTime() - ON_TIME_MS, nextDueAt.getTime()));
  const limit = catchUpLimit + MAX_MISSED_NOTED + 1;
  const late = lastDueTimes(timetable, { from: nextDueAt, until: lateUntil, limit });
  const missed = late.slice(0, Math.max(late.length - catchUpLimit, 0));
  const afterNow = new Date(now.getTime() + 1);
  const [onTime] = firstDueTimes(timetable, { from: lateUntil, until: afterNow, limit: 1 });
  const due = late[missed.length] ?? onTime ?? null;
  return { missed: noteMissed(missed, nextDueAt), due, nextDueAt: nextDueTime(timetable, due ?? now) };
}

function noteMissed(missed: readonly Date[], from: Date): DuePlan['missed'] {
  const noted = missed.slice(-MAX_MISSED_NOTED).map((dueAt) => ({ dueAt, detail: 'no orchestrator was there' }));
  const [first] = noted;
  if (first !== undefined && noted.length < missed.length) {
    first.detail += `, nor at any due time before it since ${from.toISOString()}`;
  }
  return noted;
}

/** What else of the schedule is alive when a due time has come. */
export interface ScheduleLoad {
  /** Its pipelines that have not ended. */
  live: readonly { pipelineId: number; dueAt: Date }[];
  /** Its due times that wait for one of them. */
  queued: number;
}

export type OverlapDecision =
  | { kind: 'start' }
  | { kind: 'queue' }
  | { kind: 'skip'; detail: string }
  /** Cancel these first, then decide anew. */
  | { kind: 'replace'; pipelineIds: number[] };

/** What a schedule does at a due time. */
export function decideOverlap(policy: OverlapPolicy, { live, queued }: ScheduleLoad): OverlapDecision {
  const [first] = live;
  switch (policy) {
    case 'allow':
      return { kind: 'start' };
    case 'skip':
      return first === undefined ? { kind: 'start' } : { kind: 'skip', detail: describeLive(first) };
    case 'replace':
      return first === undefined
        ? { kind: 'start' }
        : { kind: 'replace', pipelineIds: live.map(({ pipelineId }) => pipelineId) };
    case 'queue':
      if (first === undefined && queued === 0) return { kind: 'start' };
      if (queued < MAX_QUEUED) return { kind: 'queue' };
      return { kind: 'skip', detail: `${queued} due times before it were waiting` };
  }
}

function describeLive({ pipelineId, dueAt }: { pipelineId: number; dueAt: Date }): string {
  return `pipeline ${pipelineId}, due at ${dueAt.toISOString()}, had not ended`;
}
