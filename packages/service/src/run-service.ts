import type { Logger } from 'pino';
import { boundGarbage } from './bound-garbage.ts';
import { endProcess } from './logger.ts';

/** Something that runs until it is stopped. */
export interface Service {
  /** What the ready line says besides, e.g. the URL. */
  ready?: Record<string, unknown>;
  /** Ends everything in order: no new work, then the work under way, then the connections. */
  stop(): Promise<void>;
}

export interface RunServiceOptions {
  logger: Logger;
  start(): Promise<Service>;
  /** From the first signal to a forced end, ms; longer than `stop` may take. */
  stopTimeoutMs: number;
}

/**
 * The life of a process: starts the service, logs `{"event":"ready"}`, stops it at SIGTERM or SIGINT, and ends.
 * A second signal, or a stop that takes too long, ends the process at once with status 1. An error that nobody caught
 * is logged and ends the process with status 70: it is in an unknown state, and everything it does can be taken up by others.
 */
export async function runService(options: RunServiceOptions): Promise<void> {
  const { logger, stopTimeoutMs } = options;
  boundGarbage();
  process.on('uncaughtException', (error) => {
    logger.fatal({ event: 'crashed', err: error }, 'an error that nobody caught');
    process.exit(70);
  });
  let service: Service | null = null;
  let isStopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (isStopping) {
      logger.warn({ event: 'stop_forced', signal }, 'second signal: ending at once');
      process.exit(1);
    }
    isStopping = true;
    logger.info({ event: 'stopping', signal });
    const timer = setTimeout(() => {
      logger.error({ event: 'stop_timeout', stopTimeoutMs }, 'stopping takes too long: ending at once');
      process.exit(1);
    }, stopTimeoutMs);
    await service?.stop();
    clearTimeout(timer);
    logger.info({ event: 'stopped' });
    await endProcess(logger, 0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      stop(signal).catch((error: unknown) => {
        logger.fatal({ event: 'stop_failed', err: error }, 'stopping failed');
        return endProcess(logger, 1);
      });
    });
  }
  try {
    service = await options.start();
  } catch (error) {
    logger.fatal({ event: 'start_failed', err: error }, error instanceof Error ? error.message : 'could not start');
    return endProcess(logger, 1);
  }
  logger.info({ event: 'ready', ...service.ready });
}
