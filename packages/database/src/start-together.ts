import { BatonError, resolveParameters } from '@baton/domain';
import { createPipelines, type CreatedPipeline, type PipelineRequest } from './create-pipeline.ts';
import type { Database } from './data-source.ts';
import { findGraphHeader, shareUnlessTaken } from './find-graphs.ts';
import { findPipelinesById, type PipelineRecord } from './find-pipelines.ts';
import { parseGraphReference } from './graph-reference.ts';
import type { StoredGraph } from './load-flow-graph.ts';
import { findKnownGraph } from './load-pipeline-graph.ts';
import { rememberDone, type RequestToRemember } from './remember-request.ts';
import { requestOf, type PipelineOrder } from './start-pipeline.ts';
import type { Runner, Transaction } from './statements.ts';
import { withTransaction } from './with-transaction.ts';

/*
 * Starts of several callers in one transaction, with about the statements of one: all of them are written, or none.
 *
 * What would keep the others waiting, or take them with it, is left out and has to be started by itself: what is large; what
 * this process has not read yet, and might be large; what somebody has locked, as who saves a graph does until all of it is
 * written; what is refused; what nobody waits for any more.
 */

/** A start that is written together with others. */
export interface JoinedStart {
  order: PipelineOrder;
  createdBy: string;
  /** Not repeatable. */
  request: RequestToRemember;
  signal: AbortSignal;
  /** Told what is about to be committed: who hears nothing of the commit finds out by his key whether it was done. */
  note?(created: CreatedPipeline): void;
}

export interface StartedTogether {
  created: CreatedPipeline;
  /** As it was written. */
  pipeline: PipelineRecord;
}

/** What one start, and all of them together, may write; bytes, by the estimate below. More keeps others waiting. */
const MAX_START_BYTES = 100_000;
const MAX_BYTES = 1_000_000;
const TRACK_BYTES = 300;

/**
 * Starts several pipelines in one transaction, which is tried once.
 * @returns in the same order; null: to be started by itself
 * @throws where the database did, or one of them is not wanted any more: nobody knows whether they were started, so each is
 *   to be tried by itself, which finds out
 */
export function startPipelinesTogether(
  database: Database,
  starts: readonly JoinedStart[],
): Promise<(StartedTogether | null)[]> {
  return withTransaction(database, (runner) => writeTogether(runner, database, starts), { maxTries: 1 });
}

async function writeTogether(
  runner: Transaction,
  database: Database,
  starts: readonly JoinedStart[],
): Promise<(StartedTogether | null)[]> {
  const requests = prepareJoined(starts, await findJoinable(runner, database, starts));
  const joined = [...requests.keys()];
  if (joined.length === 0) return starts.map(() => null);
  const created = await createPipelines(runner, [...requests.values()]);
  const byStart = new Map(created.map((one, index) => [joined[index], one]));
  const ids = created.map(({ pipelineId }) => pipelineId);
  await rememberDone(
    runner,
    joined.map(({ request }, index) => ({ request, answer: { pipelineId: ids[index] } })),
  );
  const written = new Map((await findPipelinesById(runner, ids)).map((pipeline) => [pipeline.id, pipeline]));
  for (const { signal } of joined) signal.throwIfAborted();
  return starts.map((start) => {
    const one = byStart.get(start);
    if (one === undefined) return null;
    const pipeline = written.get(one.pipelineId);
    if (pipeline === undefined) throw new Error(`expected pipeline ${one.pipelineId} as it was written, found none`);
    start.note?.(one);
    return { created: one, pipeline };
  });
}

type Reference = PipelineOrder['graph'];

/** @returns the graphs that are meant, as far as they are sealed, in memory and free; nobody locks them meanwhile */
async function findJoinable(
  runner: Runner,
  database: Database,
  starts: readonly JoinedStart[],
): Promise<ReadonlyMap<Reference, StoredGraph>> {
  const graphs = new Map<Reference, StoredGraph>();
  for (const reference of new Set(starts.map(({ order }) => order.graph))) {
    const graph = await findFreeGraph(runner, database, reference);
    if (graph !== null) graphs.set(reference, graph);
  }
  return graphs;
}

async function findFreeGraph(runner: Runner, database: Database, reference: Reference): Promise<StoredGraph | null> {
  try {
    const lock = shareUnlessTaken(database);
    const { versionId, sealedAt } = await findGraphHeader(runner, parseGraphReference(reference), lock);
    if (sealedAt === null) return null;
    return findKnownGraph(database, { versionId, mapVertexId: null, mapSize: null }) ?? null;
  } catch (error) {
    if (error instanceof BatonError) return null;
    throw error;
  }
}

/** @returns those that are joined, in order */
function prepareJoined(
  starts: readonly JoinedStart[],
  graphs: ReadonlyMap<Reference, StoredGraph>,
): ReadonlyMap<JoinedStart, PipelineRequest> {
  const requests = new Map<JoinedStart, PipelineRequest>();
  let bytes = 0;
  for (const start of starts) {
    const { order, createdBy, signal } = start;
    const graph = graphs.get(order.graph);
    if (graph === undefined || signal.aborted) continue;
    const own = estimateBytes(graph, order);
    if (own > MAX_START_BYTES || bytes + own > MAX_BYTES) continue;
    const { problems, ...resolved } = resolveParameters([...graph.vertices.values()], order.params ?? {});
    if (problems.length > 0) continue;
    bytes += own;
    requests.set(start, requestOf({ graph, ...resolved }, order, { createdBy }));
  }
  return requests;
}

/** Every vertex may take every value. */
function estimateBytes({ vertices }: StoredGraph, { params }: PipelineOrder): number {
  return vertices.size * (TRACK_BYTES + JSON.stringify(params ?? {}).length);
}
