import { pino, type Logger } from 'pino';

export type { Logger };

/**
 * JSON lines on stdout, one event a line, times in UTC.
 * @param name of the process: api, orchestrator, worker
 */
export function createLogger(name: string, level = 'info'): Logger {
  return pino({
    name,
    level,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: ['token', 'password', 'authorization', '*.token', '*.password', '*.authorization'],
  });
}
