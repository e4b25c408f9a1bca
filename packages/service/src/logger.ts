import { setTimeout as sleep } from 'node:timers/promises';
import { pino, type DestinationStream, type Logger } from 'pino';
import { gatherLines } from './gather-lines.ts';
import { messageOf, showError } from './logger-errors.ts';

export type { Logger };

/**
 * JSON lines, one event a line, times in UTC. Of errors only what logger-errors.ts lets through.
 * @param name of the process: api, orchestrator, worker
 * @param destination stdout, unless a test reads along
 */
export function createLogger(
  name: string,
  level = 'info',
  destination: DestinationStream = (standardOutput ??= openStandardOutput()),
): Logger {
  return pino(
    {
      name,
      level,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: ['token', 'password', 'authorization', '*.token', '*.password', '*.authorization'],
      serializers: { err: showError },
      hooks: {
        logMethod(args, method) {
          method.apply(this, withSafeMessage(args));
        },
      },
    },
    destination,
  );
}

/** One for all loggers of the process, so that their lines stay in order. */
let standardOutput: DestinationStream | null = null;

/**
 * Written without waiting: a reader of stdout that stands still must not stop a worker's leases. A minimal length of 1
 * instead of 0 makes no line later, but lets the last ones be waited for.
 */
function openStandardOutput(): DestinationStream {
  // Before the stream's own listener, which writes at once what it was given and has not written yet.
  process.on('exit', () => lines.passOn());
  const lines = gatherLines(pino.destination({ dest: 1, sync: false, minLength: 1 }));
  return lines;
}

type LogArguments = Parameters<Logger['info']>;

/** A line about an error that has no message of its own, or the error's own, takes the one that may be logged. */
function withSafeMessage(args: LogArguments): LogArguments {
  const [first, message, ...rest] = args as [unknown, ...LogArguments];
  const error = first instanceof Error ? first : (first as { err?: unknown } | null)?.err;
  if (typeof error !== 'object' || error === null) return args;
  if (message !== undefined && message !== (error as { message?: unknown }).message) return args;
  const fields = first instanceof Error ? { err: first } : first;
  return [fields, messageOf(error), ...rest] as unknown as LogArguments;
}

const FLUSH_TIMEOUT_MS = 1000;

/** Ends the process when the lines that were logged are written, or a second has passed. */
export async function endProcess(logger: Logger, status: number): Promise<never> {
  const flushed = new Promise<void>((resolve) => logger.flush(() => resolve()));
  await Promise.race([flushed, sleep(FLUSH_TIMEOUT_MS)]);
  process.exit(status);
}
