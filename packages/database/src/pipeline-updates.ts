import { isPipelineEnded, type Changes, type TrackToDispatch } from '@baton/domain';
import type { DecidedPipeline } from './apply-changes.ts';
import { createColumnChanges, type GroupedUpdates } from './grouped-updates.ts';
import type { LockedPipeline } from './load-transition-context.ts';
import { NO_PENDING_COLUMNS } from './pending-columns.ts';
import { addWrite, execute, inChunks, selectRows, type Runner } from './statements.ts';
import { describeTrack, dispatchTimeoutMs } from './track-to-dispatch.ts';
import { CHILD_IS_DUE } from './track-updates.ts';

/** What a statement over all tracks of a pipeline did. */
export interface BulkEffects {
  /** Tracks that the rules had not loaded and that no longer keep the pipeline open. */
  closed: number;
  /** RUNNING tracks that are to be killed from now on. */
  killed: number;
  /** Tracks that may start, now that their pipeline was resumed. */
  resumed: TrackToDispatch[];
}

/** `reason` is a column of this many characters. */
export const MAX_REASON_LENGTH = 500;

/** Does what the rules decided for all tracks of a pipeline, loaded or not; after the loaded ones were written. */
export async function applyToWholePipeline(runner: Runner, { locked, changes }: DecidedPipeline): Promise<BulkEffects> {
  const { before, after } = changes.pipeline;
  const closed =
    changes.cancelUnstarted === null ? 0 : await cancelUnstarted(runner, after.id, changes.cancelUnstarted);
  const killed = changes.killRunning ? await killRunning(runner, after.id) : 0;
  if (before.state !== 'PAUSED' && after.state === 'PAUSED') await holdPendingTracks(runner, after.id);
  const isResumed = before.state === 'PAUSED' && after.state === 'RUNNING';
  return { closed, killed, resumed: isResumed ? await releasePendingTracks(runner, locked) : [] };
}

async function cancelUnstarted(
  runner: Runner,
  pipelineId: number,
  reason: NonNullable<Changes['cancelUnstarted']>,
): Promise<number> {
  const cancelled = await execute(
    runner,
    `UPDATE track SET state = 'CANCELLED', reason = ?, finished_at = UTC_TIMESTAMP(6), awaits = NULL,
       ${NO_PENDING_COLUMNS.join(', ')}
     WHERE pipeline_id = ? AND state IN ('WAITING', 'PENDING')`,
    [reason, pipelineId],
  );
  const released = await execute(
    runner,
    'UPDATE track SET awaits = NULL WHERE pipeline_id = ? AND awaits IS NOT NULL',
    [pipelineId],
  );
  return cancelled.affectedRows + released.affectedRows;
}

async function killRunning(runner: Runner, pipelineId: number): Promise<number> {
  const { affectedRows } = await execute(
    runner,
    `UPDATE track SET cancel_requested_at = UTC_TIMESTAMP(6), ${CHILD_IS_DUE}
     WHERE pipeline_id = ? AND state = 'RUNNING' AND cancel_requested_at IS NULL`,
    [pipelineId],
  );
  return affectedRows;
}

/**
 * PAUSED: nobody looks after tracks that may not start, and their wait in the queue does not count. Delays go on, and gates
 * may expire: a person can decide at them now as well.
 */
async function holdPendingTracks(runner: Runner, pipelineId: number): Promise<void> {
  await addWrite(runner, {
    sql: `UPDATE track SET due_at = NULL, expires_at = IF(awaits IS NULL, NULL, expires_at), waits_for = NULL,
       waits_rank = NULL, waits_since = NULL
     WHERE pipeline_id = ? AND state = 'PENDING'`,
    values: [pipelineId],
  });
}

interface HeldTrack {
  id: number;
  vertexId: number;
  attempt: number;
  seq: number;
  isDelayed: number;
}

const FREE = `pipeline_id = ? AND state = 'PENDING' AND awaits IS NULL`;
const IS_DELAYED = 'COALESCE(not_before > UTC_TIMESTAMP(6), FALSE)';
/** Entries that are still in the queue from before the pause have other numbers; the first that is claimed wins. */
async function releasePendingTracks(runner: Runner, { graph, pipeline }: LockedPipeline): Promise<TrackToDispatch[]> {
  const tracks = await selectRows<HeldTrack>(
    runner,
    `SELECT id, vertex_id AS vertexId, attempt, dispatch_seq AS seq, ${IS_DELAYED} AS isDelayed
     FROM track WHERE ${FREE} ORDER BY id`,
    [pipeline.id],
  );
  await addWrite(runner, {
    sql: `UPDATE track SET dispatch_seq = dispatch_seq + IF(${IS_DELAYED}, 0, 1),
       due_at = IF(${IS_DELAYED}, not_before, UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND)
     WHERE ${FREE}`,
    values: [dispatchTimeoutMs(1) * 1000, pipeline.id],
  });
  await restartQueueWaits(runner, { graph, pipeline }, tracks);
  return tracks
    .filter(({ isDelayed }) => isDelayed === 0)
    .map(({ vertexId, attempt, seq }) => describeTrack(graph, pipeline, { vertexId, attempt, seq: seq + 1 }));
}

async function restartQueueWaits(
  runner: Runner,
  { graph }: Pick<LockedPipeline, 'graph' | 'pipeline'>,
  tracks: readonly HeldTrack[],
): Promise<void> {
  const idsByTimeout = new Map<number, number[]>();
  for (const { id, vertexId } of tracks) {
    const timeoutMs = graph.vertices.get(vertexId)?.policies.queueTimeoutMs ?? null;
    if (timeoutMs === null) continue;
    const ids = idsByTimeout.get(timeoutMs);
    if (ids === undefined) idsByTimeout.set(timeoutMs, [id]);
    else ids.push(id);
  }
  for (const [timeoutMs, ids] of idsByTimeout) {
    for (const chunk of inChunks(ids)) {
      await addWrite(runner, {
        sql: `UPDATE track SET expires_at = GREATEST(COALESCE(not_before, UTC_TIMESTAMP(6)), UTC_TIMESTAMP(6))
           + INTERVAL ? MICROSECOND
         WHERE id IN (?) AND state = 'PENDING'`,
        values: [timeoutMs * 1000, chunk],
      });
    }
  }
}

/** Adds what the pipeline's own row needs. A reopened pipeline may take its whole time once more. */
export function addPipelineUpdate(
  updates: GroupedUpdates,
  { changes }: DecidedPipeline,
  { closed }: BulkEffects,
): void {
  const { before, after } = changes.pipeline;
  const columns = createColumnChanges();
  const left = before.openTracks - after.openTracks + closed;
  if (left !== 0) columns.set.push(`open_tracks = open_tracks - (${left})`);
  const failed = after.failures - before.failures;
  if (failed !== 0) columns.set.push(`failures = failures + (${failed})`);
  if (after.reason !== before.reason) columns.assign('reason', after.reason?.slice(0, MAX_REASON_LENGTH) ?? null);
  if (after.mode !== before.mode) columns.assign('mode', after.mode);
  if (after.state !== before.state) {
    columns.assign('state', after.state);
    columns.set.push(`finished_at = ${isPipelineEnded(after.state) ? 'UTC_TIMESTAMP(6)' : 'NULL'}`);
    if (isPipelineEnded(before.state)) {
      columns.set.push('deadline_at = UTC_TIMESTAMP(6) + INTERVAL (timeout_ms * 1000) MICROSECOND');
    }
  }
  if (columns.set.length === 0) return;
  updates.add({ id: before.id, set: columns.set, where: `state = '${before.state}'`, values: columns.values });
}
