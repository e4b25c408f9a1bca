import { answerClaims, claimTracks, type ClaimAnswer, type ClaimedRun } from '@baton/claims';
import {
  findTakingWorkers,
  type AppliedEvents,
  type Database,
  type HandedGrant,
  type HandOver,
  type HandOverPlan,
} from '@baton/database';
import { servesLabels, type TrackToDispatch } from '@baton/domain';
import {
  handedRunId,
  isOfferSignedBy,
  publishHanded,
  putBack,
  takeEntries,
  trackQueueName,
  workerKey,
  type HandedMessage,
  type HandedRun,
  type Offer,
  type Redis,
  type SignedOffer,
  type TakenEntry,
} from '@baton/queue';
import { crashPoint, type LegTimes, type Logger } from '@baton/service';

/*
 * Hand-over: with its completions a worker offers places, and here they are filled. First with what waits in the queues that
 * the worker pulls from (it waits longer), then with what the completions' own transaction made ready, which is claimed in that
 * transaction. All else is enqueued as ever: what has a limit, above all, which must not keep a place without running.
 *
 * When a part dies. Before the commit: what was taken from a queue is PENDING without an entry, and the reconcile loop finds
 * it. After the commit: the claims are there, and nobody was told; the worker asks the API about offers without an answer. An
 * entry that is delivered again brings its offer again: nothing is claimed for it, as the worker may have its answer and ask no
 * more; and it is not answered, as nobody here knows what was claimed before. Should two handle it at once, each claim has a run
 * id of its own, and the worker starts one run a place and gives others back. A worker that ends, or was not heard of for a lease, gets nothing.
 */

/** An offer, with the key of its worker. */
export interface OpenOffer extends Offer {
  key: string;
}

export interface HandOverDeps {
  database: Database;
  redis: Redis;
  redisPrefix: string;
  secret: Buffer;
  logger: Logger;
  legs: LegTimes;
}

/** A worker, with all that it offers in these moments: it is asked for, claimed for and told together. */
interface Taker extends Pick<OpenOffer, 'workerId' | 'key' | 'labels' | 'queues' | 'leaseMs'> {
  /** Its places, each with the number of its offer. */
  places: Map<string, number>;
}

/** A track that waits in a queue, and the place that it is for. */
interface Head {
  taker: Taker;
  id: string;
  entry: TakenEntry;
}

/** What there is to fill, and what is there for it. */
interface Prepared {
  takers: readonly Taker[];
  heads: readonly Head[];
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
/** So long a worker is believed to take tracks still. */
const BELIEVED_MS = 1000;

/** What rounds know of those before them. */
interface Memory {
  /** By queue: until when. */
  leftAlone: Map<string, number>;
  /** By worker that takes tracks: until when that is believed. */
  taking: Map<string, number>;
}

export function createHandOvers(deps: HandOverDeps): HandOvers {
  const memory: Memory = { leftAlone: new Map(), taking: new Map() };
  const underWay = new Set<Promise<void>>();
  return {
    open({ offer, signature }) {
      const key = workerKey(deps.secret, offer.workerId);
      return isOfferSignedBy(key, { offer, signature }) ? { ...offer, key } : null;
    },
    begin: (offers) => new HandOverRound(deps, offers, memory),
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
export class HandOverRound implements HandOverPlan {
  readonly #deps: HandOverDeps;
  readonly #memory: Memory;
  readonly #prepared: Promise<Prepared>;
  /** Of the transaction's last try. */
  #chosen: (HandOver & { taker: Taker; id: string })[] = [];
  /** What is to be run for these: of the transaction's last try. */
  #answers: Promise<ClaimAnswer[]> = Promise.resolve([]);
  /** Whether all is known that was ever claimed for these offers. */
  #knowsAll = true;
  /** Places whose runs were told. */
  readonly #told = new Set<string>();

  constructor(deps: HandOverDeps, offers: readonly OpenOffer[], memory: Memory) {
    this.#deps = deps;
    this.#memory = memory;
    this.#prepared = this.#prepare(offers);
  }

  /** For the places that no track from a queue is for. */
  async choose(ready: readonly TrackToDispatch[]): Promise<readonly HandOver[]> {
    const { takers, heads } = await this.#prepared;
    const used = new Set(heads.map(({ id }) => id));
    this.#chosen = [];
    const free = takers.map((taker) => ({ taker, ids: [...taker.places.keys()].filter((id) => !used.has(id)) }));
    for (const { trackId, attempt, labels } of ready.toSorted(byTurn)) {
      const place = free.find(({ taker, ids }) => ids.length > 0 && servesLabels(taker.labels, labels));
      const id = place?.ids.shift();
      if (place === undefined || id === undefined) continue;
      const { workerId, leaseMs } = place.taker;
      const runId = handedRunId(id, { trackId, attempt });
      this.#chosen.push({ trackId, attempt, runId, workerId, leaseMs, taker: place.taker, id });
    }
    return this.#chosen;
  }

  /** While the commit is under way: it changes nothing of what is read for this. */
  expect(handed: readonly HandedGrant[]): void {
    this.#answers = this.#describe(handed);
  }

  /** After the commit: tells the workers what was claimed for them. */
  async tell({ handed, stale }: Pick<AppliedEvents, 'handed' | 'stale'>): Promise<void> {
    // Stale is what was applied before: by an earlier delivery, or by a commit that nobody heard of.
    this.#knowsAll = stale === 0;
    const chosen = new Map(this.#chosen.map((one) => [one.runId, one]));
    let answers = handed.length === 0 ? [] : await this.#answers;
    // Why something cannot be run may be told of tracks as they were before the commit.
    if (answers.some((answer) => answer.granted && answer.run.refusal !== null)) answers = await this.#describe(handed);
    const { takers, heads } = await this.#prepared;
    const telling = takers.map((taker) => {
      const runs = answers.flatMap((answer) => {
        const place = chosen.get(answer.runId);
        return place?.taker === taker ? toHanded(place, answer) : [];
      });
      return this.#tell(taker, runs, !heads.some((head) => head.taker === taker));
    });
    await Promise.all(telling);
  }

  /** @param isLast whether nothing more will be claimed for it */
  async #tell(taker: Taker, runs: HandedRun<ClaimedRun>[], isLast: boolean): Promise<void> {
    for (const { id } of runs) this.#told.add(id);
    const answered = isLast && this.#knowsAll ? this.#countTold(taker) : [];
    if (answered.length > 0 || runs.length > 0) await this.#publish(taker, { answered, runs });
  }

  #countTold({ places }: Taker): HandedMessage<ClaimedRun>['answered'] {
    const counts = new Map<number, number>();
    for (const [id, number] of places) counts.set(number, (counts.get(number) ?? 0) + (this.#told.has(id) ? 1 : 0));
    return [...counts].map(([number, runs]) => ({ number, runs }));
  }

  /** The claims are made: where nobody can say what is to be run, the worker asks once more. */
  async #describe(handed: readonly HandedGrant[]): Promise<ClaimAnswer[]> {
    try {
      return await answerClaims(this.#deps, handed);
    } catch (error) {
      this.#deps.logger.warn({ event: 'hand_over_not_described', tracks: handed.length, err: error });
      return handed.map(({ runId }) => ({ runId, granted: false, why: 'busy' }));
    }
  }

  /** Claims what was taken from the queues, and tells its workers. Never fails. */
  async claimHeads(): Promise<void> {
    // Places that come again may be answered already: what is claimed for them now nobody would ask about.
    if (!this.#knowsAll) return this.abandon();
    const { heads } = await this.#prepared;
    const takers = new Set(heads.map(({ taker }) => taker));
    const ofTaker = (taker: Taker): Head[] => heads.filter((head) => head.taker === taker);
    await Promise.all([...takers].map((taker) => this.#claimHeadsOf(taker, ofTaker(taker))));
  }

  /** What was taken goes back to where it was. */
  async abandon(): Promise<void> {
    await this.#putBack((await this.#prepared).heads.map(({ entry }) => entry));
  }

  async #claimHeadsOf(taker: Taker, heads: readonly Head[]): Promise<void> {
    const { workerId, labels, leaseMs } = taker;
    const claims = heads.map(({ id, entry: { message } }) => {
      const { trackId, attempt } = message;
      // As claims ahead of slots, so that what has a limit is refused.
      return { id, trackId, attempt, runId: handedRunId(id, message), isAhead: true };
    });
    let answers: ClaimAnswer[];
    try {
      answers = await claimTracks(this.#deps, { workerId, labels, leaseMs, claims });
    } catch (error) {
      // Perhaps they are claimed: then their entries are refused, and the worker asks about its offer.
      this.#deps.logger.warn({ event: 'hand_over_failed', workerId, tracks: heads.length, err: error });
      return this.#putBack(heads.map(({ entry }) => entry));
    }
    crashPoint('orchestrator.heads_claimed');
    const runs = answers.flatMap((answer, index) => {
      const claim = claims[index];
      return claim === undefined ? [] : toHanded(claim, answer);
    });
    await this.#leave(heads.flatMap(({ entry }, index) => (needsSlot(answers[index]) ? [entry] : [])));
    await this.#tell(taker, runs, true);
  }

  /** Never fails: what cannot be found out is not handed over. */
  async #prepare(offers: readonly OpenOffer[]): Promise<Prepared> {
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

  /** Entries are written down one queue at a time: where the next one fails, those that were taken are claimed all the same. */
  async #takeHeads(taker: Taker, heads: Head[]): Promise<void> {
    const free = [...taker.places.keys()];
    for (const labelSet of taker.queues) {
      if (free.length === 0) return;
      if ((this.#memory.leftAlone.get(trackQueueName(labelSet)) ?? 0) > performance.now()) continue;
      const entries = await takeEntries(this.#place(), labelSet, free.length);
      if (entries.length > 0) crashPoint('orchestrator.heads_taken');
      for (const entry of entries) heads.push({ taker, id: free.shift() ?? '', entry });
    }
  }

  /** A worker that ended, or died long ago, would never hear of what is claimed for it. */
  async #findTaking(offers: readonly OpenOffer[]): Promise<Set<string>> {
    const { taking } = this.#memory;
    const now = performance.now();
    for (const [workerId, until] of taking) if (until < now) taking.delete(workerId);
    const unknown = offers.filter(({ workerId }) => !taking.has(workerId));
    if (unknown.length > 0) {
      const ids = unknown.map(({ workerId }) => workerId);
      const heardWithinMs = Math.max(...unknown.map(({ leaseMs }) => leaseMs));
      for (const id of await findTakingWorkers(this.#deps.database, ids, heardWithinMs)) {
        taking.set(id, now + BELIEVED_MS);
      }
    }
    return new Set(taking.keys());
  }

  /** For those who pull from the queue. */
  async #leave(entries: readonly TakenEntry[]): Promise<void> {
    for (const { queueName } of entries) this.#memory.leftAlone.set(queueName, performance.now() + LEFT_ALONE_MS);
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

  async #publish({ workerId, key }: Taker, message: HandedMessage<ClaimedRun>): Promise<void> {
    try {
      await publishHanded(this.#place(), { workerId, key }, message);
    } catch (error) {
      const { length: runs } = message.runs;
      this.#deps.logger.warn({ event: 'hand_over_not_told', workerId, runs, err: error }, 'the worker asks for it');
    }
  }
}

/** What a worker said last counts, and the shortest of its leases. */
function gatherTakers(offers: readonly OpenOffer[]): Taker[] {
  const takers = new Map<string, Taker>();
  for (const { workerId, key, labels, queues, leaseMs, number, ids } of offers) {
    const known = takers.get(workerId);
    const places = known?.places ?? new Map<string, number>();
    for (const id of ids) places.set(id, number);
    takers.set(workerId, {
      workerId,
      key,
      labels,
      queues,
      places,
      leaseMs: Math.min(leaseMs, known?.leaseMs ?? leaseMs),
    });
  }
  return [...takers.values()];
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
