import { isPipelineEnded, type FlowEvent, type PipelineState, type TrackToDispatch, type Verdict } from '@baton/domain';
import { applyChanges, type AppliedPipeline, type DecidedPipeline } from './apply-changes.ts';
import { makeParentsDue } from './child-ends.ts';
import type { Database } from './data-source.ts';
import { decidePipelines, type PipelineEvents } from './decide-pipelines.ts';
import { dropRenewed } from './drop-renewed.ts';
import { handOverReady, type HandedGrant, type HandOverPlan } from './hand-over-attempts.ts';
import { dropMapLimits } from './limit-holders.ts';
import { freedLimitsOf } from './limit-keys.ts';
import { vertexIdOfEvent, type LockedPipeline } from './load-transition-context.ts';
import { lockForEvents } from './lock-for-events.ts';
import type { Runner } from './statements.ts';
import { describeTrack } from './track-to-dispatch.ts';
import { findReadyTracks, mendPredecessorsLeft } from './track-updates.ts';
import { withTransaction, type TransactionOptions } from './with-transaction.ts';

export { LargeDecision } from './decide-pipelines.ts';

/** What has to be done after the commit, and what to tell people. */
export interface AppliedEvents {
  toDispatch: TrackToDispatch[];
  /** Claimed for workers that had offered places. */
  handed: HandedGrant[];
  /** Pipelines that these events ended. */
  ended: { pipelineId: number; state: PipelineState }[];
  /** Tracks whose pipelines are through: lookAtChildren says how their runs ended. */
  childrenDone: number[];
  /** Pipelines whose workers are to look for cancelled tracks now. */
  killRequested: number[];
  stale: number;
  repairs: number;
  /** Keys of limits, one for each place that the runs which ended here held: takeLimitWaiters says who may have it. */
  freedLimits: string[];
  /** Events of pipelines or vertices that do not exist. */
  unknown: number;
  /** Runs that were thought to be lost, and whose leases are not over any more. */
  renewed: number;
  /** One a person's event, in their order; a refused one changed nothing. */
  verdicts: Verdict[];
}

/**
 * Applies events to pipelines: one transaction for all of them. Every transition of Baton goes through here: completions,
 * lost workers, expiries, cancels, recounts. (Persons' actions and reruns are decided and written by the same two functions,
 * each alone in its transaction: apply-person-action, rerun-pipeline.)
 *
 * Lock the pipelines in id order, load and lock the tracks that the events name and their successors, decide by the pure
 * rules, load more where the rules ask for more, write. Nothing is sent to any queue in here: a rollback would make it a lie.
 * @throws LargeDecision naming a pipeline of which more than `maxTracks` tracks are concerned: nothing was written
 */
export function applyFlowEvents(
  database: Database,
  events: ReadonlyMap<number, readonly FlowEvent[]>,
  { maxTracks, handOver, ...options }: TransactionOptions & { maxTracks?: number; handOver?: HandOverPlan } = {},
): Promise<AppliedEvents> {
  return withTransaction(
    database,
    async (runner) => {
      const { locked, loaded } = await lockForEvents(runner, database, { events, maxTracks: maxTracks ?? Infinity });
      const { events: timely, renewed } = await dropRenewed(runner, events);
      const known: PipelineEvents[] = [];
      let unknown = 0;
      for (const [pipelineId, list] of timely) {
        const pipeline = locked.get(pipelineId);
        const fitting = pipeline === undefined ? [] : list.filter((event) => concernsGraphOf(pipeline, event));
        unknown += list.length - fitting.length;
        if (pipeline !== undefined && fitting.length > 0) {
          const isLoaded = loaded.has(pipelineId);
          known.push({ locked: pipeline, events: fitting, cause: causeOf(fitting), isLoaded });
        }
      }
      const decided = await decidePipelines(runner, known, maxTracks);
      const applied = { ...(await applyDecided(runner, decided)), unknown, renewed };
      // What was handled before may have brought its places before: they are not to be used twice.
      if (handOver === undefined || applied.stale > 0 || applied.toDispatch.length === 0) return applied;
      const { handed, left } = await handOverReady(runner, locked, { ready: applied.toDispatch, plan: handOver });
      return { ...applied, handed, toDispatch: left };
    },
    options,
  );
}

/** Whether an event is about its pipeline, or about a vertex that the pipeline's graph has. */
export function concernsGraphOf({ graph }: LockedPipeline, event: FlowEvent): boolean {
  const vertexId = vertexIdOfEvent(event);
  return vertexId === null || graph.vertices.has(vertexId);
}

function causeOf(events: readonly FlowEvent[]): DecidedPipeline['cause'] {
  const kind = events.some((event) => event.kind === 'cancel') ? 'cancel' : 'flow';
  return { kind, actor: null, reason: null, actionId: null };
}

/** Writes what was decided. @returns what is to be done after the commit */
export async function applyDecided(runner: Runner, decided: readonly DecidedPipeline[]): Promise<AppliedEvents> {
  const applied = await applyChanges(runner, decided);
  const result: AppliedEvents = noEffects();
  for (const pipeline of applied) {
    if (pipeline.mends) result.repairs += await mendPredecessorsLeft(runner, pipeline.locked);
    addEffects(result, pipeline);
  }
  const through = applied.flatMap(findParent);
  await makeParentsDue(runner, through);
  const maps = through.filter(({ hasMapLimit }) => hasMapLimit);
  await dropMapLimits(
    runner,
    maps.map(({ pipelineId }) => pipelineId),
  );
  result.childrenDone = through.map(({ parentTrackId }) => parentTrackId);
  return result;
}

/** Of a transaction that did nothing. */
export function noEffects(): AppliedEvents {
  return {
    toDispatch: [],
    handed: [],
    ended: [],
    childrenDone: [],
    killRequested: [],
    stale: 0,
    repairs: 0,
    freedLimits: [],
    unknown: 0,
    renewed: 0,
    verdicts: [],
  };
}

function addEffects(result: AppliedEvents, applied: AppliedPipeline): void {
  const { locked, changes, effects } = applied;
  const { before, after } = changes.pipeline;
  for (const track of findReadyTracks(applied)) {
    result.toDispatch.push(describeTrack(locked.graph, locked.pipeline, track));
  }
  result.toDispatch = result.toDispatch.concat(effects.resumed);
  if (before.state !== after.state && isPipelineEnded(after.state)) {
    result.ended.push({ pipelineId: after.id, state: after.state });
  }
  if (changes.killRunning || isKillRequested(applied)) result.killRequested.push(after.id);
  result.stale += changes.stale.length;
  result.repairs += changes.repairs;
  result.freedLimits.push(...freedLimitsOf(locked, changes));
  result.verdicts.push(...changes.verdicts);
}

/** Of a child of which nothing is open any more. */
function findParent({
  changes,
  effects,
  locked,
}: AppliedPipeline): { parentTrackId: number; pipelineId: number; hasMapLimit: boolean }[] {
  const { id: pipelineId, parentTrackId } = locked.pipeline;
  const { state, openTracks } = changes.pipeline.after;
  if (parentTrackId === null || !isPipelineEnded(state) || openTracks > effects.closed) return [];
  return [{ parentTrackId, pipelineId, hasMapLimit: (locked.graph.map?.concurrency ?? null) !== null }];
}

/** Single tracks that are to be killed. */
function isKillRequested({ changes }: DecidedPipeline): boolean {
  return changes.tracks.some(({ before, after }) => after.cancelRequested && !before.cancelRequested);
}
