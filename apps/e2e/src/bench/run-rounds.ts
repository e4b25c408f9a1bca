import type { Contender, Measured } from './contender.ts';
import { countTasks, type Workload } from './workloads.ts';

export interface Round extends Measured {
  workload: string;
  contender: string;
  /** From 1; 0 is the warm-up, which does not count. */
  round: number;
}

/** Each round runs every workload with every contender, one after another: a machine's speed drifts, and ratios must not. */
export async function runRounds(options: {
  workloads: readonly Workload[];
  contenders: readonly Contender[];
  rounds: number;
  report: (line: string) => void;
}): Promise<Round[]> {
  const done: Round[] = [];
  for (let round = 0; round <= options.rounds; round += 1) {
    for (const workload of options.workloads) {
      for (const contender of options.contenders) {
        if (!contender.canRun(workload)) continue;
        const measured = await contender.run(workload);
        const rate = (countTasks(workload) / measured.ms) * 1000;
        const which = round === 0 ? 'warm-up' : `round ${round} of ${options.rounds}`;
        options.report(
          `${which}: ${workload.id} ${contender.name} ${measured.ms.toFixed(0)} ms, ${rate.toFixed(0)} tasks/s`,
        );
        done.push({ workload: workload.id, contender: contender.name, round, ...measured });
      }
    }
  }
  return done.filter(({ round }) => round > 0);
}
