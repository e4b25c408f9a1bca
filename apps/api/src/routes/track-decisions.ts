import { MAX_VERTICES } from '@baton/domain';
import { z } from 'zod';
import { chooseNext } from '../choose-next.ts';
import { decideGate } from '../decide-gate.ts';
import { vertexReferenceSchema } from '../find-vertex.ts';
import { giveValues } from '../give-values.ts';
import { defineRoute, jsonBody } from '../http/define-route.ts';
import { idParameter } from '../http/paging.ts';
import { actionHeaders, personAction, reasonField } from '../person-action.ts';
import { showTrack, trackDetailsSchema } from '../show-track.ts';

const request = { params: z.strictObject({ trackId: idParameter }), headers: actionHeaders };

export const giveParametersRoute = defineRoute({
  method: 'post',
  path: '/api/v1/tracks/{trackId}/params',
  scope: 'operate',
  summary: 'Give a held track the parameter values that it lacks',
  tag: 'tracks',
  request: {
    ...request,
    body: jsonBody(
      z.strictObject({
        params: z.record(z.string(), z.json()).describe('values by parameter'),
        reason: reasonField,
      }),
    ),
  },
  responses: { 200: { description: 'The track; it starts when nothing else keeps it.', schema: trackDetailsSchema } },
  errors: ['track_not_found', 'state_conflict', 'invalid_parameters', 'idempotency_key_reused'],
}).handle(async (call) => {
  const { deps, params, body } = call;
  await giveValues(deps, { trackId: params.trackId, params: body.params }, personAction(call, body.reason));
  return { status: 200, body: await showTrack(deps.database, params.trackId) };
});

export const chooseNextRoute = defineRoute({
  method: 'post',
  path: '/api/v1/tracks/{trackId}/next',
  scope: 'operate',
  summary: 'Choose the successors that the flow goes on with; the same choice again is the same as once',
  tag: 'tracks',
  request: {
    ...request,
    body: jsonBody(
      z.strictObject({
        next: z
          .union(
            [vertexReferenceSchema, z.array(vertexReferenceSchema).max(MAX_VERTICES)],
            'expected a name or an id, or a list of them',
          )
          .describe('names or ids of direct successors, each once; an empty list: none of them'),
        reason: reasonField,
      }),
    ),
  },
  responses: { 200: { description: 'The track, with what was chosen.', schema: trackDetailsSchema } },
  errors: ['track_not_found', 'invalid_choice', 'state_conflict', 'idempotency_key_reused'],
}).handle(async (call) => {
  const { deps, params, body } = call;
  await chooseNext(deps, { trackId: params.trackId, next: body.next }, personAction(call, body.reason));
  return { status: 200, body: await showTrack(deps.database, params.trackId) };
});

/** Everywhere else it is called a reason. */
const comments = { comment: reasonField, reason: reasonField.describe('the same as comment') };
const isOneOfBoth = ({ comment, reason }: { comment?: string | undefined; reason?: string | undefined }): boolean =>
  comment === undefined || reason === undefined;
const ONE_OF_BOTH = 'expected comment or reason, found both';
const approvalBody = z
  .strictObject({
    params: z.record(z.string(), z.json()).optional().describe("values for the gate's form"),
    ...comments,
  })
  .refine(isOneOfBoth, ONE_OF_BOTH);
const rejectionBody = z.strictObject(comments).refine(isOneOfBoth, ONE_OF_BOTH);

export const approveRoute = defineRoute({
  method: 'post',
  path: '/api/v1/tracks/{trackId}/approve',
  scope: 'read',
  summary: "Approve at a track's gate: by its approvers; where it names none, with the scope operate",
  tag: 'tracks',
  request: {
    ...request,
    body: jsonBody(approvalBody, { isOptional: true }),
  },
  responses: { 200: { description: 'The track; it starts when nothing else keeps it.', schema: trackDetailsSchema } },
  errors: [
    'track_not_found',
    'not_an_approver',
    'self_approval_forbidden',
    'invalid_parameters',
    'state_conflict',
    'idempotency_key_reused',
  ],
}).handle(async (call) => {
  const { deps, params, body, identity } = call;
  const action = personAction(call, body.comment ?? body.reason);
  const answer = { trackId: params.trackId, decision: 'approved', params: body.params ?? {}, identity } as const;
  await decideGate(deps, answer, action);
  return { status: 200, body: await showTrack(deps.database, params.trackId) };
});

export const rejectRoute = defineRoute({
  method: 'post',
  path: '/api/v1/tracks/{trackId}/reject',
  scope: 'read',
  summary: "Reject at a track's gate: it is skipped, or failed if the gate says so",
  tag: 'tracks',
  request: {
    ...request,
    body: jsonBody(rejectionBody, { isOptional: true }),
  },
  responses: { 200: { description: 'The track.', schema: trackDetailsSchema } },
  errors: ['track_not_found', 'not_an_approver', 'self_approval_forbidden', 'state_conflict', 'idempotency_key_reused'],
}).handle(async (call) => {
  const { deps, params, body, identity } = call;
  const action = personAction(call, body.comment ?? body.reason);
  await decideGate(deps, { trackId: params.trackId, decision: 'rejected', params: {}, identity }, action);
  return { status: 200, body: await showTrack(deps.database, params.trackId) };
});
