import { z } from 'zod';
import { MAX_CONDITION_LENGTH } from './conditions.ts';
import {
  graphReferenceSchema,
  MAX_NAME_LENGTH,
  outputReferenceSchema,
  parameterNameSchema,
  plainNameSchema,
} from './graph-names.ts';
import { DEFAULT_JOIN_RULE, JOIN_RULES } from './join-rules.ts';
import { MAX_PARAMETERS_PER_VERTEX, parameterDeclarationSchema } from './parameters-declaration.ts';
import type { JsonValue } from './parameters-value.ts';
import { isJsonValue } from './parameters-value.ts';
import { retryPolicySchema } from './retry-policy.ts';

/** The schemas of a vertex's policies, as documents give them. */

/** Of one run, ms: what timers take. */
const MAX_DURATION_MS = 2_147_483_647;
/** Of what waits for a person or for its turn, ms: ten years. */
export const MAX_WAIT_MS = 10 * 365 * 86_400_000;
/** Of tracks at once. */
export const MAX_LIMIT = 1_000_000;
const MAX_APPROVERS = 100;
/** Texts of conditions; the check compiles them, and says more than a schema could. */
export const conditionTextSchema = z.string().min(1).max(MAX_CONDITION_LENGTH);

const APPROVER_RULE = 'expected token:<name> or role:<name>';

export const gateDocumentSchema = z
  .strictObject({
    approvers: z
      .array(z.string().regex(/^(?:token:[^\p{Control}]{1,190}|role:[A-Za-z0-9][A-Za-z0-9._-]{0,62})$/u, APPROVER_RULE))
      .max(MAX_APPROVERS)
      .refine((approvers) => new Set(approvers).size === approvers.length, 'expected each approver once')
      .optional()
      .describe('token:<name> or role:<name>; absent or empty: whoever may operate'),
    form: z
      .record(z.string(), parameterDeclarationSchema)
      .nullish()
      .describe('what the approver fills in, declared like parameters: parameters of the vertex from then on'),
    message: z.string().max(10_000).nullish().describe('what the approver is asked'),
    expiresMs: z
      .int()
      .min(1)
      .max(MAX_WAIT_MS)
      .nullish()
      .describe('decided by onExpiry after so many ms; absent: never'),
    onExpiry: z.enum(['approve', 'reject']).optional().describe('absent: reject'),
    onReject: z
      .enum(['skip', 'fail'])
      .optional()
      .describe('what a rejected track becomes: SKIPPED or FAILED; absent: skip'),
    forbidSelfApproval: z.boolean().optional().describe('whoever started the pipeline may not decide; absent: false'),
  })
  .meta({ id: 'Gate' });

export const mapDocumentSchema = z
  .strictObject({
    over: z
      .union([parameterNameSchema, outputReferenceSchema], 'expected a parameter, or an output vertex.key')
      .describe('a json parameter of the vertex, or an output vertex.key whose text is a JSON list'),
    as: parameterNameSchema.optional().describe('the declared parameter that gets the item; absent: item'),
    concurrency: z.int().min(1).max(MAX_LIMIT).nullish().describe('so many items at once; absent: all'),
    minSuccessPercent: z.number().min(0).max(100).optional().describe('of the items; absent: 100'),
  })
  .meta({ id: 'Map' });

/** `ip`, or `vertex.ip` for one vertex of the other graph. */
const childParameterName = z
  .string()
  .max(2 * MAX_NAME_LENGTH)
  .refine(
    (name) => parameterNameSchema.safeParse(name.slice(name.lastIndexOf('.') + 1)).success && !name.startsWith('.'),
    'expected a parameter, or vertex.parameter',
  );
const jsonValue = z.unknown().refine((value): value is JsonValue => isJsonValue(value), 'expected a JSON value');

export const subPipelineDocumentSchema = z
  .strictObject({
    graph: graphReferenceSchema.describe(
      'name, or name@version; without a version the latest at the time of the start',
    ),
    params: z
      .record(childParameterName, jsonValue)
      .refine(
        (params) => Object.keys(params).length <= MAX_PARAMETERS_PER_VERTEX,
        `expected at most ${MAX_PARAMETERS_PER_VERTEX} parameters`,
      )
      .optional()
      .describe('values for its start; texts may hold {parameter} and {vertex.key}'),
    outputs: z
      .record(parameterNameSchema, outputReferenceSchema)
      .refine(
        (outputs) => Object.keys(outputs).length <= MAX_PARAMETERS_PER_VERTEX,
        `expected at most ${MAX_PARAMETERS_PER_VERTEX} outputs`,
      )
      .optional()
      .describe('outputs of this vertex, each from an output vertex.key of the other graph'),
  })
  .meta({ id: 'SubPipeline' });

const labelSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'expected a label of letters, digits, ".", "_" and "-", at most 63');

/** The fields of a vertex that are its policies; each absent one has its default. */
export const policyFields = {
  shell: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[^\p{Control}]*$/u)
    .nullish()
    .describe('absent: /bin/sh -e or the #! line'),
  join: z.enum(JOIN_RULES).optional().describe(`absent: ${DEFAULT_JOIN_RULE}`),
  timeoutMs: z.int().min(1).max(MAX_DURATION_MS).nullish().describe('the script is ended after so many ms'),
  graceMs: z.int().min(0).max(MAX_DURATION_MS).nullish().describe('between TERM and KILL, ms'),
  retry: retryPolicySchema.nullish().describe('more attempts after a failure; absent: none'),
  onLost: z.enum(['fail', 'retry']).optional().describe('what a vanished worker means; absent: fail'),
  allowFailure: z.boolean().optional().describe('a failure counts as success for the flow'),
  labels: z
    .array(labelSchema)
    .max(20)
    .refine((labels) => new Set(labels).size === labels.length, 'expected each label once')
    .optional()
    .describe('what a worker must serve to run it'),
  priority: z.int().min(0).max(1000).optional().describe('higher starts sooner'),
  maxOutputBytes: z
    .int()
    .min(0)
    .max(2 ** 40)
    .nullish()
    .describe('output kept, bytes'),
  onMissing: z
    .enum(['refuse', 'ask'])
    .optional()
    .describe('a required parameter without a value: refuse the start, or ask'),
  when: conditionTextSchema.nullish().describe('a condition in CEL; false: the vertex is skipped'),
  gate: gateDocumentSchema.nullish().describe("a person's approval before it runs"),
  map: mapDocumentSchema.nullish().describe('one track an item of a JSON list'),
  pipeline: subPipelineDocumentSchema.nullish().describe('another graph that the vertex runs instead of a script'),
  limit: z
    .int()
    .min(1)
    .max(MAX_LIMIT)
    .nullish()
    .describe('so many of its tracks at once, over all pipelines of the graph'),
  pools: z
    .array(plainNameSchema)
    .max(20)
    .refine((pools) => new Set(pools).size === pools.length, 'expected each pool once')
    .optional()
    .describe('pools in which it holds a place while it runs'),
  queueTimeoutMs: z
    .int()
    .min(1)
    .max(MAX_WAIT_MS)
    .nullish()
    .describe('it is FAILED when it waited so long for a worker, ms'),
};
