import { randomBytes } from 'node:crypto';
import type { ClaimedRun } from '@baton/client';
import { handedRunId, MAX_OFFERED, openMessage, signOffer, type HandedRun, type SignedOffer } from '@baton/queue';
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
  /** Whether an offer has no answer although it should: something may have been claimed that nobody told us of. */
  isOverdue(): boolean;
  /** @param held all that is claimed for this worker */
  compare(held: readonly RunKey[]): void;
}

export interface HandOverOptions {
  workerId: string;
  labels: string[];
  /** What the last heartbeat said. */
  terms(): { key: string | null; leaseMs: number; queues: readonly string[] };
  /** Places that are free, and how many of them have a slot. */
  room(): { places: number; slots: number };
  isEnding(leaseUntil: number): boolean;
  /** Whether this worker has ever had to do with a run. */
  knows(runId: string): boolean;
  /** Starts a run. */
  start(granted: GrantedRun): void;
  /** Asks for a claimed run, and starts it. */
  adopt(run: RunKey): void;
  /** Gives a run back that has not been started. */
  giveBack(run: RunKey): void;
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

interface Offered {
  sentAt: number;
  leaseMs: number;
  ids: Set<string>;
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

  constructor(options: HandOverOptions) {
    this.#options = options;
  }

  get outstanding(): number {
    const since = performance.now() - COUNTED_MS;
    let count = 0;
    for (const { sentAt, ids } of this.#offers.values()) if (sentAt > since) count += ids.size;
    return count;
  }

  makeOffer(ending: number): SignedOffer | null {
    this.#forgetOld();
    const { workerId, labels, terms, room, onChange } = this.#options;
    const { key, leaseMs, queues } = terms();
    if (key === null) return null;
    const { places, slots } = room();
    const { outstanding } = this;
    const count = Math.min(places + ending - outstanding, MAX_OFFERED);
    if (count <= 0) return null;
    const ids = Array.from({ length: count }, () => randomBytes(12).toString('base64url'));
    this.#last += 1;
    this.#offers.set(this.#last, { sentAt: performance.now(), leaseMs, ids: new Set(ids) });
    for (const id of ids) this.#numbers.set(id, this.#last);
    onChange();
    const free = Math.max(0, Math.min(count, slots + ending - outstanding));
    return signOffer(key, { workerId, number: this.#last, labels, queues: [...queues], leaseMs, ids, slots: free });
  }

  receive(sealed: Buffer): void {
    const { logger, terms, onChange } = this.#options;
    const { key } = terms();
    if (key === null) return;
    try {
      const { answered, runs } = openMessage<ClaimedRun>(key, sealed);
      for (const run of runs) this.#take(run);
      for (const number of answered) this.#forget(number);
    } catch (error) {
      logger.error(
        { event: 'handed_over_unreadable', err: error },
        'from nobody who has the key, or from another version',
      );
    }
    onChange();
  }

  #take({ id, trackId, attempt, runId, run }: HandedRun<ClaimedRun>): void {
    const { isEnding, knows, start, adopt, giveBack } = this.#options;
    const key = { trackId, attempt, runId };
    if (runId !== handedRunId(id, key) || knows(runId)) return;
    const offered = this.#offers.get(this.#numbers.get(id) ?? 0);
    if (offered === undefined || !offered.ids.delete(id)) return giveBack(key);
    this.#numbers.delete(id);
    this.#options.onAnswered(performance.now() - offered.sentAt);
    const leaseUntil = offered.sentAt + offered.leaseMs;
    if (run === null || isEnding(leaseUntil)) return adopt(key);
    start({ runId, run, leaseUntil });
  }

  isOverdue(): boolean {
    const until = performance.now() - COUNTED_MS;
    for (const { sentAt } of this.#offers.values()) return sentAt < until;
    return false;
  }

  compare(held: readonly RunKey[]): void {
    for (const run of held) if (!this.#options.knows(run.runId)) this.#options.adopt(run);
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
