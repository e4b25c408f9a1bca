import type { Database } from '@baton/database';
import type { Stack } from '@baton/devstack';
import type { ApiCaller } from '../testing/call-api.ts';
import type { BenchGraph } from './workloads.ts';

/** What is measured of Baton alone, with figures of its own. */
export interface Measurement {
  id: string;
  title: string;
  /** What takes minutes, or is the same every time, is measured once, without a round to warm up. */
  isOnce?: boolean;
  measure: (baton: MeasuredBaton) => Promise<Figure[]>;
}

/** A running Baton, seen from outside and from its database. */
export interface MeasuredBaton {
  stack: Stack;
  api: ApiCaller;
  database: Database;
  /** By name: as in ProcessUse. */
  listProcesses: () => [name: string, pid: number][];
  /** Makes a graph, unless this did so before. */
  saveGraph: (graph: BenchGraph) => Promise<void>;
  report: (line: string) => void;
}

export interface Figure {
  name: string;
  value: number;
  unit: string;
  /** What it is to reach. */
  bar?: Bar;
}

export type Bar = { atLeast: number } | { atMost: number };

export function isReached(value: number, bar: Bar): boolean {
  return 'atLeast' in bar ? value >= bar.atLeast : value <= bar.atMost;
}
