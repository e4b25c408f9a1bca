/** The states of a track and the table of allowed transitions. */
export const TRACK_STATES = ['WAITING', 'PENDING', 'RUNNING', 'SUCCEED', 'FAILED', 'SKIPPED', 'CANCELLED'] as const;
export type TrackState = (typeof TRACK_STATES)[number];

/** Who moves a track: the flow (start, claim, completion, failure policy) or a person (rerun, skip, force, decide). */
export type TransitionCause = 'flow' | 'person';

/** Why each is allowed is said in docs/states.md, whose tables are compared with these. */
const FLOW_TRANSITIONS: Record<TrackState, readonly TrackState[]> = {
  WAITING: ['PENDING', 'SKIPPED', 'CANCELLED', 'FAILED'],
  PENDING: ['RUNNING', 'SKIPPED', 'CANCELLED', 'FAILED'],
  RUNNING: ['SUCCEED', 'FAILED', 'CANCELLED', 'PENDING'],
  SUCCEED: [],
  FAILED: [],
  SKIPPED: [],
  CANCELLED: [],
};

/** Beside those of the flow. Whoever runs again waits first: a rerun passes join rule, condition and gate anew. */
const PERSON_TRANSITIONS: Record<TrackState, readonly TrackState[]> = {
  WAITING: [],
  PENDING: ['SUCCEED'],
  RUNNING: [],
  SUCCEED: ['WAITING'],
  FAILED: ['WAITING', 'SKIPPED', 'SUCCEED'],
  SKIPPED: ['WAITING'],
  CANCELLED: ['WAITING', 'SKIPPED', 'SUCCEED'],
};

export function mayTrackBecome(from: TrackState, to: TrackState, cause: TransitionCause): boolean {
  return FLOW_TRANSITIONS[from].includes(to) || (cause === 'person' && PERSON_TRANSITIONS[from].includes(to));
}

/** Ended: the flow never moves it again. */
export function isTrackEnded(state: TrackState): boolean {
  return FLOW_TRANSITIONS[state].length === 0;
}

/**
 * What a track that cannot go on by itself awaits from a person; docs/states.md says since when.
 * `params`, `approval`: PENDING and held, not enqueued. `choice`: SUCCEED, or FAILED with `allowFailure`; its successors
 * wait. `decision`: FAILED, or CANCELLED by a person, under `onFailure: hold`; its successors wait.
 */
export const AWAITED = ['params', 'approval', 'choice', 'decision'] as const;
export type Awaited = (typeof AWAITED)[number];

/** What was decided at a gate. */
export const GATE_DECISIONS = ['approved', 'rejected'] as const;
export type GateDecision = (typeof GATE_DECISIONS)[number];
