import { findTurn, trackIdOf, type TrackToDispatch } from '@baton/domain';
import { refreshPaths, type GraphPaths } from './graph-paths.ts';
import type { GraphVertex, StoredGraph } from './load-flow-graph.ts';

/**
 * How long an enqueued track may stay unclaimed before the reconcile loop looks whether its queue entry is still there.
 * Doubles with each time, so that a long queue is not asked about over and over.
 */
export function dispatchTimeoutMs(seq: number): number {
  return Math.min(5000 * 2 ** Math.max(seq - 1, 0), 300_000);
}

/** What is known of a pipeline whose tracks are enqueued. */
export interface DispatchingPipeline {
  id: number;
  name: string;
  priority: number;
  createdAt: Date;
}

export function describeTrack(
  graph: StoredGraph,
  pipeline: DispatchingPipeline,
  track: { vertexId: number; attempt: number; seq: number },
): TrackToDispatch {
  const vertex = graph.vertices.get(track.vertexId);
  if (vertex === undefined) throw new Error(`graph version ${graph.versionId} has no vertex ${track.vertexId}`);
  return {
    trackId: trackIdOf(pipeline.id, track.vertexId),
    attempt: track.attempt,
    seq: track.seq,
    labels: vertex.policies.labels,
    priority: pipeline.priority + vertex.policies.priority,
    pipelineId: pipeline.id,
    pipeline: pipeline.name,
    vertex: vertex.name,
    graph: graph.graph,
    ...(runsPipeline(vertex) ? { runsPipeline: true } : {}),
    ...(graph.paths === undefined ? {} : { turnMs: turnOf(graph.paths, pipeline, vertex.id) }),
  };
}

/** The clock is this process's: it is told when its server's is far off, and nothing but the order of a queue depends on it. */
function turnOf(paths: GraphPaths, { createdAt }: DispatchingPipeline, vertexId: number): number {
  refreshPaths(paths);
  return findTurn(paths.remaining, vertexId, { startedAtMs: createdAt.getTime(), nowMs: Date.now() });
}

/** Its track runs a pipeline (another graph's, or one of a map's items) and no script. */
export function runsPipeline({ policies }: Pick<GraphVertex, 'policies'>): boolean {
  return policies.pipeline !== null || policies.map !== null;
}
