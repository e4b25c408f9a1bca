import {
  CHILD_WORKER,
  fillLimits,
  findDueTracks,
  findExpired,
  findExpiredRuns,
  findStrandedPipelines,
  makeAllTracksDue,
  makeTakenTracksDue,
  postponeQueuedTracks,
  takeDueTracks,
  type AppliedEvents,
} from '@baton/database';
import type { Completion, TrackToDispatch } from '@baton/domain';
import { hasMark, leaveMark } from '@baton/queue';
import { crashPoint } from '@baton/service';
import { applyEventsApart, groupByPipeline, type OrchestratorDeps } from './apply-events.ts';
import { repeatRounds, type Rounds } from './repeat-rounds.ts';
import { settleDueChildren } from './run-children.ts';

/**
 * Finds what stands still although it should not, and sets it going through the same code as the normal way. Every
 * replica does this; each step is safe to do twice at once.
 *
 * - PENDING and unclaimed for too long: enqueued again (its entry was lost, or never made). Retries that are due as well.
 * - Past its time (a pipeline's deadline, a gate, a wait in the queue): ended as the rules say.
 * - RUNNING past its lease: lost; a completion is made that says so. A track that runs a pipeline is looked at instead.
 * - Waiting for a limit that has a place: enqueued (whoever was to wake it died, or a woken track did not use its place).
 * - Redis came back empty (its mark is gone): all that is PENDING is enqueued again at once.
 * - A pipeline that has nothing left to live for, or a track that should have started: recounted and mended; a repair,
 *   which a correct system never makes.
 */
export interface ReconcileResult {
  enqueued: number;
  lost: number;
  /** Pipelines in which something has lasted too long. */
  expired: number;
  repairs: number;
}

const AT_ONCE = 1000;

/** One round of all steps. A step that fails (Redis or MySQL is away) does not keep the others from being done. */
export async function reconcile(deps: OrchestratorDeps): Promise<ReconcileResult> {
  const result: ReconcileResult = { enqueued: 0, lost: 0, expired: 0, repairs: 0 };
  const steps: Record<string, () => Promise<void>> = {
    expired: async () => {
      result.expired = await endExpired(deps);
    },
    lost: async () => {
      result.lost = await declareLostRuns(deps);
    },
    stranded: async () => {
      result.repairs = await mendStrandedPipelines(deps);
    },
    enqueue: async () => {
      result.enqueued = await enqueueDueTracks(deps);
    },
    limits: async () => {
      result.enqueued += await wakeLimitWaiters(deps);
    },
  };
  for (const [step, run] of Object.entries(steps)) {
    try {
      await run();
    } catch (error) {
      deps.counters.add('reconcile_failures', 1, step);
      deps.logger.warn({ event: 'reconcile_failed', step, err: error });
    }
  }
  return result;
}

/** What was found in vain (a person was faster) changes nothing. */
async function endExpired(deps: OrchestratorDeps): Promise<number> {
  const events = await findExpired(deps.database, AT_ONCE);
  if (events.size > 0) await applyEventsApart(deps, events);
  return events.size;
}

async function declareLostRuns(deps: OrchestratorDeps): Promise<number> {
  const due = await findExpiredRuns(deps.database, AT_ONCE);
  const children = due.filter(({ workerId }) => workerId === CHILD_WORKER);
  if (children.length > 0) {
    await settleDueChildren(
      deps,
      children.map(({ trackId }) => trackId),
    );
  }
  const runs = due.filter(({ workerId }) => workerId !== CHILD_WORKER);
  if (runs.length === 0) return 0;
  const completions = runs.map((run): Completion => ({
    ...run,
    outcome: 'lost',
    exitCode: null,
    signal: null,
    detail: 'its worker did not renew its lease',
    durationMs: 0,
    outputBytes: 0,
    cutBytes: 0,
    next: null,
  }));
  const applied = await applyEventsApart(deps, groupByPipeline(completions, { ifLeaseIsOver: true }));
  const lost = runs.length - applied.reduce((sum, { renewed }) => sum + renewed, 0);
  if (lost === 0) return 0;
  deps.counters.add('lease_expiries', lost);
  deps.logger.warn({ event: 'leases_expired', tracks: runs.map(({ trackId }) => trackId) });
  return lost;
}

async function mendStrandedPipelines(deps: OrchestratorDeps): Promise<number> {
  let repairs = 0;
  for (const pipelineId of await findStrandedPipelines(deps.database, AT_ONCE)) {
    for (const applied of await applyEventsApart(deps, new Map([[pipelineId, [{ kind: 'recount' }]]]))) {
      repairs += applied.repairs;
      if (applied.repairs === 0) continue;
      const kind = kindOfRepair(applied);
      deps.counters.add('repairs', applied.repairs, kind);
      deps.logger.error({ event: 'repaired', kind, pipelineId, repairs: applied.repairs });
    }
  }
  return repairs;
}

/** By what it led to: the pipeline has ended, a track may start, or counters were wrong and nothing came of it. */
function kindOfRepair({ ended, toDispatch }: AppliedEvents): 'end' | 'start' | 'count' {
  if (ended.length > 0) return 'end';
  return toDispatch.length > 0 ? 'start' : 'count';
}

async function enqueueDueTracks(deps: OrchestratorDeps): Promise<number> {
  if (!(await hasMark(deps.redis, deps.redisPrefix))) {
    const tracks = await makeAllTracksDue(deps.database);
    // Only now: should this process end or MySQL go away in between, another round does it all again.
    await leaveMark(deps.redis, deps.redisPrefix);
    deps.counters.add('redis_was_empty');
    deps.logger.warn({ event: 'redis_was_empty', tracks }, 'enqueuing everything that is PENDING');
  }
  let enqueued = 0;
  for (let found = AT_ONCE; found === AT_ONCE;) {
    const due = await findDueTracks(deps.database, AT_ONCE);
    found = due.length;
    if (found === 0) break;
    const areQueued = await deps.trackQueue.areQueued(due);
    await postponeQueuedTracks(
      deps.database,
      due.filter((_, index) => areQueued[index] === true),
    );
    const taken = await takeDueTracks(
      deps.database,
      due.filter((_, index) => areQueued[index] !== true),
    );
    await enqueueTakenTracks(deps, taken);
    enqueued += taken.length;
  }
  deps.counters.add('enqueued_again', enqueued);
  if (enqueued > 0) deps.logger.info({ event: 'enqueued_again', tracks: enqueued });
  return enqueued;
}

async function wakeLimitWaiters(deps: OrchestratorDeps): Promise<number> {
  const woken = await fillLimits(deps.database);
  if (woken.length === 0) return 0;
  // They are due in seconds in any case: nothing to take back where Redis refuses them.
  await deps.trackQueue.enqueueTracks(woken);
  deps.logger.info({ event: 'limit_waiters_woken', tracks: woken.length });
  return woken.length;
}

/** A Redis that refuses writes would otherwise cost each track its whole time to the next look, up to minutes. */
async function enqueueTakenTracks(deps: OrchestratorDeps, taken: readonly TrackToDispatch[]): Promise<void> {
  if (taken.length > 0) crashPoint('orchestrator.taken');
  try {
    await deps.trackQueue.enqueueTracks(taken);
  } catch (error) {
    await makeTakenTracksDue(deps.database, taken);
    throw error;
  }
}

/** Reconciles again and again. */
export function startReconciling(deps: OrchestratorDeps, intervalMs: number): Rounds {
  return repeatRounds(() => reconcile(deps), intervalMs);
}
