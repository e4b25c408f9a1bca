import { createHandOver, type HandOver, type HandOverOptions } from './hand-over.ts';
import type { GrantedRun } from './claimer.ts';
import type { KnownRuns } from './known-runs.ts';
import { runGranted, type TrackDeps } from './run-track.ts';
import type { ServedQueues } from './serve-queues.ts';
import type { RunKey } from './worker-api.ts';

/** Joins hand-over with what it fills: places of this worker are offered, and what comes for them is run as if it had been pulled. */
export function offerPlaces(
  deps: TrackDeps & { known: KnownRuns; labels: readonly string[] },
  queues: ServedQueues,
  terms: HandOverOptions['terms'],
): HandOver {
  const { leases, known, claimer, releaser, workerId, labels, logger } = deps;
  const adopt = (run: RunKey): void => {
    known.add(run.runId);
    queues.take(async (place) => {
      const granted = await claimer.claim({ ...run, isAhead: false });
      if (granted !== null && granted !== 'needs_slot') await runGranted(deps, granted, place);
    });
  };
  return createHandOver({
    workerId,
    labels,
    terms,
    adopt,
    logger,
    start(granted: GrantedRun) {
      known.add(granted.runId);
      queues.take((place) => runGranted(deps, granted, place));
    },
    room: () => queues.slots.room - queues.slots.waiting,
    isEnding: (leaseUntil) => leases.isEnding(leaseUntil),
    knows: (runId) => known.has(runId) || leases.holds(runId),
    giveBack(run) {
      // From here on nothing may start it, whatever is heard of it meanwhile.
      known.add(run.runId);
      queues.take(async () => {
        if (!(await releaser.release(run))) adopt(run);
      });
    },
    askSoon: () => leases.nudge(),
    onChange: () => queues.refresh(),
    onAnswered: (ms) => deps.lookAhead.noteClaim(ms),
  });
}
