import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  findServerFaults,
  forgetProcesses,
  forgetRequests,
  judgeClock,
  measureClockSkew,
  migrate,
  openDatabase,
  PROTOCOL,
  readRetryCounts,
  startReporting,
  type Database,
} from '@baton/database';
import {
  connectRedis,
  createCompletionQueue,
  createTrackQueue,
  findRedisFaults,
  probeRedis,
  publishNudge,
  readRedisSettings,
  waitForRedis,
  type Redis,
} from '@baton/queue';
import {
  configOrExit,
  countRetries,
  createLegTimes,
  createLogger,
  refuseUnsafe,
  runService,
  SOFTWARE_VERSION,
  type Logger,
  type Service,
} from '@baton/service';
import type { AppSettings } from './app-deps.ts';
import { createApp } from './app.ts';
import { createAuthenticate } from './auth/authenticate.ts';
import { isLoopback, loadConfig, type Config } from './config.ts';
import { createStartJoiner } from './join-starts.ts';
import { createMetrics } from './metrics.ts';
import { readQueues } from './read-queues.ts';
import { findSwaggerDirectory } from './swagger-directory.ts';

const STOP_TIMEOUT_MS = 15_000;
/** Requests under way at a stop get so long; streams are cut then. */
const DRAIN_MS = 5000;
const DEADLINE_MS = 15_000;
const HEADERS_TIMEOUT_MS = 10_000;
/** For a graph document over a slow line. */
const REQUEST_TIMEOUT_MS = 120_000;
/** Longer than clients keep idle connections, so that they close them and not we under their hands. */
const KEEP_ALIVE_MS = 65_000;
/** A start is not kept longer by a Redis that is away. */
const REDIS_WAIT_MS = 2000;
const FORGET_EVERY_MS = 600_000;
const KEEP_REQUESTS_MS = 48 * 3_600_000;

async function start(config: Config, logger: Logger): Promise<Service> {
  const criticalPath = config.BATON_CRITICAL_PATH === 'on';
  const database = await openDatabase({ url: config.BATON_MYSQL_URL, poolSize: 20, criticalPath });
  await prepareDatabase(database, logger);
  const place = { url: config.BATON_REDIS_URL, prefix: config.BATON_REDIS_PREFIX };
  const redis = connectRedis(place, 'producer', (error) => {
    logger.warn({ event: 'redis_away', err: error }, 'starts are accepted, and enqueued when Redis is back');
  });
  await refuseUnsafeRedis(redis, logger);
  const queue = createTrackQueue(redis, place.prefix);
  const completions = createCompletionQueue(redis, place.prefix);
  const sources = {
    database,
    queue,
    completions: completions.queue,
    isRedisReady: () => redis.status === 'ready',
    probeRedis: () => probeRedis(redis, place.prefix),
  };
  const legs = createLegTimes();
  const app = createApp({
    ...sources,
    logger,
    starts: createStartJoiner({ database, queue, logger }),
    readRedis: () => readRedisSettings(redis),
    nudgeWorkers: () => publishNudge(redis, place.prefix),
    authenticate: createAuthenticate(database, {
      isOn: config.BATON_AUTH === 'on',
      adminToken: config.BATON_ADMIN_TOKEN ?? null,
      workerToken: config.BATON_WORKER_TOKEN ?? null,
    }),
    legs,
    metrics: createMetrics({ ...sources, readQueues: () => readQueues(sources) }),
    settings: settingsOf(config),
  });
  const server = await listen(createServer(app), config);
  const forgetting = setInterval(() => void forgetOldRequests(database, logger), FORGET_EVERY_MS);
  const reporting = await startReporting(database, {
    kind: 'api',
    softwareVersion: SOFTWARE_VERSION,
    settings: { protocol: PROTOCOL, leaseMs: config.BATON_LEASE_MS, heartbeatMs: config.BATON_HEARTBEAT_MS },
    readCounters: () => ({ ...legs.read(), ...countRetries(readRetryCounts()) }),
    onError: (error) => logger.warn({ event: 'report_not_written', err: error }, 'the next one will do'),
  });
  return {
    ready: { url: urlOf(server, config.BATON_HOST) },
    async stop() {
      clearInterval(forgetting);
      await close(server);
      await reporting.stop();
      await queue.close();
      await completions.close();
      redis.disconnect();
      await database.close();
    },
  };
}

function settingsOf(config: Config): AppSettings {
  const isWildcard = config.BATON_HOST === '0.0.0.0' || config.BATON_HOST === '::';
  return {
    allowedHosts: [...config.BATON_ALLOWED_HOSTS, ...(isWildcard ? [] : [config.BATON_HOST.toLowerCase()])],
    isPublic: !isLoopback(config.BATON_HOST),
    maxBodyBytes: config.BATON_MAX_BODY_BYTES,
    maxGraphBytes: config.BATON_MAX_GRAPH_BYTES,
    maxYamlBytes: config.BATON_MAX_YAML_BYTES,
    deadlineMs: DEADLINE_MS,
    leaseMs: config.BATON_LEASE_MS,
    heartbeatMs: config.BATON_HEARTBEAT_MS,
    swaggerDirectory: findSwaggerDirectory(),
    validatesResponses: false,
  };
}

async function listen(server: Server, { BATON_HOST: host, BATON_PORT: port }: Config): Promise<Server> {
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, resolve);
  });
  return server;
}

function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(timer);
}

async function forgetOldRequests(database: Database, logger: Logger): Promise<void> {
  try {
    while ((await forgetRequests(database, KEEP_REQUESTS_MS)) > 0);
    while ((await forgetProcesses(database)) > 0);
  } catch (error) {
    logger.warn({ event: 'forget_requests_failed', err: error }, 'the next time will do');
  }
}

/** @throws UnsafeSettingsError before anything is written */
async function prepareDatabase(database: Database, logger: Logger): Promise<void> {
  refuseUnsafe(await findServerFaults(database), logger);
  refuseUnsafe(judgeClock('this process', await measureClockSkew(database)), logger);
  logMigrations(logger, await migrate(database));
}

/** The API starts without Redis: one that is away now is asked when it is back, and told of in the log. */
async function refuseUnsafeRedis(redis: Redis, logger: Logger): Promise<void> {
  try {
    await waitForRedis(redis, REDIS_WAIT_MS);
  } catch (error) {
    logger.warn({ event: 'redis_not_looked_at', err: error }, 'its settings are not known yet');
    redis.once('ready', () => {
      findRedisFaults(redis)
        .then((findings) => refuseUnsafe(findings, logger))
        .catch((failure: unknown) => logger.error({ event: 'redis_unsafe', err: failure }));
    });
    return;
  }
  refuseUnsafe(await findRedisFaults(redis), logger);
}

function logMigrations(logger: Logger, names: readonly string[]): void {
  if (names.length > 0) logger.info({ event: 'migrated', names });
}

/** `main.js migrate`: brings the tables to the newest version, and ends. */
async function migrateOnly(config: Config, logger: Logger): Promise<void> {
  const database = await openDatabase({ url: config.BATON_MYSQL_URL, poolSize: 2 });
  await prepareDatabase(database, logger);
  await database.close();
}

const config = configOrExit(loadConfig);
const logger = createLogger('api', config.BATON_LOG_LEVEL);
if (process.argv[2] === 'migrate') await migrateOnly(config, logger);
else await runService({ logger, start: () => start(config, logger), stopTimeoutMs: STOP_TIMEOUT_MS });
