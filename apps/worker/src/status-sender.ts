import { hostname } from 'node:os';
import { SOFTWARE_VERSION, type Counters, type LegTimes, type Logger } from '@baton/service';
import type { Reporter } from './reporter.ts';
import type { WorkerApi } from './worker-api.ts';

/**
 * Tells the API every few seconds what people want to know of this worker: its clock, what it has counted, how many completions
 * it keeps. Beside the heartbeats, so that nothing of it can cost a lease; an API that is older than this call refuses it, and
 * nobody minds.
 */
export interface StatusSenderOptions {
  api: Pick<WorkerApi, 'sendStatus'>;
  reporter: Pick<Reporter, 'unapplied'>;
  counters: Counters;
  legs: Pick<LegTimes, 'read'>;
  workerId: string;
  logger: Logger;
  intervalMs?: number;
}

const INTERVAL_MS = 5000;

/** @returns what ends it */
export function startStatusSender(options: StatusSenderOptions): { stop(): Promise<void> } {
  const { api, reporter, counters, legs, workerId, logger, intervalMs = INTERVAL_MS } = options;
  /** When each completion that is kept was first seen here, on performance.now(). */
  let keptSince = new Map<string, number>();
  let sending: Promise<void> | null = null;
  const send = async (): Promise<void> => {
    const now = performance.now();
    keptSince = new Map(reporter.unapplied().map(({ runId }) => [runId, keptSince.get(runId) ?? now]));
    const oldest = Math.min(now, ...keptSince.values());
    try {
      await api.sendStatus({
        workerId,
        host: hostname(),
        pid: process.pid,
        softwareVersion: SOFTWARE_VERSION,
        uptimeMs: Math.round(process.uptime() * 1000),
        clock: new Date().toISOString(),
        kept: keptSince.size,
        oldestKeptMs: Math.round(now - oldest),
        counters: { ...counters.read(), ...legs.read() },
      });
    } catch (error) {
      logger.debug({ event: 'status_not_sent', err: error }, 'the next one will do');
    }
  };
  const sendUnlessBusy = (): void => {
    sending ??= send().finally(() => (sending = null));
  };
  sendUnlessBusy();
  const timer = setInterval(sendUnlessBusy, intervalMs);
  return {
    async stop() {
      clearInterval(timer);
      await sending;
    },
  };
}
