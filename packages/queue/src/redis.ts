import { Redis } from 'ioredis';

/** Which of Redis's promises a process needs on a connection. */
export type RedisPurpose = 'producer' | 'consumer' | 'subscriber';

/** Where the queues are: a server, and the prefix of every key there. */
export interface RedisPlace {
  url: string;
  /** Several installations may share a server under different prefixes. */
  prefix: string;
}

export const DEFAULT_PREFIX = 'baton';

/**
 * A producer's connection that owes an answer for so long is given up: where the other end vanished without a word, the
 * kernel would try for a quarter of an hour. Consumers are watched by consumer-watchdog.
 */
const SILENCE_MS = 8000;
const KEEP_ALIVE_MS = 10_000;

/**
 * Opens a connection.
 * - `producer`: somebody waits for the answer, so a command fails at once while Redis is away (MySQL has the truth, the
 *   reconcile loop enqueues later).
 * - `consumer`, `subscriber`: wait for Redis to come back, for ever.
 * @param onError told once an outage, not once a failed attempt to reconnect
 */
export function connectRedis(place: RedisPlace, purpose: RedisPurpose, onError: (error: Error) => void): Redis {
  const isProducer = purpose === 'producer';
  const redis = new Redis(place.url, {
    maxRetriesPerRequest: isProducer ? 1 : null,
    enableOfflineQueue: !isProducer,
    ...(isProducer ? { commandTimeout: 5000, socketTimeout: SILENCE_MS } : {}),
    keepAlive: KEEP_ALIVE_MS,
    connectTimeout: 5000,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 6), 2000),
    lazyConnect: false,
  });
  redis.on('connect', () => writeTogether(redis.stream));
  let isReported = false;
  redis.on('error', (error) => {
    if (!isReported) onError(error);
    isReported = true;
  });
  redis.on('ready', () => {
    isReported = false;
  });
  return redis;
}

/**
 * What is sent in one turn of the event loop goes out in one write: each is a system call that wakes the server, and the
 * server answers what comes together together. BullMQ sends a command an entry.
 */
function writeTogether(stream: Redis['stream']): void {
  const write = stream.write.bind(stream) as (...given: unknown[]) => boolean;
  let isCorked = false;
  const writeLater = (...given: unknown[]): boolean => {
    if (!isCorked) {
      isCorked = true;
      stream.cork();
      setImmediate(() => {
        isCorked = false;
        stream.uncork();
      });
    }
    return write(...given);
  };
  stream.write = writeLater;
}

/** Waits until a connection can be used. @throws Error after the time, naming what is wrong with Redis */
export async function waitForRedis(redis: Redis, timeoutMs: number): Promise<void> {
  if (redis.status === 'ready') return;
  let lastError: Error | null = null;
  const remember = (error: Error): void => {
    lastError = error;
  };
  redis.on('error', remember);
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`Redis did not answer within ${timeoutMs} ms`, { cause: lastError }));
      }, timeoutMs);
      redis.once('ready', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  } finally {
    redis.off('error', remember);
  }
}

/** For callers who would rather fail at once. @throws Error while the connection is not ready */
export function refuseWhileAway(redis: Redis): void {
  if (redis.status !== 'ready') throw new Error(`Redis is away (the connection is "${redis.status}")`);
}

/** `refuses_writes`: it answers, and takes no entries: it is full, cannot write to its disk, or is a replica. */
export type RedisState = 'ready' | 'refuses_writes' | 'unavailable';

/** The first words of such refusals; NOREPLICAS: it waits for replicas that are gone. */
const WRITE_REFUSAL = /^(OOM|MISCONF|READONLY|NOREPLICAS)\b/;
const PROBE_SECONDS = 60;

/** Asks by writing: only that shows whether entries would be taken. */
export async function probeRedis(redis: Redis, prefix: string): Promise<RedisState> {
  if (redis.status !== 'ready') return 'unavailable';
  try {
    await redis.set(`${prefix}:probe`, '1', 'EX', PROBE_SECONDS);
    return 'ready';
  } catch (error) {
    return WRITE_REFUSAL.test((error as Error).message) ? 'refuses_writes' : 'unavailable';
  }
}

/** A key that lives as long as Redis's memory does. */
function markerKey(prefix: string): string {
  return `${prefix}:marker`;
}

/** @returns false: Redis is new, or it was emptied and every queue entry with it */
export async function hasMark(redis: Redis, prefix: string): Promise<boolean> {
  refuseWhileAway(redis);
  return (await redis.exists(markerKey(prefix))) === 1;
}

/** Leaves a mark in Redis, after everything that was in the queues is seen to. @returns true where there was none */
export async function leaveMark(redis: Redis, prefix: string): Promise<boolean> {
  refuseWhileAway(redis);
  return (await redis.set(markerKey(prefix), new Date().toISOString(), 'NX')) === 'OK';
}
