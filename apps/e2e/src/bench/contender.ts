import type { Workload } from './workloads.ts';

/** A way to run a workload: Baton, or what it is compared with. */
export interface Contender {
  name: string;
  /** Program and version, and what is particular about how it is run. */
  description: string;
  /** What it cannot say is left out of its line. */
  canRun(workload: Workload): boolean;
  run(workload: Workload): Promise<Measured>;
  stop(): Promise<void>;
}

export interface Measured {
  /** From handing the work over to its last task's end. */
  ms: number;
  /** What else was measured, by name: each for one task. */
  perTask?: Readonly<Record<string, number>>;
  /** What processes held in memory at most meanwhile, by name. */
  rssBytes?: Readonly<Record<string, number>>;
}
