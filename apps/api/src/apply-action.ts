import { applyPersonAction, findLiveChildren, type AppliedEvents, type AskedEvent } from '@baton/database';
import { BatonError, type Verdict } from '@baton/domain';
import type { AppDeps } from './app-deps.ts';
import { enqueueOrLog } from './enqueue-or-log.ts';
import { refuseReusedKey, type RepeatableAction } from './person-action.ts';

export type ActionDeps = Pick<AppDeps, 'database' | 'queue' | 'logger' | 'nudgeWorkers'>;

/**
 * Does what a person asked for, once, and afterwards what its commit asks for. What was so already stays so.
 * @throws BatonError pipeline_not_found, track_not_found, state_conflict saying why the rules refuse it (then nothing is
 *   written), idempotency_key_reused
 */
export async function applyAction(
  deps: ActionDeps,
  asked: { pipelineId: number; event: AskedEvent },
  action: RepeatableAction,
): Promise<void> {
  refuseRefused(await tryAction(deps, asked, action));
}

/** @returns what the rules say; where they refuse it nothing was done, here and in what runs below */
async function tryAction(
  deps: ActionDeps,
  asked: { pipelineId: number; event: AskedEvent },
  action: RepeatableAction,
): Promise<Verdict> {
  const { key: _key, ...recorded } = action;
  await refuseReusedKey(deps.database, asked.pipelineId, action);
  const applied = await applyPersonAction(deps.database, asked, recorded);
  if (applied.verdict.kind === 'refused') return applied.verdict;
  await finishAction(deps, applied);
  await passDown(deps, asked, action);
  return applied.verdict;
}

/**
 * Whoever pauses a pipeline means those that its tracks run as well, all the way down. Again is the same as once, also where
 * it broke off. One that has ended meanwhile refuses it, and has nothing left to pause.
 */
async function passDown(
  deps: ActionDeps,
  { pipelineId, event }: { pipelineId: number; event: AskedEvent },
  action: RepeatableAction,
): Promise<void> {
  if (event.kind !== 'pause' && event.kind !== 'resume') return;
  const state = event.kind === 'pause' ? 'RUNNING' : 'PAUSED';
  for (const child of await findLiveChildren(deps.database, pipelineId)) {
    const asked = { pipelineId: child.id, event };
    if (child.state === state) await tryAction(deps, asked, action);
    else await passDown(deps, asked, action);
  }
}

/** @throws BatonError state_conflict with what the rules say */
export function refuseRefused(verdict: Verdict): void {
  if (verdict.kind === 'refused') throw new BatonError('state_conflict', verdict.message);
}

/** After the commit: what may start is enqueued, and workers look for what they are to kill. Fails never: both are hints. */
export async function finishAction(
  deps: ActionDeps,
  applied: Pick<AppliedEvents, 'toDispatch' | 'killRequested'>,
): Promise<void> {
  await enqueueOrLog(deps, applied.toDispatch);
  if (applied.killRequested.length === 0) return;
  await deps.nudgeWorkers().catch((error: unknown) => {
    const pipelineIds = applied.killRequested;
    deps.logger.warn({ event: 'nudge_failed', pipelineIds, err: error }, 'workers learn it with their next heartbeat');
  });
}
