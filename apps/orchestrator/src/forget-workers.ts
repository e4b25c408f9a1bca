import { forgetWorkers } from '@baton/database';
import type { OrchestratorDeps } from './apply-events.ts';
import { repeatRounds, type Rounds } from './repeat-rounds.ts';

const INTERVAL_MS = 60_000;

/** Forgets workers that are long gone, now and every minute. @param keepMs of silence before that */
export function startForgettingWorkers(
  { database, logger }: Pick<OrchestratorDeps, 'database' | 'logger'>,
  keepMs: number,
): Rounds {
  const forget = async (): Promise<void> => {
    try {
      let workers = 0;
      for (let more = 1; more > 0; workers += more) more = await forgetWorkers(database, { keepMs });
      if (workers > 0) logger.info({ event: 'workers_forgotten', workers, keepMs });
    } catch (error) {
      logger.warn({ event: 'workers_not_forgotten', err: error }, 'the next time will do');
    }
  };
  return repeatRounds(forget, INTERVAL_MS, 0);
}
