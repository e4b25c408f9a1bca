/**
 * The way of a flow from one script's end to the next one's start, in legs. Each is measured by the process that sees both of
 * its ends, kept as a histogram, and written to the database with the process's report of itself; /metrics shows them all as
 * `baton_leg_seconds`.
 */
export const LEGS = {
  sent: 'from the end of a script to its completion being in the queue',
  consumed: 'from there to an orchestrator having it, as exact as the clocks of two machines',
  applied: 'from there to the commit',
  enqueued: 'from the commit to what it made ready being in a queue, or told to a worker',
  claimed: 'from a track being ready to its claim, by the clock of the database',
  started: 'from a worker hearing of its claim to its script being given to a shell',
} as const;

export type Leg = keyof typeof LEGS;

/** Upper bounds of the buckets, seconds; the last one has none. */
export const LEG_BOUNDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5, 30] as const;

export interface LegTimes {
  observe(leg: Leg, ms: number): void;
  /** Counts by key: see readLegKey. */
  read(): Record<string, number>;
}

const SUM = 'sum';
const PREFIX = 'leg';

export function createLegTimes(): LegTimes {
  const sums = new Map<Leg, number>();
  const counts = new Map<Leg, number[]>();
  return {
    observe(leg, ms) {
      const seconds = Math.max(0, ms) / 1000;
      const own = counts.get(leg) ?? Array.from({ length: LEG_BOUNDS.length + 1 }, () => 0);
      const at = LEG_BOUNDS.findIndex((bound) => seconds <= bound);
      const bucket = at < 0 ? LEG_BOUNDS.length : at;
      own[bucket] = (own[bucket] ?? 0) + 1;
      counts.set(leg, own);
      sums.set(leg, (sums.get(leg) ?? 0) + seconds);
    },
    read() {
      const all: Record<string, number> = {};
      for (const [leg, own] of counts) {
        own.forEach((count, index) => {
          if (count > 0) all[`${PREFIX}:${leg}:${LEG_BOUNDS[index] ?? '+Inf'}`] = count;
        });
        all[`${PREFIX}:${leg}:${SUM}`] = sums.get(leg) ?? 0;
      }
      return all;
    },
  };
}

/** @returns what a key stands for: a bucket's own count, or the sum of seconds; null: no key of a leg that is known here */
export function readLegKey(key: string): { leg: Leg; bound: number | null } | null {
  const [prefix, leg = '', last = ''] = key.split(':');
  if (prefix !== PREFIX || !Object.hasOwn(LEGS, leg)) return null;
  if (last === SUM) return { leg: leg as Leg, bound: null };
  const bound = last === '+Inf' ? Infinity : Number(last);
  return Number.isNaN(bound) || last === '' ? null : { leg: leg as Leg, bound };
}
