import type { GrantedRun } from './claimer.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { LookAhead } from './look-ahead.ts';
import type { Releaser } from './releaser.ts';
import type { Place } from './slots.ts';

/** What became of a run that was claimed before there was a slot for it. */
export type Awaited = 'slot' | 'released' | 'cancel' | 'lost';

export interface AwaitSlotDeps {
  leases: Pick<LeaseKeeper, 'hold' | 'drop'>;
  lookAhead: Pick<LookAhead, 'noteGivenBack'>;
  releaser: Pick<Releaser, 'release'>;
  /** Whether this worker starts anything at all for now. */
  mayStart(): boolean;
  /** When a slot was last given to a track, on performance.now(). */
  movedAt(): number;
  running: Set<(why: 'lost') => void>;
}

/** Where no slot came free for so long, none comes soon: others may have one. */
const STANDSTILL_MS = 100;
/** Nor is a slot waited for longer than this, whoever else gets one. */
const PATIENCE_MS = 500;
const LOOK_MS = 25;

/**
 * Waits for the slot of a claimed run, its lease renewed meanwhile. What waits too long, or for a worker that starts nothing
 * any more, is given back; where that cannot be (somebody wants it gone, say) it waits on. Once it was asked to be given back
 * it is not started without an answer: what is lost while that is on its way counts as given back, or is lost with its lease.
 */
export async function awaitSlot(deps: AwaitSlotDeps, granted: GrantedRun, place: Place): Promise<Awaited> {
  if (place.hasSlot && deps.mayStart()) return 'slot';
  const { runId, leaseUntil, run } = granted;
  const key = { trackId: run.trackId, attempt: run.attempt, runId };
  let tellEnd: (why: 'cancel' | 'lost') => void = () => {};
  const ended = new Promise<'cancel' | 'lost'>((resolve) => {
    tellEnd = resolve;
  });
  const held = { ...key, leaseUntil, end: tellEnd };
  deps.leases.hold(held);
  deps.running.add(tellEnd);
  try {
    const first = await Promise.race([ended, isSlotSoon(deps, place)]);
    if (typeof first === 'string') return first;
    if (first) return 'slot';
    const answer = await Promise.race([ended, deps.releaser.release(key)]);
    if (answer === 'cancel') return 'cancel';
    if (answer !== false) {
      deps.leases.drop(runId);
      return 'released';
    }
    return await Promise.race([ended, place.slot().then(() => 'slot' as const)]);
  } finally {
    granted.leaseUntil = held.leaseUntil; // it was renewed while it was held
    deps.running.delete(tellEnd);
  }
}

/** @returns false where the slot does not come soon, or comes for a worker that starts nothing */
export async function isSlotSoon(
  deps: Pick<AwaitSlotDeps, 'lookAhead' | 'mayStart' | 'movedAt'>,
  place: Place,
): Promise<boolean> {
  const since = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const impatience = new Promise<false>((resolve) => {
    timer = setInterval(() => {
      const now = performance.now();
      const isStuck = now - Math.max(since, deps.movedAt()) >= STANDSTILL_MS;
      if (isStuck || now - since >= PATIENCE_MS || !deps.mayStart()) resolve(false);
    }, LOOK_MS);
  });
  const isThere = await Promise.race([place.slot().then(() => true), impatience]);
  clearInterval(timer);
  if (!isThere) deps.lookAhead.noteGivenBack();
  return isThere && deps.mayStart();
}
