import type { Completion } from '@baton/domain';
import type { CompletionQueue } from '@baton/queue';
import type { Logger } from '@baton/service';
import type { Spool, SpooledCompletion } from './spool.ts';
import type { RunKey } from './worker-api.ts';

/**
 * Reports completions and does not let go of them: on disk before anything else, sent through the queue, sent again while
 * the API does not say that they were applied (Redis may have forgotten them), and forgotten only then. A worker that
 * starts again sends what it finds on its disk.
 */
export interface Reporter {
  /** Resolves when the completion is on its way, or at least on disk. */
  report(completion: Completion, key: string): Promise<void>;
  /** What has not been heard of as applied. */
  unapplied(): RunKey[];
  /** The API says these were applied. */
  settle(runIds: readonly string[]): Promise<void>;
  /** Sends again what has waited for too long. */
  resendOverdue(): Promise<void>;
  /** Takes up what an earlier life of this worker left. */
  replay(): Promise<number>;
}

interface Unapplied extends SpooledCompletion {
  /** Times sent. */
  seq: number;
  /** On performance.now(). */
  resendAt: number;
}

/** A completion is applied within milliseconds as a rule; the wait doubles so that a long backlog is not made longer. */
const FIRST_RESEND_MS = 5000;
const LAST_RESEND_MS = 60_000;

export function createReporter(options: {
  spool: Spool;
  queue: Pick<CompletionQueue, 'reportCompletion'>;
  logger: Logger;
}): Reporter {
  const { spool, queue, logger } = options;
  const unapplied = new Map<string, Unapplied>();

  const send = async (one: Unapplied): Promise<void> => {
    one.resendAt = performance.now() + Math.min(FIRST_RESEND_MS * 2 ** one.seq, LAST_RESEND_MS);
    one.seq += 1;
    try {
      await queue.reportCompletion(one.completion, one.key, one.seq);
    } catch (error) {
      one.resendAt = performance.now() + 1000;
      logger.warn({ event: 'report_failed', trackId: one.completion.trackId, err: error }, 'sent again later');
    }
  };

  const forget = (runId: string): Promise<void> => forgetOrLog(options, runId);

  return {
    async report(completion, key) {
      const one: Unapplied = { completion, key, seq: 0, resendAt: 0 };
      unapplied.set(completion.runId, one);
      // The disk is only needed if this process dies, so nobody waits for it before sending.
      const kept = spool.keep({ completion, key }).catch((error: unknown) => {
        logger.error({ event: 'spool_failed', trackId: completion.trackId, err: error }, 'kept in memory only');
      });
      await Promise.all([kept, send(one)]);
      // Applied while it was being written: the file came after its removal.
      if (!unapplied.has(completion.runId)) await forget(completion.runId);
    },
    unapplied: () =>
      [...unapplied.values()].map(({ completion: { trackId, attempt, runId } }) => ({ trackId, attempt, runId })),
    async settle(runIds) {
      // Before any file: a disk that hangs must not make the others be asked for and sent again.
      for (const runId of runIds) unapplied.delete(runId);
      for (const runId of runIds) await forget(runId);
    },
    async resendOverdue() {
      const now = performance.now();
      await Promise.all([...unapplied.values()].filter((one) => one.seq > 0 && one.resendAt <= now).map(send));
    },
    async replay() {
      const { kept, unreadable } = await spool.load();
      if (unreadable.length > 0) logger.error({ event: 'spool_unreadable', files: unreadable });
      for (const spooled of kept) {
        const one: Unapplied = { ...spooled, seq: 0, resendAt: 0 };
        unapplied.set(spooled.completion.runId, one);
        await send(one);
      }
      return kept.length;
    },
  };
}

/** A disk that does not let go of a file costs one more report in the next life of this worker, and nothing else. */
async function forgetOrLog({ spool, logger }: { spool: Spool; logger: Logger }, runId: string): Promise<void> {
  try {
    await spool.forget(runId);
  } catch (error) {
    logger.error({ event: 'spool_failed', runId, err: error }, 'not removed');
  }
}
