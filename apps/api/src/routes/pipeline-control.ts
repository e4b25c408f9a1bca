import { PIPELINE_MODES } from '@baton/domain';
import { z } from 'zod';
import { applyAction } from '../apply-action.ts';
import { defineRoute, jsonBody } from '../http/define-route.ts';
import { idParameter } from '../http/paging.ts';
import type { Route } from '../http/route-types.ts';
import { actionHeaders, personAction, reasonField } from '../person-action.ts';
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
