import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HeartbeatAnswer } from '@baton/client';
import { connectRedis, findRedisFaults, waitForRedis, type Redis } from '@baton/queue';
import { refuseUnsafe, SOFTWARE_VERSION, type Logger } from '@baton/service';
import type { Config } from './config.ts';
import { refuseUnaskedWeakness } from './demand-isolation.ts';
import { guardTimeoutMs, type LeaseKeeper } from './lease-keeper.ts';
import { lockDirectory } from './lock-directory.ts';
import { createRunner, type Runner } from './runner/index.ts';
import type { Troubles } from './troubles.ts';
import { watchDisk, type DiskWatch } from './watch-disk.ts';
import type { WorkerReport } from './worker-api.ts';

/** What a worker needs before it takes tracks: its directory, its connections, its leases and its runner. */

const REDIS_WAIT_MS = 60_000;
const API_WAIT_MS = 60_000;
/** Where scripts note at which line they are. */
const LINES = 'lines';

export interface WorkerConnections {
  producer: Redis;
  blocking: Redis;
  subscriber: Redis;
}

export function watchOwnDisk({ directory }: Config, troubles: Troubles): DiskWatch {
  return watchDisk({
    directories: ['spool', 'runs', LINES].map((name) => join(directory, name)),
    onChange: (problem) => troubles.set('disk', problem),
  });
}

export function describeSelf(config: Config): WorkerReport {
  return {
    id: `w-${randomBytes(9).toString('base64url')}`,
    name: config.BATON_WORKER_NAME,
    host: hostname(),
    pid: process.pid,
    softwareVersion: SOFTWARE_VERSION,
    isolationLevel: 'starting',
    labels: config.BATON_LABELS,
    slots: config.BATON_CONCURRENCY,
    isDraining: false,
    startedAt: new Date().toISOString(),
  };
}

export async function lockOwnDirectory(config: Config): Promise<{ release(): void }> {
  await mkdir(config.directory, { recursive: true, mode: 0o700 });
  const lock = await lockDirectory(config.directory);
  if (lock !== null) return lock;
  throw new Error(
    `another worker works in ${config.directory}: give this one its own BATON_WORKER_NAME or BATON_WORKER_DIRECTORY`,
  );
}

/** Empty: what an earlier life left there says nothing any more. */
export async function makeLineDirectory(config: Config): Promise<string> {
  const directory = join(config.directory, LINES);
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { mode: 0o700 });
  return directory;
}

export async function startRunner(
  config: Config,
  logger: Logger,
  { leaseMs, heartbeatMs }: { leaseMs: number; heartbeatMs: number },
): Promise<Runner> {
  const runner = await createRunner({
    slots: config.BATON_CONCURRENCY,
    directory: join(config.directory, 'runs'),
    guardTimeoutMs: guardTimeoutMs(leaseMs, heartbeatMs),
    niceness: config.BATON_NICE,
    ...(config.BATON_SCRIPT_PATH === undefined ? {} : { path: config.BATON_SCRIPT_PATH }),
    ...(config.BATON_ISOLATION === undefined ? {} : { isolation: config.BATON_ISOLATION }),
    report: ({ kind, detail }) => logger.info({ event: `runner_${kind}`, detail }),
  });
  refuseUnaskedWeakness(runner.isolation, config.BATON_ISOLATION);
  return runner;
}

export async function connectQueues(config: Config, logger: Logger): Promise<WorkerConnections> {
  const place = { url: config.BATON_REDIS_URL, prefix: config.BATON_REDIS_PREFIX };
  const onError = (error: Error): void => logger.warn({ event: 'redis_away', err: error });
  const connections = {
    producer: connectRedis(place, 'producer', onError),
    blocking: connectRedis(place, 'consumer', onError),
    subscriber: connectRedis(place, 'subscriber', onError),
  };
  await waitForRedis(connections.producer, REDIS_WAIT_MS);
  refuseUnsafe(await findRedisFaults(connections.producer), logger);
  return connections;
}

/** The API may be started later than its workers. */
export async function startLeases(leases: LeaseKeeper, logger: Logger): Promise<HeartbeatAnswer> {
  const deadline = performance.now() + API_WAIT_MS;
  for (;;) {
    try {
      return await leases.start();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      logger.warn({ event: 'api_away', err: error }, 'trying again');
      await sleep(500);
    }
  }
}
