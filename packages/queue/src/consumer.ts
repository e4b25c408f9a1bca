import { UnrecoverableError, WaitingError, type Job, type Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { z } from 'zod';
import { watchConsumer, type Stuck } from './consumer-watchdog.ts';
import { LenientWorker, shortenEntry, type Gate } from './lenient-worker.ts';
import { ignoreReported } from './track-queue.ts';

/** Pulls entries of one queue. */
export interface Consumer {
  /** No further entry is asked for; one that was waited for already may still come. Those under way go on. */
  pause(): Promise<void>;
  resume(): void;
  /** Entries under way at most, from now on; 0: none is fetched. */
  limit(concurrency: number): void;
  /** Takes no further entry and waits for those under way, at most this long. */
  close(timeoutMs: number): Promise<void>;
}

export interface ConsumerOptions<Message> {
  /** A consumer's connection; BullMQ makes a second one of it for blocking. The caller closes it. */
  redis: Redis;
  prefix: string;
  queueName: string;
  schema: z.ZodType<Message>;
  /** Entries under way at most, until `limit` says otherwise. */
  concurrency: number;
  /** Entries of an unknown form are kept in the failed set, where people see them. */
  keepFailed: boolean;
  /** @param sentAt when the entry was made, ms since 1970 by its maker's clock */
  handle(message: Message, sentAt: number): Promise<'done' | 'give_back'>;
  /** A message that does not fit the schema, or a handler that threw. */
  onFailed(error: Error): void;
  /** The consumer, or its connection, stood still and was made anew (consumer-watchdog): for the log and the counters. */
  onStuck(stuck: Stuck): void;
  /** So long entries may wait beside an idle consumer before it is made anew, ms. */
  stuckAfterMs?: number;
}

const STUCK_AFTER_MS = 10_000;
const KEPT_FAILED = { count: 1000 };

/** One of BullMQ's workers, and what it has under way. */
interface Generation {
  worker: Worker;
  underWay: Set<Promise<void>>;
}

/**
 * BullMQ delivers at least once and calls an entry failed for reasons of its own (a stalled lock). Neither is a track's
 * business: claims in MySQL decide what starts, leases what is lost. So entries are never retried here, and stall often
 * before BullMQ gives them up.
 */
export function createConsumer<Message>(options: ConsumerOptions<Message>): Consumer {
  let isPaused = false;
  let taken = 0;
  let { concurrency } = options;
  const gate = createGate(options, () => countUnderWay(generations) < concurrency);
  const open = (): Generation => openGeneration({ ...options, concurrency }, gate, () => (taken += 1));
  const generations = new Set<Generation>();
  let current = open();
  generations.add(current);
  const watchdog = watchConsumer({
    ...options,
    stuckAfterMs: options.stuckAfterMs ?? STUCK_AFTER_MS,
    isResting: () => isPaused || countUnderWay(generations) >= concurrency,
    taken: () => taken,
    renew() {
      const old = current;
      current = open();
      generations.add(current);
      void retire(old).then(() => generations.delete(old));
    },
  });
  return {
    async pause() {
      isPaused = true;
      const paused = current.worker.pause(true);
      gate.tell();
      await paused;
    },
    resume() {
      isPaused = false;
      void current.worker.resume();
    },
    limit(wanted) {
      if (wanted === concurrency) return;
      concurrency = wanted;
      current.worker.concurrency = Math.max(1, wanted);
      gate.tell();
    },
    async close(timeoutMs) {
      isPaused = true;
      watchdog.stop();
      let timer: NodeJS.Timeout | undefined;
      const deadline = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, timeoutMs);
      });
      const closed = Promise.all([...generations].map((generation) => closeGeneration(options, generation, deadline)));
      gate.tell();
      await closed;
      clearTimeout(timer);
    },
  };
}

/** @returns the gate, and what makes those that wait at it look again */
function createGate(
  { redis, prefix, queueName }: Pick<ConsumerOptions<never>, 'redis' | 'prefix' | 'queueName'>,
  isOpen: () => boolean,
): Gate & { tell(): void } {
  let waiters: (() => void)[] = [];
  return {
    isOpen,
    whenChanged: () => new Promise((resolve) => void waiters.push(resolve)),
    // BullMQ's own mark that there is an entry, for whoever waits for one. Should Redis be away, all look anew when it is back.
    wakeAnother: () => redis.zadd(`${prefix}:${queueName}:marker`, 0, '0').catch(() => 0),
    tell() {
      const told = waiters;
      waiters = [];
      for (const resolve of told) resolve();
    },
  };
}

function openGeneration<Message>(
  options: ConsumerOptions<Message>,
  gate: Gate & { tell(): void },
  onTaken: () => void,
): Generation {
  const underWay = new Set<Promise<void>>();
  const worker = new LenientWorker(
    options.queueName,
    async (entry: Job, token?: string) => {
      onTaken();
      const work = handleEntry(options, entry, token);
      underWay.add(work);
      await work.finally(() => {
        underWay.delete(work);
        gate.tell();
      });
    },
    {
      gate,
      connection: options.redis,
      prefix: options.prefix,
      concurrency: Math.max(1, options.concurrency),
      lockDuration: 30_000,
      stalledInterval: 15_000,
      maxStalledCount: 20,
      // BullMQ wakes nobody for an entry with a priority that was given back: an idle consumer finds it when it looks again.
      drainDelay: 1,
      runRetryDelay: 1000,
      removeOnComplete: { count: 0 },
      removeOnFail: options.keepFailed ? KEPT_FAILED : { count: 0 },
      skipVersionCheck: true,
    },
  );
  worker.on('error', ignoreReported);
  worker.on('failed', (_entry, error) => options.onFailed(error));
  return { worker, underWay };
}

function countUnderWay(generations: ReadonlySet<Generation>): number {
  let count = 0;
  for (const { underWay } of generations) count += underWay.size;
  return count;
}

/** Takes nothing more, and lets what is under way end: its entries' locks are renewed until then. */
async function retire({ worker, underWay }: Generation): Promise<void> {
  await worker.pause(true);
  while (underWay.size > 0) await Promise.allSettled(underWay);
  await worker.close(true);
}

async function closeGeneration<Message>(
  { redis }: ConsumerOptions<Message>,
  { worker, underWay }: Generation,
  deadline: Promise<void>,
): Promise<void> {
  await worker.pause(true);
  await Promise.race([Promise.allSettled(underWay), deadline]);
  // BullMQ's `close` never gives up on an entry that is under way or on a Redis that is away, and cannot be forced once it
  // has begun. What is under way still is delivered again to another consumer.
  const mustForce = underWay.size > 0 || redis.status !== 'ready';
  await (mustForce ? worker.close(true) : Promise.race([worker.close(), deadline]));
}

async function handleEntry<Message>(
  options: ConsumerOptions<Message>,
  entry: Job,
  token: string | undefined,
): Promise<void> {
  const message = options.schema.safeParse(entry.data);
  if (!message.success) {
    await shortenEntry(entry);
    // Whoever made it may have said that it is not to be kept.
    if (options.keepFailed) entry.opts.removeOnFail = KEPT_FAILED;
    throw new UnrecoverableError(
      `${options.queueName} entry ${entry.id} is not of a known form: ${message.error.message}`,
    );
  }
  if ((await options.handle(message.data, entry.timestamp)) === 'done') return;
  await entry.moveToWait(token);
  throw new WaitingError();
}
