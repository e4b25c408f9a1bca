import { setTimeout as sleep } from 'node:timers/promises';
import type { RandomSource } from '@baton/domain/testing';
import type { ChaosStack } from './chaos-stack.ts';

/** Starts again what dies, as an operator's supervisor would. */
export interface KeepAlive {
  /** Processes that did not come up at first: mostly because a server was away just then. */
  readonly failedStarts: readonly string[];
  stop(): Promise<void>;
}

export function keepAlive({ processes }: ChaosStack, random: RandomSource): KeepAlive {
  const failedStarts: string[] = [];
  const stopping = new AbortController();
  const { signal } = stopping;
  const isStopped = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve());
  });
  const keep = async (process: ChaosStack['processes'][number]): Promise<void> => {
    for (;;) {
      await Promise.race([process.exited, isStopped]);
      if (signal.aborted) return;
      await sleep(100 + random.below(1500));
      try {
        await process.restart();
      } catch (error) {
        failedStarts.push(error instanceof Error ? error.message : String(error));
      }
    }
  };
  const kept = Promise.all(processes.map(keep));
  return {
    failedStarts,
    async stop() {
      stopping.abort();
      await kept;
    },
  };
}
