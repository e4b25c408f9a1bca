import {
  isTrackEnded,
  waitingTrack,
  type FlowGraph,
  type JsonValue,
  type ParameterValues,
  type TrackView,
} from '@baton/domain';
import type { Database } from './data-source.ts';
import type { StoredGraph } from './load-flow-graph.ts';
import { loadPipelineGraph, PIPELINE_GRAPH_COLUMNS, type PipelineGraphKey } from './load-pipeline-graph.ts';
import {
  findPipelineEvents,
  type AttemptEntry,
  type EventBody,
  type PipelineEntry,
  type PipelineEvent,
  type TrackEntry,
} from './pipeline-events.ts';
import { selectRows } from './statements.ts';

/* For tests: the tables of a pipeline, folded from its history alone, and as they are. */

/** A pipeline as its history says that it is: what its tables hold but leases, dispatch hints and times. */
export interface RebuiltPipeline {
  pipeline: Required<PipelineEntry>;
  /** By vertex id. */
  tracks: Map<number, RebuiltTrack>;
  /** In the order of their ends. */
  attempts: AttemptEntry[];
}

/** The rules' view of a track, and what its row has besides. */
type RebuiltTrack = Omit<TrackView, 'elapsedMs' | 'isExpired'> & {
  input: ParameterValues;
  childPipelineId: number | null;
  predecessorsLeft: number;
};

/**
 * Folds a pipeline from its whole history.
 * @param events all of them, oldest first, with values
 * @param graphs the graph versions that the pipeline ran on, by id: they never change, so its history only names them
 * @throws Error where the history does not begin with the start, or names a version that is not given
 */
export function rebuildPipeline(
  events: readonly { kind: string; body: EventBody }[],
  graphs: ReadonlyMap<number, FlowGraph>,
): RebuiltPipeline {
  const [first] = events;
  if (first?.kind !== 'start') throw new Error(`expected a history from its start, found it from ${first?.kind}`);
  // Set as a whole by the start event.
  const rebuilt: RebuiltPipeline = {
    pipeline: { params: {} } as Required<PipelineEntry>,
    tracks: new Map(),
    attempts: [],
  };
  for (const { body } of events) foldEvent(rebuilt, body, graphs);
  return rebuilt;
}

function foldEvent(rebuilt: RebuiltPipeline, body: EventBody, graphs: ReadonlyMap<number, FlowGraph>): void {
  const { params = {}, ...pipeline } = body.pipeline ?? {};
  Object.assign(rebuilt.pipeline, pipeline);
  Object.assign(rebuilt.pipeline.params, params);
  const { versionId } = rebuilt.pipeline;
  const graph = graphs.get(versionId);
  if (graph === undefined) throw new Error(`expected the graph version ${versionId}, found none`);
  if (pipeline.versionId !== undefined) addTracks(rebuilt, graph);
  for (const entry of body.tracks ?? []) foldTrack(rebuilt, entry);
  for (const attempt of body.attempts ?? []) rebuilt.attempts.push(attempt);
  for (const track of rebuilt.tracks.values()) {
    if (body.cancelUnstarted !== undefined) cancelUnstarted(track, body.cancelUnstarted);
    if (body.killRunning === true && track.state === 'RUNNING') track.cancelRequested = true;
    const total = graph.vertices.get(track.vertexId)?.predecessors.length ?? 0;
    track.predecessorsLeft = Object.values(track.counts).reduce((left, count) => left - count, total);
  }
}

function addTracks({ tracks }: RebuiltPipeline, graph: FlowGraph): void {
  for (const vertexId of graph.vertices.keys()) {
    if (tracks.has(vertexId)) continue;
    const { elapsedMs: _elapsedMs, isExpired: _isExpired, ...track } = waitingTrack(vertexId);
    tracks.set(vertexId, { ...track, input: {}, childPipelineId: null, predecessorsLeft: 0 });
  }
}

function foldTrack({ tracks }: RebuiltPipeline, entry: TrackEntry): void {
  const track = tracks.get(entry.vertexId);
  if (track === undefined) throw new Error(`expected a vertex of the graph, found ${entry.vertexId}`);
  const { counts = {}, input = {}, worker: _worker, ...plain } = entry;
  const isClaimed = plain.state === 'RUNNING';
  Object.assign(track, plain);
  Object.assign(track.counts, counts);
  Object.assign(track.input, input as Record<string, JsonValue>);
  if (isClaimed) Object.assign(track, { startedAttempt: track.attempt, exitCode: null, reason: null });
  if (track.state !== 'RUNNING') track.runId = null;
}

function cancelUnstarted(track: RebuiltTrack, reason: NonNullable<EventBody['cancelUnstarted']>): void {
  if (!isTrackEnded(track.state) && track.state !== 'RUNNING') Object.assign(track, { state: 'CANCELLED', reason });
  track.awaits = null;
}

/** What the tables say of a pipeline, in the form in which its history is folded. */
export async function readWholePipeline(database: Database, pipelineId: number): Promise<RebuiltPipeline> {
  const [pipeline] = await selectRows<Omit<RebuiltPipeline['pipeline'], 'params'> & { params: string }>(
    database.dataSource,
    `SELECT state, mode, on_failure AS onFailure, open_tracks AS openTracks, failures, reason, version_id AS versionId,
       total_tracks AS totalTracks, name, priority, params FROM pipeline WHERE id = ?`,
    [pipelineId],
  );
  if (pipeline === undefined) throw new Error(`there is no pipeline ${pipelineId}`);
  const rows = await selectRows<TrackRow>(database.dataSource, SELECT_TRACKS, [pipelineId]);
  const attempts = await selectRows<AttemptEntry>(
    database.dataSource,
    `SELECT a.track_id % 4194304 AS vertexId, a.attempt, a.run_id AS runId, a.worker_id AS worker, a.result,
       a.exit_code AS exitCode, a.term_signal AS \`signal\`, a.detail, a.duration_ms AS durationMs,
       a.output_bytes AS outputBytes, a.cut_bytes AS cutBytes
     FROM track t JOIN attempt a ON a.track_id = t.id WHERE t.pipeline_id = ?`,
    [pipelineId],
  );
  return {
    pipeline: { ...pipeline, params: JSON.parse(pipeline.params) as Record<string, JsonValue> },
    tracks: new Map(rows.map((row) => [row.vertexId, toTrack(row)])),
    attempts,
  };
}

type TrackRow = Omit<RebuiltTrack, 'counts' | 'chosen' | 'input' | 'cancelRequested'> &
  RebuiltTrack['counts'] & { chosen: string | null; input: string | null; cancelRequested: number };

const SELECT_TRACKS = `SELECT vertex_id AS vertexId, state, attempt, started_attempt AS startedAttempt,
    budget_from_attempt AS budgetFromAttempt, lost_attempts AS lostAttempts, run_id AS runId, awaits,
    gate_decision AS gateDecision, cancel_requested_at IS NOT NULL AS cancelRequested,
    predecessors_succeeded AS succeeded, predecessors_failed AS failed, predecessors_skipped AS skipped,
    predecessors_cancelled AS cancelled, predecessors_not_taken AS notTaken, predecessors_left AS predecessorsLeft,
    chosen, exit_code AS exitCode, reason, detail, input, child_pipeline_id AS childPipelineId
  FROM track WHERE pipeline_id = ? ORDER BY id`;

function toTrack({ succeeded, failed, skipped, cancelled, notTaken, ...row }: TrackRow): RebuiltTrack {
  return {
    ...row,
    cancelRequested: row.cancelRequested === 1,
    counts: { succeeded, failed, skipped, cancelled, notTaken },
    chosen: row.chosen === null ? null : (JSON.parse(row.chosen) as number[]),
    input: row.input === null ? {} : (JSON.parse(row.input) as RebuiltTrack['input']),
  };
}

/** Folds a pipeline from the whole of its stored history. */
export async function rebuildFromHistory(database: Database, pipelineId: number): Promise<RebuiltPipeline> {
  const events: PipelineEvent[] = [];
  for (let page = await readPage(database, pipelineId, 0); page.length > 0;) {
    events.push(...page);
    page = await readPage(database, pipelineId, page.at(-1)?.id ?? 0);
  }
  const graphs = new Map<number, StoredGraph>();
  for (const { body } of events) {
    const versionId = body.pipeline?.versionId;
    if (versionId !== undefined) graphs.set(versionId, await readGraph(database, pipelineId, versionId));
  }
  return rebuildPipeline(events, graphs);
}

async function readGraph(database: Database, pipelineId: number, versionId: number): Promise<StoredGraph> {
  const sql = `SELECT ${PIPELINE_GRAPH_COLUMNS} FROM pipeline p WHERE id = ?`;
  const [key] = await selectRows<PipelineGraphKey>(database.dataSource, sql, [pipelineId]);
  if (key === undefined) throw new Error(`there is no pipeline ${pipelineId}`);
  return loadPipelineGraph(database.dataSource, database, { ...key, versionId });
}

function readPage(database: Database, pipelineId: number, after: number): Promise<PipelineEvent[]> {
  return findPipelineEvents(database, pipelineId, { after, limit: 50, withValues: true });
}

/** For comparing: plain values, attempts in one order. */
export function toComparable({ pipeline, tracks, attempts }: RebuiltPipeline): object {
  const byKey = (a: AttemptEntry, b: AttemptEntry): number => a.vertexId - b.vertexId || a.attempt - b.attempt;
  return {
    pipeline: { ...pipeline },
    tracks: Object.fromEntries(tracks),
    attempts: attempts.toSorted(byKey).map((attempt) => ({ ...attempt })),
  };
}
