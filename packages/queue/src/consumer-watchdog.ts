import type { Redis } from 'ioredis';

/*
 * Consumers of BullMQ have stopped taking entries after a reconnect again and again (bullmq #2466, #3185, #4138, #4378, #4479),
 * and a connection whose other end vanished without a word answers nothing until the kernel gives it up, which takes a quarter
 * of an hour. Neither throws. So each consumer is watched from outside: Redis answers, it has room, nobody has paused it, and
 * the entry that is next has not moved while it took nothing: then it stands still, whatever it believes of itself.
 */

/** What had to be made anew. */
export interface Stuck {
  /** `consumer`: Redis answers and entries wait, and it takes none. `connection`: Redis does not answer on it. */
  kind: 'consumer' | 'connection';
  queueName: string;
  /** Entries that waited; 0 where Redis did not say. */
  waiting: number;
}

export interface Watched {
  redis: Redis;
  prefix: string;
  queueName: string;
  /** It takes no more by itself: paused, or full. */
  isResting(): boolean;
  /** Entries taken so far. */
  taken(): number;
  /** Opens it anew. */
  renew(): void;
  onStuck(stuck: Stuck): void;
  stuckAfterMs: number;
}

/** Looks in one span of `stuckAfterMs`. */
const LOOKS = 4;

interface Waiting {
  head: string | null;
  count: number;
}

/** @returns what ends it */
export function watchConsumer(watched: Watched): { stop(): void } {
  const { redis, queueName, stuckAfterMs } = watched;
  let suspected: { head: string; taken: number; since: number } | null = null;
  let isLooking = false;
  const look = async (): Promise<void> => {
    if (redis.status !== 'ready' || watched.isResting()) {
      suspected = null;
      return;
    }
    const waiting = await within(readWaiting(watched), stuckAfterMs);
    if (waiting === null) {
      suspected = null;
      if (redis.status !== 'ready') return;
      // What was asked on it and not answered is asked again on the next connection.
      redis.disconnect(true);
      watched.onStuck({ kind: 'connection', queueName, waiting: 0 });
      return;
    }
    const { head, count } = waiting;
    const taken = watched.taken();
    const now = performance.now();
    if (head === null || watched.isResting()) suspected = null;
    else if (suspected?.head !== head || suspected.taken !== taken) suspected = { head, taken, since: now };
    else if (now - suspected.since >= stuckAfterMs) {
      suspected = null;
      watched.renew();
      watched.onStuck({ kind: 'consumer', queueName, waiting: count });
    }
  };
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    look()
      .catch(() => {}) // Redis went away while it was asked: the next look finds out
      .finally(() => (isLooking = false));
  }, stuckAfterMs / LOOKS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

/** The keys are BullMQ's: entries that were given back, and all others by priority; a queue that a person paused has a mark. */
async function readWaiting({ redis, prefix, queueName }: Watched): Promise<Waiting> {
  const key = (name: string): string => `${prefix}:${queueName}:${name}`;
  const [givenBack, prioritized, first, next, isPaused] = await Promise.all([
    redis.llen(key('wait')),
    redis.zcard(key('prioritized')),
    redis.lindex(key('wait'), -1),
    redis.zrange(key('prioritized'), 0, 0),
    redis.hexists(key('meta'), 'paused'),
  ]);
  return { head: isPaused === 1 ? null : (first ?? next[0] ?? null), count: givenBack + prioritized };
}

/** @returns null where it takes longer */
async function within<T>(work: Promise<T>, timeoutMs: number): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), timeoutMs);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
