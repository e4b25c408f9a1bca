import { AWAITED } from '@baton/domain';
import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { listParameter, nextLink, PAGE_HEADERS, pageSchema, pagingQuery, readCursor } from '../http/paging.ts';
import { inboxItemSchema, showInbox } from '../show-inbox.ts';

export const getInbox = defineRoute({
  method: 'get',
  path: '/api/v1/inbox',
  scope: 'read',
  summary: 'List the tracks that await a person, the oldest pipelines first',
  tag: 'tracks',
  request: {
    query: z.strictObject({
      kind: listParameter(z.enum(AWAITED)).describe('what is awaited; may be repeated'),
      mine: z.enum(['true', 'false']).default('false').describe('only what the token of this call may decide'),
      ...pagingQuery,
    }),
  },
  responses: {
    200: {
      description: 'One page; only a nextCursor of null is the end.',
      schema: pageSchema(inboxItemSchema),
      headers: PAGE_HEADERS,
    },
  },
}).handle(async ({ deps, query, identity, request }) => {
  const page = await showInbox(deps.database, identity, {
    kinds: query.kind,
    isMine: query.mine === 'true',
    afterId: readCursor(query.cursor) ?? 0,
    limit: query.limit,
  });
  return { status: 200, headers: nextLink(request, page.nextCursor), body: page };
});
