import { answerClaims, claimTracks, type ClaimAnswer, type ClaimedRun } from '@baton/claims';
import type { AppliedEvents, ChooseHandOvers, Database, HandOver } from '@baton/database';
import { servesLabels, type TrackToDispatch } from '@baton/domain';
import {
  handedRunId,
  isOfferSignedBy,
  publishHanded,
  putBack,
  takeEntries,
  trackQueueName,
  workerKey,
  type HandedRun,
  type Offer,
  type Redis,
  type SignedOffer,
  type TakenEntry,
} from '@baton/queue';
import type { LegTimes, Logger } from '@baton/service';

/*
 * Hand-over: with its completions a worker offers places, and here they are filled. First with what waits in the queues that
 * the worker pulls from (it waits longer), then with what the completions' own transaction made ready, which is claimed in that
 * transaction. All else is enqueued as ever.
 *
 * When a part dies. Before the commit: what was taken from a queue is PENDING without an entry, and the reconcile loop finds
 * it. After the commit: the claims are there, and nobody was told; the worker asks the API about offers without an answer. An
 * entry that is delivered again brings its offer again: each claim has a run id of its own, and the worker starts one run a
 * place and gives others back.
 */

/** Who offers, and what is left of it. */
export interface OpenOffer extends Offer {
  key: string;
  /** Places that nothing was claimed for. */
  left: string[];
}

export interface HandOverDeps {
  database: Database;
  redis: Redis;
  redisPrefix: string;
  secret: Buffer;
  logger: Logger;
  legs: LegTimes;
}

/** A track that waits in a queue, and the place that it is for. */
interface Head {
  offer: OpenOffer;
  id: string;
  entry: TakenEntry;
}

export interface HandOvers {
  /** @returns null where it is not the worker's own */
  open(offered: SignedOffer): OpenOffer | null;
  begin(offers: readonly OpenOffer[]): HandOverRound;
  /** Claims what a round has taken from the queues, beside all else. */
  finish(round: HandOverRound): void;
  /** Resolves when nothing is under way. */
  whenIdle(): Promise<void>;
}

/** What is at the head of a queue and cannot be handed over is for those who pull from it: it is looked at again after so long. */
const LEFT_ALONE_MS = 100;

export function createHandOvers(deps: HandOverDeps): HandOvers {
  const leftAlone = new Map<string, number>();
  const underWay = new Set<Promise<void>>();
  return {
    open({ offer, signature }) {
      const key = workerKey(deps.secret, offer.workerId);
      return isOfferSignedBy(key, { offer, signature }) ? { ...offer, key, left: [...offer.ids] } : null;
    },
    begin: (offers) => new HandOverRound(deps, offers, leftAlone),
    finish(round) {
      const work = round.claimHeads().finally(() => underWay.delete(work));
      underWay.add(work);
    },
    async whenIdle() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

/** The filling of some offers, beside one transaction. */
export class HandOverRound {
  readonly #deps: HandOverDeps;
  readonly #offers: readonly OpenOffer[];
  /** By queue: until when. */
  readonly #leftAlone: Map<string, number>;
  readonly #heads: Promise<Head[]>;
  /** Of the transaction's last try. */
  #chosen: (HandOver & { offer: OpenOffer; id: string })[] = [];

  constructor(deps: HandOverDeps, offers: readonly OpenOffer[], leftAlone: Map<string, number>) {
    this.#deps = deps;
    this.#offers = offers;
    this.#leftAlone = leftAlone;
    this.#heads = this.#takeHeads();
  }

  /** For the places that no track from a queue is for. */
  readonly choose: ChooseHandOvers = async (ready) => {
    const used = new Set((await this.#heads).map(({ id }) => id));
    this.#chosen = [];
    const free = this.#offers.map((offer) => ({ offer, ids: offer.left.filter((id) => !used.has(id)) }));
    for (const { trackId, attempt, labels } of ready.toSorted(byTurn)) {
      const place = free.find(({ offer, ids }) => ids.length > 0 && servesLabels(offer.labels, labels));
      const id = place?.ids.shift();
      if (place === undefined || id === undefined) continue;
      const { workerId, leaseMs } = place.offer;
      const runId = handedRunId(id, { trackId, attempt });
      this.#chosen.push({ trackId, attempt, runId, workerId, leaseMs, offer: place.offer, id });
    }
    return this.#chosen;
  };

  /** After the commit: tells the workers what was claimed for them. */
  async tell(handed: AppliedEvents['handed']): Promise<void> {
    const places = new Map(this.#chosen.map((one) => [one.runId, one]));
    const answers = handed.length === 0 ? [] : await this.#describe(handed);
    const heads = await this.#heads;
    for (const offer of this.#offers) {
      const own = answers.flatMap((answer) => {
        const place = places.get(answer.runId);
        return place?.offer === offer ? toHanded(place, answer) : [];
      });
      const isDone = !heads.some((head) => head.offer === offer);
      if (isDone || own.length > 0) await this.#publish(offer, { answered: isDone ? [offer.number] : [], runs: own });
    }
    const spent = new Set(this.#chosen.map(({ id }) => id));
    for (const offer of this.#offers) offer.left = offer.left.filter((id) => !spent.has(id));
  }

  /** The claims are made: where nobody can say what is to be run, the worker asks once more. */
  async #describe(handed: AppliedEvents['handed']): Promise<ClaimAnswer[]> {
    try {
      return await answerClaims(this.#deps, handed);
    } catch (error) {
      this.#deps.logger.warn({ event: 'hand_over_not_described', tracks: handed.length, err: error });
      return handed.map(({ runId }) => ({ runId, granted: false, why: 'busy' }));
    }
  }

  /** Claims what was taken from the queues, and tells its workers. Never fails. */
  async claimHeads(): Promise<void> {
    const heads = await this.#heads;
    const offers = new Set(heads.map(({ offer }) => offer));
    await Promise.all(
      [...offers].map((offer) =>
        this.#claimHeadsOf(
          offer,
          heads.filter((head) => head.offer === offer),
        ),
      ),
    );
  }

  /** Nothing was committed: what was taken goes back to where it was. */
  async abandon(): Promise<void> {
    await this.#putBack((await this.#heads).map(({ entry }) => entry));
  }

  async #claimHeadsOf(offer: OpenOffer, heads: readonly Head[]): Promise<void> {
    const { workerId, labels, leaseMs, slots, ids } = offer;
    const claims = heads.map(({ id, entry: { message } }) => {
      const { trackId, attempt } = message;
      return { id, trackId, attempt, runId: handedRunId(id, message), isAhead: ids.indexOf(id) >= slots };
    });
    let runs: HandedRun<ClaimedRun>[] = [];
    try {
      const answers = await claimTracks(this.#deps, { workerId, labels, leaseMs, claims });
      runs = answers.flatMap((answer, index) => {
        const claim = claims[index];
        return claim === undefined ? [] : toHanded(claim, answer);
      });
      await this.#leave(heads.flatMap(({ entry }, index) => (needsSlot(answers[index]) ? [entry] : [])));
    } catch (error) {
      this.#deps.logger.warn({ event: 'hand_over_failed', workerId, tracks: heads.length, err: error });
      await this.#putBack(heads.map(({ entry }) => entry));
    }
    const spent = new Set(heads.map(({ id }) => id));
    offer.left = offer.left.filter((id) => !spent.has(id));
    await this.#publish(offer, { answered: [offer.number], runs });
  }

  async #takeHeads(): Promise<Head[]> {
    const heads: Head[] = [];
    try {
      for (const offer of this.#offers) {
        const free = [...offer.left];
        for (const labelSet of offer.queues) {
          if (free.length === 0) break;
          if ((this.#leftAlone.get(trackQueueName(labelSet)) ?? 0) > performance.now()) continue;
          const entries = await takeEntries(this.#place(), labelSet, free.length);
          for (const entry of entries) heads.push({ offer, id: free.shift() ?? '', entry });
        }
      }
    } catch (error) {
      this.#deps.logger.warn({ event: 'queue_not_read', err: error }, 'nothing is handed over from it');
    }
    return heads;
  }

  /** For those who pull from the queue. */
  async #leave(entries: readonly TakenEntry[]): Promise<void> {
    for (const { queueName } of entries) this.#leftAlone.set(queueName, performance.now() + LEFT_ALONE_MS);
    await this.#putBack(entries);
  }

  #place(): { redis: Redis; prefix: string } {
    return { redis: this.#deps.redis, prefix: this.#deps.redisPrefix };
  }

  async #putBack(entries: readonly TakenEntry[]): Promise<void> {
    if (entries.length === 0) return;
    try {
      await putBack(this.#place(), entries);
    } catch (error) {
      this.#deps.logger.warn({ event: 'entries_not_put_back', entries: entries.length, err: error }, 'enqueued later');
    }
  }

  async #publish(
    { workerId, key }: OpenOffer,
    message: { answered: number[]; runs: HandedRun<ClaimedRun>[] },
  ): Promise<void> {
    try {
      await publishHanded(this.#place(), { workerId, key }, message);
    } catch (error) {
      const { length: runs } = message.runs;
      this.#deps.logger.warn({ event: 'hand_over_not_told', workerId, runs, err: error }, 'the worker asks for it');
    }
  }
}

/** As they would stand in their queue. */
function byTurn(a: TrackToDispatch, b: TrackToDispatch): number {
  return b.priority - a.priority || (a.turnMs ?? 0) - (b.turnMs ?? 0);
}

function toHanded(
  { id, trackId, attempt }: { id: string; trackId: number; attempt: number },
  answer: ClaimAnswer,
): HandedRun<ClaimedRun>[] {
  if (answer.granted) return [{ id, trackId, attempt, runId: answer.runId, run: answer.run }];
  // Somebody keeps it locked, or its inputs found no room in the answer: the worker asks for it.
  return answer.why === 'busy' ? [{ id, trackId, attempt, runId: answer.runId, run: null }] : [];
}

/** It has a limit, and there is no slot for it now. */
function needsSlot(answer: ClaimAnswer | undefined): boolean {
  return answer?.granted === false && answer.why === 'needs_slot';
}
