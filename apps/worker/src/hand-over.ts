import { randomBytes } from 'node:crypto';
import type { ClaimedRun } from '@baton/client';
import {
  handedRunId,
  MAX_OFFERED,
  MAX_QUEUES_OFFERED,
  openMessage,
  signOffer,
  type HandedRun,
  type SignedOffer,
} from '@baton/queue';
import type { Logger } from '@baton/service';
import type { GrantedRun } from './claimer.ts';
import type { RunKey } from './worker-api.ts';

/**
 * Offers places along with completions, and takes the runs that are handed over for them.
 *
 * A run is started where it came for a place that was offered and not used yet, and where its lease, counted from before the
 * offer was sent, is good. All else that comes is given back or asked for anew: a message that was late, sent twice or lost
 * neither starts a run twice nor loses it. An offer without an answer makes this worker ask the API what it holds.
 */
export interface HandOver {
  /** Places that were offered, and may be used still. */
  readonly outstanding: number;
  /** @param ending how many places are about to be free */
  makeOffer(ending: number): SignedOffer | null;
  receive(sealed: Buffer): void;
  /** Whether a run was handed over just now. */
  isFeeding(): boolean;
  /** Whether an offer has no answer although it should: something may have been claimed that nobody told us of. */
  isOverdue(): boolean;
  /** @param held all that is claimed for this worker; null: it was not asked for */
  compare(held: readonly RunKey[] | null): void;
  /**
   * For a worker that ends and offers no more: resolves when no answer is to be waited for, and what no answer came for was
   * asked for; after so many milliseconds in any case.
   */
  whenSettled(timeoutMs: number): Promise<void>;
}

export interface HandOverOptions {
  workerId: string;
  labels: readonly string[];
  /** What the last heartbeat said. */
  terms(): { key: string | null; leaseMs: number; queues: readonly string[] };
  /** Places that are free. */
  room(): number;
  isEnding(leaseUntil: number): boolean;
  /** Whether this worker has ever had to do with a run. */
  knows(runId: string): boolean;
  /** Starts a run. */
  start(granted: GrantedRun): void;
  /** Asks for a claimed run, and starts it. */
  adopt(run: RunKey): void;
  /** Gives a run back that has not been started. */
  giveBack(run: RunKey): void;
  /** Has the API asked soon about what is overdue. */
  askSoon(): void;
  /** Told when `outstanding` has changed. */
  onChange(): void;
  /** Told how long it took from an offer to what was handed over for it, ms. */
  onAnswered(ms: number): void;
  logger: Logger;
}

/** From then on an offer takes no room any more: whoever answers now is late. */
const COUNTED_MS = 1000;
/** Nobody can have an offer that is older than this. */
const KEPT_MS = 120_000;
/** What was handed over within this is followed by more, as a rule. */
const FEEDING_MS = 50;
const SETTLE_INTERVAL_MS = 25;

interface Offered {
  sentAt: number;
  leaseMs: number;
  /** How many places were offered. */
  places: number;
  /** Those that nothing came for. */
  ids: Set<string>;
  /** Whether the API was asked since it is overdue. */
  isAsked: boolean;
}

export function createHandOver(options: HandOverOptions): HandOver {
  return new Offers(options);
}

class Offers implements HandOver {
  readonly #options: HandOverOptions;
  /** By number, the oldest first. */
  readonly #offers = new Map<number, Offered>();
  readonly #numbers = new Map<string, number>();
  #last = 0;
  #fedAt = Number.NEGATIVE_INFINITY;

  constructor(options: HandOverOptions) {
    this.#options = options;
  }

  get outstanding(): number {
    const since = performance.now() - COUNTED_MS;
    let count = 0;
    for (const { sentAt, ids } of this.#offers.values()) if (sentAt > since) count += ids.size;
    return count;
  }

  isFeeding(): boolean {
    return performance.now() - this.#fedAt < FEEDING_MS;
  }

  makeOffer(ending: number): SignedOffer | null {
    this.#forgetOld();
    const { workerId, labels } = this.#options;
    const { key, leaseMs, queues } = this.#options.terms();
    if (key === null) return null;
    const count = Math.min(this.#options.room() + ending - this.outstanding, MAX_OFFERED);
    if (count <= 0) return null;
    const ids = Array.from({ length: count }, () => randomBytes(12).toString('base64url'));
    this.#last += 1;
    const sentAt = performance.now();
    this.#offers.set(this.#last, { sentAt, leaseMs, places: count, ids: new Set(ids), isAsked: false });
    for (const id of ids) this.#numbers.set(id, this.#last);
    this.#options.onChange();
    const served = queues.slice(0, MAX_QUEUES_OFFERED);
    return signOffer(key, { workerId, number: this.#last, labels: [...labels], queues: served, leaseMs, ids });
  }

  receive(sealed: Buffer): void {
    const { logger } = this.#options;
    const { key } = this.#options.terms();
    if (key === null) return;
    try {
      const { answered, runs } = openMessage<ClaimedRun>(key, sealed);
      for (const run of runs) this.#take(run);
      for (const { number, runs: told } of answered) this.#noteAnswer(number, told);
    } catch (error) {
      logger.error(
        { event: 'handed_over_unreadable', err: error },
        'from nobody who has the key, or from another version',
      );
    }
    this.#options.onChange();
  }

  #take({ id, trackId, attempt, runId, run }: HandedRun<ClaimedRun>): void {
    const key = { trackId, attempt, runId };
    if (runId !== handedRunId(id, key)) return;
    this.#fedAt = performance.now();
    const offered = this.#usePlace(id);
    // It was adopted before the message came, or the message came twice.
    if (this.#options.knows(runId)) return;
    if (offered === null) return this.#options.giveBack(key);
    this.#options.onAnswered(performance.now() - offered.sentAt);
    const leaseUntil = offered.sentAt + offered.leaseMs;
    if (run === null || this.#options.isEnding(leaseUntil)) return this.#options.adopt(key);
    this.#options.start({ runId, run, leaseUntil });
  }

  /** @returns the offer of a place that was not used yet; null: there is none */
  #usePlace(id: string): Offered | null {
    const offered = this.#offers.get(this.#numbers.get(id) ?? 0);
    this.#numbers.delete(id);
    return offered?.ids.delete(id) === true ? offered : null;
  }

  /** A message before this one may have been lost: then the offer is kept until it is overdue. */
  #noteAnswer(number: number, told: number): void {
    const offered = this.#offers.get(number);
    if (offered !== undefined && offered.places - offered.ids.size >= told) this.#forget(number);
  }

  isOverdue(): boolean {
    return this.#findOverdue().length > 0;
  }

  #findOverdue(): Offered[] {
    const until = performance.now() - COUNTED_MS;
    const overdue: Offered[] = [];
    for (const offered of this.#offers.values()) {
      if (offered.sentAt > until) break;
      overdue.push(offered);
    }
    return overdue;
  }

  compare(held: readonly RunKey[] | null): void {
    for (const run of held ?? []) if (!this.#options.knows(run.runId)) this.#options.adopt(run);
    if (held !== null) for (const offered of this.#findOverdue()) offered.isAsked = true;
    // Places are counted for a while only: nobody else says that they count no more.
    this.#options.onChange();
  }

  async whenSettled(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (performance.now() < deadline) {
      const isOpen = this.#findOverdue().some(({ isAsked }) => !isAsked);
      if (!isOpen && this.outstanding === 0) return;
      if (isOpen) this.#options.askSoon();
      await new Promise((resolve) => setTimeout(resolve, SETTLE_INTERVAL_MS));
    }
  }

  #forgetOld(): void {
    const until = performance.now() - KEPT_MS;
    for (const [number, { sentAt }] of this.#offers) {
      if (sentAt > until) return;
      this.#forget(number);
    }
  }

  #forget(number: number): void {
    for (const id of this.#offers.get(number)?.ids ?? []) this.#numbers.delete(id);
    this.#offers.delete(number);
  }
}
