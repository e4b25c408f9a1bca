/* istanbul ignore file -- what tests are made of is no rule */

/** Reproducible randomness: the same seed tells the same story. */
export interface RandomSource {
  /** Uniform in [0, 1). */
  share: () => number;
  /** A whole number from 0 to `below` - 1. */
  below: (limit: number) => number;
  chance: (share: number) => boolean;
  pick: <T>(items: readonly T[]) => T;
  /** So many of these at most, in random order. */
  some: <T>(items: readonly T[], atMost: number) => T[];
}

// Taken once: a look at a global costs much in the sandbox that tests run in, and this is asked millions of times.
const { floor, imul } = Math;

/** Mulberry32: 32 bits of state, good enough to vary tests. */
export function createRandom(seed: number): RandomSource {
  let state = seed >>> 0;
  const share = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => floor(share() * limit);
  const pick = <T>(items: readonly T[]): T => {
    const item = items[below(items.length)];
    if (items.length === 0) throw new Error('nothing to pick from');
    return item as T;
  };
  return {
    share,
    below,
    pick,
    chance: (wanted) => share() < wanted,
    some(items, atMost) {
      const left = [...items];
      return Array.from({ length: Math.min(atMost, items.length) }, () => left.splice(below(left.length), 1)).flat();
    },
  };
}
