import {
  isTrackEnded,
  MAX_DETAIL_LENGTH,
  trackIdOf,
  type ParameterValues,
  type TrackChange,
  type TrackView,
} from '@baton/domain';
import type { DecidedPipeline } from './apply-changes.ts';
import {
  createColumnChanges,
  createGroupedUpdates,
  type ColumnChanges,
  type GroupedUpdates,
} from './grouped-updates.ts';
import type { LockedPipeline } from './load-transition-context.ts';
import { NO_PENDING_COLUMNS, pendingColumns, type PendingTrack } from './pending-columns.ts';
import { inChunks, selectRows, type Runner } from './statements.ts';
import { toStoredJson } from './stored-json.ts';

/** How the rules' counters are called in the table. */
const COUNTERS = {
  succeeded: 'predecessors_succeeded',
  failed: 'predecessors_failed',
  skipped: 'predecessors_skipped',
  cancelled: 'predecessors_cancelled',
  notTaken: 'predecessors_not_taken',
} as const satisfies Record<keyof TrackView['counts'], string>;

/** Columns that take a view's value as it is. */
const PLAIN_COLUMNS = {
  budgetFromAttempt: 'budget_from_attempt',
  lostAttempts: 'lost_attempts',
  gateDecision: 'gate_decision',
  reason: 'reason',
  awaits: 'awaits',
  exitCode: 'exit_code',
} as const satisfies Partial<Record<keyof TrackView, string>>;

/** Of a RUNNING track that is to be killed: where it runs a pipeline, the orchestrator looks at it now. */
export const CHILD_IS_DUE = 'due_at = IF(child_pipeline_id IS NULL, due_at, UTC_TIMESTAMP(6))';

/** Adds what one track's row needs to become what the rules decided. */
export function addTrackUpdate(updates: GroupedUpdates, decided: DecidedPipeline, change: TrackChange): void {
  const { before, after } = change;
  const changes = createColumnChanges();
  setCounters(changes, decided, change);
  for (const [field, column] of Object.entries(PLAIN_COLUMNS) as [keyof typeof PLAIN_COLUMNS, string][]) {
    if (after[field] !== before[field]) changes.assign(column, after[field]);
  }
  if (after.detail !== before.detail) changes.assign('detail', after.detail?.slice(0, MAX_DETAIL_LENGTH) ?? null);
  if (JSON.stringify(after.chosen) !== JSON.stringify(before.chosen)) {
    changes.assign('chosen', after.chosen === null ? null : JSON.stringify(after.chosen));
  }
  if (after.cancelRequested !== before.cancelRequested) {
    changes.set.push(`cancel_requested_at = ${after.cancelRequested ? 'UTC_TIMESTAMP(6)' : 'NULL'}`);
    if (after.cancelRequested) changes.set.push(CHILD_IS_DUE);
  }
  setState(changes, decided, change);
  const where = `state = '${before.state}' AND attempt = ${before.attempt}`;
  const id = trackIdOf(decided.changes.pipeline.before.id, before.vertexId);
  if (changes.set.length > 0) updates.add({ id, set: changes.set, where, values: changes.values });
}

/** Moved by what changed; set where they were computed anew, because what was there cannot be trusted or is of another graph. */
function setCounters(changes: ColumnChanges, { locked, countsAnew }: DecidedPipeline, change: TrackChange): void {
  const { before, after } = change;
  let ended = 0;
  for (const [counter, column] of Object.entries(COUNTERS) as [keyof typeof COUNTERS, string][]) {
    const more = after.counts[counter] - before.counts[counter];
    if (more !== 0) changes.set.push(`${column} = ${column} + (${more})`);
    ended += more;
  }
  if (countsAnew) changes.assign('predecessors_left', countPredecessorsLeft(locked, after));
  else if (ended !== 0) changes.set.push(`predecessors_left = predecessors_left - (${ended})`);
}

/** @returns `predecessors_left` by the graph that the pipeline is on, and by what the track's counters say */
export function countPredecessorsLeft(locked: LockedPipeline, track: TrackView): number {
  const total = locked.graph.vertices.get(track.vertexId)?.predecessors.length ?? 0;
  return Object.values(track.counts).reduce((left, count) => left - count, total);
}

function setState(changes: ColumnChanges, decided: DecidedPipeline, change: TrackChange): void {
  const { before, after } = change;
  const isMoved = after.state !== before.state || after.attempt !== before.attempt;
  if (isMoved) {
    changes.assign('state', after.state);
    changes.set.push('run_id = NULL', `finished_at = ${isTrackEnded(after.state) ? 'UTC_TIMESTAMP(6)' : 'NULL'}`);
    if (after.attempt !== before.attempt) {
      changes.assign('attempt', after.attempt);
      changes.set.push('child_pipeline_id = NULL');
    }
    if (isReset(change)) changes.set.push('first_started_at = NULL', 'started_at = NULL', 'worker_id = NULL');
    if (after.state === 'WAITING') changes.set.push('pending_at = NULL');
    if (after.state === 'WAITING' && after.attempt !== before.attempt) changes.set.push('dispatch_seq = 0');
  }
  if (after.state === 'PENDING') {
    if (!isMoved && after.awaits === before.awaits) return;
    const columns = pendingColumns(toPendingTrack(decided, change));
    changes.set.push(...Object.entries(columns).map(([column, sql]) => `${column} = ${sql}`));
  } else if (before.state === 'PENDING') changes.set.push(...NO_PENDING_COLUMNS);
  else if (isMoved) changes.set.push('due_at = NULL');
}

function toPendingTrack(decided: DecidedPipeline, { before, after, delayMs }: TrackChange): PendingTrack {
  const { locked } = decided;
  return {
    vertex: locked.graph.vertices.get(after.vertexId),
    awaits: after.awaits,
    isRunning: letsTracksStart(decided),
    delayMs,
    seq: after.attempt === before.attempt ? (locked.runs.get(after.vertexId)?.dispatchSeq ?? 0) : 0,
  };
}

/** Of a pipeline that is resumed all tracks are set going together, afterwards. */
function letsTracksStart({ changes: { pipeline } }: DecidedPipeline): boolean {
  return pipeline.after.state === 'RUNNING' && pipeline.before.state !== 'PAUSED';
}

/** The tracks that may start as soon as the transaction is committed. */
export function findReadyTracks(decided: DecidedPipeline): { vertexId: number; attempt: number; seq: number }[] {
  if (!letsTracksStart(decided)) return [];
  return decided.changes.tracks.flatMap((change) => {
    const { before, after, delayMs } = change;
    const isReleased = before.state !== 'PENDING' || after.attempt !== before.attempt || before.awaits !== null;
    if (after.state !== 'PENDING' || after.awaits !== null || delayMs > 0 || !isReleased) return [];
    return [{ vertexId: after.vertexId, attempt: after.attempt, seq: toPendingTrack(decided, change).seq + 1 }];
  });
}

/** A person lets it run again: its next attempt is the first of a new budget. */
function isReset({ before, after }: TrackChange): boolean {
  return isTrackEnded(before.state) && !isTrackEnded(after.state);
}

/**
 * Adds the parameter values that tracks are given to those that they have. The tracks are locked: they are among those that
 * the events name.
 */
export async function addInputs(runner: Runner, decided: readonly DecidedPipeline[]): Promise<void> {
  const given = new Map<number, ParameterValues>();
  for (const { changes } of decided) {
    for (const [vertexId, values] of changes.inputs) given.set(trackIdOf(changes.pipeline.after.id, vertexId), values);
  }
  const updates = createGroupedUpdates();
  for (const chunk of inChunks([...given.keys()])) {
    const sql = 'SELECT id, input FROM track WHERE id IN (?) ORDER BY id FOR UPDATE';
    for (const { id, input } of await selectRows<{ id: number; input: string | null }>(runner, sql, [chunk])) {
      const known = (input === null ? {} : JSON.parse(input)) as ParameterValues;
      const merged = toStoredJson({ ...known, ...given.get(id) });
      updates.add({ id, set: ['input = ?'], where: 'TRUE', values: [merged] });
    }
  }
  await updates.flush(runner, 'track');
}

/**
 * After a recount was applied: the rules do not see `predecessors_left`, which may be wrong although the counts are right.
 * @returns in how many WAITING tracks it was wrong
 */
export async function mendPredecessorsLeft(runner: Runner, { graph, pipeline }: LockedPipeline): Promise<number> {
  const sum = ['predecessors_left', ...Object.values(COUNTERS)].join(' + ');
  const sql = `SELECT id, vertex_id AS vertexId, ${sum} AS total FROM track WHERE pipeline_id = ? AND state = 'WAITING'`;
  const rows = await selectRows<{ id: number; vertexId: number; total: number }>(runner, sql, [pipeline.id]);
  const updates = createGroupedUpdates();
  let mended = 0;
  for (const { id, vertexId, total } of rows) {
    const more = (graph.vertices.get(vertexId)?.predecessors.length ?? 0) - total;
    if (more === 0) continue;
    const set = [`predecessors_left = predecessors_left + (${more})`];
    updates.add({ id, set, where: `state = 'WAITING'`, values: [] });
    mended += 1;
  }
  await updates.flush(runner, 'track');
  return mended;
}
