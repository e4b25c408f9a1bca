import {
  MAX_DETAIL_LENGTH,
  type AttemptEnd,
  type ParameterValues,
  type PipelineView,
  type TrackChange,
  type TrackView,
} from '@baton/domain';
import type { AppliedPipeline } from './apply-changes.ts';
import type { LockedPipeline } from './load-transition-context.ts';
import type { AttemptEntry, EventBody, PipelineEntry, TrackEntry } from './pipeline-events.ts';
import { MAX_REASON_LENGTH } from './pipeline-updates.ts';

/** @returns what a pipeline's history says about the changes that were written, or null where nothing changed */
export function recordChanges(applied: Omit<AppliedPipeline, 'cause'>): EventBody | null {
  const { locked, changes, effects, written = {} } = applied;
  const body: EventBody = {};
  const { before, after } = changes.pipeline;
  const pipeline = { ...written.pipeline, ...recordPipeline(before, after, effects.closed) };
  if (Object.keys(pipeline).length > 0) body.pipeline = pipeline;
  const tracks = [...(written.tracks ?? []), ...recordTracks(changes.tracks, changes.inputs)];
  if (tracks.length > 0) body.tracks = tracks;
  if (changes.attempts.length > 0) body.attempts = changes.attempts.map((end) => recordAttempt(locked, end));
  if (changes.cancelUnstarted !== null) body.cancelUnstarted = changes.cancelUnstarted;
  if (effects.killed > 0) body.killRunning = true;
  return Object.keys(body).length === 0 ? null : body;
}

function recordPipeline(before: PipelineView, after: PipelineView, closedByBulk: number): PipelineEntry {
  const entry: PipelineEntry = {};
  if (after.state !== before.state) entry.state = after.state;
  if (after.mode !== before.mode) entry.mode = after.mode;
  if (after.openTracks - closedByBulk !== before.openTracks) entry.openTracks = after.openTracks - closedByBulk;
  if (after.failures !== before.failures) entry.failures = after.failures;
  if (after.reason !== before.reason) entry.reason = after.reason?.slice(0, MAX_REASON_LENGTH) ?? null;
  return entry;
}

function recordTracks(changes: readonly TrackChange[], inputs: ReadonlyMap<number, ParameterValues>): TrackEntry[] {
  const changed = new Map(changes.map((change) => [change.after.vertexId, recordTrack(change)]));
  for (const [vertexId, input] of inputs) changed.set(vertexId, { ...(changed.get(vertexId) ?? { vertexId }), input });
  return [...changed.values()].filter((entry) => Object.keys(entry).length > 1);
}

const RECORDED = [
  'state',
  'attempt',
  'budgetFromAttempt',
  'lostAttempts',
  'awaits',
  'gateDecision',
  'exitCode',
  'reason',
  'cancelRequested',
] as const satisfies (keyof TrackView & keyof TrackEntry)[];

/** What of a track differs; its vertex id in any case. */
export function recordTrack({ before, after }: Pick<TrackChange, 'before' | 'after'>): TrackEntry {
  const changed = RECORDED.filter((field) => after[field] !== before[field]).map((field) => [field, after[field]]);
  const entry: TrackEntry = {
    vertexId: after.vertexId,
    ...(Object.fromEntries(changed) as Omit<TrackEntry, 'vertexId'>),
  };
  if (after.detail !== before.detail) entry.detail = after.detail?.slice(0, MAX_DETAIL_LENGTH) ?? null;
  if (JSON.stringify(after.chosen) !== JSON.stringify(before.chosen)) entry.chosen = after.chosen;
  const counts = (Object.keys(after.counts) as (keyof TrackView['counts'])[]).filter(
    (counter) => after.counts[counter] !== before.counts[counter],
  );
  if (counts.length > 0) entry.counts = Object.fromEntries(counts.map((counter) => [counter, after.counts[counter]]));
  return entry;
}

function recordAttempt(locked: LockedPipeline, { vertexId, completion, result }: AttemptEnd): AttemptEntry {
  const { attempt, runId, exitCode, signal, detail, durationMs, outputBytes, cutBytes } = completion;
  const worker = locked.runs.get(vertexId)?.workerId ?? completion.workerId;
  return { vertexId, attempt, runId, worker, result, exitCode, signal, detail, durationMs, outputBytes, cutBytes };
}
