import { setTimeout as sleep } from 'node:timers/promises';
import type { HandOver } from './hand-over.ts';
import type { TrackDeps } from './run-track.ts';
import type { ServedQueues } from './serve-queues.ts';

/*
 * How a worker ends, and by when, whatever is away:
 *
 *   SIGTERM, nothing is taken any more -> drain: what runs may end by itself (BATON_DRAIN_MS) -> what still runs is killed and
 *   reported as lost; claims without an answer are given up -> reports are waited for until they are applied -> closed.
 *
 * All after the drain takes 5 s at most. What could not be said by then is on disk, for the worker's next life. An attempt whose
 * claim was given up, and granted after all, is lost with its lease, as if the worker had been killed: nothing was started.
 */
export interface WorkerParts extends Pick<TrackDeps, 'running' | 'claimer' | 'reporter' | 'leases' | 'logger'> {
  queues: ServedQueues;
  handOver: Pick<HandOver, 'whenSettled'>;
  /** All that is left to end; what hangs is left alone. */
  closers: readonly { stop(): Promise<unknown> }[];
}

const KILL_INTERVAL_MS = 100;
/** For claims on their way to be answered, and for what they start to be killed and reported in order. */
const CLAIM_MS = 1000;
/** For the answers to offers of places. */
const OFFERS_MS = 2000;
/** For the last reports to be applied. */
const SETTLE_MS = 2500;
const CLOSE_MS = 1500;
/** To a forced end after that: killing and writing takes its time on a busy host. */
const RESERVE_MS = 5000;
/** Of a time limit: once the race is won, its timer keeps no process alive. */
const UNHELD = { ref: false };

/** From the signal to a forced end, ms. */
export function stopTimeoutMs(drainMs: number): number {
  return drainMs + OFFERS_MS + CLAIM_MS + SETTLE_MS + CLOSE_MS + RESERVE_MS;
}

export async function stopWorker(parts: WorkerParts, drainMs: number): Promise<void> {
  await drain(parts, drainMs);
  await waitUntilApplied(parts);
  const closed = Promise.allSettled(parts.closers.map((closer) => closer.stop()));
  await Promise.race([closed, sleep(CLOSE_MS, null, UNHELD)]);
}

/** No new track; what runs may end by itself until the time is up, then it is killed and reported as lost. */
async function drain(parts: WorkerParts, drainMs: number): Promise<void> {
  const { queues, running, logger } = parts;
  // From here on what comes is given back; whether Redis hears that nothing more is wanted need not be waited for.
  queues.pause().catch((error: unknown) => logger.warn({ event: 'pause_failed', err: error }));
  const idle = whenIdle(parts).then(() => true);
  if (await Promise.race([idle, sleep(drainMs, false, UNHELD)])) return;
  logger.warn({ event: 'drain_timeout', drainMs, scripts: running.size }, 'killing what still runs');
  await killUntil(idle, parts);
}

/** What was offered before may still be filled: that is waited for, and given back. */
async function whenIdle({ queues, handOver }: WorkerParts): Promise<void> {
  await handOver.whenSettled(OFFERS_MS);
  await queues.slots.whenIdle();
}

/** Again and again: a claim that was under way may be answered only now, and its script start. */
async function killUntil(idle: Promise<boolean>, { running, claimer }: WorkerParts): Promise<void> {
  const givingUp = setTimeout(() => claimer.giveUp(), CLAIM_MS);
  do {
    for (const end of running) end('lost');
  } while (!(await Promise.race([idle, sleep(KILL_INTERVAL_MS, false)])));
  clearTimeout(givingUp);
}

async function waitUntilApplied({ reporter, leases }: WorkerParts): Promise<void> {
  const deadline = performance.now() + SETTLE_MS;
  while (reporter.unapplied().length > 0 && performance.now() < deadline) {
    leases.nudge();
    await sleep(100);
  }
}
