import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { idParameter } from '../http/paging.ts';
import { showTrack, trackDetailsSchema } from '../show-track.ts';

export const getTrackRoute = defineRoute({
  method: 'get',
  path: '/api/v1/tracks/{trackId}',
  scope: 'read',
  summary: 'Show a track with its attempts',
  tag: 'tracks',
  request: { params: z.strictObject({ trackId: idParameter }) },
  responses: { 200: { description: 'The track.', schema: trackDetailsSchema } },
  errors: ['track_not_found'],
}).handle(async ({ deps, params }) => ({ status: 200, body: await showTrack(deps.database, params.trackId) }));
