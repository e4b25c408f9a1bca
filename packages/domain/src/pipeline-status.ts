/** The states of a pipeline, who may move it from which to which, and the words of its policies. */
export const PIPELINE_STATES = ['RUNNING', 'PAUSED', 'FINISH', 'FAILED', 'CANCELLED'] as const;
export type PipelineState = (typeof PIPELINE_STATES)[number];

/**
 * RUNNING   tracks start and end. PAUSED  what runs goes on, nothing starts; ends are still applied.
 * FINISH    every track succeeded, was skipped or may fail. FAILED and CANCELLED: final for the flow; only a person's
 * rerun (`retry`) makes the pipeline RUNNING again, with new attempts.
 */
const PIPELINE_TRANSITIONS: Record<PipelineState, readonly PipelineState[]> = {
  RUNNING: ['PAUSED', 'FINISH', 'FAILED', 'CANCELLED'],
  PAUSED: ['RUNNING', 'FINISH', 'FAILED', 'CANCELLED'],
  FINISH: ['RUNNING'],
  FAILED: ['RUNNING'],
  CANCELLED: ['RUNNING'],
};

export function mayPipelineBecome(from: PipelineState, to: PipelineState): boolean {
  return PIPELINE_TRANSITIONS[from].includes(to);
}

/** Ended for the flow: no track of it starts any more. */
export function isPipelineEnded(state: PipelineState): boolean {
  return state === 'FINISH' || state === 'FAILED' || state === 'CANCELLED';
}

export const PIPELINE_MODES = ['auto', 'manual'] as const;
export type PipelineMode = (typeof PIPELINE_MODES)[number];

/** What a track's failure does to its pipeline; the table is in SPEC section 2. */
export const FAILURE_POLICIES = ['stop', 'kill', 'continue', 'hold'] as const;
export type FailurePolicy = (typeof FAILURE_POLICIES)[number];
export const DEFAULT_FAILURE_POLICY: FailurePolicy = 'stop';
