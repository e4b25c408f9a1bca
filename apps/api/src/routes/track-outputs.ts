import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { idParameter, numberParameter } from '../http/paging.ts';
import { showOutputs, trackOutputsSchema } from '../show-outputs.ts';

export const getOutputs = defineRoute({
  method: 'get',
  path: '/api/v1/tracks/{trackId}/outputs',
  scope: 'read',
  summary: "Read what a track's script handed on",
  tag: 'tracks',
  request: {
    params: z.strictObject({ trackId: idParameter }),
    query: z.strictObject({
      attempt: numberParameter.optional().describe('absent: the current one, whose values the vertices after it get'),
    }),
  },
  responses: { 200: { description: 'Its values by key.', schema: trackOutputsSchema } },
  errors: ['track_not_found', 'attempt_not_found'],
}).handle(async ({ deps, params, query }) => ({
  status: 200,
  body: await showOutputs(deps.database, params.trackId, query.attempt ?? null),
}));
