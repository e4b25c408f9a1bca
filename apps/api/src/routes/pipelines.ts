import { z } from 'zod';
import { cancelPipeline } from '../cancel-pipeline.ts';
import { defineRoute, jsonBody } from '../http/define-route.ts';
import { idParameter } from '../http/paging.ts';
import { idempotencyHeaders, REPLAYED_HEADER, repeatableRequest } from '../repeatable-request.ts';
import { pipelineSchema, showPipeline } from '../show-pipeline.ts';
import { startPipeline, startRequestSchema } from '../start-pipeline.ts';

/** A pipeline of 200,000 tracks takes some seconds to write. */
const LARGE_PIPELINE_FACTOR = 2;

export const startPipelineRoute = defineRoute({
  method: 'post',
  path: '/api/v1/pipelines',
  scope: 'submit',
  summary: 'Start a pipeline',
  tag: 'pipelines',
  deadlineFactor: LARGE_PIPELINE_FACTOR,
  request: { headers: idempotencyHeaders, body: jsonBody(startRequestSchema) },
  responses: {
    202: {
      description: 'It is accepted: written, and its first tracks enqueued now or later.',
      schema: pipelineSchema,
      headers: { Location: 'the pipeline', 'Idempotent-Replayed': 'true: this was the answer before' },
    },
  },
  errors: [
    'graph_not_found',
    'graph_check_failed',
    'invalid_parameters',
    'idempotency_key_in_use',
    'idempotency_key_reused',
  ],
}).handle(async (call) => {
  const { deps, body, identity } = call;
  const request = { ...repeatableRequest(call, body), createdBy: identity.name };
  const { pipeline, isReplayed } = await startPipeline(deps, body, request);
  const headers = { Location: `/api/v1/pipelines/${pipeline.id}`, ...(isReplayed ? REPLAYED_HEADER : {}) };
  return { status: 202, headers, body: pipeline };
});

export const cancelPipelineRoute = defineRoute({
  method: 'post',
  path: '/api/v1/pipelines/{pipelineId}/cancel',
  scope: 'operate',
  summary: 'Cancel a pipeline; again is the same as once',
  tag: 'pipelines',
  deadlineFactor: LARGE_PIPELINE_FACTOR,
  request: {
    params: z.strictObject({ pipelineId: idParameter }),
    body: jsonBody(z.strictObject({}), { isOptional: true }),
  },
  responses: { 200: { description: 'It is cancelled, or is being cancelled.', schema: pipelineSchema } },
  errors: ['pipeline_not_found', 'state_conflict'],
}).handle(async ({ deps, params }) => {
  await cancelPipeline(deps, params.pipelineId);
  return { status: 200, body: await showPipeline(deps.database, params.pipelineId) };
});
