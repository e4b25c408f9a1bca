import type { OutputValues } from '@baton/domain';
import type { CompletionQueue } from '@baton/queue';
import { crashPoint, type Logger } from '@baton/service';
import type { Spool, SpooledCompletion } from './spool.ts';
import type { ValuesSender } from './values-sender.ts';
import { isRefusedForGood, type RunKey } from './worker-api.ts';

/**
 * Reports completions and does not let go of them: on disk before anything else, sent through the queue, sent again while
 * the API does not say that they were applied (Redis may have forgotten them), and forgotten only then. A worker that
 * starts again sends what it finds on its disk.
 *
 * What a script handed on goes the same way, but to the API and before its completion: whoever starts because of the
 * completion finds the values. So a completion waits while the API is away; its lease is renewed meanwhile. A worker that is
 * killed in between sends both in its next life; a value that is stored already stays as it is.
 */
export interface Reporter {
  /**
   * Resolves when the completion is on disk (or cannot be) and on its way, or Redis did not take it. While the API does not
   * take the values it resolves only when `stopping` is aborted: a worker is not to go on with other tracks meanwhile, and
   * keep ever more values. Then nothing but the disk is waited for.
   */
  report(report: SpooledCompletion, stopping: AbortSignal): Promise<void>;
  /** What has not been heard of as applied. */
  unapplied(): RunKey[];
  /** The API says these were applied. */
  settle(runIds: readonly string[]): Promise<void>;
  /** Sends again what has waited for too long. */
  resendOverdue(): Promise<void>;
  /** Takes up what an earlier life of this worker left. */
  replay(): Promise<number>;
}

interface Unapplied extends Omit<SpooledCompletion, 'values'> {
  /** Null: the API has them, or there are none. */
  values: OutputValues | null;
  /** Called when the values need no waiting any more. */
  release(): void;
  released: Promise<void>;
  /** Times sent. */
  seq: number;
  /** On performance.now(); while it is being sent, never. */
  resendAt: number;
}

type ReporterOptions = {
  spool: Spool;
  values: ValuesSender;
  queue: Pick<CompletionQueue, 'reportCompletion'>;
  logger: Logger;
};

/** A completion is applied within milliseconds as a rule; the wait doubles so that a long backlog is not made longer. */
const FIRST_RESEND_MS = 5000;
const LAST_RESEND_MS = 60_000;
/** The API or Redis was away. */
const RETRY_MS = 1000;

export function createReporter(options: ReporterOptions): Reporter {
  const { spool, queue, logger } = options;
  const unapplied = new Map<string, Unapplied>();

  const send = async (one: Unapplied): Promise<void> => {
    one.resendAt = Number.POSITIVE_INFINITY;
    if (!(await sendValues(options, one))) return;
    if (!unapplied.has(one.completion.runId)) return; // its attempt has ended without it meanwhile
    one.resendAt = performance.now() + Math.min(FIRST_RESEND_MS * 2 ** one.seq, LAST_RESEND_MS);
    one.seq += 1;
    try {
      await queue.reportCompletion(one.completion, one.key, one.seq);
    } catch (error) {
      one.resendAt = performance.now() + RETRY_MS;
      logger.warn({ event: 'report_failed', trackId: one.completion.trackId, err: error }, 'sent again later');
    }
  };

  const forget = (runId: string): Promise<void> => forgetOrLog(options, runId);

  return {
    async report(report, stopping) {
      const { completion } = report;
      const one = keepTrack(report);
      unapplied.set(completion.runId, one);
      // The disk is only needed if this process dies, so nobody waits for it before sending.
      const kept = spool.keep(report).catch((error: unknown) => {
        logger.error({ event: 'spool_failed', trackId: completion.trackId, err: error }, 'kept in memory only');
      });
      void kept.then(() => crashPoint('worker.spooled'));
      const sent = send(one);
      await kept;
      await Promise.race([Promise.all([sent, one.released]), whenAborted(stopping)]);
      // Applied while it was being written: the file came after its removal.
      if (!unapplied.has(completion.runId)) await forget(completion.runId);
    },
    unapplied: () =>
      [...unapplied.values()].map(({ completion: { trackId, attempt, runId } }) => ({ trackId, attempt, runId })),
    async settle(runIds) {
      // Before any file: a disk that hangs must not make the others be asked for and sent again.
      for (const runId of runIds) {
        unapplied.get(runId)?.release();
        unapplied.delete(runId);
      }
      await Promise.all(runIds.map(forget));
    },
    async resendOverdue() {
      const now = performance.now();
      await Promise.all([...unapplied.values()].filter(({ resendAt }) => resendAt <= now).map(send));
    },
    async replay() {
      const { found, unreadable } = spool;
      if (unreadable.length > 0) logger.error({ event: 'spool_unreadable', files: unreadable });
      const all = found.map(keepTrack);
      for (const one of all) unapplied.set(one.completion.runId, one);
      await Promise.all(all.map(send));
      return found.length;
    },
  };
}

function keepTrack({ completion, key, values }: SpooledCompletion): Unapplied {
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const isEmpty = Object.keys(values).length === 0;
  if (isEmpty) release();
  return {
    completion,
    key,
    values: isEmpty ? null : values,
    release,
    released,
    seq: 0,
    resendAt: Number.POSITIVE_INFINITY,
  };
}

/** @returns whether the completion may follow */
async function sendValues({ values: sender, logger }: ReporterOptions, one: Unapplied): Promise<boolean> {
  if (one.values === null) return true;
  const { trackId, outcome, exitCode } = one.completion;
  try {
    // Refused: another run has the attempt, and the completion will be found stale.
    await sender.send(one.completion, one.values);
  } catch (error) {
    if (!isRefusedForGood(error)) {
      one.resendAt = performance.now() + RETRY_MS;
      logger.warn({ event: 'values_failed', trackId, err: error }, 'sent again later');
      return false;
    }
    logger.error({ event: 'values_refused', trackId, err: error });
    const detail = 'the API did not take what the script wrote to $BATON_OUTPUT';
    if (outcome === 'exited' && exitCode === 0) one.completion = { ...one.completion, outcome: 'bad_output', detail };
  }
  one.values = null;
  one.release();
  return true;
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** A disk that does not let go of a file costs one more report in the next life of this worker, and nothing else. */
async function forgetOrLog({ spool, logger }: { spool: Spool; logger: Logger }, runId: string): Promise<void> {
  try {
    await spool.forget(runId);
  } catch (error) {
    logger.error({ event: 'spool_failed', runId, err: error }, 'not removed');
  }
}
