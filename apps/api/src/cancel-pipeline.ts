import { applyFlowEvents, findPipeline } from '@baton/database';
import { BatonError } from '@baton/domain';
import type { AppDeps } from './app-deps.ts';
import { enqueueOrLog } from './enqueue-or-log.ts';

/**
 * Ends a pipeline: tracks that have not started are CANCELLED at once, running ones when their workers have killed them.
 * Again: nothing more happens. Of a FAILED pipeline the tracks that still run are killed; it stays FAILED.
 * @throws BatonError pipeline_not_found, state_conflict for a FINISH pipeline
 */
export async function cancelPipeline(
  deps: Pick<AppDeps, 'database' | 'queue' | 'logger' | 'nudgeWorkers'>,
  pipelineId: number,
): Promise<void> {
  const applied = await applyFlowEvents(deps.database, new Map([[pipelineId, [{ kind: 'cancel' }]]]));
  const pipeline = await findPipeline(deps.database, pipelineId);
  if (pipeline === null) {
    throw new BatonError('pipeline_not_found', `expected the id of a pipeline, found ${pipelineId}`);
  }
  if (pipeline.state === 'FINISH') {
    throw new BatonError('state_conflict', `expected pipeline ${pipelineId} to be under way, found it in FINISH`);
  }
  await enqueueOrLog(deps, applied.toDispatch);
  if (applied.killRequested.length === 0) return;
  await deps.nudgeWorkers().catch((error: unknown) => {
    deps.logger.warn({ event: 'nudge_failed', pipelineId, err: error }, 'workers learn it with their next heartbeat');
  });
}
