import {
  trackIdOf,
  vertexIdOf,
  type FlowEvent,
  type ParameterValues,
  type PipelineView,
  type TrackFacts,
  type TrackView,
  type TransitionContext,
} from '@baton/domain';
import type { Database } from './data-source.ts';
import type { StoredGraph } from './load-flow-graph.ts';
import { loadPipelineGraph, PIPELINE_GRAPH_COLUMNS, type PipelineGraphKey } from './load-pipeline-graph.ts';
import { inChunks, selectTogether, type Runner, type Statement } from './statements.ts';

/** A pipeline under its lock, with what has been loaded of its tracks so far. */
export interface LockedPipeline extends TransitionContext {
  graph: StoredGraph;
  pipeline: PipelineView & PipelineFacts;
  tracks: Map<number, TrackView>;
  facts: Map<number, TrackFacts>;
  /** By vertex id: what the rules need not know of a track's row. */
  runs: Map<number, TrackRun>;
}

/** What the rules need not know of a pipeline. */
interface PipelineFacts {
  name: string;
  priority: number;
  createdAt: Date;
  /** Of the track that runs it; null: a pipeline of its own. */
  parentTrackId: number | null;
}

/** For the attempt's history, and how many queue entries the attempt has had. */
interface TrackRun {
  workerId: string | null;
  pendingAt: string | null;
  startedAt: string | null;
  dispatchSeq: number;
}

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
  const rows = (await selectTogether(runner, selectPipelines(pipelineIds))).flat() as PipelineRow[];
  return readPipelines(runner, database, rows);
}

/** Statements that lock pipelines in the order of their ids. */
export function selectPipelines(pipelineIds: readonly number[]): Statement[] {
  const ids = pipelineIds.toSorted((a, b) => a - b);
  return [...inChunks(ids)].map((chunk) => ({ sql: SELECT_PIPELINES, values: [chunk] }));
}

export async function readPipelines(
  runner: Runner,
  database: Database,
  rows: readonly PipelineRow[],
): Promise<Map<number, LockedPipeline>> {
  const locked = new Map<number, LockedPipeline>();
  for (const { versionId, mapVertexId, mapSize, isExpired, ...row } of rows) {
    const graph = await loadPipelineGraph(runner, database, { versionId, mapVertexId, mapSize });
    const pipeline = { ...row, isExpired: isExpired === 1 };
    locked.set(row.id, {
      graph,
      pipeline,
      tracks: new Map(),
      facts: new Map(),
      runs: new Map(),
      random: Math.random(),
    });
  }
  return locked;
}

export type PipelineRow = Omit<LockedPipeline['pipeline'], 'isExpired'> & PipelineGraphKey & { isExpired: number };

const SELECT_PIPELINES = `SELECT p.id, p.state, p.mode, p.on_failure AS onFailure, p.open_tracks AS openTracks, p.failures,
    p.reason, COALESCE(p.deadline_at <= UTC_TIMESTAMP(6), FALSE) AS isExpired, p.name, p.priority,
    p.created_at AS createdAt, p.parent_track_id AS parentTrackId, ${PIPELINE_GRAPH_COLUMNS}
  FROM pipeline p WHERE p.id IN (?) ORDER BY p.id FOR UPDATE`;

/** The vertex that an event is about; null: it is about its pipeline. */
export function vertexIdOfEvent(event: FlowEvent): number | null {
  if (event.kind === 'completion') return vertexIdOf(event.completion.trackId);
  return 'vertexId' in event ? event.vertexId : null;
}

/** The ids of the tracks that deciding about these events will surely need: the named ones and their successors. */
export function tracksNeededFirst({ graph }: Pick<LockedPipeline, 'graph'>, events: readonly FlowEvent[]): Set<number> {
  const needed = new Set<number>();
  for (const event of events) {
    const vertex = graph.vertices.get(vertexIdOfEvent(event) ?? 0);
    if (vertex === undefined) continue;
    needed.add(vertex.id);
    for (const successor of vertex.successors) needed.add(successor);
  }
  return needed;
}

export interface TrackRow {
  id: number;
  pipelineId: number;
  vertexId: number;
  state: TrackView['state'];
  attempt: number;
  startedAttempt: number;
  budgetFromAttempt: number;
  lostAttempts: number;
  elapsedMs: number | null;
  runId: string | null;
  awaits: TrackView['awaits'];
  gateDecision: TrackView['gateDecision'];
  isExpired: number;
  cancelRequestedAt: Date | null;
  succeeded: number;
  failed: number;
  skipped: number;
  cancelled: number;
  notTaken: number;
  chosen: string | null;
  exitCode: number | null;
  reason: TrackView['reason'];
  detail: string | null;
  workerId: string | null;
  pendingAt: string | null;
  startedAt: string | null;
  dispatchSeq: number;
}

/** Loads and locks tracks in the order of their ids, of several pipelines at once. */
export async function loadTracks(
  runner: Runner,
  wanted: readonly { locked: LockedPipeline; vertexIds: Iterable<number> }[],
): Promise<void> {
  const byPipeline = new Map(wanted.map(({ locked }) => [locked.pipeline.id, locked]));
  const ids = wanted.flatMap(({ locked, vertexIds }) =>
    [...vertexIds].map((vertexId) => trackIdOf(locked.pipeline.id, vertexId)),
  );
  const rows = (await selectTogether(runner, selectTracks(ids))).flat() as TrackRow[];
  for (const row of rows) keepTrack(byPipeline.get(row.pipelineId), row);
}

/** Statements that lock tracks in the order of their ids. */
export function selectTracks(trackIds: readonly number[]): Statement[] {
  const ids = trackIds.toSorted((a, b) => a - b);
  return [...inChunks(ids)].map((chunk) => ({ sql: SELECT_TRACKS, values: [chunk] }));
}

export function keepTrack(locked: LockedPipeline | undefined, row: TrackRow): void {
  if (locked === undefined) return;
  locked.tracks.set(row.vertexId, toTrackView(row));
  const { workerId, pendingAt, startedAt, dispatchSeq } = row;
  locked.runs.set(row.vertexId, { workerId, pendingAt, startedAt, dispatchSeq });
}

const SELECT_TRACKS = `SELECT id, pipeline_id AS pipelineId, vertex_id AS vertexId, state, attempt,
    started_attempt AS startedAttempt, budget_from_attempt AS budgetFromAttempt, lost_attempts AS lostAttempts,
    TIMESTAMPDIFF(MICROSECOND, first_started_at, UTC_TIMESTAMP(6)) DIV 1000 AS elapsedMs, run_id AS runId, awaits,
    gate_decision AS gateDecision, COALESCE(expires_at <= UTC_TIMESTAMP(6), FALSE) AS isExpired,
    cancel_requested_at AS cancelRequestedAt, predecessors_succeeded AS succeeded, predecessors_failed AS failed,
    predecessors_skipped AS skipped, predecessors_cancelled AS cancelled, predecessors_not_taken AS notTaken, chosen,
    exit_code AS exitCode, reason, detail, worker_id AS workerId, dispatch_seq AS dispatchSeq, CAST(pending_at AS CHAR) AS pendingAt,
    CAST(started_at AS CHAR) AS startedAt
  FROM track WHERE id IN (?) ORDER BY id FOR UPDATE`;

function toTrackView(row: TrackRow): TrackView {
  const { succeeded, failed, skipped, cancelled, notTaken } = row;
  return {
    vertexId: row.vertexId,
    state: row.state,
    attempt: row.attempt,
    startedAttempt: row.startedAttempt,
    budgetFromAttempt: row.budgetFromAttempt,
    lostAttempts: row.lostAttempts,
    elapsedMs: row.elapsedMs ?? 0,
    runId: row.runId,
    awaits: row.awaits,
    gateDecision: row.gateDecision,
    isExpired: row.isExpired === 1,
    cancelRequested: row.cancelRequestedAt !== null,
    counts: { succeeded, failed, skipped, cancelled, notTaken },
    chosen: row.chosen === null ? null : (JSON.parse(row.chosen) as number[]),
    exitCode: row.exitCode,
    reason: row.reason,
    detail: row.detail,
  };
}

/**
 * Loads what conditions may look at: the parameter values of tracks, and what their current attempts handed on. Nothing is
 * locked: values of tracks that have ended no longer change, and the others are locked with their tracks where they matter.
 */
export async function loadFacts(runner: Runner, locked: LockedPipeline, vertexIds: readonly number[]): Promise<void> {
  const ids = vertexIds.map((vertexId) => trackIdOf(locked.pipeline.id, vertexId));
  for (const chunk of inChunks(ids)) {
    const outputs = new Map<number, Record<string, string>>();
    const statements = [SELECT_OUTPUTS, SELECT_INPUTS].map((sql) => ({ sql, values: [chunk] }));
    const [outputRows, inputRows] = (await selectTogether(runner, statements)) as [OutputRow[], InputRow[]];
    for (const { vertexId, name, value } of outputRows) {
      const known = outputs.get(vertexId) ?? (Object.create(null) as Record<string, string>);
      known[name] = value;
      outputs.set(vertexId, known);
    }
    for (const { vertexId, input } of inputRows) {
      const values = (input === null ? {} : JSON.parse(input)) as ParameterValues;
      locked.facts.set(vertexId, { input: values, outputs: outputs.get(vertexId) ?? {} });
    }
  }
}

interface InputRow {
  vertexId: number;
  input: string | null;
}

interface OutputRow {
  vertexId: number;
  name: string;
  value: string;
}

const SELECT_OUTPUTS = `SELECT t.vertex_id AS vertexId, o.name, o.value FROM track t
    STRAIGHT_JOIN track_output o ON o.track_id = t.id AND o.attempt = t.attempt
  WHERE t.id IN (?)`;

const SELECT_INPUTS = 'SELECT vertex_id AS vertexId, input FROM track WHERE id IN (?)';
