import type { Logger } from '@baton/service';
import type { HeartbeatAnswer } from '@baton/client';
import type { RunKey, WorkerApi, WorkerReport } from './worker-api.ts';
import type { Reporter } from './reporter.ts';
import { createSideWork } from './side-work.ts';

/**
 * Keeps the leases of what this worker runs, and ends what it may no longer run.
 *
 * A run's lease counts from before the call that granted or renewed it was made, on this process's monotonic clock, so
 * the worker's view never lasts longer than the database's. A lease that is about to run out unrenewed ends its script
 * before anybody else may start the track again: the margin covers the kill. A process that is frozen cannot do that
 * for itself; the runner's guard does.
 *
 * A heartbeat waits for the API and for nothing else: completions are sent again, and removed from the disk, beside it.
 * A Redis or a disk that hangs changes nothing about the leases.
 */
export interface LeaseKeeper {
  hold(run: HeldRun): void;
  /** It was given back. */
  drop(runId: string): void;
  holds(runId: string): boolean;
  /** Whether what runs under this lease is to be ended, and what does not run yet is not to be started. */
  isEnding(leaseUntil: number): boolean;
  /** Sends a heartbeat now: something may have been cancelled. */
  nudge(): void;
  start(): Promise<HeartbeatAnswer>;
  stop(): Promise<void>;
}

export interface HeldRun extends RunKey {
  /** On performance.now(). */
  leaseUntil: number;
  /** Ends the script: with its grace where somebody wants it gone (`cancel`), at once where the lease goes (`lost`). */
  end(why: 'cancel' | 'lost'): void;
}

export interface LeaseKeeperOptions {
  api: Pick<WorkerApi, 'sendHeartbeat'>;
  reporter: Reporter;
  describeWorker(): WorkerReport;
  /** Whether the API is to tell all that is claimed for this worker. */
  asksForHeld?: () => boolean;
  /** Told of every answer. @param held all that is claimed for this worker; null: it was not asked for */
  onAnswer(answer: HeartbeatAnswer, held: RunKey[] | null): void;
  logger: Logger;
}

const RUNS_IN_A_HEARTBEAT = 4096;
const HEARTBEAT_RETRY_MS = 500;
const FENCE_INTERVAL_MS = 100;
const RESEND_INTERVAL_MS = 1000;
/** At the stop. What is not done by then is done in the worker's next life. */
const SIDE_WORK_MS = 2000;

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
  const heartbeat = new Heartbeat(options);
  return {
    hold: (run) => heartbeat.hold(run),
    drop: (runId) => heartbeat.drop(runId),
    holds: (runId) => heartbeat.holds(runId),
    isEnding: (leaseUntil) => heartbeat.isEnding(leaseUntil),
    nudge: () => heartbeat.beatSoon(),
    start: () => heartbeat.start(),
    stop: () => heartbeat.stop(),
  };
}

class Heartbeat {
  readonly #options: LeaseKeeperOptions;
  readonly #held = new Map<string, HeldRun>();
  #timing = { leaseMs: 15_000, heartbeatMs: 4000 };
  #timer: NodeJS.Timeout | undefined;
  #fenceTimer: NodeJS.Timeout | undefined;
  #resendTimer: NodeJS.Timeout | undefined;
  readonly #sideWork: ReturnType<typeof createSideWork>;
  #beating: Promise<void> | null = null;
  /** Something happened while a heartbeat was under way: another one follows at once. */
  #isWanted = false;
  #isResending = false;
  #isStopped = false;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
    this.#sideWork = createSideWork((error) => options.logger.error({ event: 'side_work_failed', err: error }));
  }

  hold(run: HeldRun): void {
    this.#held.set(run.runId, run);
  }

  drop(runId: string): void {
    this.#held.delete(runId);
  }

  holds(runId: string): boolean {
    return this.#held.has(runId);
  }

  isEnding(leaseUntil: number): boolean {
    return leaseUntil <= performance.now() + fenceMarginMs(this.#timing.leaseMs);
  }

  /** @throws the call's error: without a first answer there is nothing to go by */
  async start(): Promise<HeartbeatAnswer> {
    const answer = await this.#beat();
    this.#beatIn(this.#timing.heartbeatMs);
    this.#fenceTimer = setInterval(() => this.#fence(), FENCE_INTERVAL_MS);
    this.#resendTimer = setInterval(() => this.#resend(), RESEND_INTERVAL_MS);
    return answer;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    clearInterval(this.#fenceTimer);
    clearInterval(this.#resendTimer);
    await this.#beating;
    await this.#sideWork.finish(SIDE_WORK_MS);
  }

  beatSoon(): void {
    if (this.#isStopped) return;
    if (this.#beating !== null) {
      this.#isWanted = true;
      return;
    }
    this.#beating = this.#beatAndSchedule();
  }

  async #beatAndSchedule(): Promise<void> {
    let delayMs = this.#timing.heartbeatMs;
    try {
      await this.#beat();
      delayMs = this.#timing.heartbeatMs;
    } catch (error) {
      this.#options.logger.warn({ event: 'heartbeat_failed', err: error });
      delayMs = Math.min(HEARTBEAT_RETRY_MS, delayMs);
    }
    this.#beating = null;
    this.#beatIn(this.#isWanted ? 0 : delayMs);
    this.#isWanted = false;
  }

  #beatIn(delayMs: number): void {
    if (this.#isStopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.beatSoon(), delayMs);
  }

  /** One call as a rule; more where completions wait for a slow consumer, whose leases count as well. */
  async #beat(): Promise<HeartbeatAnswer> {
    const running = [...this.#held.values()].map(toRunKey);
    const reported = this.#options.reporter.unapplied();
    const count = Math.max(running.length, reported.length);
    for (let start = 0; ; start += RUNS_IN_A_HEARTBEAT) {
      const end = start + RUNS_IN_A_HEARTBEAT;
      const answer = await this.#send(running.slice(start, end), reported.slice(start, end));
      if (end >= count) return answer;
    }
  }

  async #send(running: RunKey[], reported: RunKey[]): Promise<HeartbeatAnswer> {
    const askedAt = performance.now();
    const worker = this.#options.describeWorker();
    const asksForHeld = this.#options.asksForHeld?.() === true;
    const answer = await this.#options.api.sendHeartbeat({
      worker,
      running,
      reported,
      ...(asksForHeld ? { asksForHeld } : {}),
    });
    this.#timing = { leaseMs: answer.leaseMs, heartbeatMs: answer.heartbeatMs };
    for (const runId of answer.applied) this.#held.delete(runId);
    for (const { runId, state } of answer.running) {
      const run = this.#held.get(runId);
      if (run === undefined) continue;
      if (state !== 'lost') run.leaseUntil = askedAt + answer.leaseMs;
      if (state !== 'held') run.end(state);
    }
    this.#options.onAnswer(answer, asksForHeld ? (answer.held ?? []) : null);
    this.#sideWork.add(() => this.#options.reporter.settle(answer.applied));
    return answer;
  }

  #resend(): void {
    if (this.#isResending) return;
    this.#isResending = true;
    this.#sideWork.add(() => this.#options.reporter.resendOverdue().finally(() => (this.#isResending = false)));
  }

  #fence(): void {
    for (const run of this.#held.values()) if (this.isEnding(run.leaseUntil)) run.end('lost');
  }
}

function toRunKey({ trackId, attempt, runId }: RunKey): RunKey {
  return { trackId, attempt, runId };
}
