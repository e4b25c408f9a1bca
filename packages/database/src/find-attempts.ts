import type { AttemptEnd } from '@baton/domain';
import type { Database } from './data-source.ts';
import { selectRows } from './statements.ts';

/** One attempt that has ended. */
export interface AttemptRecord {
  attempt: number;
  runId: string;
  /** The worker's name, or its id where it was never seen. */
  worker: string;
  result: AttemptEnd['result'];
  exitCode: number | null;
  signal: string | null;
  detail: string | null;
  pendingAt: Date;
  startedAt: Date;
  finishedAt: Date;
  durationMs: number;
  outputBytes: number;
  cutBytes: number;
}

/** @returns the ended attempts of a track, oldest first; of more than `limit` the newest */
export async function findAttempts(database: Database, trackId: number, limit = 1000): Promise<AttemptRecord[]> {
  const rows = await selectRows<Omit<AttemptRecord, 'signal'> & { termSignal: string | null }>(
    database.dataSource,
    `SELECT a.attempt, a.run_id AS runId, COALESCE(w.name, a.worker_id) AS worker, a.result, a.exit_code AS exitCode,
        a.term_signal AS termSignal, a.detail, a.pending_at AS pendingAt, a.started_at AS startedAt,
        a.finished_at AS finishedAt, a.duration_ms AS durationMs, a.output_bytes AS outputBytes, a.cut_bytes AS cutBytes
      FROM attempt a LEFT JOIN worker w ON w.id = a.worker_id
      WHERE a.track_id = ? ORDER BY a.attempt DESC LIMIT ?`,
    [trackId, limit],
  );
  return rows.map(({ termSignal, ...row }) => ({ ...row, signal: termSignal })).toReversed();
}

/** @returns how many completions of the track came too late or twice, and were refused */
export async function countStaleCompletions(database: Database, trackId: number): Promise<number> {
  const [row] = await selectRows<{ stale: number }>(
    database.dataSource,
    'SELECT COUNT(*) AS stale FROM stale_completion WHERE track_id = ?',
    [trackId],
  );
  return Number(row?.stale ?? 0);
}
