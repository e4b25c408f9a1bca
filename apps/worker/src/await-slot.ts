import type { GrantedRun } from './claimer.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { Releaser } from './releaser.ts';
import type { Place } from './slots.ts';

/** What became of a run that was claimed before there was a slot for it. */
export type Awaited = 'slot' | 'released' | 'cancel' | 'lost';

export interface AwaitSlotDeps {
  leases: Pick<LeaseKeeper, 'hold' | 'drop'>;
  releaser: Releaser;
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

/**
 * Waits for the slot of a claimed run, its lease renewed meanwhile. What waits too long, or for a worker that starts nothing
 * any more, is given back; where that cannot be (somebody wants it gone, say) it waits on.
 */
export async function awaitSlot(deps: AwaitSlotDeps, granted: GrantedRun, place: Place): Promise<Awaited> {
  if (place.hasSlot && deps.mayStart()) return 'slot';
  const { runId, leaseUntil, run } = granted;
  const key = { trackId: run.trackId, attempt: run.attempt, runId };
  let tellEnd: (why: 'cancel' | 'lost') => void = () => {};
  const ended = new Promise<'cancel' | 'lost'>((resolve) => {
    tellEnd = resolve;
  });
  deps.leases.hold({ ...key, leaseUntil, end: tellEnd });
  deps.running.add(tellEnd);
  try {
    const first = await waitPatiently(deps, Promise.race([place.slot().then(() => 'slot' as const), ended]));
    if (first === 'cancel' || first === 'lost') return first;
    if (first === 'slot' && deps.mayStart()) return 'slot';
    if (await deps.releaser.release(key)) {
      deps.leases.drop(runId);
      return 'released';
    }
    return await Promise.race([ended, place.slot().then(() => 'slot' as const)]);
  } finally {
    deps.running.delete(tellEnd);
  }
}

/** @returns null where it takes too long, or this worker starts nothing any more */
async function waitPatiently<T>(deps: AwaitSlotDeps, event: Promise<T>): Promise<T | null> {
  const since = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const impatience = new Promise<null>((resolve) => {
    timer = setInterval(() => {
      const now = performance.now();
      const isStuck = now - Math.max(since, deps.movedAt()) >= STANDSTILL_MS;
      if (isStuck || now - since >= PATIENCE_MS || !deps.mayStart()) resolve(null);
    }, STANDSTILL_MS / 4);
  });
  try {
    return await Promise.race([event, impatience]);
  } finally {
    clearInterval(timer);
  }
}
