import {
  trackIdOf,
  vertexIdOf,
  type FlowEvent,
  type PipelineView,
  type TrackView,
  type TransitionContext,
} from '@baton/domain';
import type { Database } from './data-source.ts';
import { loadFlowGraph, type StoredGraph } from './load-flow-graph.ts';
import { inChunks, selectRows, type Runner } from './statements.ts';

/** A pipeline under its lock, with what has been loaded of its tracks so far. */
export interface LockedPipeline extends TransitionContext {
  graph: StoredGraph;
  pipeline: PipelineView & { name: string; priority: number };
  tracks: Map<number, TrackView>;
  /** By vertex id: what an attempt's history takes from its track's row. */
  runs: Map<number, { workerId: string | null; pendingAt: string | null; startedAt: string | null }>;
}

/** Of a list of 1000 MariaDB makes a table to join with, and then locks in the order of that. */
const IDS_AT_ONCE = 500;

/**
 * Locks pipelines in the order of their ids, before anything of them is read: what is read afterwards is what every
 * earlier transition left.
 * @returns those that exist
 */
export async function lockPipelines(
  runner: Runner,
  database: Database,
  pipelineIds: readonly number[],
): Promise<Map<number, LockedPipeline>> {
  const locked = new Map<number, LockedPipeline>();
  for (const chunk of inChunks(
    pipelineIds.toSorted((a, b) => a - b),
    IDS_AT_ONCE,
  )) {
    const rows = await selectRows<PipelineView & { name: string; priority: number; versionId: number }>(
      runner,
      `SELECT id, state, mode, on_failure AS onFailure, open_tracks AS openTracks, failures, reason, name, priority,
         version_id AS versionId FROM pipeline WHERE id IN (?) ORDER BY id FOR UPDATE`,
      [chunk],
    );
    for (const { versionId, ...pipeline } of rows) {
      const graph = await loadFlowGraph(runner, database, versionId);
      locked.set(pipeline.id, { graph, pipeline, tracks: new Map(), runs: new Map(), random: Math.random() });
    }
  }
  return locked;
}

/** The ids of the tracks that deciding about these events will surely need: the named ones and their successors. */
export function tracksNeededFirst(locked: LockedPipeline, events: readonly FlowEvent[]): Set<number> {
  const needed = new Set<number>();
  for (const event of events) {
    if (event.kind !== 'completion') continue;
    const vertex = locked.graph.vertices.get(vertexIdOf(event.completion.trackId));
    if (vertex === undefined) continue;
    needed.add(vertex.id);
    for (const successor of vertex.successors) needed.add(successor);
  }
  return needed;
}

interface TrackRow {
  id: number;
  pipelineId: number;
  vertexId: number;
  state: TrackView['state'];
  attempt: number;
  budgetFromAttempt: number;
  lostAttempts: number;
  elapsedMs: number | null;
  runId: string | null;
  awaits: TrackView['awaits'];
  cancelRequestedAt: Date | null;
  succeeded: number;
  failed: number;
  skipped: number;
  cancelled: number;
  notTaken: number;
  chosen: string | null;
  exitCode: number | null;
  reason: TrackView['reason'];
  workerId: string | null;
  pendingAt: string | null;
  startedAt: string | null;
}

/** Loads and locks tracks in the order of their ids, of several pipelines at once. */
export async function loadTracks(
  runner: Runner,
  wanted: readonly { locked: LockedPipeline; vertexIds: Iterable<number> }[],
): Promise<void> {
  const byPipeline = new Map(wanted.map(({ locked }) => [locked.pipeline.id, locked]));
  const ids = wanted
    .flatMap(({ locked, vertexIds }) => [...vertexIds].map((vertexId) => trackIdOf(locked.pipeline.id, vertexId)))
    .sort((a, b) => a - b);
  for (const chunk of inChunks(ids, IDS_AT_ONCE)) {
    for (const row of await selectRows<TrackRow>(runner, SELECT_TRACKS, [chunk])) {
      const locked = byPipeline.get(row.pipelineId);
      if (locked === undefined) continue;
      locked.tracks.set(row.vertexId, toTrackView(row));
      locked.runs.set(row.vertexId, { workerId: row.workerId, pendingAt: row.pendingAt, startedAt: row.startedAt });
    }
  }
}

const SELECT_TRACKS = `SELECT id, pipeline_id AS pipelineId, vertex_id AS vertexId, state, attempt,
    budget_from_attempt AS budgetFromAttempt, lost_attempts AS lostAttempts,
    TIMESTAMPDIFF(MICROSECOND, first_started_at, UTC_TIMESTAMP(6)) DIV 1000 AS elapsedMs, run_id AS runId, awaits,
    cancel_requested_at AS cancelRequestedAt, predecessors_succeeded AS succeeded, predecessors_failed AS failed,
    predecessors_skipped AS skipped, predecessors_cancelled AS cancelled, predecessors_not_taken AS notTaken, chosen,
    exit_code AS exitCode, reason, worker_id AS workerId, CAST(pending_at AS CHAR) AS pendingAt,
    CAST(started_at AS CHAR) AS startedAt
  FROM track WHERE id IN (?) ORDER BY id FOR UPDATE`;

function toTrackView(row: TrackRow): TrackView {
  const { succeeded, failed, skipped, cancelled, notTaken } = row;
  return {
    vertexId: row.vertexId,
    state: row.state,
    attempt: row.attempt,
    budgetFromAttempt: row.budgetFromAttempt,
    lostAttempts: row.lostAttempts,
    elapsedMs: row.elapsedMs ?? 0,
    runId: row.runId,
    awaits: row.awaits,
    cancelRequested: row.cancelRequestedAt !== null,
    counts: { succeeded, failed, skipped, cancelled, notTaken },
    chosen: row.chosen === null ? null : (JSON.parse(row.chosen) as number[]),
    exitCode: row.exitCode,
    reason: row.reason,
  };
}
