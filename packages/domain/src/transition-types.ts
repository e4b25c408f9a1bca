import type { Completion } from './completion.ts';
import type { ConditionWork } from './condition-values.ts';
import type { FlowGraph } from './flow-graph.ts';
import type { PredecessorCounts } from './join-rules.ts';
import type { ParameterValues } from './parameters.ts';
import type { FailurePolicy, PipelineMode, PipelineState } from './pipeline-status.ts';
import type { FailureReason } from './retry-policy.ts';
import type { Awaited, GateDecision, TrackState } from './track-status.ts';

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
  /** Its deadline has passed. */
  isExpired: boolean;
}

/** A track as the rules see it. */
export interface TrackView {
  vertexId: number;
  state: TrackState;
  /** Number of the current attempt, or of the next while WAITING or PENDING; from 1. */
  attempt: number;
  /** The last attempt that was claimed; 0: none ever was. */
  startedAttempt: number;
  /** The retry budget counts from this attempt; a person's rerun moves it. */
  budgetFromAttempt: number;
  /** Attempts since then whose worker vanished: `onLost` counts them, `retry` does not. */
  lostAttempts: number;
  /** Milliseconds since the first attempt of this budget started; 0 before. */
  elapsedMs: number;
  /** Of the claim that holds the current attempt; null unless RUNNING. */
  runId: string | null;
  awaits: Awaited | null;
  /** What was decided at its gate; null: nothing yet, or it has none. */
  gateDecision: GateDecision | null;
  /** PENDING for longer than its gate or its wait in the queue may last. */
  isExpired: boolean;
  /** Somebody wants it gone; it is CANCELLED when its worker says that it is. */
  cancelRequested: boolean;
  counts: Omit<PredecessorCounts, 'total'>;
  /** Vertex ids that its script, a person or its edges' conditions chose to go on with; null: all. */
  chosen: readonly number[] | null;
  exitCode: number | null;
  /** Why it ended so, for people and programs: `exit_code`, `timeout`, `lost`, `pipeline_failed`, ... */
  reason: TrackReason | null;
  /** A sentence for people where the reason alone does not tell; null otherwise. */
  detail: string | null;
}

/** What conditions may look at, of one track. */
export interface TrackFacts {
  /** Its parameter values. */
  input: ParameterValues;
  /** What its last attempt wrote to $BATON_OUTPUT. */
  outputs: Readonly<Record<string, string>>;
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
  | 'not_chosen'
  /** SKIPPED because its condition is false; FAILED because its condition has no answer. */
  | 'condition_false'
  | 'bad_condition'
  /** SKIPPED or FAILED at its gate. */
  | 'rejected'
  /** FAILED because no worker took it in time. */
  | 'queue_timeout'
  /** SKIPPED, SUCCEED by a person. */
  | 'skipped'
  | 'forced';

/** What a person does to a pipeline or to one of its tracks. Each gets a verdict. */
export type PersonEvent =
  | { kind: 'pause' }
  | { kind: 'resume' }
  | { kind: 'set_mode'; mode: PipelineMode }
  /** `values`: all parameters of the track, complete and checked. */
  | { kind: 'give_params'; vertexId: number; values: ParameterValues }
  /** `names` of successors, or ids as text. */
  | { kind: 'choose'; vertexId: number; names: readonly string[] }
  /** `values` of the gate's form, complete and checked. */
  | { kind: 'approve'; vertexId: number; values: ParameterValues }
  | { kind: 'reject'; vertexId: number }
  | { kind: 'cancel_track'; vertexId: number }
  | { kind: 'skip'; vertexId: number }
  | { kind: 'succeed'; vertexId: number }
  | { kind: 'give_up'; vertexId: number }
  | { kind: 'rerun'; from: RerunScope };

/** From the failed tracks, or from these; with everything after them or alone. */
export type RerunScope = 'failed' | { vertexIds: readonly number[]; descendants: boolean };

/**
 * What happens to a pipeline. The reconcile loop makes completions (`lost`) and `recount`s and sends them the same way.
 * - `completion` an attempt's end; `ifLeaseIsOver`: the reconcile loop's guess, which whoever has locked the track checks first
 * - `cancel` a person ends the pipeline
 * - `recount` every track is loaded; counters are computed anew from the states and what should have happened happens
 * - `expire` the pipeline's deadline may have passed; `expire_track` a track's gate or wait in the queue may have
 */
export type FlowEvent =
  | { kind: 'completion'; completion: Completion; ifLeaseIsOver?: true }
  | { kind: 'cancel' }
  | { kind: 'recount' }
  | { kind: 'expire' }
  | { kind: 'expire_track'; vertexId: number }
  | PersonEvent;

/** The neighbourhood of the events: the tracks they name and as much around them as the rules asked for. */
export interface TransitionContext {
  graph: FlowGraph;
  pipeline: PipelineView;
  tracks: ReadonlyMap<number, TrackView>;
  /** By vertex id, where the rules asked for them. */
  facts: ReadonlyMap<number, TrackFacts>;
  /** Uniform in [0, 1), for the jitter of retries. */
  random: number;
  /** Of several decisions together; absent: each event has its own. */
  conditionWork?: ConditionWork;
}

/** A completion that came too late or twice; it changes nothing, and is kept for people to see. */
export interface StaleCompletion {
  completion: Completion;
  why: 'already_applied' | 'other_attempt' | 'other_run' | 'not_running';
}

/** What became of a person's event. `unchanged`: it was so already. `refused`: nothing of it was done; why, for people. */
export type Verdict = { kind: 'done' } | { kind: 'unchanged' } | { kind: 'refused'; message: string };

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
  /** One a person's event (and a `cancel`), in their order. */
  verdicts: Verdict[];
  /** Parameter values that tracks are given, by vertex id; they are added to those that they have. */
  inputs: ReadonlyMap<number, ParameterValues>;
  /** Every other track that is WAITING or PENDING becomes CANCELLED, for this reason; null: none does. */
  cancelUnstarted: Extract<TrackReason, 'pipeline_failed' | 'pipeline_cancelled'> | null;
  /** Every RUNNING track is to be killed by its worker. */
  killRunning: boolean;
  /** How often a recount found something to mend; 0 in a correct system. */
  repairs: number;
}

/** The rules must see more before they can decide: load these tracks, and the facts of those, then ask again. */
export interface NeedsTracks {
  kind: 'needs_tracks';
  vertexIds: number[];
  factsOf: number[];
}
