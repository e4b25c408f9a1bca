import { z } from 'zod';
import { graphNameSchema, vertexNameSchema, vertexReferenceSchema } from './graph-names.ts';
import { conditionTextSchema, MAX_LIMIT, MAX_WAIT_MS, policyFields } from './graph-policies.ts';
import type { JoinRule } from './join-rules.ts';
import { DEFAULT_JOIN_RULE } from './join-rules.ts';
import type { ParameterDeclarations } from './parameters-declaration.ts';
import { parameterDeclarationSchema } from './parameters-declaration.ts';
import type { JsonValue } from './parameters-value.ts';
import type { FailurePolicy } from './pipeline-status.ts';
import { FAILURE_POLICIES } from './pipeline-status.ts';
import type { RetryPolicy } from './retry-policy.ts';

/** The language: what a graph is, and the schemas of its document form. Reading is graph-definition-parse's business. */

export interface GraphDefinition {
  name: string;
  description: string | null;
  /** Null: what the pipeline's start says, else `stop`. */
  onFailure: FailurePolicy | null;
  /** Of a whole pipeline, ms; then it is FAILED and what runs of it is killed. */
  timeoutMs: number | null;
  /** So many tracks of this graph run at once, over all its pipelines. */
  limit: number | null;
  vertices: VertexDefinition[];
  edges: EdgeDefinition[];
}

/** `head` may run only after `tail`; both are names. */
export interface EdgeDefinition {
  tail: string;
  head: string;
  /** CEL; false: this way is not taken. */
  when: string | null;
}

export interface VertexDefinition {
  name: string;
  description: string | null;
  /** By name, without a prototype. */
  input: ParameterDeclarations;
  script: string;
  /** The choice offered first in manual mode: ids (numbers) or names of direct successors. */
  next: (string | number)[];
  policies: VertexPolicies;
}

export interface VertexPolicies {
  /** Null: `/bin/sh -e`, or what the script's `#!` line says. */
  shell: string | null;
  join: JoinRule;
  timeoutMs: number | null;
  /** Between TERM and KILL. */
  graceMs: number | null;
  retry: RetryPolicy | null;
  /** What a vanished worker means: the attempt FAILED, or another attempt. */
  onLost: 'fail' | 'retry';
  allowFailure: boolean;
  /** What a worker must serve to run it; label-set says what a set of labels means. */
  labels: string[];
  /** Higher starts sooner where both could. */
  priority: number;
  maxOutputBytes: number | null;
  /** A required parameter without a value: refuse the start, or hold the track until a person gives it. */
  onMissing: 'refuse' | 'ask';
  /** CEL; false: SKIPPED. */
  when: string | null;
  gate: GatePolicy | null;
  map: MapPolicy | null;
  pipeline: SubPipelinePolicy | null;
  /** So many tracks of this vertex run at once, over all pipelines of its graph. */
  limit: number | null;
  /** Names of pools; it holds a place in each while it runs. */
  pools: string[];
  /** FAILED when it waited so long for a worker. */
  queueTimeoutMs: number | null;
}

/** A person's word before the vertex runs. */
export interface GatePolicy {
  /** `token:<name>` or `role:<name>`; empty: whoever may operate. */
  approvers: string[];
  /** What the approver fills in: parameters of the vertex from then on. */
  form: ParameterDeclarations;
  /** What the approver is asked. */
  message: string | null;
  expiresMs: number | null;
  onExpiry: 'approve' | 'reject';
  onReject: 'skip' | 'fail';
  /** Whoever started the pipeline may not decide. */
  forbidSelfApproval: boolean;
}

/** One track an item of a JSON list. */
export interface MapPolicy {
  /** A json parameter of the vertex, or an output `vertex.key`. */
  over: string;
  /** The declared parameter that gets the item. */
  as: string;
  concurrency: number | null;
  minSuccessPercent: number;
}

/** The vertex runs another graph. */
export interface SubPipelinePolicy {
  /** `name`, or `name@version`. */
  graph: string;
  params: Record<string, JsonValue>;
  /** Its outputs by name, each a `vertex.key` of the other graph. */
  outputs: Record<string, string>;
}

export const MAX_VERTICES = 200_000;
export const MAX_EDGES = 1_000_000;
export const MAX_SCRIPT_LENGTH = 1024 * 1024;
const MAX_DESCRIPTION_LENGTH = 10_000;
/** Of a map: each is a track. */
export const MAX_MAP_ITEMS = 10_000;

export const DEFAULT_POLICIES: Readonly<VertexPolicies> = Object.freeze({
  shell: null,
  join: DEFAULT_JOIN_RULE,
  timeoutMs: null,
  graceMs: null,
  retry: null,
  onLost: 'fail',
  allowFailure: false,
  labels: [],
  priority: 0,
  maxOutputBytes: null,
  onMissing: 'refuse',
  when: null,
  gate: null,
  map: null,
  pipeline: null,
  limit: null,
  pools: [],
  queueTimeoutMs: null,
});

/** Of a gate that says nothing of them. */
export const DEFAULT_GATE: Readonly<Omit<GatePolicy, 'form'>> = Object.freeze({
  approvers: [],
  message: null,
  expiresMs: null,
  onExpiry: 'reject',
  onReject: 'skip',
  forbidSelfApproval: false,
});

export const DEFAULT_MAP: Readonly<Omit<MapPolicy, 'over'>> = Object.freeze({
  as: 'item',
  concurrency: null,
  minSuccessPercent: 100,
});

const nextEntry = z.union([z.int().min(1), vertexReferenceSchema], 'expected a vertex id (number) or a vertex name');

const nextDocumentSchema = z
  .union([nextEntry, z.array(nextEntry).max(MAX_VERTICES)], 'expected a vertex id, a vertex name, or a list of them')
  .nullish()
  .describe('the choice offered first in manual mode: vertex ids or names');

const scriptText = z
  .string()
  .max(MAX_SCRIPT_LENGTH)
  .refine((text) => !/[\0\p{Surrogate}]/u.test(text), 'expected a script without NUL and without half surrogate pairs');

/** The seed's form of a script; a text that begins with { and is JSON of this form is taken as this form. */
export const scriptFormSchema = z
  .strictObject({ script: scriptText, next: nextDocumentSchema })
  .meta({ id: 'ScriptForm' });

const vertexFields = {
  description: z.string().max(MAX_DESCRIPTION_LENGTH).nullish(),
  input: z
    .union(
      [z.record(z.string(), parameterDeclarationSchema), z.string().describe('the same as JSON text')],
      'expected parameter declarations by name, as an object or as JSON text',
    )
    .nullish(),
  script: z
    .union(
      [scriptText, scriptFormSchema],
      `expected the script's text (at most ${MAX_SCRIPT_LENGTH} characters, no NUL) or {script, next}`,
    )
    .nullish()
    .describe('absent exactly where pipeline is given'),
  next: nextDocumentSchema,
  ...policyFields,
};

/** One vertex as a document gives it. */
export const vertexDocumentSchema = z
  .strictObject({ name: vertexNameSchema, ...vertexFields })
  .meta({ id: 'VertexDocument' });

/** Some fields of a vertex, for changing them; null sets a field to its default. */
export const vertexPatchSchema = z
  .strictObject({ name: vertexNameSchema, ...vertexFields })
  .partial()
  .meta({ id: 'VertexPatch' });

/** Only so may an edge have a condition. */
export const edgeObjectSchema = z.strictObject({
  tail: vertexReferenceSchema,
  head: vertexReferenceSchema,
  when: conditionTextSchema.nullish().describe('a condition in CEL; false: this way is not taken'),
});

/** One edge, as a pair or by names of its ends. */
export const edgeDocumentSchema = z
  .union([z.tuple([vertexReferenceSchema, vertexReferenceSchema]), edgeObjectSchema], {
    error: 'expected [tail, head] or {tail, head, when}, tail and head by name',
  })
  .meta({ id: 'EdgeDocument' });

export const graphHeaderFields = {
  name: graphNameSchema,
  description: z.string().max(MAX_DESCRIPTION_LENGTH).nullish(),
  onFailure: z.enum(FAILURE_POLICIES).nullish().describe('of pipelines whose start names none'),
  timeoutMs: z.int().min(1).max(MAX_WAIT_MS).nullish().describe('of a whole pipeline, ms; then it is FAILED'),
  limit: z.int().min(1).max(MAX_LIMIT).nullish().describe('so many tracks at once, over all pipelines of the graph'),
};

/** A whole graph as a document gives it. */
export const graphDocumentSchema = z
  .strictObject({
    ...graphHeaderFields,
    vertices: z.array(vertexDocumentSchema).max(MAX_VERTICES).optional(),
    edges: z.array(edgeDocumentSchema).max(MAX_EDGES).optional(),
  })
  .meta({ id: 'GraphDocument' });

export type GraphDocument = z.input<typeof graphDocumentSchema>;
export type VertexDocument = z.input<typeof vertexDocumentSchema>;
