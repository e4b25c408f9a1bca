import type { Database } from './data-source.ts';
import { findVertexNames } from './find-tracks.ts';
import { selectRows } from './statements.ts';

/** A worker, when it was last heard of, and what it runs. */
export interface WorkerRecord {
  id: string;
  name: string;
  host: string;
  pid: number;
  softwareVersion: string;
  isolationLevel: string;
  labels: string[];
  slots: number;
  isDraining: boolean;
  /** Why it takes nothing more although it lives; null: it does. */
  problem: string | null;
  startedAt: Date;
  seenAt: Date;
  isAlive: boolean;
  running: RunningTrack[];
}

export interface RunningTrack {
  trackId: number;
  attempt: number;
  pipelineId: number;
  pipeline: string;
  vertex: string;
  startedAt: Date;
}

/** Far above what an installation has; the answer says by its length that there are more. */
const MAX_WORKERS = 1000;
const MAX_RUNNING_TRACKS = 10_000;

interface WorkerRow extends Omit<WorkerRecord, 'labels' | 'isDraining' | 'isAlive' | 'running'> {
  labels: string;
  isDraining: number;
  isAlive: number;
}

const FIND_WORKERS = `SELECT id, name, host, pid, software_version AS softwareVersion, isolation_level AS isolationLevel, labels,
    slots, is_draining AS isDraining, problem, started_at AS startedAt, seen_at AS seenAt,
    seen_at >= UTC_TIMESTAMP(6) - INTERVAL ? MICROSECOND AS isAlive
  FROM worker`;
const WHERE_ALIVE = 'WHERE seen_at >= UTC_TIMESTAMP(6) - INTERVAL ? MICROSECOND';

/**
 * Of the index (state, due_at) only the entries of RUNNING tracks are read: at most as many as the installation has slots,
 * however long its history is.
 */
const FIND_RUNNING_TRACKS = `SELECT t.id AS trackId, t.attempt, t.worker_id AS workerId, t.started_at AS startedAt,
    p.id AS pipelineId, p.name AS pipeline, p.version_id AS versionId
  FROM track t FORCE INDEX (ix_track_due) JOIN pipeline p ON p.id = t.pipeline_id
  WHERE t.state = 'RUNNING' AND t.worker_id IN (?) ORDER BY t.started_at LIMIT ${MAX_RUNNING_TRACKS}`;

/**
 * @param filter `aliveMs`: a worker is alive that was heard of within so many milliseconds, on the database's clock; `all`: dead
 *   ones too
 * @returns workers by name, the newest first among those of one name
 */
export async function findWorkers(
  database: Database,
  filter: { aliveMs: number; all: boolean },
): Promise<WorkerRecord[]> {
  const aliveMicroseconds = Math.round(filter.aliveMs * 1000);
  const rows = await selectRows<WorkerRow>(
    database.dataSource,
    `${FIND_WORKERS} ${filter.all ? '' : WHERE_ALIVE} ORDER BY seen_at DESC LIMIT ${MAX_WORKERS}`,
    filter.all ? [aliveMicroseconds] : [aliveMicroseconds, aliveMicroseconds],
  );
  const running = await findRunningTracks(
    database,
    rows.map(({ id }) => id),
  );
  return rows
    .map((row) => ({
      ...row,
      labels: JSON.parse(row.labels) as string[],
      isDraining: row.isDraining === 1,
      isAlive: row.isAlive === 1,
      running: running.get(row.id) ?? [],
    }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : b.startedAt.getTime() - a.startedAt.getTime()));
}

/** @returns those of these workers that were heard of within so many milliseconds, and do not end */
export async function findTakingWorkers(
  database: Database,
  ids: readonly string[],
  heardWithinMs: number,
): Promise<string[]> {
  const rows = await selectRows<{ id: string }>(
    database.dataSource,
    `SELECT id FROM worker WHERE id IN (?) AND is_draining = 0 AND seen_at >= UTC_TIMESTAMP(6) - INTERVAL ? MICROSECOND`,
    [ids, Math.round(heardWithinMs * 1000)],
  );
  return rows.map(({ id }) => id);
}

async function findRunningTracks(database: Database, workerIds: string[]): Promise<Map<string, RunningTrack[]>> {
  if (workerIds.length === 0) return new Map();
  type RunningRow = Omit<RunningTrack, 'vertex'> & { workerId: string; versionId: number };
  const rows = await selectRows<RunningRow>(database.dataSource, FIND_RUNNING_TRACKS, [workerIds]);
  const names = await findVertexNames(database.dataSource, rows);
  const byWorker = new Map<string, RunningTrack[]>();
  for (const { workerId, versionId: _, ...track } of rows) {
    const tracks = byWorker.get(workerId) ?? [];
    tracks.push({ ...track, vertex: names.get(track.trackId) ?? '' });
    byWorker.set(workerId, tracks);
  }
  return byWorker;
}
