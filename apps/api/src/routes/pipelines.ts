import { defineRoute, jsonBody } from '../http/define-route.ts';
import { idempotencyHeaders, REPLAYED_HEADER, repeatableRequest } from '../repeatable-request.ts';
import { pipelineSchema } from '../show-pipeline.ts';
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
