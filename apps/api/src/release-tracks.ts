import { releaseAttempts, type RunKey } from '@baton/database';
import type { AppDeps } from './app-deps.ts';
import { enqueueOrLog } from './enqueue-or-log.ts';

/**
 * Makes attempts that a worker claimed and did not start PENDING again, and enqueues them.
 * @returns run ids that are still the worker's
 */
export async function releaseTracks(
  deps: Pick<AppDeps, 'database' | 'queue' | 'logger'>,
  request: { workerId: string; runs: readonly RunKey[] },
): Promise<string[]> {
  const { kept, toDispatch } = await releaseAttempts(deps.database, request);
  await enqueueOrLog(deps, toDispatch);
  return kept;
}
