import { answerClaims, claimTracks, type ClaimAnswer, type ClaimedRun } from '@baton/claims';
import type { AppliedEvents, HandedGrant, HandOver, HandOverPlan } from '@baton/database';
import { servesLabels, type TrackToDispatch } from '@baton/domain';
import {
  handedRunId,
  isOfferSignedBy,
  orderTracks,
  publishHanded,
  workerKey,
  type HandedMessage,
  type HandedRun,
  type SignedOffer,
} from '@baton/queue';
import { crashPoint } from '@baton/service';
import { Takers, type HandOverDeps, type Head, type OpenOffer, type Prepared, type Taker } from './takers.ts';

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

export interface HandOvers {
  /** @returns null where it is not the worker's own */
  open(offered: SignedOffer): OpenOffer | null;
  begin(offers: readonly OpenOffer[]): HandOverRound;
  /** Claims what a round has taken from the queues, beside all else. */
  finish(round: HandOverRound): void;
  /** Resolves when nothing is under way. */
  whenIdle(): Promise<void>;
}

export function createHandOvers(deps: HandOverDeps): HandOvers {
  const takers = new Takers(deps);
  const underWay = new Set<Promise<void>>();
  return {
    open({ offer, signature }) {
      const key = workerKey(deps.secret, offer.workerId);
      return isOfferSignedBy(key, { offer, signature }) ? { ...offer, key } : null;
    },
    begin: (offers) => new HandOverRound(deps, offers, takers),
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
  readonly #takers: Takers;
  readonly #prepared: Promise<Prepared>;
  /** Of the transaction's last try. */
  #chosen: (HandOver & { taker: Taker; id: string })[] = [];
  /** Tracks from the queues that keep their places. */
  #heads: readonly Head[] = [];
  /** What is to be run for these: of the transaction's last try. */
  #answers: Promise<ClaimAnswer[]> = Promise.resolve([]);
  /** Whether all is known that was ever claimed for these offers. */
  #knowsAll = true;
  /** Places whose runs were told. */
  readonly #told = new Set<string>();

  constructor(deps: HandOverDeps, offers: readonly OpenOffer[], takers: Takers) {
    this.#deps = deps;
    this.#takers = takers;
    this.#prepared = takers.prepare(offers).then((prepared) => {
      this.#heads = prepared.heads;
      return prepared;
    });
  }

  /**
   * For the places that no track from a queue is for; and for those of tracks that would stand behind it there: such a one
   * goes back.
   */
  async choose(ready: readonly TrackToDispatch[]): Promise<readonly HandOver[]> {
    const { takers, heads } = await this.#prepared;
    [this.#chosen, this.#heads] = [[], [...heads]];
    const used = new Set(heads.map(({ id }) => id));
    const free = takers.map((taker) => ({ taker, ids: [...taker.places.keys()].filter((id) => !used.has(id)) }));
    for (const { track, score } of orderTracks(ready, Date.now())) {
      const { trackId, attempt } = track;
      const serves = ({ taker }: { taker: Taker }): boolean => servesLabels(taker.labels, track.labels);
      const id = free.find((one) => serves(one) && one.ids.length > 0)?.ids.shift() ?? this.#displace(score, serves);
      const taker = takers.find(({ places }) => id !== undefined && places.has(id));
      if (taker === undefined || id === undefined) continue;
      const { workerId, leaseMs } = taker;
      this.#chosen.push({ trackId, attempt, runId: handedRunId(id, track), workerId, leaseMs, taker, id });
    }
    return this.#chosen;
  }

  /** @returns the place of the last that has to wait behind this score; undefined: there is none */
  #displace(score: number, serves: (head: Head) => boolean): string | undefined {
    const last = this.#heads
      .filter((head) => serves(head) && Number(head.entry.score) > score)
      .reduce<Head | undefined>(
        (found, head) => (found && Number(found.entry.score) > Number(head.entry.score) ? found : head),
        undefined,
      );
    this.#heads = this.#heads.filter((head) => head !== last);
    return last?.id;
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
    const { takers } = await this.#prepared;
    const telling = takers.map((taker) => {
      const runs = answers.flatMap((answer) => {
        const place = chosen.get(answer.runId);
        return place?.taker === taker ? toHanded(place, answer) : [];
      });
      return this.#tell(taker, runs, !this.#heads.some((head) => head.taker === taker));
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
    const kept = new Set(this.#heads);
    await this.#takers.putBack(heads.filter((head) => !kept.has(head)).map(({ entry }) => entry));
    const takers = new Set(this.#heads.map(({ taker }) => taker));
    const ofTaker = (taker: Taker): Head[] => this.#heads.filter((head) => head.taker === taker);
    await Promise.all([...takers].map((taker) => this.#claimHeadsOf(taker, ofTaker(taker))));
  }

  /** What was taken goes back to where it was. */
  async abandon(): Promise<void> {
    await this.#takers.putBack((await this.#prepared).heads.map(({ entry }) => entry));
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
      return this.#takers.putBack(heads.map(({ entry }) => entry));
    }
    crashPoint('orchestrator.heads_claimed');
    const runs = answers.flatMap((answer, index) => {
      const claim = claims[index];
      return claim === undefined ? [] : toHanded(claim, answer);
    });
    await this.#takers.leave(heads.flatMap(({ entry }, index) => (needsSlot(answers[index]) ? [entry] : [])));
    await this.#tell(taker, runs, true);
  }

  async #publish({ workerId, key }: Taker, message: HandedMessage<ClaimedRun>): Promise<void> {
    try {
      const { redis, redisPrefix: prefix } = this.#deps;
      await publishHanded({ redis, prefix }, { workerId, key }, message);
    } catch (error) {
      const { length: runs } = message.runs;
      this.#deps.logger.warn({ event: 'hand_over_not_told', workerId, runs, err: error }, 'the worker asks for it');
    }
  }
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
