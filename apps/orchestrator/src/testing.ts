import { randomBytes } from 'node:crypto';
import type { ClaimedRun } from '@baton/claims';
import {
  claimTracks,
  completionOf,
  createTestDatabase,
  type TestDatabase,
  type TestFlow,
} from '@baton/database/testing';
import { readCompletionSecret, recordHeartbeat } from '@baton/database';
import { testServers } from '@baton/devstack/testing';
import type { Completion } from '@baton/domain';
import {
  completionKey,
  createTrackQueue,
  openMessage,
  signCompletion,
  subscribeHanded,
  workerKey,
  type CompletionMessage,
  type HandedMessage,
  type Offer,
  type Redis,
} from '@baton/queue';
import { createInbox, openTestRedis, uniquePrefix, type Inbox } from '@baton/queue/testing';
import { createCounters, createLegTimes, type Logger } from '@baton/service';
import type { OrchestratorDeps } from './apply-events.ts';

/** What an orchestrator works with: a database and a key prefix of its own, and a logger that keeps what it is told. */
export interface TestDeps extends OrchestratorDeps {
  database: TestDatabase;
  redis: Redis;
  secret: Buffer;
  /** The `event` of each line, in order. */
  events: string[];
  close(): Promise<void>;
}

export async function createTestDeps(): Promise<TestDeps> {
  const database = await createTestDatabase(testServers().mysqlUrl, { sendsTogether: true });
  const redis = await openTestRedis(testServers().redisUrl);
  const redisPrefix = uniquePrefix();
  const trackQueue = createTrackQueue(redis, redisPrefix);
  const events: string[] = [];
  return {
    database,
    redis,
    redisPrefix,
    trackQueue,
    events,
    logger: createTestLogger(events),
    counters: createCounters(),
    legs: createLegTimes(),
    secret: await readCompletionSecret(database),
    async close() {
      await trackQueue.close();
      redis.disconnect();
      await database.close();
    },
  };
}

/** Keeps the `event` of each line. */
export function createTestLogger(events: string[]): Logger {
  const note = (line: { event?: string }): void => void events.push(line.event ?? '');
  const logger = { debug: note, info: note, warn: note, error: note, fatal: note };
  return logger as unknown as Logger;
}

/** As a worker sends it. */
export function signedMessage(secret: Buffer, completion: Completion): CompletionMessage {
  return {
    completions: [{ completion, signature: signCompletion(completionKey(secret, completion), completion) }],
    offered: null,
  };
}

/** Claims tracks and makes the message of each one's success. */
export async function runToMessages(
  secret: Buffer,
  flow: TestFlow,
  names: readonly string[],
): Promise<CompletionMessage[]> {
  return (await claimTracks(flow, names)).map((run) => signedMessage(secret, completionOf(run)));
}

/** Names of the tracks whose entries wait in the queue of tracks without labels. */
export async function findQueued({ trackQueue }: OrchestratorDeps): Promise<string[]> {
  const entries = await trackQueue.queueOf('default').getPrioritized();
  return entries.map(({ data }) => (data as { vertex: string }).vertex).toSorted();
}

/** What a worker is told over its channel. */
export type Heard = HandedMessage<ClaimedRun>;

/** Names of the tracks that were handed over. */
export function runsOf(heard: readonly Heard[]): string[] {
  return heard.flatMap(({ runs }) => runs.map(({ run }) => run?.vertex ?? 'to be asked for')).toSorted();
}

export function makeOffer(changes: Partial<Offer> & Pick<Offer, 'workerId'>, count: number): Offer {
  const ids = Array.from({ length: count }, () => randomBytes(12).toString('base64url'));
  return { number: 1, labels: ['default'], queues: ['default'], leaseMs: 15_000, ids, ...changes };
}

/** As its heartbeat does. */
export function hearOfWorker({ database }: TestDeps, id: string, isDraining: boolean): Promise<void> {
  const worker = { id, name: id, host: 'host', pid: 1, softwareVersion: '0.2.0', isolationLevel: 'none', slots: 4 };
  return recordHeartbeat(database, { ...worker, labels: ['default'], isDraining, startedAt: new Date() });
}

/** What a worker is told from now on. @param deps with a subscriber's connection */
export async function listenTo(
  { redis, redisPrefix: prefix, secret }: Pick<TestDeps, 'redis' | 'redisPrefix' | 'secret'>,
  workerId: string,
): Promise<Inbox<Heard>> {
  const inbox = createInbox<Heard>();
  const key = workerKey(secret, workerId);
  await subscribeHanded({ redis, prefix }, workerId, (sealed) => inbox.put(openMessage<ClaimedRun>(key, sealed)));
  return inbox;
}

/** The entries that wait for workers without labels, each with its score, as Redis has them. */
export function readScores({ redis, redisPrefix }: OrchestratorDeps): Promise<string[]> {
  return redis.zrange(`${redisPrefix}:tracks:prioritized`, 0, -1, 'WITHSCORES');
}
