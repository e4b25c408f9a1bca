import { createTestDatabase, type TestDatabase } from '@baton/database/testing';
import { testServers } from '@baton/devstack/testing';
import type { TrackToDispatch } from '@baton/domain';
import {
  connectRedis,
  createCompletionQueue,
  createTrackQueue,
  probeRedis,
  readRedisSettings,
  type Redis,
  type TrackQueue,
} from '@baton/queue';
import { uniquePrefix } from '@baton/queue/testing';
import { createLegTimes, createLogger } from '@baton/service';
import type { Express } from 'express';
import supertest from 'supertest';
import { createApp } from './app.ts';
import type { AppDeps, AppSettings } from './app-deps.ts';
import { createAuthenticate } from './auth/authenticate.ts';
import { createStartJoiner } from './join-starts.ts';
import { createMetrics } from './metrics.ts';
import { readQueues } from './read-queues.ts';
import { findSwaggerDirectory } from './swagger-directory.ts';

export const ADMIN_TOKEN = 'test-admin-token-0123456789-0123456789';
export const WORKER_TOKEN = 'test-worker-token-0123456789-012345678';

/** An API with a database and a key prefix of its own; every answer is held against its schema. */
export interface TestApi {
  app: Express;
  deps: AppDeps;
  database: TestDatabase;
  /** What was enqueued so far, in order. */
  enqueued: TrackToDispatch[];
  /** A request with the admin token. */
  call(method: 'get' | 'post' | 'put' | 'patch' | 'delete', path: string): supertest.Test;
  close(): Promise<void>;
}

/** What a test wants different: settings, other dependencies, a queue that fails. */
export interface TestChanges {
  settings?: Partial<AppSettings>;
  deps?: Partial<AppDeps>;
  enqueueTracks?: (tracks: readonly TrackToDispatch[]) => Promise<void>;
}

export async function createTestApi(changes: TestChanges = {}): Promise<TestApi> {
  const database = await createTestDatabase(testServers().mysqlUrl);
  const redis: Redis = connectRedis({ url: testServers().redisUrl, prefix: 'unused' }, 'producer', (error) => {
    throw error;
  });
  await new Promise((resolve) => redis.once('ready', resolve));
  const prefix = uniquePrefix();
  const queue = createTrackQueue(redis, prefix);
  const completionQueue = createCompletionQueue(redis, prefix);
  const sources = {
    database,
    queue,
    completions: completionQueue.queue,
    isRedisReady: () => redis.status === 'ready',
    probeRedis: () => probeRedis(redis, prefix),
  };
  const enqueued: TrackToDispatch[] = [];
  const logger = createLogger('api', 'silent');
  const watchedQueue: TrackQueue = {
    ...queue,
    async enqueueTracks(tracks) {
      enqueued.push(...tracks);
      await (changes.enqueueTracks === undefined ? queue.enqueueTracks(tracks) : changes.enqueueTracks(tracks));
    },
  };
  const deps: AppDeps = {
    ...sources,
    queue: watchedQueue,
    starts: createStartJoiner({ database, logger, queue: watchedQueue, ...changes.deps }),
    readRedis: () => readRedisSettings(redis),
    nudgeWorkers: async () => {},
    authenticate: createAuthenticate(database, { isOn: true, adminToken: ADMIN_TOKEN, workerToken: WORKER_TOKEN }),
    legs: createLegTimes(),
    metrics: createMetrics({ ...sources, readQueues: () => readQueues(sources) }),
    logger,
    settings: { ...TEST_SETTINGS, ...changes.settings },
    ...changes.deps,
  };
  const app = createApp(deps);
  return {
    app,
    deps,
    database,
    enqueued,
    call: (method, path) => supertest(app)[method](path).set('Authorization', `Bearer ${ADMIN_TOKEN}`),
    async close() {
      await queue.close();
      await completionQueue.close();
      redis.disconnect();
      await database.close();
    },
  };
}

const TEST_SETTINGS: AppSettings = {
  allowedHosts: [],
  isPublic: false,
  maxBodyBytes: 1024 * 1024,
  maxGraphBytes: 32 * 1024 * 1024,
  maxYamlBytes: 4 * 1024 * 1024,
  deadlineMs: 15_000,
  leaseMs: 15_000,
  heartbeatMs: 4000,
  swaggerDirectory: findSwaggerDirectory(),
  validatesResponses: true,
};
