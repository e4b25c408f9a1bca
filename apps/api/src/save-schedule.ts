import {
  changeSchedule,
  insertSchedule,
  prepareOrder,
  readClock,
  rememberRequest,
  type Database,
  type Runner,
  type ScheduleRecord,
  type ScheduleSettings,
} from '@baton/database';
import {
  BatonError,
  describeIssues,
  errorOfProblems,
  nextDueTime,
  OVERLAP_POLICIES,
  readTimetable,
  type Problem,
} from '@baton/domain';
import { z } from 'zod';
import type { RepeatableRequest } from './repeatable-request.ts';
import { startRequestSchema } from './start-pipeline.ts';

/** `schedule <name>` is who creates its pipelines, and has the length of a name as well. */
const MAX_NAME_LENGTH = 180;
const MAX_CATCH_UP = 1000;
const NAME_RULE = `expected a name: 1 to ${MAX_NAME_LENGTH} characters, no control characters, not only digits`;
const start = startRequestSchema.shape;

/** What people give; null is the same as absent. */
export const scheduleRequestSchema = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(MAX_NAME_LENGTH)
      .regex(/^(?!\d+$)[^\p{Control}]*$/u, NAME_RULE)
      .describe('no other schedule has it; not only digits'),
    cron: z
      .string()
      .describe(
        'minute, hour, day of the month, month, day of the week; or @daily, @hourly, @weekly, @monthly, @yearly',
      ),
    timeZone: z.string().nullish().describe('IANA, such as Europe/Berlin; absent: UTC'),
    graph: start.graph,
    pipelineName: start.name.nullable().describe("of its pipelines; absent: the schedule's"),
    params: start.params.nullable(),
    mode: start.mode.nullable(),
    onFailure: start.onFailure.nullable(),
    priority: start.priority.nullable(),
    timeoutMs: start.timeoutMs.nullable(),
    overlap: z
      .enum(OVERLAP_POLICIES)
      .nullish()
      .describe('what happens at a due time while a pipeline of it still runs; absent: queue'),
    catchUpLimit: z
      .int()
      .min(0)
      .max(MAX_CATCH_UP)
      .nullish()
      .describe('so many due times that nobody was there for are started afterwards, the newest; absent: 1'),
  })
  .meta({ id: 'ScheduleRequest' });

export const schedulePatchSchema = scheduleRequestSchema.partial().meta({ id: 'SchedulePatch' });

/**
 * Makes a schedule.
 * @param body as it was sent
 * @returns its id
 * @throws BatonError invalid_schedule with every problem at once, schedule_name_taken, those of rememberRequest
 */
export async function makeSchedule(
  database: Database,
  body: unknown,
  request: RepeatableRequest & { createdBy: string },
): Promise<{ scheduleId: number; isReplayed: boolean }> {
  const { answer, isReplayed } = await rememberRequest<{ scheduleId: number }>(database, request, async (runner) => {
    const settings = await readSchedule(runner, database, { value: body, checksGraph: true });
    const now = await readClock(runner);
    const timetable = readTimetable(settings.cron, settings.timeZone);
    if (!timetable.ok) throw new Error('a schedule that was checked cannot be read');
    const nextDueAt = nextDueTime(timetable.value, now);
    const scheduleId = await insertSchedule(runner, settings, { createdBy: request.createdBy, nextDueAt, now });
    request.signal.throwIfAborted();
    return { scheduleId };
  });
  return { ...answer, isReplayed };
}

/**
 * Changes the settings that a patch names; null takes one away.
 * @throws BatonError schedule_not_found, invalid_schedule, schedule_name_taken: nothing is changed
 */
export async function patchSchedule(
  database: Database,
  { scheduleId, changedBy }: { scheduleId: number; changedBy: string },
  body: unknown,
): Promise<void> {
  const now = await readClock(database.dataSource);
  await changeSchedule(database, { scheduleId, changedBy, now }, (runner, schedule) => {
    const patch = isRecord(body) ? body : { body };
    // The graph of another setting's change may be in the middle of an edit: that is the due time's affair.
    const checksGraph = Object.hasOwn(patch, 'graph') || Object.hasOwn(patch, 'params');
    return readSchedule(runner, database, { value: { ...toRequest(schedule), ...patch }, checksGraph });
  });
}

function toRequest({ name, cron, timeZone, overlap, catchUpLimit, order }: ScheduleRecord): Record<string, unknown> {
  const { name: pipelineName, ...rest } = order;
  return { name, cron, timeZone, overlap, catchUpLimit, pipelineName, ...rest };
}

async function readSchedule(
  runner: Runner,
  database: Database,
  { value, checksGraph }: { value: unknown; checksGraph: boolean },
): Promise<ScheduleSettings> {
  const parsed = scheduleRequestSchema.safeParse(value);
  const problems: Problem[] = parsed.success ? [] : describeIssues(parsed.error.issues, { value, pointer: '' });
  const fields = isRecord(value) ? value : {};
  problems.push(...findTimeProblems(fields));
  if (checksGraph) problems.push(...(await findOrderProblems(runner, database, fields)));
  if (!parsed.success || problems.length > 0) {
    throw errorOfProblems('invalid_schedule', 'expected a schedule that can run', problems);
  }
  const { name, cron, timeZone, graph, pipelineName, params, overlap, catchUpLimit, ...rest } = parsed.data;
  const order = { graph, ...withoutNulls({ name: pipelineName, params, ...rest }) };
  return {
    name,
    cron,
    timeZone: timeZone ?? 'UTC',
    order,
    overlap: overlap ?? 'queue',
    catchUpLimit: catchUpLimit ?? 1,
  };
}

/** Judged as far as it can be read, whatever else is wrong. */
function findTimeProblems({ cron, timeZone }: Record<string, unknown>): Problem[] {
  const zone = timeZone ?? 'UTC';
  const read = readTimetable(typeof cron === 'string' ? cron : '@daily', typeof zone === 'string' ? zone : 'UTC');
  return read.ok ? [] : read.problems;
}

/** Whether a pipeline could be started as the schedule says, now. */
async function findOrderProblems(
  runner: Runner,
  database: Database,
  fields: Record<string, unknown>,
): Promise<Problem[]> {
  const graph = start.graph.safeParse(fields['graph']);
  const params = start.params.safeParse(fields['params'] ?? {});
  if (!graph.success || !params.success) return [];
  try {
    await prepareOrder(runner, database, { graph: graph.data, params: params.data });
    return [];
  } catch (error) {
    if (!(error instanceof BatonError)) throw error;
    if (error.code === 'invalid_parameters') return error.problems;
    // The places of its problems are in the graph's document, not in this request.
    const problems = error.problems.map(({ pointer: _pointer, ...problem }) => problem);
    return [{ code: error.code, message: error.message, pointer: '/graph' }, ...problems];
  }
}

type WithoutNulls<T> = { [Key in keyof T]: Exclude<T[Key], null> };

function withoutNulls<T extends object>(fields: T): WithoutNulls<T> {
  const entries = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(entries) as WithoutNulls<T>;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
