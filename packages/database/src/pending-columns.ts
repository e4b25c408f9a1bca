import type { GraphVertex } from './load-flow-graph.ts';
import { dispatchTimeoutMs } from './track-to-dispatch.ts';

/*
 * The columns that only a PENDING track has. due_at: when the reconcile loop looks at it next (null: somebody's word is
 * awaited, or the pipeline's resume). not_before: its attempt is delayed. expires_at: its gate, or its wait in the queue,
 * ends then. waits_for and its companions: the limit that keeps it. dispatch_seq counts its queue entries, which are told
 * apart by it, so it never goes back within an attempt.
 */

/** A track that is no longer PENDING, or may not run for now, waits for no limit and no moment. */
export const NO_PENDING_COLUMNS = [
  'due_at = NULL',
  'not_before = NULL',
  'expires_at = NULL',
  'waits_for = NULL',
  'waits_rank = NULL',
  'waits_since = NULL',
] as const;

export interface PendingTrack {
  vertex: Pick<GraphVertex, 'policies'> | undefined;
  awaits: string | null;
  /** Its pipeline lets tracks start. */
  isRunning: boolean;
  /** Of its next attempt, from now. */
  delayMs: number;
  /** Queue entries that this attempt has had. */
  seq: number;
}

/** Columns and their SQL when a track becomes PENDING, or when what held it there is gone. */
export function pendingColumns(track: PendingTrack): Record<string, string> {
  const { vertex, awaits, isRunning, delayMs, seq } = track;
  const { gate, queueTimeoutMs } = vertex?.policies ?? {};
  const expiresMs = awaits === 'approval' ? gate?.expiresMs : awaits === null && isRunning ? queueTimeoutMs : null;
  const isFree = awaits === null && isRunning;
  const dueMs = isFree ? (delayMs > 0 ? delayMs : dispatchTimeoutMs(1)) : null;
  return {
    pending_at: 'UTC_TIMESTAMP(6)',
    dispatch_seq: String(isFree && delayMs === 0 ? seq + 1 : seq),
    due_at: fromNow(dueMs),
    not_before: fromNow(delayMs > 0 ? delayMs : null),
    expires_at: fromNow(expiresMs == null ? null : expiresMs + delayMs),
  };
}

/** A moment by the database's clock, as SQL. */
export function fromNow(ms: number | null | undefined): string {
  return ms == null ? 'NULL' : `UTC_TIMESTAMP(6) + INTERVAL ${Math.round(ms * 1000)} MICROSECOND`;
}
