import {
  checkLockedVersion,
  createPipeline,
  findGraphHeader,
  loadFlowGraph,
  lockVersion,
  rememberRequest,
  replaceAnswer,
  sealVersion,
  type Database,
  type GraphReference,
  type Runner,
  type StoredGraph,
} from '@baton/database';
import {
  BatonError,
  DEFAULT_FAILURE_POLICY,
  FAILURE_POLICIES,
  PIPELINE_MODES,
  resolveParameters,
  type ResolvedParameters,
  type TrackToDispatch,
} from '@baton/domain';
import { z } from 'zod';
import type { AppDeps } from './app-deps.ts';
import { enqueueOrLog } from './enqueue-or-log.ts';
import { parseGraphReference } from './graph-reference.ts';
import { countProblems } from './http/problem.ts';
import type { RepeatableRequest } from './repeatable-request.ts';
import { showPipeline, type PipelineDetails } from './show-pipeline.ts';

export const startRequestSchema = z
  .strictObject({
    graph: z
      .union([z.int().min(1), z.string().min(1).max(220)], 'expected a graph: its id, its name, or "name@version"')
      .describe('id, name, or "name@version"; without a version the latest'),
    name: z
      .string()
      .min(1)
      .max(190)
      .regex(/^[^\p{Control}]*$/u, 'expected a name without control characters')
      .optional()
      .describe("absent: the graph's name"),
    params: z.record(z.string(), z.json()).optional().describe('values by parameter, or by "vertex.parameter"'),
    mode: z.enum(PIPELINE_MODES).optional().describe('absent: auto'),
    onFailure: z.enum(FAILURE_POLICIES).optional().describe("absent: the graph's, else stop"),
    priority: z.int().min(0).max(1000).optional().describe('higher starts sooner; absent: 0'),
  })
  .meta({ id: 'StartRequest' });

export type StartRequest = z.output<typeof startRequestSchema>;

/**
 * Starts a pipeline: checks the version if that is still to be done, seals it, and writes the pipeline with all its tracks,
 * all in one transaction; then enqueues what may run. Where Redis is away the reconcile loop enqueues it later.
 * @throws BatonError graph_not_found, graph_check_failed, invalid_parameters, those of rememberRequest: nothing is written
 */
export async function startPipeline(
  deps: Pick<AppDeps, 'database' | 'queue' | 'logger'>,
  start: StartRequest,
  request: RepeatableRequest & { createdBy: string },
): Promise<{ pipeline: PipelineDetails; isReplayed: boolean }> {
  let toDispatch: TrackToDispatch[] = [];
  const { answer, isReplayed } = await rememberRequest<Started>(deps.database, request, async (runner) => {
    const { graph, isSealed } = await loadGraphToStart(runner, deps.database, parseGraphReference(start.graph));
    const { values, held } = resolveOrRefuse(graph, start.params ?? {});
    if (!isSealed) await sealVersion(runner, graph);
    const created = await createPipeline(runner, {
      graph,
      name: start.name ?? graph.graph,
      mode: start.mode ?? 'auto',
      onFailure: start.onFailure ?? graph.onFailure ?? DEFAULT_FAILURE_POLICY,
      priority: start.priority ?? 0,
      params: start.params ?? {},
      inputs: values,
      held: new Set(held.keys()),
      createdBy: request.createdBy,
    });
    request.signal.throwIfAborted();
    toDispatch = created.toDispatch;
    return { pipelineId: created.pipelineId };
  });
  const pipeline = answer.pipeline ?? (await showPipeline(deps.database, answer.pipelineId));
  if (isReplayed) return { pipeline, isReplayed };
  await enqueueOrLog(deps, toDispatch);
  if (request.isRepeatable) await replaceAnswer<Started>(deps.database, request, { ...answer, pipeline });
  return { pipeline, isReplayed };
}

/** What is kept of a start: the id by the transaction itself, the whole answer once it was made. */
interface Started {
  pipelineId: number;
  pipeline?: PipelineDetails;
}

/**
 * A sealed version is read as it is. Another is locked, so that no edit comes between the check and the seal; it is loaded
 * before it is sealed, so that it is not kept in memory: this transaction may yet be rolled back.
 */
async function loadGraphToStart(
  runner: Runner,
  database: Database,
  reference: GraphReference,
): Promise<{ graph: StoredGraph; isSealed: boolean }> {
  const { versionId, version, graphId, name, sealedAt } = await findGraphHeader(runner, reference);
  if (sealedAt !== null) return { graph: await loadFlowGraph(runner, database, versionId), isSealed: true };
  await lockVersion(runner, versionId);
  const exact = { graph: graphId, version };
  const problems = await checkLockedVersion(runner, exact);
  if (problems.length > 0) {
    const detail = `expected version ${version} of ${JSON.stringify(name)} to pass its check, found ${problems[0]?.message}`;
    throw new BatonError('graph_check_failed', detail, { problems });
  }
  const isSealed = (await findGraphHeader(runner, exact)).sealedAt !== null;
  return { graph: await loadFlowGraph(runner, database, versionId), isSealed };
}

function resolveOrRefuse(graph: StoredGraph, params: NonNullable<StartRequest['params']>): ResolvedParameters {
  const resolved = resolveParameters([...graph.vertices.values()], params);
  const { problems } = resolved;
  if (problems.length === 0) return resolved;
  const detail = `expected parameters as ${JSON.stringify(graph.graph)} declares them, found ${countProblems(problems)}; the first: ${problems[0]?.message}`;
  throw new BatonError('invalid_parameters', detail, { problems });
}
