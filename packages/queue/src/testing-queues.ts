import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { testServers } from '@baton/devstack/testing';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { createConsumer, type Consumer, type ConsumerOptions } from './consumer.ts';
import { openTestRedis, uniquePrefix } from './testing.ts';
import { createTrackQueue, type TrackQueue } from './track-queue.ts';

/*
 * What several test files begin with. Each hands out an object that hooks fill: it is handed on whole, and taken apart only in
 * hooks and tests.
 */

export interface TestTrackQueue {
  redis: Redis;
  /** A consumer's connection. */
  blocking: Redis;
  /** Of each test its own, as is the queue. */
  prefix: string;
  queue: TrackQueue;
}

/** A queue of tracks for each test of the calling file, empty before and after it. */
export function useTestTrackQueue(): TestTrackQueue {
  const given = {} as TestTrackQueue;
  beforeAll(async () => {
    given.redis = await openTestRedis(testServers().redisUrl);
    given.blocking = await openTestRedis(testServers().redisUrl, 'consumer');
  });
  afterAll(() => {
    given.redis.disconnect();
    given.blocking.disconnect();
  });
  beforeEach(() => {
    given.prefix = uniquePrefix();
    given.queue = createTrackQueue(given.redis, given.prefix);
  });
  afterEach(async () => {
    await given.queue.queueOf('default').obliterate({ force: true });
    await given.queue.close();
  });
  return given;
}

const QUEUE_NAME = 'numbers';

export interface TestConsumers {
  redis: Redis;
  prefix: string;
  /** Of each test its own. */
  queue: Queue;
  /** Closed after the test, with their connections. */
  opened: { consumer: Consumer; blocking: Redis }[];
  /** Opens a consumer of the queue on a connection of its own. */
  open<Message>(
    options: Omit<ConsumerOptions<Message>, 'redis' | 'prefix' | 'queueName' | 'keepFailed'> & { keepFailed?: boolean },
    url?: string,
  ): Promise<Consumer>;
}

/** A queue of BullMQ's own for each test of the calling file, and consumers of it. */
export function useTestConsumers(): TestConsumers {
  const opened: TestConsumers['opened'] = [];
  const given = { opened } as TestConsumers;
  given.open = async (options, url = testServers().redisUrl) => {
    const blocking = await openTestRedis(url, 'consumer');
    const place = { redis: blocking, prefix: given.prefix, queueName: QUEUE_NAME };
    const consumer = createConsumer({ keepFailed: true, ...options, ...place });
    opened.push({ consumer, blocking });
    return consumer;
  };
  beforeAll(async () => {
    given.redis = await openTestRedis(testServers().redisUrl);
  });
  afterAll(() => given.redis.disconnect());
  beforeEach(() => {
    given.prefix = uniquePrefix();
    given.queue = new Queue(QUEUE_NAME, { connection: given.redis, prefix: given.prefix, skipVersionCheck: true });
  });
  afterEach(async () => {
    for (const { consumer, blocking } of opened.splice(0)) {
      await consumer.close(2000);
      blocking.disconnect();
    }
    await given.queue.obliterate({ force: true });
    await given.queue.close();
  });
  return given;
}
