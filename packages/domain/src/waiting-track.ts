import type { TrackView } from './transition-types.ts';

/** Of a track of which no predecessor has ended. */
export function noCounts(): TrackView['counts'] {
  return { succeeded: 0, failed: 0, skipped: 0, cancelled: 0, notTaken: 0 };
}

/** A track as it is made, before its turn. */
export function waitingTrack(vertexId: number): TrackView {
  return {
    vertexId,
    state: 'WAITING',
    attempt: 1,
    startedAttempt: 0,
    budgetFromAttempt: 1,
    lostAttempts: 0,
    elapsedMs: 0,
    runId: null,
    awaits: null,
    gateDecision: null,
    isExpired: false,
    cancelRequested: false,
    counts: noCounts(),
    chosen: null,
    exitCode: null,
    reason: null,
    detail: null,
  };
}
