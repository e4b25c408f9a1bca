import {
  startsAtOnce,
  trackIdOf,
  type FailurePolicy,
  type JsonValue,
  type PipelineMode,
  type TrackToDispatch,
} from '@baton/domain';
import type { GraphVertex, StoredGraph } from './load-flow-graph.ts';
import { execute, inChunks, placeRows, type Runner } from './statements.ts';
import { describeTrack, dispatchTimeoutMs } from './track-to-dispatch.ts';

export interface PipelineRequest {
  graph: StoredGraph;
  name: string;
  mode: PipelineMode;
  onFailure: FailurePolicy;
  /** Higher first. */
  priority: number;
  /** As given, for people. */
  params: Record<string, JsonValue>;
  /** Resolved parameter values by vertex name. */
  inputs: ReadonlyMap<string, Record<string, JsonValue>>;
  /** Names of vertices whose tracks are held until a person gives the missing parameters. */
  held: ReadonlySet<string>;
  createdBy: string;
}

const TRACKS_AT_ONCE = 2000;

/**
 * Writes a pipeline and one track a vertex, in the caller's transaction; the version must be sealed in it or before.
 * @returns the new id, and the tracks to enqueue after the commit
 */
export async function createPipeline(
  runner: Runner,
  request: PipelineRequest,
): Promise<{ pipelineId: number; toDispatch: TrackToDispatch[] }> {
  const { graph } = request;
  const { insertId: pipelineId } = await execute(
    runner,
    `INSERT INTO pipeline (version_id, graph_id, name, mode, on_failure, priority, state, params, total_tracks, open_tracks,
       created_by, created_at)
     VALUES (?, ?, ?, ?, ?, ?, 'RUNNING', ?, ?, ?, ?, UTC_TIMESTAMP(6))`,
    [
      graph.versionId,
      graph.graphId,
      request.name,
      request.mode,
      request.onFailure,
      request.priority,
      JSON.stringify(request.params),
      graph.vertices.size,
      graph.vertices.size,
      request.createdBy,
    ],
  );
  for (const vertices of inChunks([...graph.vertices.values()], TRACKS_AT_ONCE)) {
    await insertTracks(runner, { pipelineId, request, vertices });
  }
  const pipeline = { id: pipelineId, name: request.name, priority: request.priority };
  const toDispatch = [...graph.vertices.values()]
    .filter((vertex) => startsAtOnce(vertex) && !request.held.has(vertex.name))
    .map((vertex) => describeTrack(graph, pipeline, { vertexId: vertex.id, attempt: 1, seq: 1 }));
  return { pipelineId, toDispatch };
}

interface TracksOfPipeline {
  pipelineId: number;
  request: PipelineRequest;
  vertices: readonly GraphVertex[];
}

/** The times come from one clock, the database's: placed as expressions, so PENDING and WAITING rows go separately. */
async function insertTracks(runner: Runner, { pipelineId, request, vertices }: TracksOfPipeline): Promise<void> {
  const groups = [
    { state: 'WAITING', pendingAt: 'NULL', dueAt: 'NULL', seq: 0, of: vertices.filter((v) => !startsAtOnce(v)) },
    {
      state: 'PENDING',
      pendingAt: 'UTC_TIMESTAMP(6)',
      dueAt: `UTC_TIMESTAMP(6) + INTERVAL ${dispatchTimeoutMs(1) * 1000} MICROSECOND`,
      seq: 1,
      of: vertices.filter((v) => startsAtOnce(v) && !request.held.has(v.name)),
    },
    {
      state: 'PENDING',
      pendingAt: 'UTC_TIMESTAMP(6)',
      dueAt: 'NULL',
      seq: 0,
      of: vertices.filter((v) => startsAtOnce(v) && request.held.has(v.name)),
    },
  ];
  for (const { state, pendingAt, dueAt, seq, of } of groups) {
    if (of.length === 0) continue;
    const rows = of.map((vertex) => {
      const input = request.inputs.get(vertex.name);
      return [
        trackIdOf(pipelineId, vertex.id),
        pipelineId,
        vertex.id,
        request.held.has(vertex.name) ? 'params' : null,
        input === undefined || Object.keys(input).length === 0 ? null : JSON.stringify(input),
        vertex.predecessors.length,
      ];
    });
    const { places, values } = placeRows(rows, [`'${state}'`, String(seq), pendingAt, dueAt]);
    await execute(
      runner,
      `INSERT INTO track (id, pipeline_id, vertex_id, awaits, input, predecessors_left, state, dispatch_seq, pending_at, due_at)
       VALUES ${places}`,
      values,
    );
  }
}
