import { setTimeout as sleep } from 'node:timers/promises';
import { isDatabaseAway } from '@baton/database';
import type { Completion } from '@baton/domain';
import { completionKey, isCompletionSignedBy, type CompletionMessage } from '@baton/queue';
import { applyEvents, groupByPipeline, type OrchestratorDeps } from './apply-events.ts';

/**
 * Completions, many at a time. While one transaction runs, the completions that arrive are collected; they are the next
 * one. So a single completion waits for nobody, and under load a commit is shared by hundreds.
 *
 * A queue entry is acknowledged after the commit and after its successors were enqueued. When this process dies before
 * that, the entry is delivered again and found stale; when Redis forgets it, the worker sends it again, because the API
 * does not tell it that the completion was applied. While MySQL is away, entries are held and tried again.
 */
export interface CompletionHandler {
  /** Resolves when the completion is applied. @throws where it is forged, or cannot be applied at all */
  handle(message: CompletionMessage): Promise<'done'>;
  /** Gives up waiting for MySQL: what is under way is delivered again to another process. */
  stop(): void;
}

interface Waiting {
  completion: Completion;
  resolve(): void;
  reject(error: unknown): void;
}

const DATABASE_RETRY_MS = 500;

/** @param secret of the installation, which completions are signed with */
export function createCompletionHandler(
  deps: OrchestratorDeps & { secret: Buffer; batchSize: number },
): CompletionHandler {
  const stopping = new AbortController();
  let waiting: Waiting[] = [];
  let isRunning = false;

  const runBatches = async (): Promise<void> => {
    isRunning = true;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, deps.batchSize);
      waiting = waiting.slice(deps.batchSize);
      await settleBatch(deps, batch, stopping.signal);
    }
    isRunning = false;
  };

  return {
    async handle({ completion, signature }) {
      if (!isCompletionSignedBy(completionKey(deps.secret, completion), completion, signature)) {
        throw new Error(
          `the completion of track ${completion.trackId} attempt ${completion.attempt} is not signed by its claim`,
        );
      }
      await new Promise<void>((resolve, reject) => {
        waiting.push({ completion, resolve, reject });
        if (!isRunning) void runBatches();
      });
      return 'done';
    },
    stop: () => stopping.abort(),
  };
}

/** Never throws: each completion's own promise is settled. One that cannot be applied must not hold up the others. */
async function settleBatch(deps: OrchestratorDeps, batch: readonly Waiting[], signal: AbortSignal): Promise<void> {
  try {
    await applyPatiently(
      deps,
      batch.map(({ completion }) => completion),
      signal,
    );
    for (const one of batch) one.resolve();
  } catch (error) {
    const isOneOfThem = batch.length > 1 && !signal.aborted && !isDatabaseAway(error);
    if (isOneOfThem) for (const one of batch) await settleBatch(deps, [one], signal);
    else for (const one of batch) one.reject(error);
  }
}

async function applyPatiently(
  deps: OrchestratorDeps,
  completions: readonly Completion[],
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      const applied = await applyEvents(deps, groupByPipeline(completions));
      if (applied.stale > 0) deps.logger.info({ event: 'stale_completions', count: applied.stale });
      if (applied.unknown > 0) deps.logger.warn({ event: 'unknown_completions', count: applied.unknown });
      return;
    } catch (error) {
      if (!isDatabaseAway(error) || signal.aborted) throw error;
      deps.logger.warn({ event: 'database_away', completions: completions.length, err: error }, 'trying again');
      await sleep(DATABASE_RETRY_MS, undefined, { signal });
    }
  }
}
