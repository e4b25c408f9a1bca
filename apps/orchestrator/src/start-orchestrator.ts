import { openDatabase, PROTOCOL, readCompletionSecret, readRetryCounts, startReporting } from '@baton/database';
import {
  COMPLETION_QUEUE,
  completionMessageSchema,
  connectRedis,
  createConsumer,
  createTrackQueue,
  type Consumer,
  type Redis,
} from '@baton/queue';
import {
  countRetries,
  createCounters,
  createLegTimes,
  SOFTWARE_VERSION,
  type Logger,
  type Service,
} from '@baton/service';
import type { OrchestratorDeps } from './apply-events.ts';
import type { Config } from './config.ts';
import { createHandOvers } from './hand-over.ts';
import { startForgettingWorkers } from './forget-workers.ts';
import { createCompletionHandler, type CompletionHandler } from './handle-completions.ts';
import { startReconciling } from './reconcile.ts';
import { refuseUnsafeServers } from './refuse-unsafe-servers.ts';
import { noteStuck } from './note-stuck.ts';
import { consumeChildren } from './run-children.ts';
import { startSchedules } from './run-schedules.ts';

const DRAIN_MS = 8000;

/**
 * Starts consuming completions, reconciling, running schedules and forgetting workers.
 * @returns what stops them, in order
 * @throws UnsafeSettingsError where the servers could not keep what is promised; nothing is left open then
 */
export async function startOrchestrator(config: Config, logger: Logger): Promise<Service> {
  const criticalPath = config.BATON_CRITICAL_PATH === 'on';
  const database = await openDatabase({ url: config.BATON_MYSQL_URL, sendsTogether: true, criticalPath });
  const onError = (error: Error): void => logger.warn({ event: 'redis_away', err: error });
  const place = { url: config.BATON_REDIS_URL, prefix: config.BATON_REDIS_PREFIX };
  const producer = connectRedis(place, 'producer', onError);
  const blocking = connectRedis(place, 'consumer', onError);
  try {
    await refuseUnsafeServers({ config, database, redis: producer, logger });
  } catch (error) {
    producer.disconnect();
    blocking.disconnect();
    await database.close();
    throw error;
  }
  const trackQueue = createTrackQueue(producer, place.prefix);
  const counters = createCounters();
  const legs = createLegTimes();
  const deps = { database, trackQueue, redis: producer, redisPrefix: place.prefix, logger, counters, legs };
  const secret = await readCompletionSecret(database);
  const handOvers = config.BATON_HAND_OVER === 'on' ? createHandOvers({ ...deps, secret }) : undefined;
  const batchSize = config.BATON_COMPLETION_BATCH;
  const handler = createCompletionHandler({ ...deps, secret, ...(handOvers && { handOvers }), batchSize });
  const consumer = consumeCompletions(deps, blocking, { handler, batchSize });
  const children = consumeChildren(deps, blocking);
  const reconciling = startReconciling(deps, config.BATON_RECONCILE_MS);
  const schedules = startSchedules(deps, config.BATON_RECONCILE_MS);
  const forgetting = startForgettingWorkers(deps, config.BATON_WORKER_KEEP_MS);
  const reporting = await startReporting(database, {
    kind: 'orchestrator',
    softwareVersion: SOFTWARE_VERSION,
    settings: settingsOf(config),
    readCounters: () => ({ ...counters.read(), ...legs.read(), ...countRetries(readRetryCounts()) }),
    onError: (error) => logger.warn({ event: 'report_not_written', err: error }, 'the next one will do'),
  });
  return {
    async stop() {
      handler.stop();
      await Promise.all([consumer.close(DRAIN_MS), children.close(DRAIN_MS)]);
      await handOvers?.whenIdle();
      await Promise.all([reconciling, schedules, forgetting, reporting].map((one) => one.stop()));
      await trackQueue.close();
      producer.disconnect();
      blocking.disconnect();
      await database.close();
    },
  };
}

function consumeCompletions(
  deps: OrchestratorDeps,
  redis: Redis,
  { handler, batchSize }: { handler: CompletionHandler; batchSize: number },
): Consumer {
  return createConsumer({
    redis,
    prefix: deps.redisPrefix,
    queueName: COMPLETION_QUEUE,
    schema: completionMessageSchema,
    concurrency: batchSize,
    keepFailed: true,
    handle: (message, sentAt) => handler.handle(message, sentAt),
    onFailed(error) {
      deps.counters.add('parked_messages', 1, COMPLETION_QUEUE);
      deps.logger.error({ event: 'completion_parked', err: error }, 'kept in the failed set of the queue');
    },
    onStuck: (stuck) => noteStuck(deps, stuck),
  });
}

/** What others depend on, or doctor looks at. */
function settingsOf(config: Config): Record<string, number> {
  return {
    // Without hand-over it is as one that does not know of it: nobody offers places.
    protocol: config.BATON_HAND_OVER === 'on' ? PROTOCOL : PROTOCOL - 1,
    reconcileMs: config.BATON_RECONCILE_MS,
    completionBatch: config.BATON_COMPLETION_BATCH,
  };
}
