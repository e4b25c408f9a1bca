import type { Logger } from '@baton/service';
import type { HeartbeatAnswer, RunKey, WorkerApi, WorkerReport } from './worker-api.ts';
import type { Reporter } from './reporter.ts';

/**
 * Keeps the leases of what this worker runs, and ends what it may no longer run.
 *
 * A run's lease counts from before the call that granted or renewed it was made, on this process's monotonic clock, so
 * the worker's view never lasts longer than the database's. A lease that is about to run out unrenewed ends its script
 * before anybody else may start the track again: the margin covers the kill. A process that is frozen cannot do that
 * for itself; the runner's guard does.
 */
export interface LeaseKeeper {
  hold(run: HeldRun): void;
  release(runId: string): void;
  /** Sends a heartbeat now: something may have been cancelled. */
  nudge(): void;
  start(): Promise<HeartbeatAnswer>;
  stop(): Promise<void>;
}

export interface HeldRun extends RunKey {
  /** On performance.now(). */
  leaseUntil: number;
  /** Ends the script: somebody wants it gone (`cancel`), or the lease is gone (`lost`). */
  end(why: 'cancel' | 'lost'): void;
}

export interface LeaseKeeperOptions {
  api: Pick<WorkerApi, 'sendHeartbeat'>;
  reporter: Reporter;
  describeWorker(): WorkerReport;
  /** Told of every answer. */
  onAnswer(answer: HeartbeatAnswer): void;
  logger: Logger;
}

const RUNS_IN_A_HEARTBEAT = 4096;
const FIRST_HEARTBEAT_RETRY_MS = 500;

/** Before its lease's end a script is killed: a fifth of the lease, between half a second and three. */
export function fenceMarginMs(leaseMs: number): number {
  return Math.min(3000, Math.max(500, leaseMs / 5));
}

/**
 * How long the worker may be silent before the runner's guard ends its scripts: a worker that freezes just before it would
 * have sent a heartbeat has that much less of its lease left.
 */
export function guardTimeoutMs(leaseMs: number, heartbeatMs: number): number {
  return Math.max(500, leaseMs - heartbeatMs - fenceMarginMs(leaseMs));
}

export function createLeaseKeeper(options: LeaseKeeperOptions): LeaseKeeper {
  const { api, reporter, logger } = options;
  const held = new Map<string, HeldRun>();
  let timing = { leaseMs: 15_000, heartbeatMs: 4000 };
  let timer: NodeJS.Timeout | undefined;
  let fenceTimer: NodeJS.Timeout | undefined;
  let beating: Promise<unknown> | null = null;
  let isWanted = false;
  let isStopped = false;

  const beat = async (): Promise<HeartbeatAnswer> => {
    const askedAt = performance.now();
    const reported = reporter.unapplied().slice(0, RUNS_IN_A_HEARTBEAT);
    const running = [...held.values()].slice(0, RUNS_IN_A_HEARTBEAT).map(({ trackId, attempt, runId }) => ({
      trackId,
      attempt,
      runId,
    }));
    const answer = await api.sendHeartbeat({ worker: options.describeWorker(), running, reported });
    timing = { leaseMs: answer.leaseMs, heartbeatMs: answer.heartbeatMs };
    await reporter.settle(answer.applied);
    for (const runId of answer.applied) held.delete(runId);
    for (const { runId, state } of answer.running) {
      const run = held.get(runId);
      if (run === undefined) continue;
      if (state !== 'lost') run.leaseUntil = askedAt + answer.leaseMs;
      if (state !== 'held') run.end(state);
    }
    options.onAnswer(answer);
    return answer;
  };

  const next = (delayMs: number): void => {
    if (isStopped) return;
    clearTimeout(timer);
    timer = setTimeout(beatOnce, delayMs);
  };

  const beatOnce = (): void => {
    if (beating !== null) {
      isWanted = true;
      return;
    }
    beating = beat()
      .then(() => reporter.resendOverdue())
      .then(
        () => timing.heartbeatMs,
        (error: unknown) => {
          logger.warn({ event: 'heartbeat_failed', err: error });
          return Math.min(FIRST_HEARTBEAT_RETRY_MS, timing.heartbeatMs);
        },
      )
      .then((delayMs) => {
        beating = null;
        next(isWanted ? 0 : delayMs);
        isWanted = false;
      });
  };

  const fence = (): void => {
    const limit = performance.now() + fenceMarginMs(timing.leaseMs);
    for (const run of held.values()) if (run.leaseUntil <= limit) run.end('lost');
  };

  return {
    hold: (run) => void held.set(run.runId, run),
    release: (runId) => void held.delete(runId),
    nudge: beatOnce,
    async start() {
      const answer = await beat();
      next(timing.heartbeatMs);
      fenceTimer = setInterval(fence, 100);
      return answer;
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      clearInterval(fenceTimer);
      await beating;
    },
  };
}
