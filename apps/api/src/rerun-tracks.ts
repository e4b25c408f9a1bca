import { loadPipelineGraph, rerunPipeline, type RerunPlan, type RerunRequest, type StoredGraph } from '@baton/database';
import {
  BatonError,
  errorOfProblems,
  escapePointer,
  pipelineIdOf,
  type JsonValue,
  type Problem,
  type RerunScope,
} from '@baton/domain';
import { z } from 'zod';
import { finishAction, refuseRefused, type ActionDeps } from './apply-action.ts';
import { findVertex } from './find-vertex.ts';
import { refuseReusedKey, type RepeatableAction } from './person-action.ts';
import { getPipeline } from './show-pipeline.ts';
import { loadTrack } from './show-track.ts';

/** So many tracks of a plan are listed; there may be 200,000. */
const MAX_LISTED = 1000;

export const planSchema = z
  .strictObject({
    version: z.strictObject({ from: z.int(), to: z.int() }).describe('of the graph'),
    totalTracks: z.int(),
    tracks: z
      .array(
        z.strictObject({
          vertexId: z.int(),
          vertex: z.string(),
          attempt: z.int().describe('the number of its next attempt'),
          isNew: z.boolean().describe('its vertex is new in this version'),
          changes: z.array(z.string()).describe('what differs from before: script, edges, policies, `params.<name>`'),
        }),
      )
      .describe(`what runs again or for the first time; of more than ${MAX_LISTED} the first`),
  })
  .meta({ id: 'RerunPlan' });

export type ShownPlan = z.output<typeof planSchema>;

export interface PipelineRerun extends Pick<RerunRequest, 'params' | 'version' | 'preview'> {
  pipelineId: number;
  from: 'failed' | readonly (string | number)[];
  descendants: boolean;
}

/**
 * Runs tracks of a pipeline again: those that failed and what follows them, or those that are named.
 * @returns what runs again; null where the same action had been done before
 * @throws BatonError pipeline_not_found; invalid_request naming every vertex that the graph does not have;
 *   invalid_parameters; graph_not_found, graph_check_failed of the version; state_conflict naming what is under way, or why
 *   the pipeline cannot have this version; idempotency_key_reused
 */
export async function rerunFrom(
  deps: ActionDeps,
  request: PipelineRerun,
  action: RepeatableAction,
): Promise<ShownPlan | null> {
  const { database } = deps;
  const { pipelineId, from, descendants, ...rest } = request;
  const pipeline = await getPipeline(database, pipelineId);
  const graph = await loadPipelineGraph(database.dataSource, database, pipeline);
  const scope = from === 'failed' ? from : { vertexIds: readVertices(graph, from), descendants };
  return rerun(deps, { ...rest, pipelineId, from: scope }, action);
}

/**
 * Runs one track again, with what follows it or alone.
 * @param request.params values for this track alone, by plain name
 * @throws BatonError track_not_found, invalid_parameters, state_conflict, idempotency_key_reused
 */
export async function retryTrack(
  deps: ActionDeps,
  request: { trackId: number; params: Record<string, JsonValue> | undefined; descendants: boolean },
  action: RepeatableAction,
): Promise<void> {
  const { vertex } = await loadTrack(deps.database, request.trackId);
  const from: RerunScope = { vertexIds: [vertex.id], descendants: request.descendants };
  const params = request.params === undefined ? undefined : qualify(request.params, vertex.name);
  try {
    await rerun(deps, { pipelineId: pipelineIdOf(request.trackId), from, params }, action);
  } catch (error) {
    if (!(error instanceof BatonError) || error.code !== 'invalid_parameters') throw error;
    throw withPlainPointers(error, vertex.name);
  }
}

async function rerun(deps: ActionDeps, request: RerunRequest, action: RepeatableAction): Promise<ShownPlan | null> {
  const { key: _key, ...recorded } = action;
  await refuseReusedKey(deps.database, request.pipelineId, action);
  const applied = await rerunPipeline(deps.database, request, recorded);
  refuseRefused(applied.verdict);
  await finishAction(deps, applied);
  return applied.plan === null ? null : showPlan(applied.plan);
}

function showPlan({ version, tracks }: RerunPlan): ShownPlan {
  return { version, totalTracks: tracks.length, tracks: tracks.slice(0, MAX_LISTED) };
}

function readVertices(graph: StoredGraph, references: readonly (string | number)[]): number[] {
  const ids = new Set<number>();
  const problems: Problem[] = [];
  for (const [index, reference] of references.entries()) {
    const vertex = findVertex(graph, reference);
    if (vertex !== undefined) ids.add(vertex.id);
    else {
      const message = `expected the name or the id of a vertex of ${JSON.stringify(graph.graph)}, found ${JSON.stringify(reference)}`;
      problems.push({ code: 'unknown_vertex', message, pointer: `/from/${index}` });
    }
  }
  if (problems.length === 0) return [...ids];
  throw errorOfProblems('invalid_request', 'expected vertices to run again from', problems);
}

/** `ip` of the track of A becomes `A.ip`: no other vertex that declares an ip gets it, now or in a later rerun. */
function qualify(params: Record<string, JsonValue>, vertex: string): Record<string, JsonValue> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name.includes('.') ? name : `${vertex}.${name}`, value]),
  );
}

function withPlainPointers(error: BatonError, vertex: string): BatonError {
  const qualified = `/params/${escapePointer(vertex)}.`;
  const problems = error.problems.map(({ pointer = '', ...problem }) => {
    const isQualified = pointer.startsWith(qualified);
    return { ...problem, pointer: isQualified ? `/params/${pointer.slice(qualified.length)}` : pointer };
  });
  return new BatonError(error.code, error.message, { problems, cause: error });
}
