import {
  isPipelineEnded,
  isTrackEnded,
  trackIdOf,
  type AttemptEnd,
  type Changes,
  type TrackChange,
} from '@baton/domain';
import type { LockedPipeline } from './load-transition-context.ts';
import { execute, inChunks, placeRows, selectRows, type Runner } from './statements.ts';
import { toStoredJson } from './stored-json.ts';
import { dispatchTimeoutMs } from './track-to-dispatch.ts';

/** What was decided about one locked pipeline. */
export interface DecidedPipeline {
  locked: LockedPipeline;
  changes: Changes;
}

/**
 * Writes what the rules decided about several pipelines, in few statements: rows that change in the same way change
 * together. Every row is under the lock it was read with, and every statement says what it expects to find all the same;
 * a row that is not so rolls the transaction back.
 */
export async function applyChanges(runner: Runner, decided: readonly DecidedPipeline[]): Promise<void> {
  await insertAttempts(runner, decided);
  await insertStaleCompletions(runner, decided);
  const updates = createGroupedUpdates();
  for (const pipeline of decided) {
    for (const change of pipeline.changes.tracks) addTrackUpdate(updates, pipeline, change);
  }
  await updates.flush(runner, 'track');
  const pipelineUpdates = createGroupedUpdates();
  for (const { locked, changes } of decided) {
    const closedByBulk = await applyToWholePipeline(runner, locked.pipeline.id, changes);
    addPipelineUpdate(pipelineUpdates, changes, closedByBulk);
  }
  await pipelineUpdates.flush(runner, 'pipeline');
}

/** Collects single-row changes and writes those with the same SQL as one statement. */
interface GroupedUpdates {
  add(update: { id: number; set: readonly string[]; where: string; values: readonly unknown[] }): void;
  flush(runner: Runner, table: 'track' | 'pipeline'): Promise<void>;
}

const ROWS_AT_ONCE = 500;

function createGroupedUpdates(): GroupedUpdates {
  const groups = new Map<string, { set: string; where: string; values: readonly unknown[]; ids: number[] }>();
  return {
    add({ id, set, where, values }) {
      const group = { set: set.join(', '), where, values, ids: [id] };
      const key = JSON.stringify([group.set, where, values]);
      const known = groups.get(key);
      if (known === undefined) groups.set(key, group);
      else known.ids.push(id);
    },
    async flush(runner, table) {
      for (const { set, where, values, ids } of groups.values()) {
        for (const chunk of inChunks(ids, ROWS_AT_ONCE)) {
          const sql = `UPDATE ${table} SET ${set} WHERE id IN (?) AND ${where}`;
          const { affectedRows } = await execute(runner, sql, [...values, chunk]);
          if (affectedRows !== chunk.length) {
            throw new Error(
              `${table} rows are not as they were read under their lock: ${affectedRows} of ${chunk.length}`,
            );
          }
        }
      }
    },
  };
}

const COUNTERS = {
  succeeded: 'predecessors_succeeded',
  failed: 'predecessors_failed',
  skipped: 'predecessors_skipped',
  cancelled: 'predecessors_cancelled',
  notTaken: 'predecessors_not_taken',
} as const;

function addTrackUpdate(updates: GroupedUpdates, { locked, changes }: DecidedPipeline, change: TrackChange): void {
  const { before, after } = change;
  const set: string[] = [];
  const values: unknown[] = [];
  const assign = (column: string, value: unknown): void => {
    set.push(`${column} = ?`);
    values.push(value);
  };
  let ended = 0;
  for (const [counter, column] of Object.entries(COUNTERS) as [keyof typeof COUNTERS, string][]) {
    const more = after.counts[counter] - before.counts[counter];
    if (more !== 0) set.push(`${column} = ${column} + (${more})`);
    ended += more;
  }
  // A recount found counters that cannot be trusted, this one included: it is set, not moved.
  if (changes.repairs > 0 && ended !== 0) assign('predecessors_left', countPredecessorsLeft(locked, change));
  else if (ended !== 0) set.push(`predecessors_left = predecessors_left - (${ended})`);
  if (after.state !== before.state || after.attempt !== before.attempt) {
    assign('state', after.state);
    assign('exit_code', after.exitCode);
    set.push('run_id = NULL', `finished_at = ${isTrackEnded(after.state) ? 'UTC_TIMESTAMP(6)' : 'NULL'}`);
    set.push(...dispatchColumns(change, changes.pipeline.after.state === 'RUNNING'));
  }
  if (after.attempt !== before.attempt) assign('attempt', after.attempt);
  if (after.lostAttempts !== before.lostAttempts) assign('lost_attempts', after.lostAttempts);
  if (after.reason !== before.reason) assign('reason', after.reason);
  if (after.awaits !== before.awaits) assign('awaits', after.awaits);
  if (after.chosen !== before.chosen) assign('chosen', after.chosen === null ? null : JSON.stringify(after.chosen));
  const where = `state = '${before.state}' AND attempt = ${before.attempt}`;
  updates.add({ id: trackIdOf(changes.pipeline.before.id, before.vertexId), set, where, values });
}

function countPredecessorsLeft(locked: LockedPipeline, { after }: TrackChange): number {
  const total = locked.graph.vertices.get(after.vertexId)?.predecessors.length ?? 0;
  return Object.values(after.counts).reduce((left, count) => left - count, total);
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

/** A track that may start has its entry in the queue made after the commit, and is looked after from then on. */
function dispatchColumns(change: TrackChange, isRunning: boolean): string[] {
  const { after, delayMs } = change;
  if (after.state !== 'PENDING') return ['due_at = NULL'];
  if (!isRunning || after.awaits !== null)
    return ['pending_at = UTC_TIMESTAMP(6)', 'dispatch_seq = 0', 'due_at = NULL'];
  const waitMs = delayMs > 0 ? delayMs : dispatchTimeoutMs(1);
  return [
    'pending_at = UTC_TIMESTAMP(6)',
    `dispatch_seq = ${delayMs > 0 ? 0 : 1}`,
    `due_at = UTC_TIMESTAMP(6) + INTERVAL ${waitMs * 1000} MICROSECOND`,
  ];
}

/** @returns how many tracks that the rules had not loaded no longer keep the pipeline open */
async function applyToWholePipeline(runner: Runner, pipelineId: number, changes: Changes): Promise<number> {
  let closed = 0;
  if (changes.cancelUnstarted !== null) {
    const cancelled = await execute(
      runner,
      `UPDATE track SET state = 'CANCELLED', reason = ?, finished_at = UTC_TIMESTAMP(6), due_at = NULL, awaits = NULL
       WHERE pipeline_id = ? AND state IN ('WAITING', 'PENDING')`,
      [changes.cancelUnstarted, pipelineId],
    );
    const released = await execute(
      runner,
      'UPDATE track SET awaits = NULL WHERE pipeline_id = ? AND awaits IS NOT NULL',
      [pipelineId],
    );
    closed = cancelled.affectedRows + released.affectedRows;
  }
  if (changes.killRunning) {
    await execute(
      runner,
      `UPDATE track SET cancel_requested_at = UTC_TIMESTAMP(6)
       WHERE pipeline_id = ? AND state = 'RUNNING' AND cancel_requested_at IS NULL`,
      [pipelineId],
    );
  }
  return closed;
}

function addPipelineUpdate(updates: GroupedUpdates, changes: Changes, closedByBulk: number): void {
  const { before, after } = changes.pipeline;
  const set: string[] = [];
  const values: unknown[] = [];
  const closed = before.openTracks - after.openTracks + closedByBulk;
  if (closed !== 0) set.push(`open_tracks = open_tracks - (${closed})`);
  if (after.failures !== before.failures) set.push(`failures = failures + (${after.failures - before.failures})`);
  if (after.reason !== before.reason) {
    set.push('reason = ?');
    values.push(after.reason?.slice(0, 500));
  }
  if (after.state !== before.state) {
    set.push('state = ?', `finished_at = ${isPipelineEnded(after.state) ? 'UTC_TIMESTAMP(6)' : 'NULL'}`);
    values.push(after.state);
  }
  if (set.length > 0) updates.add({ id: before.id, set, where: `state = '${before.state}'`, values });
}

async function insertAttempts(runner: Runner, decided: readonly DecidedPipeline[]): Promise<void> {
  const rows = decided.flatMap(({ locked, changes }) => changes.attempts.map((end) => attemptRow(locked, end)));
  for (const chunk of inChunks(rows, ROWS_AT_ONCE)) {
    const { places, values } = placeRows(chunk, ['UTC_TIMESTAMP(6)']);
    await execute(
      runner,
      `INSERT INTO attempt (track_id, attempt, run_id, worker_id, result, exit_code, term_signal, detail, pending_at,
         started_at, duration_ms, output_bytes, cut_bytes, finished_at) VALUES ${places}`,
      values,
    );
  }
}

function attemptRow(locked: LockedPipeline, { vertexId, completion, result }: AttemptEnd): unknown[] {
  const run = locked.runs.get(vertexId);
  return [
    completion.trackId,
    completion.attempt,
    completion.runId,
    run?.workerId ?? completion.workerId,
    result,
    completion.exitCode,
    completion.signal,
    completion.detail,
    run?.pendingAt,
    run?.startedAt,
    completion.durationMs,
    completion.outputBytes,
    completion.cutBytes,
  ];
}

/** Kept once for each run, so that people see what came too late; a completion delivered ten times is one row. */
async function insertStaleCompletions(runner: Runner, decided: readonly DecidedPipeline[]): Promise<void> {
  const rows = decided.flatMap(({ changes }) =>
    changes.stale.map(({ completion, why }) => [
      completion.trackId,
      completion.attempt,
      completion.runId,
      why,
      toStoredJson(completion),
    ]),
  );
  for (const chunk of inChunks(rows, ROWS_AT_ONCE)) {
    const { places, values } = placeRows(chunk, ['UTC_TIMESTAMP(6)']);
    await execute(
      runner,
      `INSERT IGNORE INTO stale_completion (track_id, attempt, run_id, why, completion, received_at) VALUES ${places}`,
      values,
    );
  }
}
