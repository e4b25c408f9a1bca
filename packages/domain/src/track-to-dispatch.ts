/** One attempt that may start now: what a queue entry is made of. */
export interface TrackToDispatch {
  trackId: number;
  attempt: number;
  /** Counts the times that this attempt was enqueued; part of the queue entry's id. */
  seq: number;
  /** A worker must serve all of these; none stand for `default`. */
  labels: readonly string[];
  /** Higher first. */
  priority: number;
  /** Among equal priorities: lower first (findTurn), ms since 1970; absent: in the order of enqueueing. */
  turnMs?: number;
  pipelineId: number;
  /** It runs no script but a pipeline of its own: the orchestrator starts it. */
  runsPipeline?: true;
  /** Names, for the people who look at the dashboard. */
  pipeline: string;
  vertex: string;
  graph: string;
}
