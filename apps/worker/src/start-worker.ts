import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type HeartbeatAnswer } from '@baton/client';
import { connectRedis, createCompletionQueue, findRedisFaults, subscribeNudges, waitForRedis } from '@baton/queue';
import { createCounters, refuseUnsafe, SOFTWARE_VERSION, type Logger, type Service } from '@baton/service';
import { createClaimer } from './claimer.ts';
import type { Config } from './config.ts';
import { refuseUnaskedWeakness } from './demand-isolation.ts';
import { createLeaseKeeper, guardTimeoutMs, type LeaseKeeper } from './lease-keeper.ts';
import { lockDirectory } from './lock-directory.ts';
import { createOutputSender } from './output-sender.ts';
import { createReporter, type Reporter } from './reporter.ts';
import { runTrack, type TrackDeps } from './run-track.ts';
import { createRunner, type Runner } from './runner/index.ts';
import { serveQueues, type ServedQueues } from './serve-queues.ts';
import { openSpool } from './spool.ts';
import { startStatusSender } from './status-sender.ts';
import { createValuesSender } from './values-sender.ts';
import type { WorkerReport } from './worker-api.ts';

/** Shorter than a lease: a call that hangs is made again while there is still time. */
const CALL_TIMEOUT_MS = 5000;
const REDIS_WAIT_MS = 60_000;
const API_WAIT_MS = 60_000;
/** After the scripts are gone: for the last reports to be applied. */
const SETTLE_MS = 5000;
const CLOSE_MS = 3000;
const KILL_INTERVAL_MS = 100;
/** Of a time limit: once the race is won, its timer keeps no process alive. */
const UNHELD = { ref: false };
/** For scripts that are killed to be gone, and their reports to be on their way. */
const KILL_MS = 5000;

/**
 * From the signal to a forced end: pause, drain, kill (which knows no grace) and report, settle, a last
 * heartbeat and what goes on beside it, close, close.
 */
export function stopTimeoutMs(config: Config): number {
  return config.BATON_DRAIN_MS + KILL_MS + SETTLE_MS + 3 * CLOSE_MS + CALL_TIMEOUT_MS + 3000;
}

export async function startWorker(config: Config, logger: Logger): Promise<Service> {
  const lock = await lockOwnDirectory(config);
  const redis = await connectQueues(config, logger);
  const api = createClient({ url: config.BATON_API_URL, token: config.BATON_WORKER_TOKEN, timeoutMs: CALL_TIMEOUT_MS });
  const spool = await openSpool(join(config.directory, 'spool'));
  const completionQueue = createCompletionQueue(redis.producer, config.BATON_REDIS_PREFIX);
  const reporter = createReporter({ spool, values: createValuesSender({ api }), queue: completionQueue, logger });
  // Before the API is waited for: what is over needs only Redis as a rule, and every second counts against its lease.
  const replayed = await reporter.replay();
  if (replayed > 0) logger.warn({ event: 'spool_replayed', completions: replayed });
  const report = describeSelf(config);
  let served: ServedQueues | null = null;
  const leases = createLeaseKeeper({
    api,
    reporter,
    logger,
    describeWorker: () => report,
    onAnswer: (answer) => served?.serve(answer.queues),
  });
  const runner = await startRunner(config, logger, await startLeases(leases, logger));
  report.isolationLevel = runner.isolation;

  const deps: TrackDeps = {
    workerId: report.id,
    claimer: createClaimer({ api, workerId: report.id, labels: config.BATON_LABELS, logger }),
    leases,
    output: createOutputSender({ api, logger }),
    reporter,
    runner,
    lineDirectory: await makeLineDirectory(config),
    defaults: { graceMs: config.BATON_GRACE_MS, maxOutputBytes: config.BATON_MAX_OUTPUT_BYTES },
    running: new Set(),
    logger,
  };
  const counters = createCounters();
  const queues = serveQueues({
    counters,
    redis: redis.blocking,
    prefix: config.BATON_REDIS_PREFIX,
    slots: config.BATON_CONCURRENCY,
    labels: config.BATON_LABELS,
    run: (message) => runTrack(deps, message),
    logger,
  });
  served = queues;
  await subscribeNudges(redis.subscriber, config.BATON_REDIS_PREFIX, () => leases.nudge());
  leases.nudge();
  const status = startStatusSender({ api, reporter, counters, workerId: report.id, logger });
  return {
    ready: { workerId: report.id, worker: report.name, slots: report.slots, isolation: runner.isolation },
    async stop() {
      report.isDraining = true;
      await drain(queues, deps, config.BATON_DRAIN_MS);
      await waitUntilApplied(reporter, leases);
      await Promise.all([leases.stop(), status.stop()]);
      await queues.close(CLOSE_MS);
      await runner.close();
      await Promise.race([completionQueue.close(), sleep(CLOSE_MS, null, UNHELD)]);
      for (const connection of Object.values(redis)) connection.disconnect();
      lock.release();
    },
  };
}

function describeSelf(config: Config): WorkerReport {
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

async function lockOwnDirectory(config: Config): Promise<{ release(): void }> {
  await mkdir(config.directory, { recursive: true, mode: 0o700 });
  const lock = await lockDirectory(config.directory);
  if (lock !== null) return lock;
  throw new Error(
    `another worker works in ${config.directory}: give this one its own BATON_WORKER_NAME or BATON_WORKER_DIRECTORY`,
  );
}

/** Empty: what an earlier life left there says nothing any more. */
async function makeLineDirectory(config: Config): Promise<string> {
  const directory = join(config.directory, 'lines');
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { mode: 0o700 });
  return directory;
}

async function startRunner(
  config: Config,
  logger: Logger,
  { leaseMs, heartbeatMs }: { leaseMs: number; heartbeatMs: number },
): Promise<Runner> {
  const runner = await createRunner({
    slots: config.BATON_CONCURRENCY,
    directory: join(config.directory, 'runs'),
    guardTimeoutMs: guardTimeoutMs(leaseMs, heartbeatMs),
    ...(config.BATON_SCRIPT_PATH === undefined ? {} : { path: config.BATON_SCRIPT_PATH }),
    ...(config.BATON_ISOLATION === undefined ? {} : { isolation: config.BATON_ISOLATION }),
    report: ({ kind, detail }) => logger.info({ event: `runner_${kind}`, detail }),
  });
  refuseUnaskedWeakness(runner.isolation, config.BATON_ISOLATION);
  return runner;
}

async function connectQueues(config: Config, logger: Logger) {
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
async function startLeases(leases: LeaseKeeper, logger: Logger): Promise<HeartbeatAnswer> {
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

/** No new track; what runs may end by itself until the time is up, then it is killed and reported as lost. */
async function drain(queues: ServedQueues, deps: TrackDeps, drainMs: number): Promise<void> {
  await Promise.race([queues.pause(), sleep(CLOSE_MS, null, UNHELD)]);
  const deadline = new AbortController();
  const isIdle = await Promise.race([
    queues.slots.whenIdle().then(() => true),
    sleep(drainMs, false, { signal: deadline.signal }).catch(() => true), // aborted: idle came first
  ]);
  deadline.abort();
  if (isIdle) return;
  deps.logger.warn({ event: 'drain_timeout', drainMs, scripts: deps.running.size }, 'killing what still runs');
  await killUntilIdle(queues, deps);
}

/** Again and again: a claim that was under way may be answered only now, and its script start. */
async function killUntilIdle(queues: ServedQueues, deps: TrackDeps): Promise<void> {
  const idle = queues.slots.whenIdle().then(() => true);
  do {
    for (const end of deps.running) end('lost');
  } while (!(await Promise.race([idle, sleep(KILL_INTERVAL_MS, false)])));
}

/** What is not applied by then stays on disk, for this worker's next life. */
async function waitUntilApplied(reporter: Reporter, leases: LeaseKeeper): Promise<void> {
  const deadline = performance.now() + SETTLE_MS;
  while (reporter.unapplied().length > 0 && performance.now() < deadline) {
    leases.nudge();
    await sleep(100);
  }
}
