import { MAX_VERTICES, PIPELINE_MODES } from '@baton/domain';
import { z } from 'zod';
import { applyAction } from '../apply-action.ts';
import { vertexReferenceSchema } from '../find-vertex.ts';
import { defineRoute, jsonBody } from '../http/define-route.ts';
import { idParameter } from '../http/paging.ts';
import type { Route } from '../http/route-types.ts';
import { actionHeaders, personAction, reasonField } from '../person-action.ts';
import { planSchema, rerunFrom } from '../rerun-tracks.ts';
import { pipelineSchema, showPipeline } from '../show-pipeline.ts';

/** A pipeline of 200,000 tracks takes some seconds to end or to go on. */
const LARGE_PIPELINE_FACTOR = 2;

const pipelineParams = z.strictObject({ pipelineId: idParameter });

function pipelineAction(kind: 'pause' | 'resume' | 'cancel', summary: string, description: string): Route {
  return defineRoute({
    method: 'post',
    path: `/api/v1/pipelines/{pipelineId}/${kind}`,
    scope: 'operate',
    summary,
    tag: 'pipelines',
    deadlineFactor: LARGE_PIPELINE_FACTOR,
    request: {
      params: pipelineParams,
      headers: actionHeaders,
      body: jsonBody(z.strictObject({ reason: reasonField }), { isOptional: true }),
    },
    responses: { 200: { description, schema: pipelineSchema } },
    errors: ['pipeline_not_found', 'state_conflict', 'idempotency_key_reused'],
  }).handle(async (call) => {
    const { deps, params, body } = call;
    await applyAction(deps, { pipelineId: params.pipelineId, event: { kind } }, personAction(call, body.reason));
    return { status: 200, body: await showPipeline(deps.database, params.pipelineId) };
  });
}

export const pausePipelineRoute = pipelineAction(
  'pause',
  'Pause a pipeline: what runs goes on, nothing starts',
  'It is paused.',
);

export const resumePipelineRoute = pipelineAction('resume', 'Let a paused pipeline go on', 'It runs again.');

export const cancelPipelineRoute = pipelineAction(
  'cancel',
  'Cancel a pipeline; again is the same as once',
  'It is cancelled, or is being cancelled.',
);

export const setModeRoute = defineRoute({
  method: 'post',
  path: '/api/v1/pipelines/{pipelineId}/mode',
  scope: 'operate',
  summary: 'Hand a pipeline on by itself (auto), or by choices of persons (manual)',
  tag: 'pipelines',
  deadlineFactor: LARGE_PIPELINE_FACTOR,
  request: {
    params: pipelineParams,
    headers: actionHeaders,
    body: jsonBody(
      z.strictObject({
        mode: z.enum(PIPELINE_MODES).describe('auto: tracks that await a choice go on with all successors'),
        reason: reasonField,
      }),
    ),
  },
  responses: { 200: { description: 'It has this mode.', schema: pipelineSchema } },
  errors: ['pipeline_not_found', 'state_conflict', 'idempotency_key_reused'],
}).handle(async (call) => {
  const { deps, params, body } = call;
  const event = { kind: 'set_mode', mode: body.mode } as const;
  await applyAction(deps, { pipelineId: params.pipelineId, event }, personAction(call, body.reason));
  return { status: 200, body: await showPipeline(deps.database, params.pipelineId) };
});

const rerunBody = z
  .strictObject({
    from: z
      .union([z.literal('failed'), z.array(vertexReferenceSchema).min(1).max(MAX_VERTICES)], {
        error: 'expected "failed", or a list of names or ids of vertices',
      })
      .optional()
      .describe('absent: failed, which is what failed or was cancelled, and what follows'),
    descendants: z.boolean().optional().describe('what follows the named vertices as well; absent: true'),
    params: z
      .record(z.string(), z.json())
      .optional()
      .describe('values for what runs again, by parameter or by "vertex.parameter"'),
    version: z
      .union([z.enum(['same', 'latest']), z.int().min(1)], 'expected "same", "latest", or the number of a version')
      .optional()
      .describe('of the graph, for a pipeline that has ended; absent: same'),
    preview: z.boolean().optional().describe('do nothing, show the plan; absent: false'),
    reason: reasonField,
  })
  .refine(({ from, descendants }) => descendants === undefined || Array.isArray(from), {
    message: 'expected descendants only beside a list of vertices: what follows what failed always runs again',
    path: ['descendants'],
  });

export const retryPipelineRoute = defineRoute({
  method: 'post',
  path: '/api/v1/pipelines/{pipelineId}/retry',
  scope: 'operate',
  summary: 'Run tracks again: those that failed and what follows them, or those that are named',
  tag: 'pipelines',
  deadlineFactor: LARGE_PIPELINE_FACTOR,
  request: { params: pipelineParams, headers: actionHeaders, body: jsonBody(rerunBody, { isOptional: true }) },
  responses: {
    200: {
      description: 'The pipeline, and what of it runs again; earlier attempts and their output are kept.',
      schema: pipelineSchema
        .extend({ plan: planSchema.nullable().describe('null: the same request had been done before') })
        .meta({ id: 'RerunPipeline' }),
    },
  },
  errors: [
    'pipeline_not_found',
    'graph_not_found',
    'graph_check_failed',
    'invalid_parameters',
    'state_conflict',
    'idempotency_key_reused',
  ],
}).handle(async (call) => {
  const { deps, params, body } = call;
  const { from = 'failed', descendants = true, reason, ...rest } = body;
  const request = { ...rest, pipelineId: params.pipelineId, from, descendants };
  const plan = await rerunFrom(deps, request, personAction(call, reason));
  return { status: 200, body: { ...(await showPipeline(deps.database, params.pipelineId)), plan } };
});
