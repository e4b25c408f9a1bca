import { setTimeout as sleep } from 'node:timers/promises';
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
  running: Set<(why: 'lost') => void>;
}

/** A slot that does not come within this does not come soon: others may have one. */
const PATIENCE_MS = 100;

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
    const timer = new AbortController();
    const patience = sleep(PATIENCE_MS, 'tired' as const, { signal: timer.signal }).catch(() => 'tired' as const);
    const first = await Promise.race([place.slot().then(() => 'slot' as const), ended, patience]);
    timer.abort();
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
