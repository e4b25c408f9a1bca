import type { Workload } from './workloads.ts';

/** A way to run a workload: Baton, or what it is compared with. */
export interface Contender {
  name: string;
  /** Program and version, and what is particular about how it is run. */
  description: string;
  /** What it cannot say is left out of its line. */
  canRun(workload: Workload): boolean;
  /** @returns ms from handing the work over to its last task's end */
  run(workload: Workload): Promise<number>;
  stop(): Promise<void>;
}
