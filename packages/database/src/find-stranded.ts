import { pipelineIdOf, vertexIdOf, type TrackToDispatch } from '@baton/domain';
import type { RunKey } from './claim-attempts.ts';
import type { Database } from './data-source.ts';
import { loadPipelineGraph, PIPELINE_GRAPH_COLUMNS, type PipelineGraphKey } from './load-pipeline-graph.ts';
import { execute, inChunks, selectRows } from './statements.ts';
import { describeTrack, dispatchTimeoutMs, type DispatchingPipeline } from './track-to-dispatch.ts';
import { withRetries, withTransaction } from './with-transaction.ts';

/** The statements of the reconcile loop: what stands still although it should not. Each is safe to run anywhere, twice at once. */

export const SELECT_DUE_TRACKS = `SELECT id, attempt, dispatch_seq AS seq FROM track
  WHERE state = 'PENDING' AND due_at <= UTC_TIMESTAMP(6) ORDER BY due_at LIMIT ?`;

interface DueTrack {
  id: number;
  attempt: number;
  seq: number;
}

/** @returns PENDING tracks that nobody claimed in time or whose retry is due, as they were last enqueued (seq 0: never) */
export async function findDueTracks(database: Database, limit: number): Promise<TrackToDispatch[]> {
  const rows = await selectRows<DueTrack>(database.dataSource, SELECT_DUE_TRACKS, [limit]);
  if (rows.length === 0) return [];
  const pipelines = await selectRows<PipelineGraphKey & DispatchingPipeline>(
    database.dataSource,
    `SELECT p.id, p.name, p.priority, p.created_at AS createdAt, ${PIPELINE_GRAPH_COLUMNS} FROM pipeline p WHERE p.id IN (?)`,
    [[...new Set(rows.map(({ id }) => pipelineIdOf(id)))]],
  );
  const due: TrackToDispatch[] = [];
  for (const pipeline of pipelines) {
    const graph = await loadPipelineGraph(database.dataSource, database, pipeline);
    for (const { id, attempt, seq } of rows) {
      if (pipelineIdOf(id) === pipeline.id) {
        due.push(describeTrack(graph, pipeline, { vertexId: vertexIdOf(id), attempt, seq }));
      }
    }
  }
  return due;
}

/**
 * Takes due tracks for enqueueing: exactly one of several callers gets each. They are counted up, so that the next queue
 * entry has an id of its own.
 * @returns those to enqueue now
 */
export async function takeDueTracks(
  database: Database,
  tracks: readonly TrackToDispatch[],
): Promise<TrackToDispatch[]> {
  const taken: TrackToDispatch[] = [];
  for (const [seq, group] of groupBySeq(tracks)) {
    for (const chunk of inChunks(group)) taken.push(...(await takeWithSeq(database, chunk, seq)));
  }
  return taken;
}

function takeWithSeq(database: Database, tracks: readonly TrackToDispatch[], seq: number): Promise<TrackToDispatch[]> {
  return withTransaction(database, async (runner) => {
    const rows = await selectRows<{ id: number; attempt: number }>(
      runner,
      `SELECT id, attempt FROM track WHERE id IN (?) AND state = 'PENDING' AND dispatch_seq = ?
         AND due_at <= UTC_TIMESTAMP(6) ORDER BY id FOR UPDATE SKIP LOCKED`,
      [tracks.map(({ trackId }) => trackId), seq],
    );
    const attempts = new Map(rows.map((row) => [row.id, row.attempt]));
    const won = tracks.filter(({ trackId, attempt }) => attempts.get(trackId) === attempt);
    if (won.length === 0) return [];
    await execute(
      runner,
      'UPDATE track SET dispatch_seq = ?, due_at = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND WHERE id IN (?)',
      [seq + 1, dispatchTimeoutMs(seq + 1) * 1000, won.map(({ trackId }) => trackId)],
    );
    return won.map((track) => ({ ...track, seq: seq + 1 }));
  });
}

/**
 * Taken tracks that could not be enqueued: due again in a few seconds, instead of after the time that an entry is given. One
 * that was claimed or taken again meanwhile is left alone.
 * @param taken as takeDueTracks returned them
 */
export async function makeTakenTracksDue(database: Database, taken: readonly TrackToDispatch[]): Promise<void> {
  for (const chunk of inChunks(taken)) {
    await withRetries(() =>
      execute(
        database.dataSource,
        `UPDATE track SET due_at = LEAST(due_at, UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND)
         WHERE id IN (?) AND state = 'PENDING' AND (id, attempt, dispatch_seq) IN (?)`,
        [
          dispatchTimeoutMs(1) * 1000,
          chunk.map(({ trackId }) => trackId),
          chunk.map(({ trackId, attempt, seq }) => [trackId, attempt, seq]),
        ],
      ),
    );
  }
}

/**
 * Due tracks whose queue entry still waits for a worker: looked at again when they have waited twice as long, between
 * 10 s and 5 minutes from now, so that a long queue is not asked about over and over.
 */
export async function postponeQueuedTracks(database: Database, tracks: readonly TrackToDispatch[]): Promise<void> {
  for (const chunk of inChunks(tracks)) {
    await withRetries(() =>
      execute(
        database.dataSource,
        `UPDATE track SET due_at = UTC_TIMESTAMP(6)
           + INTERVAL LEAST(300, GREATEST(10, TIMESTAMPDIFF(SECOND, pending_at, UTC_TIMESTAMP(6)))) SECOND
         WHERE id IN (?) AND state = 'PENDING' AND due_at <= UTC_TIMESTAMP(6)`,
        [chunk.map(({ trackId }) => trackId)],
      ),
    );
  }
}

function groupBySeq(tracks: readonly TrackToDispatch[]): Map<number, TrackToDispatch[]> {
  const groups = new Map<number, TrackToDispatch[]>();
  for (const track of tracks) groups.set(track.seq, [...(groups.get(track.seq) ?? []), track]);
  return groups;
}

/** Redis came back empty: every enqueued track is due now. @returns how many */
export async function makeAllTracksDue(database: Database): Promise<number> {
  const { affectedRows } = await withRetries(() =>
    execute(
      database.dataSource,
      `UPDATE track SET due_at = UTC_TIMESTAMP(6) WHERE state = 'PENDING' AND due_at > UTC_TIMESTAMP(6) AND dispatch_seq > 0`,
    ),
  );
  return affectedRows;
}

/** Runs that are pipelines are among them, with the worker CHILD_WORKER: those are due, not lost. */
export const SELECT_EXPIRED_LEASES = `SELECT id AS trackId, attempt, run_id AS runId, worker_id AS workerId FROM track
  WHERE state = 'RUNNING' AND due_at <= UTC_TIMESTAMP(6) ORDER BY due_at LIMIT ?`;

/** @returns runs whose worker has not renewed its lease in time */
export function findExpiredRuns(database: Database, limit: number): Promise<(RunKey & { workerId: string })[]> {
  return selectRows(database.dataSource, SELECT_EXPIRED_LEASES, [limit]);
}

/**
 * Scalar subqueries with LIMIT: a server may turn EXISTS into a join that reads every WAITING track of all pipelines. In
 * this order each is asked only where the one before left a doubt; only the last reads rows, of pipelines where nothing
 * may start or run.
 */
export const SELECT_STRANDED_PIPELINES = `SELECT p.id FROM pipeline p WHERE p.state IN ('RUNNING', 'PAUSED') AND (
    p.open_tracks = 0
    OR (SELECT w.id FROM track w FORCE INDEX (ix_track_pipeline_state)
        WHERE w.pipeline_id = p.id AND w.state = 'WAITING' AND w.predecessors_left = 0 LIMIT 1) IS NOT NULL
    OR ((SELECT l.id FROM track l FORCE INDEX (ix_track_pipeline_state)
         WHERE l.pipeline_id = p.id AND l.state IN ('PENDING', 'RUNNING') LIMIT 1) IS NULL
        AND (SELECT h.id FROM track h WHERE h.pipeline_id = p.id AND h.awaits IS NOT NULL LIMIT 1) IS NULL))
  ORDER BY p.id LIMIT ?`;

/** @returns live pipelines that have nothing left to live for, or a track that should have started: none in a correct system */
export async function findStrandedPipelines(database: Database, limit: number): Promise<number[]> {
  const rows = await selectRows<{ id: number }>(database.dataSource, SELECT_STRANDED_PIPELINES, [limit]);
  return rows.map(({ id }) => id);
}
