import type { Awaited, GateDecision, JsonValue, TrackState } from '@baton/domain';
import { TRACKS_PER_PIPELINE, vertexIdOf } from '@baton/domain';
import type { Database } from './data-source.ts';
import { selectRows, type Runner } from './statements.ts';

/** A track as people see it; what its vertex says is in the graph (load-flow-graph). */
export interface TrackRecord {
  id: number;
  pipelineId: number;
  vertexId: number;
  state: TrackState;
  attempt: number;
  awaits: Awaited | null;
  gateDecision: GateDecision | null;
  /** Ids of the successors that it went on with; null: all, or not yet. */
  chosen: number[] | null;
  /** Values by parameter name: secrets are in clear here, the caller masks them. */
  input: Record<string, JsonValue>;
  exitCode: number | null;
  reason: string | null;
  /** A sentence where the reason alone does not tell. */
  detail: string | null;
  /** The pipeline that it runs, or ran last. */
  childPipelineId: number | null;
  runId: string | null;
  /** Of the current attempt; the name, or the id where the worker was never seen. */
  worker: string | null;
  cancelRequestedAt: Date | null;
  pendingAt: Date | null;
  /** A delayed attempt does not start before this. */
  notBefore: Date | null;
  /** When its gate or its wait in the queue ends. */
  expiresAt: Date | null;
  startedAt: Date | null;
  finishedAt: Date | null;
}

export interface TrackFilter {
  pipelineId: number;
  /** Empty: every state. */
  states: readonly TrackState[];
  /** Only tracks with a greater id: the last one of the page before. */
  afterId?: number;
  limit: number;
}

const SELECT_TRACK = `SELECT t.id, t.pipeline_id AS pipelineId, t.vertex_id AS vertexId, t.state, t.attempt, t.awaits,
    t.gate_decision AS gateDecision, t.chosen, t.input, t.exit_code AS exitCode, t.reason, t.detail,
    t.child_pipeline_id AS childPipelineId, t.run_id AS runId,
    COALESCE(w.name, t.worker_id, a.worker_id) AS worker, t.cancel_requested_at AS cancelRequestedAt,
    t.pending_at AS pendingAt, t.not_before AS notBefore, t.expires_at AS expiresAt, t.started_at AS startedAt, t.finished_at AS finishedAt`;
const JOIN_WORKER = `
  LEFT JOIN attempt a ON a.track_id = t.id AND a.attempt = t.attempt
  LEFT JOIN worker w ON w.id = COALESCE(t.worker_id, a.worker_id)`;

type TrackRow = Omit<TrackRecord, 'input' | 'chosen'> & { input: string | null; chosen: string | null };

/** @returns the tracks of a pipeline that pass the filter, by ascending id, `limit` at most */
export async function findTracks(database: Database, filter: TrackFilter): Promise<TrackRecord[]> {
  const { sql, values } = trackIdsQuery(filter);
  const rows = await selectRows<TrackRow>(
    database.dataSource,
    // The page comes first: MySQL might else read the whole table and look each row up in the page.
    `${SELECT_TRACK} FROM (${sql}) page STRAIGHT_JOIN track t ON t.id = page.id ${JOIN_WORKER} ORDER BY page.id`,
    values,
  );
  return rows.map(toRecord);
}

/** @returns the track, or null where there is none */
export async function findTrack(database: Database, trackId: number): Promise<TrackRecord | null> {
  const [row] = await selectRows<TrackRow>(
    database.dataSource,
    `${SELECT_TRACK} FROM track t ${JOIN_WORKER} WHERE t.id = ?`,
    [trackId],
  );
  return row === undefined ? null : toRecord(row);
}

/**
 * The ids of one page. Without states: the pipeline's stretch of the primary key. With states the server chooses by its
 * statistics: a few PENDING tracks among 200,000 come from the index by state, whose entries hold the id; of a state that
 * most have, the primary key is read until the page is full (5 ms; the index and a sort would take 100).
 */
function trackIdsQuery(filter: TrackFilter): { sql: string; values: unknown[] } {
  const first = filter.pipelineId * TRACKS_PER_PIPELINE;
  const range = [Math.max(first, filter.afterId ?? 0), first + TRACKS_PER_PIPELINE];
  if (filter.states.length === 0) {
    return {
      sql: 'SELECT id FROM track WHERE id > ? AND id < ? ORDER BY id LIMIT ?',
      values: [...range, filter.limit],
    };
  }
  return {
    sql: `SELECT id FROM track
      WHERE pipeline_id = ? AND state IN (?) AND id > ? AND id < ? ORDER BY id LIMIT ?`,
    values: [filter.pipelineId, filter.states, ...range, filter.limit],
  };
}

/** @returns the names of the tracks' vertices by track id */
export async function findVertexNames(
  runner: Runner,
  tracks: readonly { trackId: number; versionId: number }[],
): Promise<Map<number, string>> {
  if (tracks.length === 0) return new Map();
  const rows = await selectRows<{ versionId: number; vertexId: number; name: string }>(
    runner,
    'SELECT version_id AS versionId, id AS vertexId, name FROM vertex WHERE (version_id, id) IN (?)',
    [tracks.map(({ trackId, versionId }) => [versionId, vertexIdOf(trackId)])],
  );
  const names = new Map(rows.map(({ versionId, vertexId, name }) => [`${versionId}/${vertexId}`, name]));
  return new Map(
    tracks.map(({ trackId, versionId }) => [trackId, names.get(`${versionId}/${vertexIdOf(trackId)}`) ?? '']),
  );
}

function toRecord(row: TrackRow): TrackRecord {
  return {
    ...row,
    input: (row.input === null ? {} : JSON.parse(row.input)) as Record<string, JsonValue>,
    chosen: row.chosen === null ? null : (JSON.parse(row.chosen) as number[]),
  };
}
