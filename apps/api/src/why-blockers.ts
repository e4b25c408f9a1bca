import { JOIN_RULES, PIPELINE_STATES, TRACK_STATES } from '@baton/domain';
import { z } from 'zod';

/** The answer to "why is it not running?": what can hold a track, each kind with its facts. docs/why.md explains them. */

/** What a person or an operator has to do something about comes first; then what passes by itself. */
export const BLOCKER_KINDS = [
  'params',
  'approval',
  'choice',
  'decision',
  'paused',
  'no_worker',
  'limit',
  'not_queued',
  'retry',
  'queue',
  'predecessors',
  'child',
  'running',
  'ended',
] as const;
export type BlockerKind = (typeof BLOCKER_KINDS)[number];

const time = z.iso.datetime();
const since = time.nullable().describe('since when');

const trackReferenceSchema = z
  .strictObject({ trackId: z.int(), vertex: z.string(), state: z.enum(TRACK_STATES) })
  .meta({ id: 'TrackReference' });

const rootSchema = trackReferenceSchema
  .extend({ kind: z.enum(BLOCKER_KINDS).describe('what holds that track'), sentence: z.string() })
  .meta({ id: 'RootCause' });

const holderSchema = z
  .strictObject({
    trackId: z.int(),
    vertex: z.string(),
    pipelineId: z.int(),
    pipeline: z.string(),
    since: time,
  })
  .meta({ id: 'LimitHolder' });

const lackingWorkerSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    labels: z.array(z.string()),
    lacks: z.array(z.string()).describe('labels that it does not serve'),
    isDraining: z.boolean().describe('takes nothing more'),
    problem: z.string().nullable().describe('why it takes nothing for now, such as a full disk'),
  })
  .meta({ id: 'LackingWorker' });

function blocker<K extends BlockerKind, F extends z.ZodRawShape>(kind: K, fields: F) {
  const common = { kind: z.literal(kind), sentence: z.string().describe('for people') };
  return z.strictObject({ ...common, ...fields });
}

const waitingForPersons = [
  blocker('params', { names: z.array(z.string()).describe('parameters without a value'), since }),
  blocker('approval', {
    message: z.string().nullable(),
    approvers: z.array(z.string()).describe('`token:<name>`, `role:<name>`; empty: every token with the scope operate'),
    since,
    expiresAt: time.nullable(),
    onExpiry: z.enum(['approve', 'reject']),
  }),
  blocker('choice', { offered: z.array(z.string()), successors: z.array(z.string()), since }),
  blocker('decision', { reason: z.string().nullable(), exitCode: z.int().nullable(), since }),
  blocker('paused', { by: z.string().nullable(), reason: z.string().nullable(), since }),
] as const;

const waitingForPlaces = [
  blocker('no_worker', { labels: z.array(z.string()), workers: z.array(lackingWorkerSchema).describe('alive ones') }),
  blocker('limit', {
    key: z.string(),
    capacity: z.int().describe('so many tracks at once'),
    running: z.int(),
    waiting: z.int().describe('tracks that wait for a place, this one among them'),
    holders: z.array(holderSchema).describe('the longest running first; of many the first'),
    since,
  }),
  blocker('not_queued', {
    enqueuedAt: time.nullable().describe('then the reconcile loop looks at it'),
    isRedisReady: z.boolean(),
  }),
  blocker('retry', { attempt: z.int(), at: time.describe('not before') }),
  blocker('queue', {
    labels: z.array(z.string()),
    position: z.int().nullable().describe('1: the next; null: it is being taken'),
    length: z.int().nullable(),
    before: z.array(z.int()).describe('tracks before it; of many the first'),
    slots: z.int().describe('of the workers that serve it'),
    freeSlots: z.int(),
    since,
  }),
] as const;

const waitingForOthers = [
  blocker('predecessors', {
    join: z.enum(JOIN_RULES),
    total: z.int(),
    ended: z.int(),
    needs: z.string().describe('what the join rule waits for'),
    unfinished: z.array(trackReferenceSchema).describe('of many the first'),
    roots: z.array(rootSchema).describe('the tracks that really hold it, with what holds those; of many the first'),
    isComplete: z.boolean().describe('false: there is more above than was looked at'),
  }),
  blocker('child', {
    pipelineId: z.int(),
    pipeline: z.string(),
    pipelineState: z.enum(PIPELINE_STATES),
    reasons: z.array(z.string()).describe('why that one has not ended'),
    since,
  }),
] as const;

const notWaiting = [
  blocker('running', {
    worker: z.string().nullable(),
    attempt: z.int(),
    since,
    leaseUntil: time.nullable(),
    cancelRequestedAt: time.nullable(),
    lastLine: z.string().nullable().describe('the last that it printed'),
  }),
  blocker('ended', {
    reason: z.string().nullable(),
    detail: z.string().nullable(),
    exitCode: z.int().nullable(),
    actor: z.string().nullable().describe('whose doing it was; null: the flow'),
    comment: z.string().nullable().describe('why, as that person said'),
    because: z.array(trackReferenceSchema).describe('the tracks above it that are the cause'),
    at: time.nullable(),
  }),
] as const;

const blockerSchema = z
  .discriminatedUnion('kind', [...waitingForPersons, ...waitingForPlaces, ...waitingForOthers, ...notWaiting])
  .meta({ id: 'Blocker' });

export type Blocker = z.output<typeof blockerSchema>;
export type BlockerOf<K extends BlockerKind> = Extract<Blocker, { kind: K }>;
export type TrackReference = z.output<typeof trackReferenceSchema>;

export const trackWhySchema = z
  .strictObject({
    ...trackReferenceSchema.shape,
    pipelineId: z.int(),
    sentence: z.string().describe('the one that counts, for people'),
    blockers: z.array(blockerSchema).describe('all that hold it, the one that counts first'),
  })
  .meta({ id: 'TrackWhy' });

export type TrackWhy = z.output<typeof trackWhySchema>;

export const pipelineWhySchema = z
  .strictObject({
    pipelineId: z.int(),
    pipeline: z.string(),
    state: z.enum(PIPELINE_STATES),
    sentence: z.string(),
    groups: z
      .array(
        z.strictObject({
          kind: z.enum(BLOCKER_KINDS),
          count: z.int(),
          sentence: z.string(),
          tracks: z.array(trackReferenceSchema).describe('of many the first'),
        }),
      )
      .describe('tracks that hold the whole, by what holds them; the group that counts first'),
    isComplete: z.boolean().describe('false: so many hold it that not all were counted'),
  })
  .meta({ id: 'PipelineWhy' });

export type PipelineWhy = z.output<typeof pipelineWhySchema>;
