import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@baton/service';
import type { ClaimedRun } from '@baton/client';
import type { KnownRuns } from './known-runs.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { isRefusedForGood, type RunKey, type WorkerApi } from './worker-api.ts';

/**
 * Claims attempts from the API. While one call is under way, further claims are collected; they are the next call.
 *
 * A call whose end is unknown is made again with the same run ids until there is an answer: the API grants the same run
 * id again, so a lost reply neither loses an attempt nor starts it twice. So is a call whose answer took as long as a lease
 * lasts. Nothing is spawned without a "yes".
 */
export interface Claimer {
  /**
   * @returns the run with the time its lease is good for, or null where it is not ours to run, now or at all. Nothing has to
   *   be remembered of such a track: one that a limit keeps, say, is enqueued again when the limit has a place for it.
   *   'needs_slot': it cannot be claimed ahead, and is to be asked for again when there is a slot
   */
  claim(track: TrackToClaim): Promise<ClaimAnswer>;
  /** Every claim without an answer is answered with null, now and from now on: the worker ends. */
  giveUp(): void;
}

interface TrackToClaim {
  trackId: number;
  attempt: number;
  /** There is no free slot for it. */
  isAhead: boolean;
  /** Of a claim that was made for this worker: it is told what to run, and its lease counts from now. */
  runId?: string;
}

type ClaimAnswer = GrantedRun | 'needs_slot' | null;

export interface GrantedRun {
  runId: string;
  run: ClaimedRun;
  /** On performance.now(): counted from before the call was made, so it never lasts longer than the API thinks. */
  leaseUntil: number;
}

interface Waiting extends RunKey {
  isAhead: boolean;
  resolve(answer: ClaimAnswer): void;
}

const CLAIMS_AT_ONCE = 256;
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2000;
/** The API found the pipeline locked by somebody: such a claim is asked again by itself, apart from the others. */
const BUSY_RETRY_MS = 250;
/** Why an attempt is refused that was somebody else's already. */
const TAKEN: ReadonlySet<string> = new Set(['not_pending', 'other_attempt']);

interface ClaimerOptions {
  api: Pick<WorkerApi, 'claimAttempts'>;
  leases: Pick<LeaseKeeper, 'isEnding'>;
  workerId: string;
  labels: string[];
  known: Pick<KnownRuns, 'add'>;
  /** Told how long an answer took, ms. */
  onAnswered?: (ms: number) => void;
  logger: Logger;
}

export function createClaimer(options: ClaimerOptions): Claimer {
  return new Claims(options);
}

class Claims implements Claimer {
  readonly #options: ClaimerOptions;
  #waiting: Waiting[] = [];
  #isCalling = false;
  #hasGivenUp = false;
  readonly #unanswered = new Set<() => void>();

  constructor(options: ClaimerOptions) {
    this.#options = options;
  }

  claim(track: TrackToClaim): Promise<ClaimAnswer> {
    return new Promise((settle) => {
      const giveUp = (): void => resolve(null);
      const resolve = (answer: ClaimAnswer): void => {
        this.#unanswered.delete(giveUp);
        settle(answer);
      };
      if (this.#hasGivenUp) return settle(null);
      this.#unanswered.add(giveUp);
      const runId = track.runId ?? randomBytes(16).toString('base64url');
      this.#options.known.add(runId);
      this.#ask({ ...track, runId, resolve });
    });
  }

  giveUp(): void {
    this.#hasGivenUp = true;
    this.#waiting = [];
    for (const giveUp of this.#unanswered) giveUp();
  }

  #ask(one: Waiting): void {
    // Whoever asked has had the answer: a claim that is granted now would be nobody's, and its attempt lost.
    if (this.#hasGivenUp) return;
    this.#waiting.push(one);
    if (!this.#isCalling) void this.#callAll();
  }

  async #callAll(): Promise<void> {
    this.#isCalling = true;
    // Entries that were fetched in the same turn go into one call.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, CLAIMS_AT_ONCE);
      this.#waiting = this.#waiting.slice(CLAIMS_AT_ONCE);
      await this.#callUntilAnswered(batch);
    }
    this.#isCalling = false;
  }

  async #callUntilAnswered(batch: readonly Waiting[]): Promise<void> {
    const { api, leases, workerId, labels, logger } = this.#options;
    const claims = batch.map(({ trackId, attempt, runId, isAhead }) => {
      return { trackId, attempt, runId, ...(isAhead ? { isAhead } : {}) };
    });
    for (let retryMs = FIRST_RETRY_MS; !this.#hasGivenUp; retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)) {
      const askedAt = performance.now();
      try {
        const { leaseMs, results } = await api.claimAttempts({ workerId, labels, claims });
        this.#options.onAnswered?.(performance.now() - askedAt);
        if (!leases.isEnding(askedAt + leaseMs)) {
          this.#logTaken(batch, results);
          const busy = resolveAnswered(batch, results, askedAt + leaseMs);
          for (const one of busy) setTimeout(() => this.#ask(one), BUSY_RETRY_MS);
          return;
        }
        // A repeated claim is granted anew with a whole lease, so an answer that came too late costs no attempt.
        logger.warn({ event: 'claim_answered_late', claims: claims.length }, 'asking again');
      } catch (error) {
        logger.warn({ event: 'claim_failed', claims: claims.length, err: error });
        if (isRefusedForGood(error)) {
          for (const one of batch) one.resolve(null);
          return;
        }
      }
      if (this.#hasGivenUp) return;
      await sleep(retryMs);
    }
  }

  /** The queue had delivered the attempt twice, or it was cancelled meanwhile. */
  #logTaken(batch: readonly Waiting[], results: readonly ClaimResult[]): void {
    const answers = new Map(results.map((result) => [result.runId, result]));
    for (const { trackId, attempt, runId } of batch) {
      const answer = answers.get(runId);
      if (answer === undefined || answer.granted || !TAKEN.has(answer.why)) continue;
      this.#options.logger.info({ event: 'claim_refused', trackId, attempt, runId, why: answer.why });
    }
  }
}

type ClaimResult = Awaited<ReturnType<WorkerApi['claimAttempts']>>['results'][number];

/** @returns those that the API could not answer yet */
function resolveAnswered(batch: readonly Waiting[], results: readonly ClaimResult[], leaseUntil: number): Waiting[] {
  const answers = new Map(results.map((result) => [result.runId, result]));
  const busy: Waiting[] = [];
  for (const one of batch) {
    const answer = answers.get(one.runId);
    if (answer?.granted === true) one.resolve({ runId: one.runId, run: answer.run, leaseUntil });
    else if (answer?.why === 'busy') busy.push(one);
    else if (answer?.why === 'needs_slot') one.resolve('needs_slot');
    else one.resolve(null);
  }
  return busy;
}
