import {
  backfillSchedule,
  findFires,
  MAX_BACKFILL,
  pauseSchedule,
  readClock,
  resumeSchedule,
  type Database,
} from '@baton/database';
import { FIRE_STATES } from '@baton/domain';
import { z } from 'zod';
import { defineRoute, jsonBody } from '../http/define-route.ts';
import {
  listParameter,
  makePage,
  nextLink,
  PAGE_HEADERS,
  pageSchema,
  pagingQuery,
  readCursor,
} from '../http/paging.ts';
import { dueTimeSchema, scheduleSchema, showDueTime } from '../show-schedule.ts';
import { getSchedule, scheduleParams, show } from './schedules.ts';

const MAX_AT_ONCE = 100;
const noBody = jsonBody(z.strictObject({}), { isOptional: true });

export const pauseScheduleRoute = defineRoute({
  method: 'post',
  path: '/api/v1/schedules/{schedule}/pause',
  scope: 'operate',
  summary:
    'Pause a schedule: nothing of it starts, queued and backfilled due times included; again is the same as once',
  tag: 'schedules',
  request: { params: scheduleParams, body: noBody },
  responses: { 200: { description: 'It is paused; its pipelines go on.', schema: scheduleSchema } },
  errors: ['schedule_not_found'],
}).handle(async ({ deps: { database }, params }) => {
  return { status: 200, body: await move(database, params.schedule, pauseSchedule) };
});

export const resumeScheduleRoute = defineRoute({
  method: 'post',
  path: '/api/v1/schedules/{schedule}/resume',
  scope: 'operate',
  summary: 'Let a paused schedule go on; the due times of the pause are not made up for',
  tag: 'schedules',
  request: { params: scheduleParams, body: noBody },
  responses: { 200: { description: 'It goes on with its next due time.', schema: scheduleSchema } },
  errors: ['schedule_not_found', 'state_conflict'],
}).handle(async ({ deps: { database }, params }) => {
  return { status: 200, body: await move(database, params.schedule, resumeSchedule) };
});

/** @returns the schedule as it is then */
async function move(
  database: Database,
  idOrName: string,
  step: typeof pauseSchedule | typeof resumeSchedule,
): Promise<z.output<typeof scheduleSchema>> {
  const { id } = await getSchedule(database, idOrName);
  await step(database, id, await readClock(database.dataSource));
  return show(database, String(id));
}

export const backfillScheduleRoute = defineRoute({
  method: 'post',
  path: '/api/v1/schedules/{schedule}/backfill',
  scope: 'operate',
  summary: 'Start the due times of a range that were not started, each once, however often it is asked for',
  tag: 'schedules',
  request: {
    params: scheduleParams,
    body: jsonBody(
      z.strictObject({
        from: z.iso.datetime({ offset: true }).describe('due times from here on'),
        to: z.iso
          .datetime({ offset: true })
          .describe(`and before this, which is not in the future; at most ${MAX_BACKFILL} due times`),
        atOnce: z.int().min(1).max(MAX_AT_ONCE).default(1).describe('so many of these pipelines run at once'),
      }),
    ),
  },
  responses: {
    200: {
      description: 'They wait, and start by due time.',
      schema: z.strictObject({
        dueTimes: z.int().describe('in the range'),
        queued: z.int().describe('that wait because of this call; the others were started before, or wait already'),
      }),
    },
  },
  errors: ['schedule_not_found', 'invalid_schedule'],
}).handle(async ({ deps: { database }, params, body, identity }) => {
  const { id: scheduleId } = await getSchedule(database, params.schedule);
  const range = { from: new Date(body.from), until: new Date(body.to), atOnce: body.atOnce };
  const now = await readClock(database.dataSource);
  const result = await backfillSchedule(database, { ...range, scheduleId, requestedBy: identity.name, now });
  return { status: 200, body: result };
});

export const listDueTimes = defineRoute({
  method: 'get',
  path: '/api/v1/schedules/{schedule}/fires',
  scope: 'read',
  summary: 'List what became of the due times of a schedule, the newest first',
  tag: 'schedules',
  request: {
    params: scheduleParams,
    query: z.strictObject({
      state: listParameter(z.enum(FIRE_STATES)).describe('may be repeated'),
      ...pagingQuery,
    }),
  },
  responses: { 200: { description: 'One page.', schema: pageSchema(dueTimeSchema), headers: PAGE_HEADERS } },
  errors: ['schedule_not_found'],
}).handle(async ({ deps: { database }, params, query: { state, limit, cursor }, request }) => {
  const { id: scheduleId } = await getSchedule(database, params.schedule);
  // A due time is what identifies a row here: the cursor is its milliseconds since 1970.
  const before = readCursor(cursor);
  const rows = await findFires(database, {
    scheduleId,
    states: state,
    limit: limit + 1,
    ...(before === undefined ? {} : { before: new Date(before) }),
  });
  const page = makePage(
    rows.map((fire) => ({ id: fire.dueAt.getTime(), fire })),
    limit,
    ({ fire }) => showDueTime(fire),
  );
  return { status: 200, headers: nextLink(request, page.nextCursor), body: page };
});
