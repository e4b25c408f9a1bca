import type { Completion } from './completion.ts';
import type { FlowGraph } from './flow-graph.ts';
import type { PredecessorCounts } from './join-rules.ts';
import type { FailurePolicy, PipelineMode, PipelineState } from './pipeline-status.ts';
import type { FailureReason } from './retry-policy.ts';
import type { Awaited, TrackState } from './track-status.ts';

/** A pipeline as the rules see it. */
export interface PipelineView {
  id: number;
  state: PipelineState;
  mode: PipelineMode;
  onFailure: FailurePolicy;
  /** Tracks that have not ended, and ended ones that await a person's choice or decision. 0 ends the pipeline. */
  openTracks: number;
  /** Tracks that ended badly and count as such (FAILED without allowFailure, CANCELLED by a person). */
  failures: number;
  /** Why it ended so, for people; null while nothing has gone wrong. */
  reason: string | null;
}

/** A track as the rules see it. */
export interface TrackView {
  vertexId: number;
  state: TrackState;
  /** Number of the current attempt, or of the next while WAITING or PENDING; from 1. */
  attempt: number;
  /** The retry budget counts from this attempt; a person's rerun moves it. */
  budgetFromAttempt: number;
  /** Attempts since then whose worker vanished: `onLost` counts them, `retry` does not. */
  lostAttempts: number;
  /** Milliseconds since the first attempt of this budget started; 0 before. */
  elapsedMs: number;
  /** Of the claim that holds the current attempt; null unless RUNNING. */
  runId: string | null;
  awaits: Awaited | null;
  /** Somebody wants it gone; it is CANCELLED when its worker says that it is. */
  cancelRequested: boolean;
  counts: Omit<PredecessorCounts, 'total'>;
  /** Vertex ids that its script or a person chose to go on with; null: no choice was made. */
  chosen: readonly number[] | null;
  exitCode: number | null;
  /** Why it ended so, for people and programs: `exit_code`, `timeout`, `lost`, `pipeline_failed`, ... */
  reason: TrackReason | null;
}

export type TrackReason =
  | FailureReason
  /** CANCELLED because its pipeline ended first, by a failure or by a person. */
  | 'pipeline_failed'
  | 'pipeline_cancelled'
  /** CANCELLED by a person. */
  | 'cancelled'
  /** CANCELLED because a failure above it leaves its join rule no way; SKIPPED because the flow went another way. */
  | 'upstream_failed'
  | 'join_not_met'
  | 'not_chosen';

/**
 * What happens to a pipeline. The reconcile loop makes completions (`lost`) and `recount`s and sends them the same way.
 * - `completion` an attempt's end
 * - `cancel` a person ends the pipeline
 * - `recount` every track is loaded; counters are computed anew from the states and what should have happened happens
 */
export type FlowEvent = { kind: 'completion'; completion: Completion } | { kind: 'cancel' } | { kind: 'recount' };

/** The neighbourhood of the events: the tracks they name and as much around them as the rules asked for. */
export interface TransitionContext {
  graph: FlowGraph;
  pipeline: PipelineView;
  tracks: ReadonlyMap<number, TrackView>;
  /** Uniform in [0, 1), for the jitter of retries. */
  random: number;
}

/** A completion that came too late or twice; it changes nothing, and is kept for people to see. */
export interface StaleCompletion {
  completion: Completion;
  why: 'already_applied' | 'other_attempt' | 'other_run' | 'not_running';
}

/** A track before and after: the write is guarded with `before`. */
export interface TrackChange {
  before: TrackView;
  after: TrackView;
  /** Where `after` is PENDING for a further attempt: not before this many ms from now. */
  delayMs: number;
}

/** How one attempt ended, for its history. */
export interface AttemptEnd {
  vertexId: number;
  completion: Completion;
  result: 'succeed' | 'cancelled' | FailureReason;
}

/** Plain data: what to write, in one transaction, and what to do after it committed. */
export interface Changes {
  kind: 'changes';
  pipeline: { before: PipelineView; after: PipelineView };
  tracks: TrackChange[];
  attempts: AttemptEnd[];
  stale: StaleCompletion[];
  /** Every other track that is WAITING or PENDING becomes CANCELLED, for this reason; null: none does. */
  cancelUnstarted: Extract<TrackReason, 'pipeline_failed' | 'pipeline_cancelled'> | null;
  /** Every RUNNING track is to be killed by its worker. */
  killRunning: boolean;
  /** How often a recount found something to mend; 0 in a correct system. */
  repairs: number;
}

/** The rules must see more tracks before they can decide: load these, then ask again. */
export interface NeedsTracks {
  kind: 'needs_tracks';
  vertexIds: number[];
}
