import { TRACKS_PER_PIPELINE, type Awaited, type TrackReason, type TrackState } from '@baton/domain';
import type { Database } from './data-source.ts';
import { inChunks, selectRows } from './statements.ts';

/** What a track's row says about why it does not run, or what it does instead. */
export interface WhyTrack {
  id: number;
  pipelineId: number;
  vertexId: number;
  state: TrackState;
  attempt: number;
  awaits: Awaited | null;
  exitCode: number | null;
  reason: TrackReason | null;
  detail: string | null;
  /** Of the claim; a worker that was never seen has no name. */
  worker: string | null;
  childPipelineId: number | null;
  /** Queue entries that this attempt has had. */
  dispatchSeq: number;
  /** PENDING: when the reconcile loop looks at it. RUNNING: until when its lease is good. */
  dueAt: Date | null;
  /** Key of the limit that it waits for, or was woken for. */
  waitsFor: string | null;
  /** It waits for that limit, and has no queue entry meanwhile. */
  isLimited: boolean;
  waitsSince: Date | null;
  notBefore: Date | null;
  /** The time of its delayed attempt has not come. */
  isDelayed: boolean;
  expiresAt: Date | null;
  pendingAt: Date | null;
  startedAt: Date | null;
  finishedAt: Date | null;
  cancelRequestedAt: Date | null;
}

interface WhyRow extends Omit<WhyTrack, 'isLimited' | 'isDelayed'> {
  isLimited: number;
  isDelayed: number;
}

const SELECT_WHY = `SELECT t.id, t.pipeline_id AS pipelineId, t.vertex_id AS vertexId, t.state, t.attempt, t.awaits,
    t.exit_code AS exitCode, t.reason, t.detail, COALESCE(w.name, t.worker_id) AS worker,
    t.child_pipeline_id AS childPipelineId, t.dispatch_seq AS dispatchSeq, t.due_at AS dueAt, t.waits_for AS waitsFor,
    t.waits_rank IS NOT NULL AS isLimited, t.waits_since AS waitsSince, t.not_before AS notBefore,
    COALESCE(t.not_before > UTC_TIMESTAMP(6), 0) AS isDelayed, t.expires_at AS expiresAt, t.pending_at AS pendingAt,
    t.started_at AS startedAt, t.finished_at AS finishedAt, t.cancel_requested_at AS cancelRequestedAt`;
const JOIN_WORKER = 'LEFT JOIN worker w ON w.id = t.worker_id';

/** @returns those of the tracks that are there, by ascending id */
export async function findWhyTracks(database: Database, trackIds: readonly number[]): Promise<WhyTrack[]> {
  const tracks: WhyTrack[] = [];
  for (const chunk of inChunks(trackIds)) {
    const sql = `${SELECT_WHY} FROM track t FORCE INDEX (PRIMARY) ${JOIN_WORKER} WHERE t.id IN (?) ORDER BY t.id`;
    tracks.push(...(await selectRows<WhyRow>(database.dataSource, sql, [chunk])).map(toTrack));
  }
  return tracks;
}

/**
 * What a pipeline waits for: its tracks that await a person, are PENDING or RUNNING; not those that only wait for these.
 * @returns `limit` of each of the three at most, by ascending id
 */
export async function findHoldingTracks(database: Database, pipelineId: number, limit: number): Promise<WhyTrack[]> {
  const first = pipelineId * TRACKS_PER_PIPELINE;
  const rows = await selectRows<WhyRow>(
    database.dataSource,
    // The ids come first, each kind from its own piece of an index, which stops at the limit.
    `${SELECT_WHY} FROM (
       (SELECT id FROM track FORCE INDEX (ix_track_awaits)
        WHERE awaits IN ('params', 'approval', 'choice', 'decision') AND id > ? AND id < ? LIMIT ?)
       UNION (SELECT id FROM track FORCE INDEX (ix_track_pipeline_state) WHERE pipeline_id = ? AND state = 'PENDING' LIMIT ?)
       UNION (SELECT id FROM track FORCE INDEX (ix_track_pipeline_state) WHERE pipeline_id = ? AND state = 'RUNNING' LIMIT ?)
     ) page STRAIGHT_JOIN track t ON t.id = page.id ${JOIN_WORKER} ORDER BY page.id`,
    [first, first + TRACKS_PER_PIPELINE, limit, pipelineId, limit, pipelineId, limit],
  );
  return rows.map(toTrack);
}

/** As much of a track as those after it need to know. */
export type TrackEnd = Pick<WhyTrack, 'id' | 'vertexId' | 'state' | 'awaits' | 'reason'>;

/** @returns the tracks by id; those that are not there are absent */
export async function findTrackEnds(database: Database, trackIds: readonly number[]): Promise<Map<number, TrackEnd>> {
  const found = new Map<number, TrackEnd>();
  for (const chunk of inChunks(trackIds)) {
    const rows = await selectRows<TrackEnd>(
      database.dataSource,
      'SELECT id, vertex_id AS vertexId, state, awaits, reason FROM track FORCE INDEX (PRIMARY) WHERE id IN (?)',
      [chunk],
    );
    for (const row of rows) found.set(row.id, row);
  }
  return found;
}

function toTrack(row: WhyRow): WhyTrack {
  return { ...row, isLimited: row.isLimited === 1, isDelayed: row.isDelayed === 1 };
}
