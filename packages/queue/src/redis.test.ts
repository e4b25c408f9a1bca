import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startServers, type Servers } from '@baton/devstack';
import { testServers } from '@baton/devstack/testing';
import type { Redis } from 'ioredis';
import { createConsumer } from './consumer.ts';
import { publishNudge, subscribeNudges } from './nudge.ts';
import { connectRedis, hasMark, leaveMark, waitForRedis } from './redis.ts';
import { findRedisFaults, readRedisSettings } from './redis-settings.ts';
import { createInbox, makeTrack, openForgetfulLink, openTestRedis } from './testing.ts';
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

test('a Redis that may throw entries away is unsafe; one that is nearly full is doubtful', async () => {
  expect(await findRedisFaults(redis)).toEqual([]);
  await redis.config('SET', 'maxmemory-policy', 'allkeys-lru', 'maxmemory', '100');
  expect(await findRedisFaults(redis)).toMatchObject([
    { code: 'redis_evicts', severity: 'error', found: expect.stringMatching(/maxmemory-policy allkeys-lru/) },
    { code: 'redis_full', severity: 'warning' },
  ]);
  await redis.config('SET', 'maxmemory-policy', 'noeviction', 'maxmemory', '0');
});

test('a Redis that cannot save to its disk is doubtful', async () => {
  await redis.config('SET', 'appendonly', 'no', 'save', '3600 1');
  expect(await readRedisSettings(redis)).toMatchObject({ persistence: 'snapshots', persistenceFault: null });
  const [, folder = ''] = (await redis.config('GET', 'dir')) as string[];
  const [, name = ''] = (await redis.config('GET', 'dbfilename')) as string[];
  // A folder stands where the snapshot is to go.
  rmSync(path.join(folder, name), { force: true });
  mkdirSync(path.join(folder, name));
  await redis.bgsave('SCHEDULE');
  let faults = await findRedisFaults(redis);
  for (let looks = 0; looks < 5000 && faults.length === 0; looks += 1) faults = await findRedisFaults(redis);
  expect(faults).toMatchObject([{ code: 'redis_disk', severity: 'warning' }]);
  rmSync(path.join(folder, name), { recursive: true });
  await redis.config('SET', 'save', '');
  expect(await readRedisSettings(redis)).toMatchObject({ persistence: 'none', role: 'master' });
  await redis.config('SET', 'appendonly', 'yes');
  // Redis refuses to end until its first append-only file is written, and would have to be killed when it has not ended in time.
  const isWriting = async (): Promise<boolean> =>
    /aof_rewrite_(in_progress|scheduled):1/.test(await redis.info('persistence'));
  for (let looks = 0; looks < 5000 && (await isWriting()); looks += 1) continue;
  expect(await isWriting()).toBe(false);
});

test('a Redis user who may not ask is told nothing', async () => {
  await redis.acl('SETUSER', 'small', 'on', '>secret', '~*', '+@all', '-info');
  const url = Object.assign(new URL(servers.redisUrl), { username: 'small', password: 'secret' }).href;
  const small = connectRedis({ url, prefix: 'p' }, 'producer', () => {}); // INFO is what the ready check would ask
  await new Promise((resolve) => small.once('connect', resolve));
  await waitForRedis(small, 10_000);
  expect(await findRedisFaults(small)).toEqual([]);
  small.disconnect();
  await redis.acl('DELUSER', 'small');
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
    onStuck: () => {},
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
    onStuck: () => {},
  });
  const queue = createTrackQueue(redis, 'p');
  await queue.enqueueTracks([makeTrack(1, { seq: 9 })]);
  await inbox.waitFor(1);
  await queue.close();
  const lost = new Promise((resolve) => blocking.once('close', resolve));
  await serverProcess().stop();
  await lost;
  // While Redis is away: what waits for it would not come back.
  await consumer.close(300);
  await serverProcess().start();
  await waitForRedis(redis, 10_000);
  blocking.disconnect();
});

test('a producer whose connection has vanished without a word is refused, and gets another', async () => {
  const link = await openForgetfulLink(servers.redisUrl);
  const producer = await openTestRedis(link.url);
  link.forget();
  const lost = new Promise((resolve) => producer.once('close', resolve));
  await expect(producer.ping()).rejects.toThrow();
  await lost;
  await waitForRedis(producer, 10_000);
  expect(await producer.ping()).toBe('PONG');
  producer.disconnect();
  await link.close();
}, 30_000);
