import {
  decideChanges,
  isPipelineEnded,
  vertexIdOf,
  type Changes,
  type FlowEvent,
  type PipelineState,
  type TrackToDispatch,
} from '@baton/domain';
import { applyChanges, mendPredecessorsLeft, type DecidedPipeline } from './apply-changes.ts';
import type { Database } from './data-source.ts';
import { loadTracks, lockPipelines, tracksNeededFirst, type LockedPipeline } from './load-transition-context.ts';
import { freedLimitsOf } from './limit-keys.ts';
import type { Runner } from './statements.ts';
import { describeTrack } from './track-to-dispatch.ts';
import { withTransaction, type TransactionOptions } from './with-transaction.ts';

/** What has to be done after the commit, and what to tell people. */
export interface AppliedEvents {
  toDispatch: TrackToDispatch[];
  /** Pipelines that these events ended. */
  ended: { pipelineId: number; state: PipelineState }[];
  /** Pipelines whose workers are to look for cancelled tracks now. */
  killRequested: number[];
  stale: number;
  repairs: number;
  /** Keys of limits, one for each place that the runs which ended here held: takeLimitWaiters says who may have it. */
  freedLimits: string[];
  /** Events of pipelines or vertices that do not exist. */
  unknown: number;
}

/**
 * Applies events to pipelines: one transaction for all of them. Every transition of Baton goes through here: completions,
 * lost workers, cancels, recounts.
 *
 * Lock the pipelines in id order, load and lock the tracks that the events name and their successors, decide by the pure
 * rules, load more where the rules ask for more, write. Nothing is sent to any queue in here: a rollback would make it a lie.
 */
export function applyFlowEvents(
  database: Database,
  events: ReadonlyMap<number, readonly FlowEvent[]>,
  options: TransactionOptions = {},
): Promise<AppliedEvents> {
  return withTransaction(
    database,
    async (runner) => {
      const locked = await lockPipelines(runner, database, [...events.keys()]);
      const known = new Map<LockedPipeline, FlowEvent[]>();
      let unknown = 0;
      for (const [pipelineId, list] of events) {
        const pipeline = locked.get(pipelineId);
        const fitting = pipeline === undefined ? [] : list.filter((event) => concernsGraphOf(pipeline, event));
        unknown += list.length - fitting.length;
        if (pipeline !== undefined && fitting.length > 0) known.set(pipeline, fitting);
      }
      const decided = await decideAll(runner, known);
      await applyChanges(runner, decided);
      for (const pipeline of decided) {
        if (!known.get(pipeline.locked)?.some(({ kind }) => kind === 'recount')) continue;
        pipeline.changes.repairs += await mendPredecessorsLeft(runner, pipeline.locked);
      }
      return { ...summarize(decided), unknown };
    },
    options,
  );
}

function concernsGraphOf(locked: LockedPipeline, event: FlowEvent): boolean {
  return event.kind !== 'completion' || locked.graph.vertices.has(vertexIdOf(event.completion.trackId));
}

async function decideAll(runner: Runner, known: ReadonlyMap<LockedPipeline, FlowEvent[]>): Promise<DecidedPipeline[]> {
  await loadTracks(
    runner,
    [...known].map(([locked, events]) => ({ locked, vertexIds: tracksNeededFirst(locked, events) })),
  );
  const decided: DecidedPipeline[] = [];
  for (const [locked, events] of known) {
    let result = decideChanges(locked, events);
    while (result.kind === 'needs_tracks') {
      const loaded = locked.tracks.size;
      await loadTracks(runner, [{ locked, vertexIds: withDescendants(locked, result.vertexIds) }]);
      if (locked.tracks.size === loaded) throw missingTracks(locked, result.vertexIds);
      result = decideChanges(locked, events);
    }
    decided.push({ locked, changes: result });
  }
  return decided;
}

/**
 * What the rules asked for, and as much below it as is loaded already: an end that goes down a long chain is decided anew
 * a few times, not once a track.
 */
function withDescendants(locked: LockedPipeline, asked: readonly number[]): Set<number> {
  const wanted = new Set(asked);
  const limit = Math.max(asked.length, locked.tracks.size);
  for (const vertexId of wanted) {
    for (const successorId of locked.graph.vertices.get(vertexId)?.successors ?? []) {
      if (wanted.size >= limit) return wanted;
      if (!locked.tracks.has(successorId)) wanted.add(successorId);
    }
  }
  return wanted;
}

function missingTracks(locked: LockedPipeline, vertexIds: readonly number[]): Error {
  return new Error(`pipeline ${locked.pipeline.id} has no tracks of its vertices ${vertexIds.slice(0, 10).join(', ')}`);
}

function summarize(decided: readonly DecidedPipeline[]): Omit<AppliedEvents, 'unknown'> {
  const result: Omit<AppliedEvents, 'unknown'> = {
    toDispatch: [],
    ended: [],
    killRequested: [],
    stale: 0,
    repairs: 0,
    freedLimits: [],
  };
  for (const { locked, changes } of decided) {
    result.freedLimits.push(...freedLimitsOf(locked, changes));
    const { before, after } = changes.pipeline;
    result.toDispatch.push(...findToDispatch(locked, changes));
    if (before.state !== after.state && isPipelineEnded(after.state)) {
      result.ended.push({ pipelineId: after.id, state: after.state });
    }
    if (changes.killRunning) result.killRequested.push(after.id);
    result.stale += changes.stale.length;
    result.repairs += changes.repairs;
  }
  return result;
}

function findToDispatch(locked: LockedPipeline, changes: Changes): TrackToDispatch[] {
  if (changes.pipeline.after.state !== 'RUNNING') return [];
  return changes.tracks
    .filter(({ before, after, delayMs }) => {
      const isNewlyPending =
        after.state === 'PENDING' && (before.state !== 'PENDING' || after.attempt > before.attempt);
      return isNewlyPending && after.awaits === null && delayMs === 0;
    })
    .map(({ after }) =>
      describeTrack(locked.graph, locked.pipeline, { vertexId: after.vertexId, attempt: after.attempt, seq: 1 }),
    );
}
