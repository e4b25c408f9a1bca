import type { JsonValue } from '@baton/domain';
import type { Database } from './data-source.ts';
import type { StoredGraph } from './load-flow-graph.ts';
import { loadPipelineGraph, PIPELINE_GRAPH_COLUMNS, type PipelineGraphKey } from './load-pipeline-graph.ts';
import { findPipelineEvents, type AttemptEntry, type PipelineEvent } from './pipeline-events.ts';
import { rebuildPipeline, type RebuiltPipeline, type RebuiltTrack } from './rebuild-pipeline.ts';
import { selectRows } from './statements.ts';

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
