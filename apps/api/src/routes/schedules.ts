import {
  deleteSchedule,
  findSchedule,
  findSchedules,
  readClock,
  type Database,
  type ScheduleRecord,
} from '@baton/database';
import { BatonError } from '@baton/domain';
import { z } from 'zod';
import { defineRoute, uncheckedBody } from '../http/define-route.ts';
import { makePage, nextLink, PAGE_HEADERS, pageSchema, pagingQuery, readCursor, readIdOrName } from '../http/paging.ts';
import { idempotencyHeaders, REPLAYED_HEADER, repeatableRequest } from '../repeatable-request.ts';
import { makeSchedule, patchSchedule, schedulePatchSchema, scheduleRequestSchema } from '../save-schedule.ts';
import { scheduleSchema, showSchedule } from '../show-schedule.ts';

export const scheduleParams = z.strictObject({
  schedule: z.string().min(1).max(190).describe('id or name of a schedule'),
});

export const createScheduleRoute = defineRoute({
  method: 'post',
  path: '/api/v1/schedules',
  scope: 'submit',
  summary: 'Make a schedule that starts pipelines of a graph',
  tag: 'schedules',
  request: { headers: idempotencyHeaders, body: uncheckedBody(scheduleRequestSchema) },
  responses: {
    201: {
      description: 'The schedule, with its next due times.',
      schema: scheduleSchema,
      headers: { Location: 'the schedule', 'Idempotent-Replayed': 'true: it was made before' },
    },
  },
  errors: ['invalid_schedule', 'schedule_name_taken', 'idempotency_key_in_use', 'idempotency_key_reused'],
}).handle(async (call) => {
  const { deps, body, identity } = call;
  const request = { ...repeatableRequest(call, body), createdBy: identity.name };
  const { scheduleId, isReplayed } = await makeSchedule(deps.database, body, request);
  const headers = { Location: `/api/v1/schedules/${scheduleId}`, ...(isReplayed ? REPLAYED_HEADER : {}) };
  return { status: 201, headers, body: await show(deps.database, String(scheduleId)) };
});

export const listSchedules = defineRoute({
  method: 'get',
  path: '/api/v1/schedules',
  scope: 'read',
  summary: 'List the schedules, the oldest first',
  tag: 'schedules',
  request: {
    query: z.strictObject({
      name: z.string().min(1).max(190).optional().describe('how the name begins'),
      ...pagingQuery,
    }),
  },
  responses: { 200: { description: 'One page.', schema: pageSchema(scheduleSchema), headers: PAGE_HEADERS } },
}).handle(async ({ deps: { database }, query: { name, limit, cursor }, request }) => {
  const afterId = readCursor(cursor);
  const rows = await findSchedules(database, {
    limit: limit + 1,
    ...(name === undefined ? {} : { namePrefix: name }),
    ...(afterId === undefined ? {} : { afterId }),
  });
  const now = await readClock(database.dataSource);
  const page = makePage(rows, limit, (schedule) => schedule);
  const items = await Promise.all(page.items.map((schedule) => showSchedule(database, schedule, now)));
  return { status: 200, headers: nextLink(request, page.nextCursor), body: { ...page, items } };
});

export const getScheduleRoute = defineRoute({
  method: 'get',
  path: '/api/v1/schedules/{schedule}',
  scope: 'read',
  summary: 'Show a schedule, with its next due times',
  tag: 'schedules',
  request: { params: scheduleParams },
  responses: { 200: { description: 'The schedule.', schema: scheduleSchema } },
  errors: ['schedule_not_found'],
}).handle(async ({ deps, params }) => ({ status: 200, body: await show(deps.database, params.schedule) }));

export const patchScheduleRoute = defineRoute({
  method: 'patch',
  path: '/api/v1/schedules/{schedule}',
  scope: 'operate',
  summary: 'Change settings of a schedule; what runs or is queued stays',
  tag: 'schedules',
  request: { params: scheduleParams, body: uncheckedBody(schedulePatchSchema) },
  responses: { 200: { description: 'The schedule as it is now.', schema: scheduleSchema } },
  errors: ['schedule_not_found', 'invalid_schedule', 'schedule_name_taken'],
}).handle(async ({ deps: { database }, params, body, identity }) => {
  const { id } = await getSchedule(database, params.schedule);
  await patchSchedule(database, { scheduleId: id, changedBy: identity.name }, body);
  return { status: 200, body: await show(database, String(id)) };
});

export const deleteScheduleRoute = defineRoute({
  method: 'delete',
  path: '/api/v1/schedules/{schedule}',
  scope: 'operate',
  summary: 'Remove a schedule and what waits of it; its pipelines stay and go on',
  tag: 'schedules',
  request: { params: scheduleParams },
  responses: { 204: { description: 'It is gone.' } },
  errors: ['schedule_not_found'],
}).handle(async ({ deps: { database }, params }) => {
  const { id } = await getSchedule(database, params.schedule);
  await deleteSchedule(database, id);
  return { status: 204, isEmpty: true };
});

/** @throws BatonError schedule_not_found */
export async function getSchedule(database: Database, idOrName: string): Promise<ScheduleRecord> {
  const schedule = await findSchedule(database.dataSource, readIdOrName(idOrName));
  if (schedule !== null) return schedule;
  const detail = `expected the id or name of a schedule, found ${JSON.stringify(idOrName)}`;
  throw new BatonError('schedule_not_found', detail);
}

/** @throws BatonError schedule_not_found */
export async function show(database: Database, idOrName: string): Promise<z.output<typeof scheduleSchema>> {
  return showSchedule(database, await getSchedule(database, idOrName), await readClock(database.dataSource));
}
