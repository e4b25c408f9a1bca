import {
  BatonError,
  declarationsOf,
  fillTemplate,
  findTemplateNames,
  isPipelineEnded,
  MAX_DETAIL_LENGTH,
  readMapItems,
  splitOutputReference,
  trackIdOf,
  type JsonValue,
  type OutputValues,
  type TrackToDispatch,
} from '@baton/domain';
import { claimAttempts, scopeOf, type WonClaim } from './claim-attempts.ts';
import { createPipeline, type CreatedPipeline } from './create-pipeline.ts';
import type { Database } from './data-source.ts';
import { findNamedOutputs } from './find-outputs.ts';
import type { GraphVertex } from './load-flow-graph.ts';
import { itemName, loadPipelineGraph } from './load-pipeline-graph.ts';
import { insertEvents } from './pipeline-events.ts';
import { startPipelineIn } from './start-pipeline.ts';
import { execute, type Runner } from './statements.ts';

/*
 * Tracks that run pipelines of their own: another graph's (`pipeline` of the vertex), or one track an item (`map`).
 *
 * States. Such a track is PENDING and queued like any other, in a queue of the orchestrators. One of them claims it (the same
 * compare-and-set, limits included, under a run id that is made of the track and the attempt) and makes the child in the same
 * transaction: so there is at most one child an attempt, and none without its track in RUNNING. The track stays RUNNING while
 * the child lives. When the last track of an ended child has ended, the child's transaction makes the parent's track due
 * (child-ends.ts), and whoever sees that reports the end through the same completion as a worker would.
 *
 * What cannot be started (no such graph any more, wrong parameters, no list) is claimed all the same, with the reason in the
 * track's `detail`, and due at once, as is the track of a child that has ended with its start: the same look that finds ended children finds it and ends the attempt.
 *
 * When an orchestrator dies: before the commit nothing was done; after it, the child's first tracks are PENDING and due, as
 * those of every pipeline are.
 */

/** What a track that runs a pipeline has as its worker: no worker has this id. */
export const CHILD_WORKER = 'baton';

/** Pipelines above a pipeline, at most. */
export const MAX_DEPTH = 8;

/** Nobody renews it: a net, should the child's end not make the track due. */
const LOOKED_AT_AFTER_MS = 60_000;

export interface StartedChildren {
  /** First tracks of the children. */
  toDispatch: TrackToDispatch[];
  /**
   * Tracks whose attempts have ended already (they could not be started, or had nothing to run), and those that were started
   * before: their entry was delivered again, or the reply to the COMMIT was lost, and nobody may have looked at them.
   */
  toLookAt: number[];
  /** Tracks that somebody keeps locked: to be tried again soon. */
  busy: number[];
}

/** Starts the pipelines of tracks that may run; those that may not (any more) are left as they are. */
export async function startChildren(
  database: Database,
  tracks: readonly Pick<TrackToDispatch, 'trackId' | 'attempt'>[],
): Promise<StartedChildren> {
  let started: Pick<StartedChildren, 'toDispatch' | 'toLookAt'> = { toDispatch: [], toLookAt: [] };
  const wonIds = new Set<number>();
  const claims = tracks.map(({ trackId, attempt }) => ({ trackId, attempt, runId: childRunId(trackId, attempt) }));
  const results = await claimAttempts(database, {
    workerId: CHILD_WORKER,
    labels: [],
    leaseMs: LOOKED_AT_AFTER_MS,
    claims,
    async startChildren(runner, won) {
      started = { toDispatch: [], toLookAt: [] }; // an earlier try was rolled back, or is found done now
      wonIds.clear();
      for (const claim of won) {
        wonIds.add(claim.claim.trackId);
        const child = await makeChild(runner, database, claim);
        if ('pipelineId' in child) for (const track of child.toDispatch) started.toDispatch.push(track);
        if (hasEnded(child)) started.toLookAt.push(claim.claim.trackId);
      }
    },
  });
  const busy: number[] = [];
  for (const [index, result] of results.entries()) {
    const trackId = claims[index]?.trackId ?? 0;
    if (result.granted && !wonIds.has(trackId)) started.toLookAt.push(trackId);
    if (!result.granted && result.why === 'busy') busy.push(trackId);
  }
  return { ...started, busy };
}

function childRunId(trackId: number, attempt: number): string {
  return `child-run-${trackId}-${attempt}`;
}

/** Why there is no child; null: there is nothing to run, which is well. */
interface NoChild {
  problem: string | null;
}

/** There is none, or its conditions left nothing of it to run. */
function hasEnded(child: CreatedPipeline | NoChild): boolean {
  return !('pipelineId' in child) || isPipelineEnded(child.state);
}

async function makeChild(runner: Runner, database: Database, won: WonClaim): Promise<CreatedPipeline | NoChild> {
  const child = await createOrExplain(runner, database, won);
  const { trackId, runId } = won.claim;
  if ('pipelineId' in child) {
    const set = `child_pipeline_id = ?${hasEnded(child) ? ', due_at = UTC_TIMESTAMP(6)' : ''}`;
    await execute(runner, `UPDATE track SET ${set} WHERE id = ? AND run_id = ?`, [child.pipelineId, trackId, runId]);
    const tracks = [{ vertexId: won.vertex.id, childPipelineId: child.pipelineId }];
    const common = { actor: null, reason: null, actionId: null };
    await insertEvents(runner, [{ pipelineId: won.pipeline.id, kind: 'child', ...common, body: { tracks } }]);
    return child;
  }
  const detail = child.problem?.slice(0, MAX_DETAIL_LENGTH) ?? null;
  await execute(runner, 'UPDATE track SET detail = ?, due_at = UTC_TIMESTAMP(6) WHERE id = ? AND run_id = ?', [
    detail,
    trackId,
    runId,
  ]);
  return child;
}

async function createOrExplain(runner: Runner, database: Database, won: WonClaim): Promise<CreatedPipeline | NoChild> {
  const { pipeline, vertex } = won;
  if (pipeline.depth >= MAX_DEPTH) {
    return {
      problem: `expected at most ${MAX_DEPTH} pipelines above a pipeline, found one more: does a graph run itself?`,
    };
  }
  try {
    if (vertex.policies.map !== null) return await createMap(runner, database, won);
    return await createSubPipeline(runner, database, won);
  } catch (error) {
    // It was thrown before anything of the child was written; all other errors roll the claim back.
    if (error instanceof BatonError) return { problem: `its pipeline could not be started: ${error.message}` };
    throw error;
  }
}

/** @returns the named outputs by vertex and key; those that are not there are absent */
async function readOutputs(
  runner: Runner,
  won: WonClaim,
  names: readonly string[],
): Promise<Record<string, OutputValues>> {
  const { graph, pipelineId } = scopeOf(won);
  const ids = new Map([...graph.vertices.values()].map(({ id, name }) => [name, id]));
  const wanted = names.flatMap((name) => {
    const output = splitOutputReference(name);
    const vertexId = output === null ? undefined : ids.get(output.vertex);
    if (output === null || vertexId === undefined) return [];
    return [{ ...output, trackId: trackIdOf(pipelineId, vertexId) }];
  });
  const found = await findNamedOutputs(runner, wanted);
  const outputs: Record<string, OutputValues> = Object.create(null);
  for (const output of wanted) {
    const value = found.get(output);
    if (value !== undefined) (outputs[output.vertex] ??= Object.create(null) as OutputValues)[output.key] = value;
  }
  return outputs;
}

async function createSubPipeline(
  runner: Runner,
  database: Database,
  won: WonClaim,
): Promise<CreatedPipeline | NoChild> {
  const { pipeline, vertex, track, claim } = won;
  const policy = vertex.policies.pipeline;
  if (policy === null) throw new Error(`vertex ${vertex.name} runs no pipeline`);
  const outputs = await readOutputs(runner, won, Object.values(policy.params).flatMap(findTemplateNames));
  const params: Record<string, JsonValue> = Object.create(null);
  for (const [name, template] of Object.entries(policy.params)) {
    const filled = fillTemplate(template, { params: track.input, outputs });
    if (filled.kind === 'problem') return { problem: `${filled.problem} (parameter ${name} of ${policy.graph})` };
    if (filled.kind === 'value') params[name] = filled.value;
  }
  const { timeoutMs } = vertex.policies;
  const name = `${pipeline.name}/${vertex.name}`.slice(0, MAX_NAME_LENGTH);
  const order = {
    graph: policy.graph,
    name,
    params,
    priority: pipeline.priority,
    ...(timeoutMs === null ? {} : { timeoutMs }),
  };
  const parent = { trackId: claim.trackId, depth: pipeline.depth, secrets: findSecretKeys(vertex, policy.params) };
  const origin = { createdBy: pipeline.createdBy, parent };
  return startPipelineIn(runner, database, { order, origin });
}

/** @returns the keys of parameters whose templates name a secret of the vertex */
function findSecretKeys(vertex: GraphVertex, params: Readonly<Record<string, JsonValue>>): Set<string> {
  const declared = declarationsOf(vertex);
  const isSecret = (template: JsonValue): boolean =>
    findTemplateNames(template).some((name) => Object.hasOwn(declared, name) && declared[name]?.secret === true);
  return new Set(Object.keys(params).filter((key) => isSecret(params[key] ?? null)));
}

const MAX_NAME_LENGTH = 190;

async function createMap(runner: Runner, database: Database, won: WonClaim): Promise<CreatedPipeline | NoChild> {
  const { pipeline, graph, vertex, track, claim } = won;
  const policy = vertex.policies.map;
  if (policy === null) throw new Error(`vertex ${vertex.name} is no map`);
  const output = splitOutputReference(policy.over);
  const outputs = output === null ? {} : await readOutputs(runner, won, [policy.over]);
  const source = output === null ? { value: track.input[policy.over] } : { text: outputs[output.vertex]?.[output.key] };
  const read = readMapItems(vertex, policy, source);
  if (!read.ok) return { problem: read.problems.map(({ message }) => message).join('; ') };
  const { items } = read;
  if (items.length === 0) return { problem: null };
  const key = { versionId: graph.versionId, mapVertexId: vertex.id, mapSize: items.length };
  // The list itself is not given to every item: thousands of copies of it would be stored.
  const { [policy.over]: _list, ...common } = track.input;
  const inputs = new Map(items.map((item, index) => [itemName(vertex.name, index), { ...common, [policy.as]: item }]));
  return createPipeline(runner, {
    graph: await loadPipelineGraph(runner, database, key),
    name: `${pipeline.name}/${vertex.name}`.slice(0, MAX_NAME_LENGTH),
    mode: 'auto',
    // How many may fail is judged when all have ended.
    onFailure: 'continue',
    priority: pipeline.priority,
    params: {},
    inputs,
    held: new Set(),
    createdBy: pipeline.createdBy,
    parentTrackId: claim.trackId,
    depth: pipeline.depth + 1,
    mapVertexId: vertex.id,
    mapSize: items.length,
  });
}
