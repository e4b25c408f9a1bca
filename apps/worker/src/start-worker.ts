import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type HeartbeatAnswer } from '@baton/client';
import {
  connectRedis,
  createCompletionQueue,
  findRedisFaults,
  subscribeHanded,
  subscribeNudges,
  waitForRedis,
  type CompletionQueue,
  type Redis,
} from '@baton/queue';
import {
  createCounters,
  createLegTimes,
  refuseUnsafe,
  SOFTWARE_VERSION,
  type Counters,
  type LegTimes,
  type Logger,
  type Service,
} from '@baton/service';
import { createClaimer, type GrantedRun } from './claimer.ts';
import type { Config } from './config.ts';
import { refuseUnaskedWeakness } from './demand-isolation.ts';
import { createHandOver, type HandOver, type HandOverOptions } from './hand-over.ts';
import { createKnownRuns, type KnownRuns } from './known-runs.ts';
import { createLeaseKeeper, guardTimeoutMs, type LeaseKeeper } from './lease-keeper.ts';
import { lockDirectory } from './lock-directory.ts';
import { createLookAhead, type LookAhead } from './look-ahead.ts';
import { createOutputSender } from './output-sender.ts';
import { createReleaser } from './releaser.ts';
import { createReporter } from './reporter.ts';
import { runGranted, runTrack, type TrackDeps } from './run-track.ts';
import { createRunner, type Runner } from './runner/index.ts';
import { serveQueues, type ServedQueues } from './serve-queues.ts';
import { openSpool } from './spool.ts';
import { startStatusSender } from './status-sender.ts';
import { stopWorker } from './stop-worker.ts';
import { createTroubles, type Troubles } from './troubles.ts';
import { createValuesSender } from './values-sender.ts';
import { watchDisk, type DiskWatch } from './watch-disk.ts';
import type { WorkerReport } from './worker-api.ts';

/** Shorter than a lease: a call that hangs is made again while there is still time. */
const CALL_TIMEOUT_MS = 5000;
const REDIS_WAIT_MS = 60_000;
const API_WAIT_MS = 60_000;
/** For entries of the queues that are under way to be told as done. */
const CLOSE_MS = 1000;
/** Where scripts note at which line they are. */
const LINES = 'lines';

export async function startWorker(config: Config, logger: Logger): Promise<Service> {
  const lock = await lockOwnDirectory(config);
  const redis = await connectQueues(config, logger);
  const api = createClient({ url: config.BATON_API_URL, token: config.BATON_WORKER_TOKEN, timeoutMs: CALL_TIMEOUT_MS });
  /** What the API and the orchestrators know, by the last heartbeat. */
  let terms = { protocol: 1, key: null as string | null, leaseMs: 0 };
  const legs = createLegTimes();
  const spool = await openSpool(join(config.directory, 'spool'));
  const completionQueue = createCompletionQueue(redis.producer, config.BATON_REDIS_PREFIX, {
    mayTogether: () => terms.protocol >= 2,
    isBusy: () => terms.protocol >= 2 && (served?.slots.queued ?? 0) > 0,
    makeOffer: (count) => (served?.mayStart() === true ? (handOver?.makeOffer(count) ?? null) : null),
  });
  const reporter = createReporter({
    spool,
    values: createValuesSender({ api }),
    queue: timed(completionQueue, legs),
    logger,
  });
  // Before the API is waited for: what is over needs only Redis as a rule, and every second counts against its lease.
  const replayed = await reporter.replay();
  if (replayed > 0) logger.warn({ event: 'spool_replayed', completions: replayed });
  const report = describeSelf(config);
  let served: ServedQueues | null = null;
  let handOver: HandOver | null = null;
  const leases = createLeaseKeeper({
    api,
    reporter,
    logger,
    describeWorker: () => report,
    asksForHeld: () => handOver?.isOverdue() ?? false,
    onAnswer(answer) {
      // APIs before version 0.2.0 say nothing of the last two.
      terms = { leaseMs: answer.leaseMs, protocol: answer.protocol ?? 1, key: answer.handOverKey ?? null };
      served?.serve(answer.queues);
      handOver?.compare(answer.held ?? []);
    },
  });
  const firstAnswer = await startLeases(leases, logger);
  const runner = await startRunner(config, logger, firstAnswer);
  report.isolationLevel = runner.isolation;

  const rest = (isResting: boolean): void => served?.rest(isResting);
  const troubles = createTroubles({ report, rest, tell: () => leases.nudge(), logger });
  const most = (): number => (terms.protocol >= 2 ? config.BATON_LOOK_AHEAD : 0);
  const known = createKnownRuns();
  const lookAhead = createLookAhead({ slots: report.slots, most });
  const worker = { api, workerId: report.id, logger };
  const onAnswered = (ms: number): void => lookAhead.noteClaim(ms);
  const disk = watchOwnDisk(config, troubles);
  const deps: TrackDeps = {
    workerId: report.id,
    checkDisk: () => disk.check(),
    claimer: createClaimer({ ...worker, leases, known, labels: config.BATON_LABELS, onAnswered }),
    releaser: createReleaser(worker),
    lookAhead,
    mayStart: () => served?.mayStart() ?? false,
    movedAt: () => served?.slots.movedAt ?? 0,
    leases,
    output: createOutputSender({ api, logger }),
    reporter,
    runner,
    lineDirectory: await makeLineDirectory(config),
    defaults: { graceMs: config.BATON_GRACE_MS, maxOutputBytes: config.BATON_MAX_OUTPUT_BYTES },
    running: new Set(),
    troubles,
    legs,
    logger,
  };
  const counters = createCounters();
  const outstanding = (): number => handOver?.outstanding ?? 0;
  const queues = serveTracks({ config, counters, lookAhead, outstanding, redis: redis.blocking }, deps);
  served = queues;
  handOver = offerPlaces({ ...deps, known, labels: config.BATON_LABELS }, queues, () => ({
    ...terms,
    queues: queues.served(),
  }));
  const handed = handOver;
  await subscribeHanded({ redis: redis.subscriber, prefix: config.BATON_REDIS_PREFIX }, report.id, (sealed) =>
    handed.receive(sealed),
  );
  await disk.check();
  await subscribeNudges(redis.subscriber, config.BATON_REDIS_PREFIX, () => leases.nudge());
  leases.nudge();
  const status = startStatusSender({ api, reporter, counters, legs, workerId: report.id, logger });
  return {
    ready: { workerId: report.id, worker: report.name, slots: report.slots, isolation: runner.isolation },
    async stop() {
      disk.stop();
      report.isDraining = true;
      const closers = [
        leases,
        status,
        spool,
        deps.releaser,
        { stop: () => queues.close(CLOSE_MS) },
        { stop: () => runner.close() },
      ];
      const parts = {
        ...deps,
        queues,
        closers: [...closers, { stop: () => completionQueue.close() }],
      };
      await stopWorker(parts, config.BATON_DRAIN_MS);
      for (const connection of Object.values(redis)) connection.disconnect();
      lock.release();
    },
  };
}

function timed(queue: CompletionQueue, legs: LegTimes): Pick<CompletionQueue, 'reportCompletion'> {
  return {
    async reportCompletion(...completion) {
      const endedAt = performance.now();
      await queue.reportCompletion(...completion);
      legs.observe('sent', performance.now() - endedAt);
    },
  };
}

function offerPlaces(
  deps: TrackDeps & { known: KnownRuns; labels: string[] },
  queues: ServedQueues,
  terms: HandOverOptions['terms'],
): HandOver {
  const { leases, known, claimer, releaser, workerId, labels, logger } = deps;
  const start = (granted: GrantedRun): void => {
    known.add(granted.runId);
    queues.take((place) => runGranted(deps, granted, place));
  };
  return createHandOver({
    workerId,
    labels,
    terms,
    start,
    logger,
    room: () => ({ places: queues.slots.room - queues.slots.waiting, slots: queues.slots.free }),
    isEnding: (leaseUntil) => leases.isEnding(leaseUntil),
    knows: (runId) => known.has(runId) || leases.holds(runId),
    adopt(run) {
      known.add(run.runId);
      queues.take(async (place) => {
        const granted = await claimer.claim({ ...run, isAhead: false });
        if (granted !== null && granted !== 'needs_slot') await runGranted(deps, granted, place);
      });
    },
    giveBack: (run) => void releaser.release(run),
    onChange: () => queues.refresh(),
    onAnswered: (ms) => deps.lookAhead.noteClaim(ms),
  });
}

interface TrackSource {
  config: Config;
  counters: Counters;
  lookAhead: LookAhead;
  outstanding: () => number;
  redis: Redis;
}

function serveTracks(source: TrackSource, deps: TrackDeps): ServedQueues {
  const { config, counters, lookAhead, outstanding, redis } = source;
  return serveQueues({
    counters,
    redis,
    lookAhead,
    outstanding,
    prefix: config.BATON_REDIS_PREFIX,
    slots: config.BATON_CONCURRENCY,
    labels: config.BATON_LABELS,
    async run(message, place) {
      const answer = await runTrack(deps, message, place);
      return answer === 'give_back' ? answer : 'done';
    },
    logger: deps.logger,
  });
}

function watchOwnDisk({ directory }: Config, troubles: Troubles): DiskWatch {
  return watchDisk({
    directories: ['spool', 'runs', LINES].map((name) => join(directory, name)),
    onChange: (problem) => troubles.set('disk', problem),
  });
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
  const directory = join(config.directory, LINES);
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
