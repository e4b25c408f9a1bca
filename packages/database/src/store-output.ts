import type { Database } from './data-source.ts';
import { execute, placeRows, selectRows } from './statements.ts';

/** A piece of what one attempt's script printed. */
export interface OutputChunk {
  trackId: number;
  attempt: number;
  runId: string;
  /** Counts the pieces of an attempt from 0. */
  seq: number;
  bytes: Buffer;
}

export interface RefusedOutput {
  runId: string;
  why: 'other_run' | 'unknown_attempt';
}

/** One statement stays below every server's max_allowed_packet (16 MiB), written as hexadecimal digits. */
const MAX_STATEMENT_BYTES = 4 * 1024 * 1024;
const MAX_STATEMENT_ROWS = 500;

/**
 * Stores pieces of output; what is there already stays as it is, so that a repeat changes nothing. Only the run that
 * claimed an attempt may write its output, also after the attempt has ended.
 * @returns the runs whose pieces were not stored, and why
 */
export async function storeOutput(database: Database, chunks: readonly OutputChunk[]): Promise<RefusedOutput[]> {
  const owners = await findOwners(database, chunks);
  const refused = new Map<string, RefusedOutput>();
  const accepted: OutputChunk[] = [];
  for (const chunk of chunks) {
    const runs = owners.get(attemptKey(chunk)) ?? [];
    if (runs.includes(chunk.runId)) accepted.push(chunk);
    else refused.set(chunk.runId, { runId: chunk.runId, why: runs.length > 0 ? 'other_run' : 'unknown_attempt' });
  }
  accepted.sort((a, b) => a.trackId - b.trackId || a.attempt - b.attempt || a.seq - b.seq);
  for (const part of inStatements(accepted)) {
    const { places, values } = placeRows(
      part.map(({ trackId, attempt, seq, bytes }) => [trackId, attempt, seq, bytes]),
    );
    await execute(
      database.dataSource,
      `INSERT INTO output_chunk (track_id, attempt, seq, bytes) VALUES ${places} ON DUPLICATE KEY UPDATE seq = output_chunk.seq`,
      values,
    );
  }
  return [...refused.values()];
}

/** The runs that hold or held each attempt. */
async function findOwners(database: Database, chunks: readonly OutputChunk[]): Promise<Map<string, string[]>> {
  const trackIds = [...new Set(chunks.map(({ trackId }) => trackId))];
  if (trackIds.length === 0) return new Map();
  const rows = await selectRows<{ trackId: number; attempt: number; runId: string }>(
    database.dataSource,
    `SELECT id AS trackId, attempt, run_id AS runId FROM track WHERE id IN (?) AND run_id IS NOT NULL
      UNION ALL SELECT track_id, attempt, run_id FROM attempt WHERE track_id IN (?)`,
    [trackIds, trackIds],
  );
  const owners = new Map<string, string[]>();
  for (const row of rows) owners.set(attemptKey(row), [...(owners.get(attemptKey(row)) ?? []), row.runId]);
  return owners;
}

function attemptKey({ trackId, attempt }: { trackId: number; attempt: number }): string {
  return `${trackId}/${attempt}`;
}

function* inStatements(chunks: readonly OutputChunk[]): Generator<OutputChunk[]> {
  let part: OutputChunk[] = [];
  let bytes = 0;
  for (const chunk of chunks) {
    if (part.length > 0 && (part.length >= MAX_STATEMENT_ROWS || bytes + chunk.bytes.length > MAX_STATEMENT_BYTES)) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(chunk);
    bytes += chunk.bytes.length;
  }
  if (part.length > 0) yield part;
}
