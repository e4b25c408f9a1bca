/**
 * What a process counts of things that a person should hear of. Of most of them a correct system under no fault has none;
 * docs/doctor.md says what each means. Kept in the process, written to the database with its report of itself, shown by
 * /metrics and `baton doctor`.
 */
export const COUNTERS = {
  repairs: { help: 'Things that stood still and were mended: 0 in a correct system', label: 'repair' },
  stale_completions: { help: 'Completions that came too late or again, and changed nothing', label: null },
  unknown_completions: { help: 'Completions of pipelines or vertices that do not exist', label: null },
  parked_messages: { help: 'Queue entries that no program understands or may believe, kept aside', label: 'queue' },
  lease_expiries: { help: 'Runs whose worker did not renew its lease', label: null },
  transaction_retries: { help: 'Transactions that were done again', label: 'cause' },
  enqueued_again: { help: 'Tracks whose queue entry was lost or never made', label: null },
  redis_was_empty: { help: 'Times that Redis came back empty', label: null },
  renewed_consumers: { help: 'Consumers that stood still beside waiting entries and were made anew', label: 'queue' },
  renewed_connections: { help: 'Connections to Redis that did not answer and were made anew', label: 'queue' },
  reconcile_failures: { help: 'Steps of the reconcile loop that failed and were tried again', label: 'step' },
} as const;

export type CounterName = keyof typeof COUNTERS;

export interface Counters {
  /** @param value of its label, where it has one */
  add(name: CounterName, count?: number, value?: string): void;
  /** All that were ever counted, by name, or by `name:value` where a counter has a label. */
  read(): Record<string, number>;
}

export function createCounters(): Counters {
  const counts = new Map<string, number>();
  return {
    add(name, count = 1, value) {
      if (count === 0) return;
      const key = value === undefined ? name : `${name}:${value}`;
      counts.set(key, (counts.get(key) ?? 0) + count);
    },
    read: () => Object.fromEntries(counts),
  };
}

/** @returns name and label value of a key, or null where this version does not know the counter */
export function readCounterKey(key: string): { name: CounterName; value: string | null } | null {
  const split = key.indexOf(':');
  const name = split < 0 ? key : key.slice(0, split);
  if (!Object.hasOwn(COUNTERS, name)) return null;
  return { name: name as CounterName, value: split < 0 ? null : key.slice(split + 1) };
}

/** Retries of a database as that counter. */
export function countRetries(retries: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...retries].map(([cause, count]) => [`transaction_retries:${cause}`, count]));
}

/** Of all programs of this version. */
export const SOFTWARE_VERSION = '0.1.0';
