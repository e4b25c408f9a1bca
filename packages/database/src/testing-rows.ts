import { randomBytes } from 'node:crypto';
import type { PipelineState, TrackState } from '@baton/domain';
import { isPipelineEnded, isTrackEnded, trackIdOf } from '@baton/domain';
import type { RunKey } from './claim-attempts.ts';
import type { Database } from './data-source.ts';
import { execute, inChunks, placeRows } from './statements.ts';

/** Rows as a test wants them: valid, with only what matters to it stated. */
export interface FlowRows {
  graphName?: string;
  pipelineName?: string;
  params?: Record<string, unknown>;
  pipelineState?: PipelineState;
  vertices: { name: string; script?: string; input?: Record<string, unknown>; policies?: Record<string, unknown> }[];
  /** State of the n-th vertex's track; those not named are PENDING. */
  states?: readonly TrackState[];
  workerId?: string;
  /** The lease of RUNNING tracks ends so many ms from now. */
  leaseMs?: number;
}

export interface StoredRows {
  graphId: number;
  versionId: number;
  pipelineId: number;
  trackIds: number[];
  /** Of the RUNNING tracks, by track id. */
  runIds: Map<number, string>;
}

/** A graph with one sealed version without edges. */
export async function insertGraphRows(
  database: Database,
  rows: Pick<FlowRows, 'graphName' | 'vertices'>,
): Promise<{ graphId: number; versionId: number }> {
  const runner = database.dataSource;
  const { insertId: graphId } = await execute(
    runner,
    'INSERT INTO graph (name, next_vertex_id, created_at, updated_at) VALUES (?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))',
    [rows.graphName ?? `graph-${randomBytes(6).toString('hex')}`, rows.vertices.length + 1],
  );
  const { insertId: versionId } = await execute(
    runner,
    `INSERT INTO graph_version (graph_id, version, checked_at, sealed_at, created_at)
      VALUES (?, 1, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`,
    [graphId],
  );
  const vertices = rows.vertices.map(({ name, script, input, policies }, index) => {
    return [versionId, index + 1, name, script ?? 'true', toJson(input), toJson(policies)];
  });
  for (const chunk of inChunks(vertices, 1000)) {
    const { places, values } = placeRows(chunk);
    await execute(
      runner,
      `INSERT INTO vertex (version_id, id, name, script, input, policies) VALUES ${places}`,
      values,
    );
  }
  return { graphId, versionId };
}

/** A pipeline of a graph of its own, one track a vertex. */
export async function insertFlowRows(database: Database, rows: FlowRows): Promise<StoredRows> {
  const graph = await insertGraphRows(database, rows);
  return insertPipelineRows(database, graph, rows);
}

/** A pipeline of a graph that is there. */
export async function insertPipelineRows(
  database: Database,
  graph: { graphId: number; versionId: number },
  rows: FlowRows,
): Promise<StoredRows> {
  const states = rows.vertices.map((_, index) => rows.states?.[index] ?? 'PENDING');
  const state = rows.pipelineState ?? 'RUNNING';
  const { insertId: pipelineId } = await execute(
    database.dataSource,
    `INSERT INTO pipeline (version_id, graph_id, name, mode, on_failure, state, params, total_tracks, open_tracks,
        created_by, created_at, finished_at)
      VALUES (?, ?, ?, 'auto', 'stop', ?, ?, ?, ?, 'test', UTC_TIMESTAMP(6), IF(?, UTC_TIMESTAMP(6), NULL))`,
    [
      graph.versionId,
      graph.graphId,
      rows.pipelineName ?? 'a pipeline',
      state,
      JSON.stringify(rows.params ?? {}),
      states.length,
      state === 'FINISH' ? 0 : states.filter((track) => !isTrackEnded(track)).length,
      isPipelineEnded(state) ? 1 : 0,
    ],
  );
  const runIds = new Map<number, string>();
  const tracks = states.map((track, index) => trackRow(track, trackIdOf(pipelineId, index + 1), { rows, runIds }));
  for (const chunk of inChunks(tracks, 1000)) await insertTracks(database, pipelineId, chunk);
  return { ...graph, pipelineId, trackIds: tracks.map(({ id }) => id), runIds };
}

interface TrackRow {
  id: number;
  vertexId: number;
  state: TrackState;
  runId: string | null;
  workerId: string | null;
  leaseMs: number;
}

function trackRow(
  state: TrackState,
  id: number,
  { rows, runIds }: { rows: FlowRows; runIds: Map<number, string> },
): TrackRow {
  const isRunning = state === 'RUNNING';
  const runId = isRunning ? randomBytes(16).toString('hex') : null;
  if (runId !== null) runIds.set(id, runId);
  return {
    id,
    vertexId: id % 2 ** 22,
    state,
    runId,
    workerId: isRunning ? (rows.workerId ?? 'a-worker') : null,
    leaseMs: rows.leaseMs ?? 60_000,
  };
}

async function insertTracks(database: Database, pipelineId: number, tracks: readonly TrackRow[]): Promise<void> {
  const now = 'UTC_TIMESTAMP(6)';
  const place = `(?, ?, ?, ?, '{}', 0, ?, ?, IF(?, ${now} + INTERVAL ? MICROSECOND, NULL), IF(?, ${now}, NULL), IF(?, ${now}, NULL), IF(?, ${now}, NULL))`;
  const values = tracks.flatMap((track) => {
    const isDue = track.state === 'PENDING' || track.state === 'RUNNING' ? 1 : 0;
    const hasStarted = track.state === 'RUNNING' || isTrackEnded(track.state) ? 1 : 0;
    const { id, vertexId, state, runId, workerId } = track;
    const wasPending = state === 'WAITING' ? 0 : 1;
    const claim = [id, pipelineId, vertexId, state, runId, workerId];
    return claim.concat([isDue, track.leaseMs * 1000, wasPending, hasStarted, isTrackEnded(state) ? 1 : 0]);
  });
  await execute(
    database.dataSource,
    `INSERT INTO track (id, pipeline_id, vertex_id, state, input, predecessors_left, run_id, worker_id, due_at, pending_at,
      started_at, finished_at) VALUES ${tracks.map(() => place).join(', ')}`,
    values,
  );
}

/** Ends the attempt of a RUNNING track as failed; its next one is PENDING. @param cutBytes of its output, not stored */
export async function endAttempt(database: Database, { trackId, attempt, runId }: RunKey, cutBytes = 0): Promise<void> {
  await execute(
    database.dataSource,
    `INSERT INTO attempt (track_id, attempt, run_id, worker_id, result, exit_code, pending_at, started_at, finished_at,
        duration_ms, output_bytes, cut_bytes)
      VALUES (?, ?, ?, 'a-worker', 'exit_code', 3, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), 1, 2, ?)`,
    [trackId, attempt, runId, cutBytes],
  );
  await execute(
    database.dataSource,
    `UPDATE track SET state = 'PENDING', attempt = attempt + 1, run_id = NULL, worker_id = NULL WHERE id = ?`,
    [trackId],
  );
}

function toJson(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
