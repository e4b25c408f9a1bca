import {
  BatonError,
  DEFAULT_FAILURE_POLICY,
  errorOfProblems,
  resolveParameters,
  type FailurePolicy,
  type JsonValue,
  type PipelineMode,
  type ResolvedParameters,
} from '@baton/domain';
import { checkLockedVersion, lockVersion } from './check-graph-version.ts';
import { createPipeline, type CreatedPipeline, type PipelineRequest } from './create-pipeline.ts';
import type { Database } from './data-source.ts';
import { findGraphHeader, type GraphReference } from './find-graphs.ts';
import { parseGraphReference } from './graph-reference.ts';
import { loadFlowGraph, type StoredGraph } from './load-flow-graph.ts';
import { sealVersion } from './seal-version.ts';
import type { Runner } from './statements.ts';

/** What a pipeline is to be, as persons and schedules ask for it. */
export interface PipelineOrder {
  /** Id, name, or `name@version`; without a version the latest. */
  graph: string | number;
  /** Absent: the graph's. */
  name?: string | undefined;
  /** By parameter, or by `vertex.parameter`. */
  params?: Record<string, JsonValue> | undefined;
  /** Absent: auto. */
  mode?: PipelineMode | undefined;
  /** Absent: the graph's, else stop. */
  onFailure?: FailurePolicy | undefined;
  /** Absent: 0. */
  priority?: number | undefined;
  /** Of the whole pipeline; absent: the graph's. */
  timeoutMs?: number | undefined;
}

/**
 * Who orders it: a person, or a schedule for one of its due times.
 * `secrets`: keys of the parameters whose values hold secrets of the parent.
 */
export interface PipelineOrigin {
  createdBy: string;
  schedule?: { id: number; dueAt: Date; madeBy: string; helpers: readonly { actor: string; reason: string }[] };
  /** The track that runs it, and how many pipelines are above that one's. */
  parent?: { trackId: number; depth: number; secrets: ReadonlySet<string> };
}

/**
 * Starts a pipeline in the caller's transaction: checks the version if that is still to be done, seals it, and writes the
 * pipeline with all its tracks.
 * @returns what is to be enqueued after the commit
 * @throws BatonError graph_not_found, graph_check_failed, invalid_parameters: the caller has to roll back
 */
export async function startPipelineIn(
  runner: Runner,
  database: Database,
  { order, origin }: { order: PipelineOrder; origin: PipelineOrigin },
): Promise<CreatedPipeline> {
  const prepared = await prepareOrder(runner, database, order);
  const { graph } = prepared;
  refuseRevealed(graph, origin.parent?.secrets ?? new Set());
  if (!prepared.isSealed) await sealVersion(runner, graph);
  return createPipeline(runner, requestOf(prepared, order, origin));
}

/** An order with what it comes to. */
type PreparedOrder = Pick<ResolvedParameters, 'values' | 'held'> & { graph: StoredGraph };

export function requestOf(
  { graph, values, held }: PreparedOrder,
  order: PipelineOrder,
  origin: PipelineOrigin,
): PipelineRequest {
  return {
    graph,
    name: order.name ?? graph.graph,
    mode: order.mode ?? 'auto',
    onFailure: order.onFailure ?? graph.onFailure ?? DEFAULT_FAILURE_POLICY,
    priority: order.priority ?? 0,
    params: order.params ?? {},
    inputs: values,
    held: new Set(held.keys()),
    createdBy: origin.createdBy,
    ...(origin.schedule === undefined ? {} : { startedBy: origin.schedule.madeBy, helpers: origin.schedule.helpers }),
    timeoutMs: order.timeoutMs ?? null,
    scheduleId: origin.schedule?.id ?? null,
    scheduledFor: origin.schedule?.dueAt ?? null,
    parentTrackId: origin.parent?.trackId ?? null,
    depth: origin.parent === undefined ? 0 : origin.parent.depth + 1,
  };
}

/**
 * Whether an order could be started now. It locks and may mark the version as checked: in a transaction of the caller's.
 * @throws BatonError as startPipelineIn
 */
export async function prepareOrder(
  runner: Runner,
  database: Database,
  order: Pick<PipelineOrder, 'graph' | 'params'>,
): Promise<Pick<ResolvedParameters, 'values' | 'held'> & { graph: StoredGraph; isSealed: boolean }> {
  const reference = parseGraphReference(order.graph);
  const { graph, isSealed } = await loadGraphToStart(runner, database, reference);
  return { graph, isSealed, ...resolveOrRefuse(graph, order.params ?? {}) };
}

/**
 * A sealed version is read as it is. Another is locked, so that no edit comes between the check and the seal; it is loaded
 * before it is sealed, so that it is not kept in memory: this transaction may yet be rolled back.
 * @throws BatonError graph_not_found, graph_check_failed
 */
export async function loadGraphToStart(
  runner: Runner,
  database: Database,
  reference: GraphReference,
): Promise<{ graph: StoredGraph; isSealed: boolean }> {
  const found = await findGraphHeader(runner, reference);
  const { versionId, version, graphId, name, sealedAt } = found;
  if (sealedAt !== null) return { graph: await loadFlowGraph(runner, database, versionId), isSealed: true };
  await lockVersion(runner, versionId);
  const exact = { graph: graphId, version };
  const problems = await checkLockedVersion(runner, exact);
  if (problems.length > 0) {
    throw errorOfProblems(
      'graph_check_failed',
      `expected version ${version} of ${JSON.stringify(name)} to pass its check`,
      problems,
    );
  }
  const isSealed = (await findGraphHeader(runner, exact)).sealedAt !== null;
  return { graph: await loadFlowGraph(runner, database, versionId), isSealed };
}

/** What is secret in one graph must be so in the one that it is passed to: everybody may read parameters that are not. */
function refuseRevealed(graph: StoredGraph, secrets: ReadonlySet<string>): void {
  if (secrets.size === 0) return;
  const revealed = [...graph.vertices.values()].flatMap((vertex) =>
    Object.entries(vertex.input)
      .filter(([name, { secret }]) => !secret && (secrets.has(name) || secrets.has(`${vertex.name}.${name}`)))
      .map(([name]) => `${vertex.name}.${name}`),
  );
  if (revealed.length === 0) return;
  const named = revealed.slice(0, 10).join(', ') + (revealed.length > 10 ? ', ...' : '');
  const detail = `expected what is given a secret to be declared secret in ${JSON.stringify(graph.graph)}, found otherwise ${named}`;
  throw new BatonError('invalid_parameters', detail);
}

function resolveOrRefuse(graph: StoredGraph, params: Record<string, JsonValue>): ResolvedParameters {
  const resolved = resolveParameters([...graph.vertices.values()], params);
  const { problems } = resolved;
  if (problems.length === 0) return resolved;
  throw errorOfProblems(
    'invalid_parameters',
    `expected parameters as ${JSON.stringify(graph.graph)} declares them`,
    problems,
  );
}
