import { join } from 'node:path';
import { createClient, type Client, type HeartbeatAnswer } from '@baton/client';
import {
  createCompletionQueue,
  subscribeHanded,
  subscribeNudges,
  type CompletionQueue,
  type Redis,
} from '@baton/queue';
import {
  createCounters,
  createLegTimes,
  type Counters,
  type LegTimes,
  type Logger,
  type Service,
} from '@baton/service';
import { createClaimer } from './claimer.ts';
import type { Config } from './config.ts';
import type { HandOver } from './hand-over.ts';
import { createKnownRuns, type KnownRuns } from './known-runs.ts';
import { createLeaseKeeper, type LeaseKeeper } from './lease-keeper.ts';
import { createLookAhead, type LookAhead } from './look-ahead.ts';
import { offerPlaces } from './offer-places.ts';
import { createOutputSender } from './output-sender.ts';
import {
  connectQueues,
  describeSelf,
  lockOwnDirectory,
  makeLineDirectory,
  startLeases,
  startRunner,
  watchOwnDisk,
} from './prepare-worker.ts';
import { createReleaser } from './releaser.ts';
import { createReporter, type Reporter } from './reporter.ts';
import { runTrack, type TrackDeps } from './run-track.ts';
import type { Runner } from './runner/index.ts';
import { serveQueues, type ServedQueues } from './serve-queues.ts';
import { openSpool } from './spool.ts';
import { startStatusSender } from './status-sender.ts';
import { stopWorker } from './stop-worker.ts';
import { createTroubles } from './troubles.ts';
import { createValuesSender } from './values-sender.ts';
import type { DiskWatch } from './watch-disk.ts';
import type { WorkerReport } from './worker-api.ts';

/** Shorter than a lease: a call that hangs is made again while there is still time. */
const CALL_TIMEOUT_MS = 5000;
/** For entries of the queues that are under way to be told as done. */
const CLOSE_MS = 1000;

/** What earlier parts of a worker ask later ones for, which are made of them. */
interface Live {
  /** What the API and the orchestrators know, by the last heartbeat. */
  terms: { protocol: number; key: string | null; leaseMs: number };
  queues: ServedQueues | null;
  handOver: HandOver | null;
}

export async function startWorker(config: Config, logger: Logger): Promise<Service> {
  const lock = await lockOwnDirectory(config);
  const redis = await connectQueues(config, logger);
  const api = createClient({ url: config.BATON_API_URL, token: config.BATON_WORKER_TOKEN, timeoutMs: CALL_TIMEOUT_MS });
  const live: Live = { terms: { protocol: 1, key: null, leaseMs: 0 }, queues: null, handOver: null };
  const legs = createLegTimes();
  const spool = await openSpool(join(config.directory, 'spool'));
  const completionQueue = openCompletionQueue(redis.producer, config, live);
  const values = createValuesSender({ api });
  const reporter = createReporter({ spool, values, queue: timed(completionQueue, legs), logger });
  // Before the API is waited for: what is over needs only Redis as a rule, and every second counts against its lease.
  const replayed = await reporter.replay();
  if (replayed > 0) logger.warn({ event: 'spool_replayed', completions: replayed });
  const report = describeSelf(config);
  const leases = createLeaseKeeper({
    api,
    reporter,
    logger,
    describeWorker: () => report,
    asksForHeld: () => live.handOver?.isOverdue() ?? false,
    onAnswer: (answer, held) => heed(live, answer, held),
  });
  const runner = await startRunner(config, logger, await startLeases(leases, logger));
  report.isolationLevel = runner.isolation;
  const made = { config, logger, api, live, report, leases, legs, reporter, runner };
  const { deps, disk, known, lookAhead } = await createTrackDeps(made);
  const counters = createCounters();
  const queues = serveTracks({ config, counters, lookAhead, live, redis: redis.blocking }, deps);
  live.queues = queues;
  const offering = { ...deps, known, labels: config.BATON_LABELS };
  const handOver = offerPlaces(offering, queues, () => ({ ...live.terms, queues: queues.served() }));
  await subscribeHanded({ redis: redis.subscriber, prefix: config.BATON_REDIS_PREFIX }, report.id, (sealed) =>
    handOver.receive(sealed),
  );
  live.handOver = handOver;
  await disk.check();
  await subscribeNudges(redis.subscriber, config.BATON_REDIS_PREFIX, () => leases.nudge());
  leases.nudge();
  const status = startStatusSender({ api, reporter, counters, legs, workerId: report.id, logger });
  return {
    ready: { workerId: report.id, worker: report.name, slots: report.slots, isolation: runner.isolation },
    async stop() {
      disk.stop();
      report.isDraining = true;
      leases.nudge();
      const closing = [() => queues.close(CLOSE_MS), () => runner.close(), () => completionQueue.close()];
      const closers = [leases, status, spool, deps.releaser, ...closing.map((stop) => ({ stop }))];
      const parts = { ...deps, queues, handOver, closers };
      await stopWorker(parts, config.BATON_DRAIN_MS);
      for (const connection of Object.values(redis)) connection.disconnect();
      lock.release();
    },
  };
}

function openCompletionQueue(redis: Redis, config: Config, live: Live): CompletionQueue {
  return createCompletionQueue(redis, config.BATON_REDIS_PREFIX, {
    mayTogether: () => live.terms.protocol >= 2,
    isBusy: () => live.terms.protocol >= 2 && (live.queues?.slots.queued ?? 0) > 0,
    makeOffer: (count) => (live.queues?.mayStart() === true ? (live.handOver?.makeOffer(count) ?? null) : null),
  });
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

/** APIs before version 0.2.0 say nothing of protocols and keys. */
function heed(live: Live, answer: HeartbeatAnswer, held: HeartbeatAnswer['held'] | null): void {
  live.terms = { leaseMs: answer.leaseMs, protocol: answer.protocol ?? 1, key: answer.handOverKey ?? null };
  live.queues?.serve(answer.queues);
  live.handOver?.compare(held);
}

interface Made {
  config: Config;
  logger: Logger;
  api: Client;
  live: Live;
  report: WorkerReport;
  leases: LeaseKeeper;
  legs: LegTimes;
  reporter: Reporter;
  runner: Runner;
}

async function createTrackDeps({ config, logger, api, live, report, leases, legs, reporter, runner }: Made): Promise<{
  deps: TrackDeps;
  disk: DiskWatch;
  known: KnownRuns;
  lookAhead: LookAhead;
}> {
  const rest = (isResting: boolean): void => live.queues?.rest(isResting);
  const troubles = createTroubles({ report, rest, tell: () => leases.nudge(), logger });
  const most = (): number => (live.terms.protocol >= 2 ? config.BATON_LOOK_AHEAD : 0);
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
    mayStart: () => live.queues?.mayStart() ?? false,
    movedAt: () => live.queues?.slots.movedAt ?? 0,
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
  return { deps, disk, known, lookAhead };
}

interface TrackSource {
  config: Config;
  counters: Counters;
  lookAhead: LookAhead;
  live: Live;
  redis: Redis;
}

function serveTracks({ config, counters, lookAhead, live, redis }: TrackSource, deps: TrackDeps): ServedQueues {
  return serveQueues({
    counters,
    redis,
    lookAhead,
    outstanding: () => live.handOver?.outstanding ?? 0,
    isFed: () => live.handOver?.isFeeding() ?? false,
    prefix: config.BATON_REDIS_PREFIX,
    slots: config.BATON_CONCURRENCY,
    labels: config.BATON_LABELS,
    run: async (message, place) => ((await runTrack(deps, message, place)) === 'give_back' ? 'give_back' : 'done'),
    logger: deps.logger,
  });
}
