import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { idParameter } from '../http/paging.ts';
import { pipelineWhySchema, trackWhySchema } from '../why-blockers.ts';
import { whyPipeline } from '../why-pipeline.ts';
import { whyTrack } from '../why-track.ts';

export const getTrackWhy = defineRoute({
  method: 'get',
  path: '/api/v1/tracks/{trackId}/why',
  scope: 'read',
  summary: 'Say why a track does not run, or what it waits for',
  tag: 'tracks',
  request: { params: z.strictObject({ trackId: idParameter }) },
  responses: { 200: { description: 'All that holds it.', schema: trackWhySchema } },
  errors: ['track_not_found'],
}).handle(async ({ deps, params }) => ({ status: 200, body: await whyTrack(deps, params.trackId) }));

export const getPipelineWhy = defineRoute({
  method: 'get',
  path: '/api/v1/pipelines/{pipelineId}/why',
  scope: 'read',
  summary: 'Say why a pipeline has not ended: the tracks that hold it, by what holds them',
  tag: 'pipelines',
  request: { params: z.strictObject({ pipelineId: idParameter }) },
  responses: { 200: { description: 'What holds it.', schema: pipelineWhySchema } },
  errors: ['pipeline_not_found'],
}).handle(async ({ deps, params }) => ({ status: 200, body: await whyPipeline(deps, params.pipelineId) }));
