import type { Logger } from '@baton/service';
import type { WorkerReport } from './worker-api.ts';

/**
 * Why this worker takes nothing for now although it lives: its disk is full, or processes of a script did not die. Each has a
 * name; while there is any the worker rests, and whoever asks is told why.
 */
export interface Troubles {
  /** @param problem in words for people; null: it is over, or never was */
  set(name: string, problem: string | null): void;
}

export interface TroublesOptions {
  report: Pick<WorkerReport, 'problem'>;
  rest: (isResting: boolean) => void;
  /** Makes the API hear of it now. */
  tell: () => void;
  logger: Logger;
}

const MAX_PROBLEM_LENGTH = 500;

export function createTroubles({ report, rest, tell, logger }: TroublesOptions): Troubles {
  const troubles = new Map<string, string>();
  return {
    set(name, problem) {
      if ((troubles.get(name) ?? null) === problem) return;
      if (problem === null) troubles.delete(name);
      else troubles.set(name, problem);
      const all = [...troubles.values()].join('; ');
      if (all === '') delete report.problem;
      else report.problem = all.slice(0, MAX_PROBLEM_LENGTH);
      rest(all !== '');
      tell();
      if (all === '') logger.info({ event: 'tracks_taken_again' });
      else logger.error({ event: 'no_tracks_taken', problem: all }, 'until that is over');
    },
  };
}
