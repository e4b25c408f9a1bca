import type { Scenario } from '../reference/scenario.ts';
import type { JournalEntry } from './journal.ts';
import type { Rows } from './read-rows.ts';
import type { RecordedAnswer } from './record-answers.ts';

/** I1 to I9 of the fault matrix. */
export interface Violation {
  invariant: `I${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}`;
  what: string;
}

/** Everything that is known of a run. Of it only the rows are Baton's word, and they are what is judged. */
export interface Evidence {
  journal: readonly JournalEntry[];
  answers: readonly RecordedAnswer[];
  rows: Rows;
  /** By the graph's name: how its scripts were told to end. Pipelines of other graphs are not compared with the reference. */
  plans?: ReadonlyMap<string, Scenario>;
  /** Runs of which a process was found alive when all was at rest. */
  aliveRunIds?: readonly string[];
  /** Present: attempts may be lost by these, and by nothing else. */
  faults?: readonly LosingFault[];
  /** By worker id. */
  workerNames?: ReadonlyMap<string, string>;
  /** What the reconcile loop had to mend that no fault explains. */
  repairs?: number;
}

interface LosingFault {
  kind: string;
  atMs: number;
  endedAtMs: number | null;
  /** Attempts of these workers. */
  mayLose: 'all' | readonly string[];
}

const ENDED_PIPELINE = new Set(['FINISH', 'FAILED', 'CANCELLED']);
const ENDED_TRACK = new Set(['SUCCEED', 'FAILED', 'SKIPPED', 'CANCELLED']);

export const isPipelineEnded = (state: string): boolean => ENDED_PIPELINE.has(state);
export const isTrackEnded = (state: string): boolean => ENDED_TRACK.has(state);

/** Names an attempt, as keys and in messages. */
export function nameAttempt({ pipelineId, vertex, attempt }: Pick<JournalEntry, 'pipelineId' | 'vertex' | 'attempt'>) {
  return `attempt ${attempt} of ${vertex} of pipeline ${pipelineId}`;
}

/** Lists by a key of theirs. */
export function groupBy<Item, Key>(items: Iterable<Item>, keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
