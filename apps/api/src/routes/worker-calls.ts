import { CHILD_WORKER } from '@baton/database';
import { runIdSchema } from '@baton/domain';
import { z } from 'zod';
import { claimTracks, claimedRunSchema } from '@baton/claims';
import { releaseTracks } from '../release-tracks.ts';
import { hearWorker, keepStatus } from '../hear-worker.ts';
import { defineRoute, jsonBody } from '../http/define-route.ts';
import { keepOutput, keepOutputValues } from '../keep-output.ts';

/*
 * What workers call, and nobody else: they know no database. Each call carries many attempts, so that the number of calls
 * depends on the number of workers and not on how short the scripts are. All of them may be repeated.
 */

const MAX_CLAIMS = 256;
const MAX_RUNS = 4096;
const MAX_CHUNKS = 2048;
const MAX_OUTPUTS = 256;
const MAX_CHUNK_BYTES = 1024 * 1024;
const HEARTBEAT_LIMIT_BYTES = 4 * 1024 * 1024;
const OUTPUT_LIMIT_BYTES = 8 * 1024 * 1024;

const workerIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/)
  .refine((id) => id !== CHILD_WORKER, `expected a worker's own id, found ${CHILD_WORKER}, which orchestrators have`);
const labelsSchema = z
  .array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/))
  .min(1)
  .max(100)
  .describe('what the worker serves; `default` for vertices without labels');

const runSchema = z
  .strictObject({ trackId: z.int().positive(), attempt: z.int().positive(), runId: runIdSchema })
  .meta({ id: 'WorkerRun' });

export const postClaims = defineRoute({
  method: 'post',
  path: '/api/v1/worker/claims',
  scope: 'worker',
  summary: 'Claim attempts: at most one run ever gets an attempt; a run may ask again for what it got',
  tag: 'worker calls',
  request: {
    body: jsonBody(
      z.strictObject({
        workerId: workerIdSchema,
        labels: labelsSchema,
        claims: z
          .array(
            runSchema
              .extend({
                isAhead: z.boolean().optional().describe('there is no free slot for it yet; false where absent'),
              })
              .meta({ id: 'Claim' }),
          )
          .min(1)
          .max(MAX_CLAIMS),
      }),
    ),
  },
  responses: {
    200: {
      description: 'One result a claim, in their order.',
      schema: z.strictObject({
        leaseMs: z.int().describe('from the moment the request was sent; ends unless heartbeats renew it'),
        results: z.array(
          z.discriminatedUnion('granted', [
            z.strictObject({ runId: runIdSchema, granted: z.literal(true), run: claimedRunSchema }),
            z.strictObject({ runId: runIdSchema, granted: z.literal(false), why: z.string() }),
          ]),
        ),
      }),
    },
  },
}).handle(async ({ deps, body }) => ({
  status: 200,
  body: {
    leaseMs: deps.settings.leaseMs,
    results: await claimTracks(deps, { ...body, leaseMs: deps.settings.leaseMs }),
  },
}));

export const postReleases = defineRoute({
  method: 'post',
  path: '/api/v1/worker/releases',
  scope: 'worker',
  summary: 'Give attempts back that were claimed and not started: other workers may take them',
  tag: 'worker calls',
  request: {
    body: jsonBody(z.strictObject({ workerId: workerIdSchema, runs: z.array(runSchema).min(1).max(MAX_CLAIMS) })),
  },
  responses: {
    200: {
      description: 'All others are not to be started any more.',
      schema: z.strictObject({ kept: z.array(runIdSchema).describe('are still to be run, or to be ended') }),
    },
  },
}).handle(async ({ deps, body }) => ({ status: 200, body: { kept: await releaseTracks(deps, body) } }));

/*
 * A heartbeat alone may say more than is known here, at any depth: during an upgrade workers are heard by an API that is older
 * than they are, and one that is not heard loses its leases.
 */

const workerReportSchema = z
  .object({
    id: workerIdSchema,
    name: z.string().min(1).max(190),
    host: z.string().min(1).max(190),
    pid: z.int().positive(),
    softwareVersion: z.string().min(1).max(64),
    isolationLevel: z.string().regex(/^[\x21-\x7e]{1,32}$/),
    labels: labelsSchema,
    slots: z.int().min(1).max(10_000),
    isDraining: z.boolean(),
    problem: z.string().max(500).optional().describe('why it takes nothing more although it lives; absent: it does'),
    startedAt: z.iso.datetime(),
  })
  .meta({ id: 'WorkerReport' });

const heardRunSchema = z.object(runSchema.shape).meta({ id: 'HeardRun' });

export const postHeartbeats = defineRoute({
  method: 'post',
  path: '/api/v1/worker/heartbeats',
  scope: 'worker',
  summary: 'Say that a worker lives; renew the leases of what it runs; learn what to stop and what was applied',
  tag: 'worker calls',
  request: {
    body: jsonBody(
      z.object({
        worker: workerReportSchema,
        running: z.array(heardRunSchema).max(MAX_RUNS).describe('its claims: their leases are renewed'),
        reported: z.array(heardRunSchema).max(MAX_RUNS).describe('completions that it keeps until they are applied'),
        asksForHeld: z.boolean().optional().describe('tell everything that is claimed for it'),
      }),
      { limitBytes: HEARTBEAT_LIMIT_BYTES },
    ),
  },
  responses: {
    200: {
      description: 'What became of its runs.',
      schema: z.strictObject({
        leaseMs: z.int(),
        protocol: z
          .int()
          .describe(
            'what all of this installation know: 2: claims ahead of slots, releases, several completions an entry',
          ),
        handOverKey: z
          .string()
          .nullable()
          .describe('signs offers of places, and opens what is handed over for them; null: nothing is'),
        heartbeatMs: z.int().describe('call again after this'),
        queues: z.array(z.string()).describe('label sets that this worker can serve, in canonical form'),
        running: z.array(
          z.strictObject({
            runId: runIdSchema,
            state: z.enum(['held', 'cancel', 'lost']).describe('cancel: kill it and report; lost: kill it'),
          }),
        ),
        applied: z.array(runIdSchema).describe('of `reported`: these may be forgotten'),
        held: z.array(runSchema).describe('where it asked for it: all that is claimed for it'),
      }),
    },
  },
}).handle(async ({ deps, body }) => ({ status: 200, body: await hearWorker(deps, body) }));

export const postStatus = defineRoute({
  method: 'post',
  path: '/api/v1/worker/status',
  scope: 'worker',
  summary: 'Say how a worker does: its clock, what it has counted, what it keeps; for people, no lease depends on it',
  tag: 'worker calls',
  request: {
    body: jsonBody(
      z
        .object({
          workerId: workerIdSchema,
          host: z.string().min(1).max(190),
          pid: z.int().positive(),
          softwareVersion: z.string().min(1).max(64),
          uptimeMs: z.int().nonnegative(),
          clock: z.iso.datetime().describe('its wall clock as it sends this'),
          kept: z.int().nonnegative().describe('completions on its disk that are not known to be applied'),
          oldestKeptMs: z.int().nonnegative(),
          counters: z.record(z.string().max(128), z.number().nonnegative()),
        })
        .meta({ id: 'WorkerStatus' }),
    ),
  },
  responses: { 204: { description: 'It is kept until the next one.' } },
}).handle(async ({ deps, body }) => {
  await keepStatus(deps, body);
  return { status: 204, isEmpty: true };
});

/** Checked without a pattern that could nest: a megabyte of it is ordinary. */
const base64Schema = z
  .string()
  .max(Math.ceil(MAX_CHUNK_BYTES / 3) * 4, `expected at most ${MAX_CHUNK_BYTES} bytes`)
  .refine((text) => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text), 'expected base64')
  .meta({ description: 'base64' });

const STORED = {
  description: 'Everything else is stored.',
  schema: z.strictObject({
    refused: z.array(z.strictObject({ runId: runIdSchema, why: z.enum(['other_run', 'unknown_attempt']) })),
  }),
};

export const postOutput = defineRoute({
  method: 'post',
  path: '/api/v1/worker/output',
  scope: 'worker',
  summary: 'Store pieces of output; a piece that is there already stays as it is',
  tag: 'worker calls',
  request: {
    body: jsonBody(
      z.strictObject({
        chunks: z
          .array(
            runSchema
              .extend({
                seq: z
                  .int()
                  .min(0)
                  .max(2 ** 31 - 1),
                data: base64Schema,
              })
              .meta({ id: 'OutputChunk' }),
          )
          .min(1)
          .max(MAX_CHUNKS),
      }),
      { limitBytes: OUTPUT_LIMIT_BYTES },
    ),
  },
  responses: { 200: STORED },
}).handle(async ({ deps, body }) => ({ status: 200, body: { refused: await keepOutput(deps, body.chunks) } }));

export const postOutputs = defineRoute({
  method: 'post',
  path: '/api/v1/worker/outputs',
  scope: 'worker',
  summary: 'Store what runs hand on, before their completions are reported; a value that is there already stays',
  tag: 'worker calls',
  request: {
    body: jsonBody(
      z.strictObject({
        outputs: z
          .array(runSchema.extend({ values: z.record(z.string(), z.string()) }).meta({ id: 'RunOutputs' }))
          .min(1)
          .max(MAX_OUTPUTS),
      }),
      { limitBytes: OUTPUT_LIMIT_BYTES },
    ),
  },
  responses: { 200: STORED },
}).handle(async ({ deps, body }) => ({ status: 200, body: { refused: await keepOutputValues(deps, body.outputs) } }));
