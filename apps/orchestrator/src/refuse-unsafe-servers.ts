import { setTimeout as sleep } from 'node:timers/promises';
import {
  findProcesses,
  findServerFaults,
  isMigrated,
  judgeClock,
  measureClockSkew,
  type Database,
} from '@baton/database';
import { judgeReconcile, type Finding } from '@baton/domain';
import { findRedisFaults, judgeRedisUrl, waitForRedis, type Redis } from '@baton/queue';
import { refuseUnsafe, type Logger } from '@baton/service';
import type { Config } from './config.ts';

const SCHEMA_WAIT_MS = 120_000;
const REDIS_WAIT_MS = 30_000;

/**
 * Waits for the tables and for Redis, and holds both servers and the intervals against what Baton promises.
 * @param redis a producer's connection
 * @throws UnsafeSettingsError naming what is unsafe, with what to do
 */
export async function refuseUnsafeServers(given: {
  config: Config;
  database: Database;
  redis: Redis;
  logger: Logger;
}): Promise<void> {
  const { config, database, redis, logger } = given;
  refuseUnsafe(await findServerFaults(database), logger);
  refuseUnsafe(judgeClock('this process', await measureClockSkew(database)), logger);
  await waitForTables(database);
  refuseUnsafe(await judgeInterval(database, config.BATON_RECONCILE_MS), logger);
  await waitForRedis(redis, REDIS_WAIT_MS);
  refuseUnsafe([...judgeRedisUrl(config.BATON_REDIS_URL), ...(await findRedisFaults(redis))], logger);
}

/** An orchestrator that looks more seldom than leases end finds lost workers late; the APIs give the leases. */
async function judgeInterval(database: Database, reconcileMs: number): Promise<Finding[]> {
  const apis = (await findProcesses(database)).filter(({ kind, isAlive }) => kind === 'api' && isAlive);
  return judgeReconcile(
    reconcileMs,
    apis.flatMap(({ settings: { leaseMs } }) => (typeof leaseMs === 'number' ? [leaseMs] : [])),
  );
}

/** The API makes the tables; this process may have been started first. */
async function waitForTables(database: Database): Promise<void> {
  const deadline = performance.now() + SCHEMA_WAIT_MS;
  while (!(await isMigrated(database))) {
    if (performance.now() > deadline) {
      throw new Error('the tables are not there: start the API once, or run `node apps/api/dist/main.js migrate`');
    }
    await sleep(200);
  }
}
