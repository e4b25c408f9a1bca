import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@baton/service';
import { isRefusedForGood, type RunKey, type WorkerApi } from './worker-api.ts';

/**
 * Gives claimed attempts back that were not started. While one call is under way, what else is to be given back is collected;
 * it is the next call. A call whose end is unknown is made again until there is an answer: the API finds what it did already.
 * A refusal after such a call says nothing of that call, so what it was about counts as given back.
 */
export interface Releaser {
  /** @returns whether the attempt is given back: then it must not be started; else it is still this worker's */
  release(run: RunKey): Promise<boolean>;
  /** Asks no more: what is unanswered stays so. */
  stop(): Promise<void>;
}

interface Waiting {
  run: RunKey;
  resolve: (isReleased: boolean) => void;
}

const RELEASES_AT_ONCE = 256;
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2000;

export function createReleaser(options: {
  api: Pick<WorkerApi, 'releaseAttempts'>;
  workerId: string;
  logger: Logger;
}): Releaser {
  const { api, workerId, logger } = options;
  let waiting: Waiting[] = [];
  let isCalling = false;
  let hasStopped = false;

  const callUntilAnswered = async (batch: readonly Waiting[]): Promise<void> => {
    const runs = batch.map(({ run: { trackId, attempt, runId } }) => ({ trackId, attempt, runId }));
    let mayBeDone = false;
    for (let retryMs = FIRST_RETRY_MS; !hasStopped; retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)) {
      try {
        const kept = new Set((await api.releaseAttempts({ workerId, runs })).kept);
        logger.info({ event: 'attempts_released', count: runs.length - kept.size, kept: kept.size });
        for (const { run, resolve } of batch) resolve(!kept.has(run.runId));
        return;
      } catch (error) {
        logger.warn({ event: 'release_failed', runs: runs.length, err: error });
        if (isRefusedForGood(error)) {
          // Still this worker's, unless a call before this one arrived: then somebody else may have started it by now.
          for (const { resolve } of batch) resolve(mayBeDone);
          return;
        }
        mayBeDone = true;
        await sleep(retryMs, null, { ref: false });
      }
    }
  };
  const callAll = async (): Promise<void> => {
    isCalling = true;
    while (waiting.length > 0 && !hasStopped) {
      const batch = waiting.slice(0, RELEASES_AT_ONCE);
      waiting = waiting.slice(RELEASES_AT_ONCE);
      await callUntilAnswered(batch);
    }
    isCalling = false;
  };
  return {
    release: (run) =>
      new Promise((resolve) => {
        waiting.push({ run, resolve });
        if (!isCalling) void callAll();
      }),
    async stop() {
      hasStopped = true;
    },
  };
}
