import { giveParameters } from '@baton/database';
import { z } from 'zod';
import { enqueueOrLog } from '../enqueue-or-log.ts';
import { defineRoute, jsonBody } from '../http/define-route.ts';
import { idParameter } from '../http/paging.ts';
import { showTrack, trackDetailsSchema } from '../show-track.ts';

export const giveParametersRoute = defineRoute({
  method: 'post',
  path: '/api/v1/tracks/{trackId}/params',
  scope: 'operate',
  summary: 'Give a held track the parameter values that it lacks',
  tag: 'tracks',
  request: {
    params: z.strictObject({ trackId: idParameter }),
    body: jsonBody(z.strictObject({ params: z.record(z.string(), z.json()).describe('values by parameter') })),
  },
  responses: { 200: { description: 'The track; it starts when nothing else keeps it.', schema: trackDetailsSchema } },
  errors: ['track_not_found', 'state_conflict', 'invalid_parameters'],
}).handle(async ({ deps, params: { trackId }, body }) => {
  const toDispatch = await giveParameters(deps.database, trackId, body.params);
  await enqueueOrLog(deps, toDispatch);
  return { status: 200, body: await showTrack(deps.database, trackId) };
});
