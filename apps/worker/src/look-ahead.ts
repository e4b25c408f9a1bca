/**
 * How many tracks a worker should hold beyond its slots, so that a slot that is free has its next script at once.
 *
 * It follows what is measured: as many as the slots get through while a claim is on its way. Where scripts last longer than
 * a claim that is none, and a worker never holds what another could run by now; where they are as short as a claim or
 * shorter, the way would cost more than the scripts. What was wrong about it is put right by giving back (await-slot.ts).
 */
export interface LookAhead {
  count(): number;
  /** @param ms that a slot was in use for a script */
  noteRun(ms: number): void;
  /** What was claimed ahead waited too long: what was measured is over, and none is worth having until a script has ended. */
  noteGivenBack(): void;
  /** @param ms from the question to the answer */
  noteClaim(ms: number): void;
}

/** Weight of the newest measurement. Longer runs count more: too few tracks cost a little time, too many cost others theirs. */
const WEIGHT = 0.1;
const WEIGHT_OF_LONGER = 0.5;
/** A claim that takes longer than this is held up by something. With WAYS it is the longest that a track is to be held: 120 ms. */
const MAX_CLAIM_MS = 20;
/**
 * How many ways what is held covers: one to fetch an entry, one to claim it, and what slots that come free together take at
 * once, as those of one level of a graph do. With 2, montage takes 0.06 to 0.1 of its least possible time longer (W6); with
 * more than 8 nothing is gained.
 */
const WAYS = 6;

/** @param most never more than this; 0: none at all */
export function createLookAhead({ slots, most }: { slots: number; most: () => number }): LookAhead {
  let runMs: number | null = null;
  let claimMs = 0;
  return {
    count() {
      if (runMs === null) return 0;
      return Math.min(most(), Math.floor((slots * WAYS * Math.min(claimMs, MAX_CLAIM_MS)) / Math.max(runMs, 0.1)));
    },
    noteRun(ms) {
      runMs = runMs === null ? ms : runMs + (ms - runMs) * (ms > runMs ? WEIGHT_OF_LONGER : WEIGHT);
    },
    noteGivenBack() {
      runMs = null;
    },
    noteClaim(ms) {
      claimMs = claimMs === 0 ? ms : claimMs + (ms - claimMs) * WEIGHT;
    },
  };
}
