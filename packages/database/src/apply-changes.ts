import type { AttemptEnd, Changes } from '@baton/domain';
import { createGroupedUpdates } from './grouped-updates.ts';
import type { LockedPipeline } from './load-transition-context.ts';
import { insertEvents, type EventBody, type EventToWrite } from './pipeline-events.ts';
import { addPipelineUpdate, applyToWholePipeline, type BulkEffects } from './pipeline-updates.ts';
import { recordChanges } from './record-changes.ts';
import { addWrite, inChunks, placeRows, type Runner } from './statements.ts';
import { toStoredJson } from './stored-json.ts';
import { addInputs, addTrackUpdate } from './track-updates.ts';

/** What was decided about one locked pipeline. */
export interface DecidedPipeline {
  locked: LockedPipeline;
  changes: Changes;
  /** The counters were computed anew, all of them. */
  countsAnew: boolean;
  /** A recount: what the rules do not see is to be looked at as well. */
  mends: boolean;
  /** What was written before the rules' changes, for the history. */
  written?: Pick<EventBody, 'pipeline' | 'tracks'>;
  /** How its history calls it. */
  cause: Omit<EventToWrite, 'pipelineId' | 'body'> & Pick<EventToWrite['body'], 'action'>;
}

export type AppliedPipeline = DecidedPipeline & { effects: BulkEffects };

/**
 * Writes what the rules decided about several pipelines, in few statements: rows that change in the same way change
 * together. Every row is under the lock it was read with, and every statement says what it expects to find all the same;
 * a row that is not so rolls the transaction back. What changed goes into the pipelines' histories.
 */
export async function applyChanges(runner: Runner, decided: readonly DecidedPipeline[]): Promise<AppliedPipeline[]> {
  await insertAttempts(runner, decided);
  await insertStaleCompletions(runner, decided);
  const updates = createGroupedUpdates();
  for (const pipeline of decided) {
    for (const change of pipeline.changes.tracks) addTrackUpdate(updates, pipeline, change);
  }
  await updates.flush(runner, 'track');
  await addInputs(runner, decided);
  const pipelineUpdates = createGroupedUpdates();
  const applied: AppliedPipeline[] = [];
  for (const pipeline of decided) {
    const effects = await applyToWholePipeline(runner, pipeline);
    addPipelineUpdate(pipelineUpdates, pipeline, effects);
    applied.push({ ...pipeline, effects });
  }
  await pipelineUpdates.flush(runner, 'pipeline');
  await insertEvents(runner, applied.flatMap(toEvent));
  return applied;
}

/** A completion that came too late changes nothing, and a person's event that was refused or changed nothing leaves no trace. */
function toEvent({ cause: { action, ...cause }, ...applied }: AppliedPipeline): EventToWrite[] {
  const body = recordChanges(applied);
  if (body === null) return [];
  const pipelineId = applied.locked.pipeline.id;
  return [{ pipelineId, ...cause, body: action === undefined ? body : { action, ...body } }];
}

async function insertAttempts(runner: Runner, decided: readonly DecidedPipeline[]): Promise<void> {
  const rows = decided.flatMap(({ locked, changes }) => changes.attempts.map((end) => attemptRow(locked, end)));
  for (const chunk of inChunks(rows)) {
    const { places, values } = placeRows(chunk, ['UTC_TIMESTAMP(6)']);
    await addWrite(runner, {
      sql: `INSERT INTO attempt (track_id, attempt, run_id, worker_id, result, exit_code, term_signal, detail, pending_at,
         started_at, duration_ms, output_bytes, cut_bytes, finished_at) VALUES ${places}`,
      values,
    });
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
  for (const chunk of inChunks(rows)) {
    const { places, values } = placeRows(chunk, ['UTC_TIMESTAMP(6)']);
    await addWrite(runner, {
      sql: `INSERT IGNORE INTO stale_completion (track_id, attempt, run_id, why, completion, received_at) VALUES ${places}`,
      values,
    });
  }
}
