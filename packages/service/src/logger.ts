import { setTimeout as sleep } from 'node:timers/promises';
import { pino, type Logger } from 'pino';

export type { Logger };

/**
 * JSON lines on stdout, one event a line, times in UTC.
 * @param name of the process: api, orchestrator, worker
 */
export function createLogger(name: string, level = 'info'): Logger {
  // Written without waiting: a reader of stdout that stands still must not stop a worker's leases. A minimal length of 1
  // instead of 0 makes no line later, but lets the last ones be waited for.
  const destination = pino.destination({ dest: 1, sync: false, minLength: 1 });
  return pino(
    {
      name,
      level,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: ['token', 'password', 'authorization', '*.token', '*.password', '*.authorization'],
    },
    destination,
  );
}

const FLUSH_TIMEOUT_MS = 1000;

/** Ends the process when the lines that were logged are written, or a second has passed. */
export async function endProcess(logger: Logger, status: number): Promise<never> {
  const flushed = new Promise<void>((resolve) => logger.flush(() => resolve()));
  await Promise.race([flushed, sleep(FLUSH_TIMEOUT_MS)]);
  process.exit(status);
}
