import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { idParameter, nextLink, PAGE_HEADERS, pageSchema, pagingQuery, readCursor } from '../http/paging.ts';
import { historyEventSchema, showHistory } from '../show-history.ts';

export const getHistory = defineRoute({
  method: 'get',
  path: '/api/v1/pipelines/{pipelineId}/history',
  scope: 'read',
  summary: 'List what happened to a pipeline, who did it and why, oldest first; nothing of it ever changes',
  tag: 'pipelines',
  request: { params: z.strictObject({ pipelineId: idParameter }), query: z.strictObject(pagingQuery) },
  responses: {
    200: {
      description: 'One page; only a nextCursor of null is the end.',
      schema: pageSchema(historyEventSchema),
      headers: PAGE_HEADERS,
    },
  },
  errors: ['pipeline_not_found'],
}).handle(async ({ deps, params, query, request }) => {
  const range = { afterId: readCursor(query.cursor) ?? 0, limit: query.limit };
  const page = await showHistory(deps.database, params.pipelineId, range);
  return { status: 200, headers: nextLink(request, page.nextCursor), body: page };
});
