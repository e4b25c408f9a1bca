import { findTakingWorkers, type Database } from '@baton/database';
import { putBack, takeEntries, trackQueueName, type Offer, type Redis, type TakenEntry } from '@baton/queue';
import { crashPoint, type LegTimes, type Logger } from '@baton/service';

/** Who offers places, and which tracks wait in the queues that they pull from: what a round of hand-over starts with. */

export interface HandOverDeps {
  database: Database;
  redis: Redis;
  redisPrefix: string;
  secret: Buffer;
  logger: Logger;
  legs: LegTimes;
}

/** An offer, with the key of its worker. */
export interface OpenOffer extends Offer {
  key: string;
}

/** A worker, with all that it offers in these moments: it is asked for, claimed for and told together. */
export interface Taker extends Pick<OpenOffer, 'workerId' | 'key' | 'labels' | 'queues' | 'leaseMs'> {
  /** Its places, each with the number of its offer. */
  places: Map<string, number>;
}

/** A track that waits in a queue, and the place that it is for. */
export interface Head {
  taker: Taker;
  id: string;
  entry: TakenEntry;
}

/** What there is to fill, and what is there for it. */
export interface Prepared {
  takers: readonly Taker[];
  heads: readonly Head[];
}

/** What is at the head of a queue and cannot be handed over is for those who pull from it: it is looked at again after so long. */
const LEFT_ALONE_MS = 100;
/** So long a worker is believed to take tracks still. */
const BELIEVED_MS = 1000;

/** The workers and the queues, as rounds find and leave them. */
export class Takers {
  readonly #deps: HandOverDeps;
  /** By queue: until when it is left alone. */
  readonly #leftAlone = new Map<string, number>();
  /** By worker that takes tracks: until when that is believed. */
  readonly #taking = new Map<string, number>();

  constructor(deps: HandOverDeps) {
    this.#deps = deps;
  }

  /** Never fails: what cannot be found out is not handed over. */
  async prepare(offers: readonly OpenOffer[]): Promise<Prepared> {
    const heads: Head[] = [];
    let takers: Taker[] = [];
    try {
      const taking = await this.#findTaking(offers);
      takers = gatherTakers(offers.filter(({ workerId }) => taking.has(workerId)));
      for (const taker of takers) await this.#takeHeads(taker, heads);
    } catch (error) {
      this.#deps.logger.warn({ event: 'queue_not_read', err: error }, 'nothing is handed over from it');
    }
    return { takers, heads };
  }

  /** For those who pull from the queue. Never fails. */
  async leave(entries: readonly TakenEntry[]): Promise<void> {
    for (const { queueName } of entries) this.#leftAlone.set(queueName, performance.now() + LEFT_ALONE_MS);
    await this.putBack(entries);
  }

  /** To where they were. Never fails. */
  async putBack(entries: readonly TakenEntry[]): Promise<void> {
    if (entries.length === 0) return;
    try {
      await putBack(this.#place(), entries);
    } catch (error) {
      this.#deps.logger.warn({ event: 'entries_not_put_back', entries: entries.length, err: error }, 'enqueued later');
    }
  }

  /** Entries are written down one queue at a time: where the next one fails, those that were taken are claimed all the same. */
  async #takeHeads(taker: Taker, heads: Head[]): Promise<void> {
    const free = [...taker.places.keys()];
    for (const labelSet of taker.queues) {
      if (free.length === 0) return;
      if ((this.#leftAlone.get(trackQueueName(labelSet)) ?? 0) > performance.now()) continue;
      const entries = await takeEntries(this.#place(), labelSet, free.length);
      if (entries.length > 0) crashPoint('orchestrator.heads_taken');
      for (const entry of entries) heads.push({ taker, id: free.shift() ?? '', entry });
    }
  }

  /** A worker that ended, or died long ago, would never hear of what is claimed for it. */
  async #findTaking(offers: readonly OpenOffer[]): Promise<Set<string>> {
    const now = performance.now();
    for (const [workerId, until] of this.#taking) if (until < now) this.#taking.delete(workerId);
    const unknown = offers.filter(({ workerId }) => !this.#taking.has(workerId));
    if (unknown.length > 0) {
      const ids = unknown.map(({ workerId }) => workerId);
      const heardWithinMs = Math.max(...unknown.map(({ leaseMs }) => leaseMs));
      for (const id of await findTakingWorkers(this.#deps.database, ids, heardWithinMs)) {
        this.#taking.set(id, now + BELIEVED_MS);
      }
    }
    return new Set(this.#taking.keys());
  }

  #place(): { redis: Redis; prefix: string } {
    return { redis: this.#deps.redis, prefix: this.#deps.redisPrefix };
  }
}

/** What a worker said last counts, and the shortest of its leases. */
function gatherTakers(offers: readonly OpenOffer[]): Taker[] {
  const takers = new Map<string, Taker>();
  for (const { workerId, key, labels, queues, number, ids, ...offer } of offers) {
    const known = takers.get(workerId);
    const places = known?.places ?? new Map<string, number>();
    for (const id of ids) places.set(id, number);
    const leaseMs = Math.min(offer.leaseMs, known?.leaseMs ?? offer.leaseMs);
    takers.set(workerId, { workerId, key, labels, queues, places, leaseMs });
  }
  return [...takers.values()];
}
