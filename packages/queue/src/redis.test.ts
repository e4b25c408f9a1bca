import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startServers, type Servers } from '@baton/devstack';
import { testServers } from '@baton/devstack/testing';
import type { Redis } from 'ioredis';
import { createConsumer } from './consumer.ts';
import { publishNudge, subscribeNudges } from './nudge.ts';
import { connectRedis, findUnsafeSetting, hasMark, leaveMark, waitForRedis } from './redis.ts';
import { createInbox, makeTrack, openTestRedis } from './testing.ts';
import { trackMessageSchema, type TrackMessage } from './track-message.ts';
import { createTrackQueue } from './track-queue.ts';

/** A Redis of this file's own: it is emptied, stopped and started. */
const directory = mkdtempSync(path.join(tmpdir(), 'baton-queue-'));
let servers: Servers;
let redis: Redis;
beforeAll(async () => {
  const { mysqlUrl } = testServers();
  servers = await startServers({ directory, report: () => {}, purpose: 'tests', mysqlUrl });
  redis = await openTestRedis(servers.redisUrl);
});
afterAll(async () => {
  redis.disconnect();
  await servers.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** The private server's process. @throws Error where the environment gave the tests another one */
function serverProcess(): NonNullable<Servers['redis']> {
  if (servers.redis === undefined) throw new Error('this test needs redis-server to be installed');
  return servers.redis;
}

test('the mark is found by all until Redis was emptied, and left by one', async () => {
  expect(await hasMark(redis, 'p')).toBe(false);
  expect(await leaveMark(redis, 'p')).toBe(true);
  expect(await hasMark(redis, 'p')).toBe(true);
  expect(await leaveMark(redis, 'p')).toBe(false);
  expect(await leaveMark(redis, 'another')).toBe(true);
  await redis.flushall();
  expect(await hasMark(redis, 'p')).toBe(false);
  const marks = await Promise.all([1, 2, 3].map(() => leaveMark(redis, 'p')));
  expect(marks.filter((isFirst) => isFirst)).toHaveLength(1);
});

test('a Redis that may throw entries away is refused', async () => {
  expect(await findUnsafeSetting(redis)).toBeNull();
  await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
  expect(await findUnsafeSetting(redis)).toMatch(/maxmemory-policy allkeys-lru/);
  await redis.config('SET', 'maxmemory-policy', 'noeviction');
});

test('a nudge reaches those of its prefix', async () => {
  const [mine, others] = [createInbox<string>(), createInbox<string>()];
  const subscribers = await Promise.all([1, 2].map(() => openTestRedis(servers.redisUrl, 'subscriber')));
  await subscribeNudges(subscribers[0] as Redis, 'p', () => mine.put('nudge'));
  await subscribeNudges(subscribers[1] as Redis, 'q', () => others.put('nudge'));
  await publishNudge(redis, 'p');
  await mine.waitFor(1);
  await publishNudge(redis, 'q');
  await others.waitFor(1);
  expect([mine.items, others.items]).toEqual([['nudge'], ['nudge']]);
  for (const subscriber of subscribers) subscriber.disconnect();
});

test('Redis stops and comes back: who waits for an answer is refused at once, consumers go on, an outage is told once', async () => {
  const reports: Error[] = [];
  const place = { url: servers.redisUrl, prefix: 'p' };
  const blocking = connectRedis(place, 'consumer', (error) => void reports.push(error));
  const known = createTrackQueue(redis, 'p');
  await known.enqueueTracks([makeTrack(1)]);
  const inbox = createInbox<TrackMessage>();
  const consumer = createConsumer({
    redis: blocking,
    prefix: 'p',
    queueName: 'tracks',
    schema: trackMessageSchema,
    concurrency: 1,
    keepFailed: true,
    async handle(message) {
      inbox.put(message);
      return 'done';
    },
    onFailed: () => {},
  });
  await inbox.waitFor(1);
  const lost = new Promise((resolve) => redis.once('close', resolve));
  await serverProcess().stop();
  await lost;
  const fresh = createTrackQueue(redis, 'fresh');
  await expect(known.enqueueTracks([makeTrack(2)])).rejects.toThrow(/Redis is away/);
  await expect(fresh.enqueueTracks([makeTrack(2)])).rejects.toThrow(/Redis is away/);
  await expect(fresh.areQueued([makeTrack(2)])).rejects.toThrow(/Redis is away/);
  await expect(leaveMark(redis, 'p')).rejects.toThrow();
  await expect(waitForRedis(redis, 50)).rejects.toThrow(/did not answer within 50 ms/);
  await serverProcess().start();
  await waitForRedis(redis, 10_000);
  await known.enqueueTracks([makeTrack(3)]);
  expect((await inbox.waitFor(2)).map(({ vertex }) => vertex)).toEqual(['V1', 'V3']);
  expect(reports.length).toBeLessThanOrEqual(1);
  await consumer.close(5000);
  await Promise.all([known.close(), fresh.close()]);
  blocking.disconnect();
});

test('closing a consumer ends in time also while Redis is away', async () => {
  const blocking = await openTestRedis(servers.redisUrl, 'consumer');
  const inbox = createInbox<TrackMessage>();
  const consumer = createConsumer({
    redis: blocking,
    prefix: 'p',
    queueName: 'tracks',
    schema: trackMessageSchema,
    concurrency: 1,
    keepFailed: true,
    async handle(message) {
      inbox.put(message);
      return 'done';
    },
    onFailed: () => {},
  });
  const queue = createTrackQueue(redis, 'p');
  await queue.enqueueTracks([makeTrack(1, { seq: 9 })]);
  await inbox.waitFor(1);
  await queue.close();
  const lost = new Promise((resolve) => blocking.once('close', resolve));
  await serverProcess().stop();
  await lost;
  const startedAt = performance.now();
  await consumer.close(300);
  expect(performance.now() - startedAt).toBeLessThan(2000);
  await serverProcess().start();
  await waitForRedis(redis, 10_000);
  blocking.disconnect();
});
