import {
  claimAttempts,
  readCompletionSecret,
  type ClaimRefusal,
  type ClaimRequest,
  type ClaimResult,
  type Database,
} from '@baton/database';
import { renderVertex } from './render-vertex.ts';
import { completionKey } from '@baton/queue';
import { z } from 'zod';
import type { AppDeps } from './app-deps.ts';

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
    completionKey: z.string().describe('signs the completion'),
    refusal: z.string().nullable().describe('not null: run nothing, report spawn_error with this detail'),
  })
  .meta({ id: 'ClaimedRun' });

type ClaimedRun = z.infer<typeof claimedRunSchema>;
type Granted = Extract<ClaimResult, { granted: true }>;
type ClaimAnswer =
  { runId: string; granted: true; run: ClaimedRun } | { runId: string; granted: false; why: ClaimRefusal };

/**
 * Claims attempts for a worker and makes what it needs to run them.
 * @returns one result a claim, in their order
 */
export async function claimTracks(
  { database, settings, logger }: Pick<AppDeps, 'database' | 'settings' | 'logger'>,
  request: Omit<ClaimRequest, 'leaseMs'>,
  render: typeof renderVertex = renderVertex,
): Promise<ClaimAnswer[]> {
  const secret = await secretOf(database);
  const results = await claimAttempts(database, { ...request, leaseMs: settings.leaseMs });
  return results.map((result) => {
    if (!result.granted) return result;
    const script = renderOrRefuse(result, { render, logger });
    return { runId: result.runId, granted: true, run: { ...describeRun(result, secret), ...script } };
  });
}

type RenderedScript = Pick<ClaimedRun, 'script' | 'environment' | 'refusal'>;

function describeRun(claim: Granted, secret: Buffer): Omit<ClaimedRun, keyof RenderedScript> {
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
 * The check has proved that the script can be rendered. Should that fail all the same, the attempt is claimed already: the
 * worker is told to report it as not startable, so that its track ends with the reason instead of hanging.
 */
function renderOrRefuse(
  claim: Granted,
  { render, logger }: { render: typeof renderVertex } & Pick<AppDeps, 'logger'>,
): RenderedScript {
  const own = ownEnvironment(claim);
  try {
    const { script, environment } = render(claim);
    return { script, environment: { ...environment, ...own }, refusal: null };
  } catch (error) {
    logger.error({ event: 'script_not_rendered', trackId: claim.trackId, err: error });
    const reason = error instanceof Error ? error.message : String(error);
    return { script: '', environment: own, refusal: `the script could not be rendered: ${reason}`.slice(0, 2000) };
  }
}

/** What every script finds in its environment, besides its parameters. */
function ownEnvironment(claim: Granted): Record<string, string> {
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

function secretOf(database: Database): Promise<Buffer> {
  const known = secrets.get(database) ?? readCompletionSecret(database);
  secrets.set(database, known);
  known.catch(() => secrets.delete(database)); // whoever awaits it is told; the next call reads again
  return known;
}
