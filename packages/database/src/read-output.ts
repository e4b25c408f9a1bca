import type { AttemptEnd } from '@baton/domain';
import type { Database } from './data-source.ts';
import { selectRows } from './statements.ts';

/** Where an attempt's output stands. */
export interface OutputStatus {
  attempt: number;
  /** False while the attempt may still print. */
  hasEnded: boolean;
  result: AttemptEnd['result'] | null;
  /** Bytes that the script printed, by its worker's count; null before the end. */
  outputBytes: number | null;
  /** Bytes that were over the cap and are not stored; null before the end. */
  cutBytes: number | null;
}

/**
 * Finds the attempt whose output is asked for.
 * @param attempt null: the one that runs; else the newest that printed something; else the newest
 * @returns null where there is no such attempt, or none has started
 */
export async function findOutputStatus(
  database: Database,
  trackId: number,
  attempt: number | null,
): Promise<OutputStatus | null> {
  const newest = await findNewestAttempt(database, trackId, attempt);
  if (newest === null || attempt !== null || !newest.hasEnded) return newest;
  const printed = await findNewestPrinted(database, trackId);
  return printed === null || printed === newest.attempt ? newest : findNewestAttempt(database, trackId, printed);
}

async function findNewestAttempt(
  database: Database,
  trackId: number,
  attempt: number | null,
): Promise<OutputStatus | null> {
  // One statement, so that an attempt that ends meanwhile is seen in one of the two tables.
  const [newest] = await selectRows<Omit<OutputStatus, 'hasEnded'>>(
    database.dataSource,
    `SELECT attempt, NULL AS result, NULL AS outputBytes, NULL AS cutBytes FROM track
        WHERE id = ? AND run_id IS NOT NULL AND COALESCE(?, attempt) = attempt
      UNION ALL (SELECT attempt, result, output_bytes, cut_bytes FROM attempt
        WHERE track_id = ? AND COALESCE(?, attempt) = attempt ORDER BY attempt DESC LIMIT 1)
      ORDER BY attempt DESC LIMIT 1`,
    [trackId, attempt, trackId, attempt],
  );
  return newest === undefined ? null : { ...newest, hasEnded: newest.result !== null };
}

async function findNewestPrinted(database: Database, trackId: number): Promise<number | null> {
  const [row] = await selectRows<{ attempt: number | null }>(
    database.dataSource,
    'SELECT MAX(attempt) AS attempt FROM output_chunk WHERE track_id = ?',
    [trackId],
  );
  return row?.attempt ?? null;
}

const READ_OUTPUT = `SELECT seq, bytes FROM output_chunk
  WHERE track_id = ? AND attempt = ? AND seq > ? ORDER BY seq LIMIT ?`;

/**
 * Reads the next pieces of an attempt's output.
 * @param place `afterSeq`: the last piece that was read, -1 at the start; `limit`: pieces at most
 */
export async function readOutput(
  database: Database,
  place: { trackId: number; attempt: number; afterSeq: number; limit: number },
): Promise<{ seq: number; bytes: Buffer }[]> {
  return selectRows(database.dataSource, READ_OUTPUT, [place.trackId, place.attempt, place.afterSeq, place.limit]);
}

/** @returns the number of stored bytes of each piece, in order */
export async function measureOutput(
  database: Database,
  trackId: number,
  attempt: number,
): Promise<{ seq: number; byteCount: number }[]> {
  return selectRows(
    database.dataSource,
    'SELECT seq, LENGTH(bytes) AS byteCount FROM output_chunk WHERE track_id = ? AND attempt = ? ORDER BY seq',
    [trackId, attempt],
  );
}
