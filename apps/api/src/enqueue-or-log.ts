import type { TrackToDispatch } from '@baton/domain';
import { crashPoint } from '@baton/service';
import type { AppDeps } from './app-deps.ts';

/** Longer than this nobody waits for Redis; what it has not taken by then is enqueued all the same, or later. */
const WAIT_MS = 2000;

/**
 * Enqueues what a commit made PENDING. Never fails: MySQL has the truth, and the reconcile loop enqueues what Redis did
 * not take.
 */
export async function enqueueOrLog(
  { queue, logger }: Pick<AppDeps, 'queue' | 'logger'>,
  tracks: readonly TrackToDispatch[],
): Promise<void> {
  crashPoint('api.committed');
  if (tracks.length === 0) return;
  let timer: NodeJS.Timeout | undefined;
  const waited = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, WAIT_MS);
  });
  const enqueued = queue.enqueueTracks(tracks).catch((error: unknown) => {
    logger.warn({ event: 'enqueue_failed', tracks: tracks.length, err: error }, 'Redis is away: enqueued later');
  });
  await Promise.race([enqueued, waited]);
  clearTimeout(timer);
  crashPoint('api.enqueued');
}
