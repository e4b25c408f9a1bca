import { vertexIdOf, type PersonEvent } from '@baton/domain';
import { z } from 'zod';
import { applyAction } from '../apply-action.ts';
import { refusePastGate } from '../decide-gate.ts';
import { defineRoute, jsonBody } from '../http/define-route.ts';
import { idParameter } from '../http/paging.ts';
import type { Route } from '../http/route-types.ts';
import { actionHeaders, personAction, reasonField } from '../person-action.ts';
import { retryTrack } from '../rerun-tracks.ts';
import { getTrack, showTrack, trackDetailsSchema } from '../show-track.ts';

type TrackAction = Extract<PersonEvent['kind'], 'skip' | 'succeed' | 'give_up' | 'cancel_track'>;

/** What would lead past a gate: only who may approve may do that before it was approved. */
const PAST_GATES: readonly TrackAction[] = ['skip', 'succeed'];

function trackAction(kind: TrackAction, step: string, texts: { summary: string; description: string }): Route {
  const leadsPast = PAST_GATES.includes(kind);
  return defineRoute({
    method: 'post',
    path: `/api/v1/tracks/{trackId}/${step}`,
    scope: 'operate',
    summary: texts.summary,
    tag: 'tracks',
    request: {
      params: z.strictObject({ trackId: idParameter }),
      headers: actionHeaders,
      body: jsonBody(z.strictObject({ reason: reasonField }), { isOptional: true }),
    },
    responses: { 200: { description: texts.description, schema: trackDetailsSchema } },
    errors: [
      'track_not_found',
      ...(leadsPast ? (['not_an_approver', 'self_approval_forbidden'] as const) : []),
      'state_conflict',
      'idempotency_key_reused',
    ],
  }).handle(async (call) => {
    const { deps, params, body, identity } = call;
    const { pipelineId } = await getTrack(deps.database, params.trackId);
    if (leadsPast) await refusePastGate(deps.database, params.trackId, identity);
    const event = { kind, vertexId: vertexIdOf(params.trackId) };
    await applyAction(deps, { pipelineId, event }, personAction(call, body.reason));
    return { status: 200, body: await showTrack(deps.database, params.trackId) };
  });
}

export const skipTrackRoute = trackAction('skip', 'skip', {
  summary: 'Skip a track that has not started, or that failed; it does not hold up what comes after it',
  description: 'It is skipped.',
});

export const succeedTrackRoute = trackAction('succeed', 'succeed', {
  summary: 'Count a track that has not started, or that failed, as succeeded; its script does not run',
  description: 'It counts as succeeded.',
});

export const giveUpTrackRoute = trackAction('give_up', 'give-up', {
  summary: 'Give up a failed track that awaits a decision',
  description: 'It stays failed, and what needs it is cancelled.',
});

export const cancelTrackRoute = trackAction('cancel_track', 'cancel', {
  summary: 'Cancel a track; it counts as failed',
  description: 'It is cancelled, or will be when its worker says that its processes are gone.',
});

export const retryTrackRoute = defineRoute({
  method: 'post',
  path: '/api/v1/tracks/{trackId}/retry',
  scope: 'operate',
  summary: 'Run a track again that has ended, or whose failure awaits a decision',
  tag: 'tracks',
  request: {
    params: z.strictObject({ trackId: idParameter }),
    headers: actionHeaders,
    body: jsonBody(
      z.strictObject({
        params: z.record(z.string(), z.json()).optional().describe('values for this track, by parameter'),
        descendants: z.boolean().optional().describe('what follows it as well; absent: false'),
        reason: reasonField,
      }),
      { isOptional: true },
    ),
  },
  responses: { 200: { description: 'The track, before its next attempt.', schema: trackDetailsSchema } },
  errors: ['track_not_found', 'invalid_parameters', 'state_conflict', 'idempotency_key_reused'],
}).handle(async (call) => {
  const { deps, params, body } = call;
  const request = { trackId: params.trackId, params: body.params, descendants: body.descendants ?? false };
  await retryTrack(deps, request, personAction(call, body.reason));
  return { status: 200, body: await showTrack(deps.database, params.trackId) };
});
