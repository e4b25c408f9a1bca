import {
  claimAttempts,
  readCompletionSecret,
  type ClaimRefusal,
  type ClaimRequest,
  type ClaimResult,
  type Database,
} from '@baton/database';
import { MAX_DETAIL_LENGTH } from '@baton/domain';
import { completionKey } from '@baton/queue';
import { crashPoint, type LegTimes, type Logger } from '@baton/service';
import { z } from 'zod';
import { loadInputs, type Inputs } from './claim-inputs.ts';
import { loadNamedOutputs, type GrantedClaim, type NamedOutputs } from './claim-outputs.ts';
import { renderVertex } from './render-vertex.ts';

/** Everything that a worker needs to run one attempt. */
export const claimedRunSchema = z
  .strictObject({
    trackId: z.int(),
    attempt: z.int(),
    pipelineId: z.int(),
    pipeline: z.string(),
    vertexId: z.int(),
    vertex: z.string(),
    graph: z.string(),
    script: z.string(),
    shell: z.string().nullable().describe('null: /bin/sh -e, or what the #! line says'),
    environment: z.record(z.string(), z.string()),
    timeoutMs: z.int().nullable(),
    graceMs: z.int().nullable(),
    maxOutputBytes: z.int().nullable(),
    inputs: z
      .string()
      .nullable()
      .describe('for the file $BATON_INPUTS: {params, outputs: {vertex: {key: text}}}; null: there is none'),
    completionKey: z.string().describe('signs the completion'),
    refusal: z.string().nullable().describe('not null: run nothing, report spawn_error with this detail'),
  })
  .meta({ id: 'ClaimedRun' });

export type ClaimedRun = z.infer<typeof claimedRunSchema>;
export type ClaimAnswer =
  { runId: string; granted: true; run: ClaimedRun } | { runId: string; granted: false; why: ClaimRefusal };

/** What claims are made with. */
export interface ClaimDeps {
  database: Database;
  logger: Logger;
  legs: Pick<LegTimes, 'observe'>;
}

/**
 * Claims attempts for a worker and makes what it needs to run them.
 * @returns one result a claim, in their order
 */
export async function claimTracks(
  deps: ClaimDeps,
  request: ClaimRequest,
  render: typeof renderVertex = renderVertex,
): Promise<ClaimAnswer[]> {
  const results = await claimAttempts(deps.database, request);
  if (results.some(({ granted }) => granted)) crashPoint('api.claimed');
  return answerClaims(deps, results, render);
}

/**
 * Makes what a worker needs to run what it was granted.
 *
 * All is read after the claim is made: where that fails the worker repeats its call, with the same run ids, and is granted
 * what it has already. What the answer has no room for is `busy`, so that the worker asks for it again in the same way.
 */
export async function answerClaims(
  { database, logger, legs }: ClaimDeps,
  results: readonly ClaimResult[],
  render: typeof renderVertex = renderVertex,
): Promise<ClaimAnswer[]> {
  const secret = await readSecret(database);
  const granted = results.filter((result) => result.granted);
  for (const { waitedMs } of granted) if (waitedMs !== null) legs.observe('claimed', waitedMs);
  const namedOf = await loadNamedOutputs(database, granted);
  const inputsOf = await loadInputs(database, granted);
  return results.map((result) => {
    if (!result.granted) return result;
    const inputs = inputsOf(result);
    if (inputs === 'later') return { runId: result.runId, granted: false, why: 'busy' };
    const script = renderOrRefuse(result, { named: namedOf(result), inputs }, { render, logger });
    return { runId: result.runId, granted: true, run: { ...describeRun(result, secret), ...script } };
  });
}

type RenderedRun = Pick<ClaimedRun, 'script' | 'environment' | 'inputs' | 'refusal'>;

function describeRun(claim: GrantedClaim, secret: Buffer): Omit<ClaimedRun, keyof RenderedRun> {
  const { vertex, graph, trackId, attempt, pipelineId, pipeline } = claim;
  const { shell, timeoutMs, graceMs, maxOutputBytes } = vertex.policies;
  return {
    trackId,
    attempt,
    pipelineId,
    pipeline,
    vertexId: vertex.id,
    vertex: vertex.name,
    graph: graph.graph,
    shell,
    timeoutMs,
    graceMs,
    maxOutputBytes,
    completionKey: completionKey(secret, claim),
  };
}

/**
 * The check has proved that the script can be rendered. Should that fail all the same, or an output be missing that the
 * script names, the attempt is claimed already: the worker is told to report it as not startable, so that its track ends
 * with the reason instead of hanging.
 */
function renderOrRefuse(
  claim: GrantedClaim,
  { named, inputs }: { named: NamedOutputs; inputs: Exclude<Inputs, 'later'> },
  { render, logger }: { render: typeof renderVertex; logger: Logger },
): RenderedRun {
  const own = ownEnvironment(claim);
  const refuse = (refusal: string): RenderedRun => ({ script: '', environment: own, inputs: null, refusal });
  if ('refusal' in named) return refuse(named.refusal);
  if ('problem' in inputs && claim.vertex.script.includes('BATON_INPUTS')) return refuse(inputs.problem);
  try {
    const { script, environment } = render(claim, named.outputs);
    const run = { script, refusal: null };
    if ('text' in inputs) return { ...run, environment: { ...environment, ...own }, inputs: inputs.text };
    // Nothing in the script asks for the file; a program that it calls and that does may read why there is none.
    return { ...run, environment: { ...environment, ...own, BATON_INPUTS_PROBLEM: inputs.problem }, inputs: null };
  } catch (error) {
    logger.error({ event: 'script_not_rendered', trackId: claim.trackId, err: error });
    const reason = error instanceof Error ? error.message : String(error);
    return refuse(`the script could not be rendered: ${reason}`.slice(0, MAX_DETAIL_LENGTH));
  }
}

/** What every script finds in its environment, besides its parameters. */
function ownEnvironment(claim: GrantedClaim): Record<string, string> {
  return {
    BATON_GRAPH: claim.graph.graph,
    BATON_PIPELINE_ID: String(claim.pipelineId),
    BATON_PIPELINE: claim.pipeline,
    BATON_TRACK_ID: String(claim.trackId),
    BATON_VERTEX: claim.vertex.name,
    BATON_ATTEMPT: String(claim.attempt),
    BATON_RUN_ID: claim.runId,
  };
}

/** It is made with the tables and never changes. */
const secrets = new WeakMap<Database, Promise<Buffer>>();

export function readSecret(database: Database): Promise<Buffer> {
  const known = secrets.get(database) ?? readCompletionSecret(database);
  secrets.set(database, known);
  known.catch(() => secrets.delete(database)); // whoever awaits it is told; the next call reads again
  return known;
}
