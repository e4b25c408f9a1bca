import { setTimeout as sleep } from 'node:timers/promises';
import { isDatabaseAway, isLockWait, LargeDecision } from '@baton/database';
import { pipelineIdOf, type Completion } from '@baton/domain';
import { completionKey, isCompletionSignedBy, type CompletionMessage, type SignedCompletion } from '@baton/queue';
import { crashPoint } from '@baton/service';
import type { HandOvers } from './hand-over.ts';
import type { OpenOffer } from './takers.ts';
import { applyEvents, groupByPipeline, TRACKS_TOGETHER, type OrchestratorDeps } from './apply-events.ts';

/**
 * Completions, many at a time. While one transaction runs, the completions that arrive are collected; they are the next
 * one. So a single completion waits for nobody, and under load a commit is shared by hundreds.
 *
 * A queue entry is acknowledged after the commit and after its successors were enqueued. When this process dies before
 * that, the entry is delivered again and found stale; when Redis forgets it, the worker sends it again, because the API
 * does not tell it that the completion was applied. While MySQL is away, entries are held and tried again. While another
 * transaction keeps one pipeline locked, that pipeline's completions wait apart, and all others go on; so they do where an
 * end concerns very many tracks.
 */
export interface CompletionHandler {
  /** Resolves when the completions are applied. @throws where one is forged, or cannot be applied at all, when all others are */
  handle(message: CompletionMessage, sentAt?: number): Promise<'done'>;
  /** Gives up waiting for MySQL: what is under way is delivered again to another process. */
  stop(): void;
}

interface Waiting {
  completion: Completion;
  /** Places of its worker. */
  offer: OpenOffer | null;
  resolve(): void;
  reject(error: unknown): void;
}

const DATABASE_RETRY_MS = 500;
/** After a batch of so many more are on their way. The next one waits for them as long as that one took: each costs a transaction. */
const MANY = 4;
const MAX_COLLECT_MS = 10;

interface CompletionDeps extends OrchestratorDeps {
  batchSize: number;
  /** Absent: nothing is handed over. */
  handOvers?: HandOvers;
}

/** @param secret of the installation, which completions are signed with */
export function createCompletionHandler(deps: CompletionDeps & { secret: Buffer }): CompletionHandler {
  const batches = new Batches(deps);
  const isGenuine = ({ completion, signature }: SignedCompletion): boolean =>
    isCompletionSignedBy(completionKey(deps.secret, completion), completion, signature);
  return {
    async handle({ completions, offered }, sentAt = Date.now()) {
      const takenAt = performance.now();
      for (const _ of completions) deps.legs.observe('consumed', Date.now() - sentAt);
      const forged = completions.filter((one) => !isGenuine(one));
      const waiting: Waiting[] = [];
      const applied = completions.filter(isGenuine).map(({ completion }) => {
        return new Promise<void>((resolve, reject) => void waiting.push({ completion, offer: null, resolve, reject }));
      });
      if (waiting[0] !== undefined && offered !== null) waiting[0].offer = deps.handOvers?.open(offered) ?? null;
      batches.add(waiting);
      const results = await Promise.allSettled([...forged.map(refuse), ...applied]);
      const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
      for (const _ of results) deps.legs.observe('applied', performance.now() - takenAt);
      if (reasons.length > 1) throw new AggregateError(reasons, reasons.map(({ message }) => message).join('; '));
      if (reasons[0] !== undefined) throw reasons[0];
      return 'done';
    },
    stop: () => batches.stop(),
  };
}

async function refuse({ completion: { trackId, attempt } }: SignedCompletion): Promise<void> {
  throw new Error(`the completion of track ${trackId} attempt ${attempt} is not signed by its claim`);
}

class Batches {
  readonly #deps: CompletionDeps;
  readonly #stopping = new AbortController();
  #waiting: Waiting[] = [];
  #isRunning = false;
  /** Pipelines that somebody keeps locked, with the completions that wait for them. */
  readonly #blocked = new Map<number, Waiting[]>();

  constructor(deps: CompletionDeps) {
    this.#deps = deps;
  }

  /** Those that come together are applied together, as far as a batch goes. */
  add(waiting: readonly Waiting[]): void {
    this.#waiting.push(...waiting.filter((one) => !this.#goesApart(one)));
    if (!this.#isRunning) void this.#run();
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    let [lastCount, lastMs] = [0, 0];
    while (this.#waiting.length > 0) {
      if (lastCount >= MANY) await sleep(Math.min(lastMs, MAX_COLLECT_MS));
      const beganAt = performance.now();
      const batch = this.#waiting.slice(0, this.#deps.batchSize);
      this.#waiting = this.#waiting.slice(this.#deps.batchSize);
      await this.#settle(batch);
      [lastCount, lastMs] = [batch.length, performance.now() - beganAt];
    }
    this.#isRunning = false;
  }

  /** Never throws: each completion's own promise is settled. One that cannot be applied must not hold up the others. */
  async #settle(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.#applyPatiently(batch, { maxTracks: TRACKS_TOGETHER });
      for (const one of batch) one.resolve();
    } catch (error) {
      if (this.#stopping.signal.aborted || isDatabaseAway(error)) for (const one of batch) one.reject(error);
      else if (error instanceof LargeDecision) await this.#settleBeside(batch, error.pipelineId);
      else if (isLockWait(error)) this.#setApart(batch);
      else if (batch.length === 1) batch[0]?.reject(error);
      else for (const one of batch) await this.#settle([one]);
    }
  }

  async #settleBeside(batch: readonly Waiting[], large: number): Promise<void> {
    const isLarge = ({ completion }: Waiting): boolean => pipelineIdOf(completion.trackId) === large;
    this.#deps.logger.info({ event: 'large_decision', pipelineId: large }, 'applied apart from others');
    this.#setApart(batch.filter(isLarge));
    const others = batch.filter((one) => !isLarge(one));
    if (others.length > 0) await this.#settle(others);
  }

  /** Each pipeline of the batch by itself from now on: those that are not locked are through at once. */
  #setApart(batch: readonly Waiting[]): void {
    for (const one of batch) {
      if (this.#goesApart(one)) continue;
      const pipelineId = pipelineIdOf(one.completion.trackId);
      this.#blocked.set(pipelineId, [one]);
      queueMicrotask(() => void this.#waitForPipeline(pipelineId));
    }
    // With what has arrived for them meanwhile the next batch would wait for these pipelines again.
    this.#waiting = this.#waiting.filter((one) => !this.#goesApart(one));
  }

  /** @returns whether its pipeline's completions wait apart; then it waits with them */
  #goesApart(one: Waiting): boolean {
    const blocked = this.#blocked.get(pipelineIdOf(one.completion.trackId));
    blocked?.push(one);
    return blocked !== undefined;
  }

  async #waitForPipeline(pipelineId: number): Promise<void> {
    for (;;) {
      const group = this.#blocked.get(pipelineId)?.splice(0) ?? [];
      if (group.length === 0) break;
      try {
        await this.#applyPatiently(group);
        for (const one of group) one.resolve();
      } catch (error) {
        if (!isLockWait(error) || this.#stopping.signal.aborted) {
          for (const one of group) await this.#settleAlone(one, error);
          continue;
        }
        this.#deps.logger.warn({ event: 'pipeline_locked', pipelineId, completions: group.length }, 'trying again');
        this.#blocked.get(pipelineId)?.unshift(...group);
      }
    }
    this.#blocked.delete(pipelineId);
  }

  /** One of a group failed the group: each is tried by itself, unless everything is about to stop. */
  async #settleAlone(one: Waiting, groupError: unknown): Promise<void> {
    try {
      if (this.#stopping.signal.aborted) throw groupError;
      await this.#applyPatiently([one]);
      one.resolve();
    } catch (error) {
      one.reject(error);
    }
  }

  async #applyPatiently(batch: readonly Waiting[], limits: { maxTracks?: number } = {}): Promise<void> {
    const { logger } = this.#deps;
    const { signal } = this.#stopping;
    const events = groupByPipeline(batch.map(({ completion }) => completion));
    crashPoint('orchestrator.received');
    const offers = batch.flatMap(({ offer }) => offer ?? []);
    for (;;) {
      const handOver = offers.length === 0 ? undefined : this.#deps.handOvers?.begin(offers);
      try {
        const options = { retriesLockWaits: false, ...limits, ...(handOver === undefined ? {} : { handOver }) };
        const applied = await applyEvents(this.#deps, events, options);
        if (handOver !== undefined) this.#deps.handOvers?.finish(handOver);
        this.#deps.counters.add('stale_completions', applied.stale);
        this.#deps.counters.add('unknown_completions', applied.unknown);
        if (applied.stale > 0) logger.info({ event: 'stale_completions', count: applied.stale });
        crashPoint('orchestrator.enqueued');
        if (applied.unknown > 0) logger.warn({ event: 'unknown_completions', count: applied.unknown });
        return;
      } catch (error) {
        await handOver?.abandon();
        if (!isDatabaseAway(error) || signal.aborted) throw error;
        logger.warn({ event: 'database_away', completions: batch.length, err: error }, 'trying again');
        await sleep(DATABASE_RETRY_MS, undefined, { signal });
      }
    }
  }
}
