import type { Client as FetchClient } from 'openapi-fetch';
import { answerOf, pages } from './answer-of.ts';
import type { paths } from './schema.d.ts';
import type * as Types from './types.ts';

/** @param api `schedule` is an id or a name in all of them, which throw ApiError schedule_not_found */
export function scheduleCalls(api: FetchClient<paths>) {
  const paramsOf = (schedule: string) => ({ path: { schedule } });
  return {
    /** @throws ApiError invalid_schedule with every problem, schedule_name_taken */
    async createSchedule(body: Types.ScheduleRequest): Promise<Types.Schedule> {
      return answerOf(await api.POST('/api/v1/schedules', { body }));
    },
    /** Page after page, the oldest first; `name`: how it begins. */
    async *listSchedules(query: { name?: string } = {}): AsyncGenerator<Types.Schedule> {
      yield* pages(async (page) =>
        answerOf(await api.GET('/api/v1/schedules', { params: { query: { ...query, ...page } } })),
      );
    },
    async getSchedule(schedule: string): Promise<Types.Schedule> {
      return answerOf(await api.GET('/api/v1/schedules/{schedule}', { params: paramsOf(schedule) }));
    },
    /** @throws ApiError invalid_schedule, schedule_name_taken */
    async changeSchedule(schedule: string, body: Types.SchedulePatch): Promise<Types.Schedule> {
      return answerOf(await api.PATCH('/api/v1/schedules/{schedule}', { params: paramsOf(schedule), body }));
    },
    /** Nothing of it starts any more; its pipelines go on. */
    async pauseSchedule(schedule: string): Promise<Types.Schedule> {
      return answerOf(await api.POST('/api/v1/schedules/{schedule}/pause', { params: paramsOf(schedule) }));
    },
    async resumeSchedule(schedule: string): Promise<Types.Schedule> {
      return answerOf(await api.POST('/api/v1/schedules/{schedule}/resume', { params: paramsOf(schedule) }));
    },
    async removeSchedule(schedule: string): Promise<void> {
      answerOf<unknown>(await api.DELETE('/api/v1/schedules/{schedule}', { params: paramsOf(schedule) }));
    },
    /** Asks for the due times of a range that were not started. @throws ApiError invalid_schedule */
    async backfillSchedule(schedule: string, body: Types.BackfillRequest): Promise<Types.BackfillAnswer> {
      return answerOf(await api.POST('/api/v1/schedules/{schedule}/backfill', { params: paramsOf(schedule), body }));
    },
    /** What became of its last due times, the newest first. @param limit at most 200 */
    async listDueTimes(schedule: string, limit: number): Promise<Types.DueTime[]> {
      const params = { ...paramsOf(schedule), query: { limit } };
      return answerOf(await api.GET('/api/v1/schedules/{schedule}/fires', { params })).items;
    },
  };
}
