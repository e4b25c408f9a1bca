import { acceptFromOwners, type RefusedOutput } from './attempt-owners.ts';
import type { Database } from './data-source.ts';
import { execute, inStatements, placeRows } from './statements.ts';

/** A piece of what one attempt's script printed. */
export interface OutputChunk {
  trackId: number;
  attempt: number;
  runId: string;
  /** Counts the pieces of an attempt from 0. */
  seq: number;
  bytes: Buffer;
}

/**
 * Stores pieces of output; what is there already stays as it is, so that a repeat changes nothing. Only the run that
 * claimed an attempt may write its output, also after the attempt has ended.
 * @returns the runs whose pieces were not stored, and why
 */
export async function storeOutput(database: Database, chunks: readonly OutputChunk[]): Promise<RefusedOutput[]> {
  const { accepted, refused } = await acceptFromOwners(database, chunks);
  accepted.sort((a, b) => a.trackId - b.trackId || a.attempt - b.attempt || a.seq - b.seq);
  for (const part of inStatements(accepted, ({ bytes }) => bytes.length)) {
    const { places, values } = placeRows(
      part.map(({ trackId, attempt, seq, bytes }) => [trackId, attempt, seq, bytes]),
    );
    await execute(
      database.dataSource,
      `INSERT INTO output_chunk (track_id, attempt, seq, bytes) VALUES ${places} ON DUPLICATE KEY UPDATE seq = output_chunk.seq`,
      values,
    );
  }
  return refused;
}
