import {
  findGraphHeader,
  loadFlowGraph,
  parseGraphReference,
  timetableOf,
  type Database,
  type FireRecord,
  type ScheduleRecord,
} from '@baton/database';
import {
  BatonError,
  FAILURE_POLICIES,
  FIRE_STATES,
  firstDueTimes,
  OVERLAP_POLICIES,
  PIPELINE_MODES,
  type JsonValue,
} from '@baton/domain';
import { z } from 'zod';
import { MASK, maskSecrets } from './show-pipeline.ts';

const SHOWN_DUE_TIMES = 5;
/** From the first of them on. Every day of it is looked at, for each schedule of a page. */
const LOOK_AHEAD_MS = 8 * 366 * 86_400_000;

export const scheduleSchema = z
  .strictObject({
    id: z.int(),
    name: z.string(),
    cron: z.string(),
    timeZone: z.string(),
    graph: z.string().describe('as it was given: id, name, or "name@version"'),
    pipelineName: z.string().nullable().describe("null: the schedule's name"),
    params: z.record(z.string(), z.json()).describe(`as given; secrets are ${MASK}`),
    mode: z.enum(PIPELINE_MODES).nullable(),
    onFailure: z.enum(FAILURE_POLICIES).nullable(),
    priority: z.int().nullable(),
    timeoutMs: z.int().nullable(),
    overlap: z.enum(OVERLAP_POLICIES),
    catchUpLimit: z.int(),
    pausedAt: z.iso.datetime().nullable().describe('null: it is not paused'),
    nextDueTimes: z
      .array(z.iso.datetime())
      .describe(
        `the next ${SHOWN_DUE_TIMES} that come by themselves, fewer where years are between them; none while it is paused`,
      ),
    lastError: z.string().nullable().describe('why the last due time could not be started; null: it could'),
    createdBy: z.string(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Schedule' });

export const dueTimeSchema = z
  .strictObject({
    dueAt: z.iso.datetime(),
    state: z.enum(FIRE_STATES),
    pipelineId: z.int().nullable().describe('set exactly where it was started'),
    isBackfill: z.boolean().describe('a person asked for it afterwards'),
    detail: z.string().nullable().describe('why it is so, for people'),
    decidedAt: z.iso.datetime(),
  })
  .meta({ id: 'DueTime' });

/** A schedule as people see it. */
export async function showSchedule(
  database: Database,
  schedule: ScheduleRecord,
  now: Date,
): Promise<z.output<typeof scheduleSchema>> {
  const { order, changedBy: _changedBy, pausedAt, nextDueAt, createdAt, updatedAt, ...shown } = schedule;
  return {
    ...shown,
    graph: String(order.graph),
    pipelineName: order.name ?? null,
    params: await maskParams(database, schedule),
    mode: order.mode ?? null,
    onFailure: order.onFailure ?? null,
    priority: order.priority ?? null,
    timeoutMs: order.timeoutMs ?? null,
    pausedAt: pausedAt?.toISOString() ?? null,
    nextDueTimes: nextDueAt === null ? [] : findNextDueTimes(schedule, nextDueAt, now),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

/** One that has come already, and that nobody has decided about yet, is the first. */
function findNextDueTimes(schedule: ScheduleRecord, nextDueAt: Date, now: Date): string[] {
  const until = new Date(Math.max(now.getTime(), nextDueAt.getTime()) + LOOK_AHEAD_MS);
  const range = { from: nextDueAt, until, limit: SHOWN_DUE_TIMES };
  return firstDueTimes(timetableOf(schedule), range).map((dueAt) => dueAt.toISOString());
}

/** Where nobody can say any more what is secret, everything is. */
async function maskParams(database: Database, { order }: ScheduleRecord): Promise<Record<string, JsonValue>> {
  const params = order.params ?? {};
  if (Object.keys(params).length === 0) return {};
  try {
    const { versionId } = await findGraphHeader(database.dataSource, parseGraphReference(order.graph));
    return maskSecrets(await loadFlowGraph(database.dataSource, database, versionId), params);
  } catch (error) {
    if (!(error instanceof BatonError)) throw error;
    return Object.fromEntries(Object.keys(params).map((key) => [key, MASK]));
  }
}

export function showDueTime({
  backfillAtOnce,
  requestedBy: _requestedBy,
  ...fire
}: FireRecord): z.output<typeof dueTimeSchema> {
  return {
    ...fire,
    dueAt: fire.dueAt.toISOString(),
    decidedAt: fire.decidedAt.toISOString(),
    isBackfill: backfillAtOnce !== null,
  };
}
