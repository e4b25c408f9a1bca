export * from './data-source.ts';
export * from './database-errors.ts';
export * from './migrate.ts';
export * from './with-transaction.ts';
export * from './statements.ts';
export * from './find-attempts.ts';
export {
  countTracksByState,
  findPipeline,
  findPipelines,
  type PipelineFilter,
  type PipelineRecord,
} from './find-pipelines.ts';
export * from './find-track-queues.ts';
export { findTrack, findTracks, type TrackFilter, type TrackRecord } from './find-tracks.ts';
export { findTakingWorkers, findWorkers, type RunningTrack, type WorkerRecord } from './find-workers.ts';
export { findOutputStatus, measureOutput, readOutput, type OutputStatus } from './read-output.ts';
export * from './record-heartbeat.ts';
export * from './server-settings.ts';
export { findBreaches } from './find-breaches.ts';
export * from './processes.ts';
export { forgetWorkers } from './forget-workers.ts';
export * from './store-output.ts';
export * from './tokens.ts';
export { runsPipeline } from './track-to-dispatch.ts';
export * from './apply-flow-events.ts';
export * from './claim-attempts.ts';
export type { HandedGrant, HandOver, HandOverPlan } from './hand-over-attempts.ts';
export { releaseAttempts, type ReleasedAttempts } from './release-attempts.ts';
export * from './create-pipeline.ts';
export * from './find-starters.ts';
export * from './find-stranded.ts';
export { loadFlowGraph, type GraphVertex, type StoredGraph } from './load-flow-graph.ts';
export * from './renew-leases.ts';
export * from './vertex-rows.ts';
export * from './read-completion-secret.ts';
export { checkGraphReferences } from './check-references.ts';
export { checkSavedGraph, checkStoredGraph } from './check-graph-version.ts';
export * from './create-next-version.ts';
export * from './edit-edges.ts';
export * from './edit-vertices.ts';
export * from './find-graphs.ts';
export * from './remember-request.ts';
export { createGraph, replaceGraph, type GraphChange, type GraphToSave } from './save-graph.ts';
export * from './seal-version.ts';
export * from './count-live.ts';
export type { RefusedOutput } from './attempt-owners.ts';
export { findAncestors } from './find-ancestors.ts';
export {
  findNamedOutputs,
  findOutputsOfVertices,
  findPipelinesWithOutputs,
  type FoundOutputs,
  type NamedOutput,
} from './find-outputs.ts';
export { insertTrackOutputs, readTrackOutputs, storeTrackOutputs, type AttemptOutputs } from './track-outputs.ts';
export * from './pipeline-events.ts';
export { findActionIds } from './find-actions.ts';
export { findLastAction, type LastAction } from './find-last-action.ts';
export { findHoldingTracks, findTrackEnds, findWhyTracks, type TrackEnd, type WhyTrack } from './find-why.ts';
export {
  findLastLine,
  findLimitStatus,
  findPipelineAction,
  type LimitHolder,
  type LimitStatus,
} from './find-why-details.ts';
export { findAwaiting, type AwaitingFilter, type AwaitingTrack } from './find-awaiting.ts';
export { limitsOf, poolKey, poolNameOf } from './limit-keys.ts';
export { fillLimits, takeLimitWaiters } from './limit-waiters.ts';
export { deletePool, findPool, findPools, setPool, type PoolRecord } from './pools.ts';
export * from './apply-person-action.ts';
export type { AskedEvent, PersonAction } from './person-actions.ts';
export { parseGraphReference } from './graph-reference.ts';
export {
  loadGraphToStart,
  prepareOrder,
  startPipelineIn,
  type PipelineOrder,
  type PipelineOrigin,
} from './start-pipeline.ts';
export { startPipelinesTogether, type JoinedStart, type StartedTogether } from './start-together.ts';
export { findExpired } from './find-expired.ts';
export * from './change-schedules.ts';
export { findDueSchedules, fireSchedule, startQueuedFire, type Fired, type FireOptions } from './fire-schedules.ts';
export { findFires, findMovableQueues, type FireFilter, type FireLane, type FireRecord } from './schedule-fires.ts';
export {
  deleteSchedule,
  findSchedule,
  findSchedules,
  insertSchedule,
  readClock,
  timetableOf,
  type ScheduleFilter,
  type ScheduleRecord,
  type ScheduleSettings,
} from './schedules.ts';
export { rerunPipeline, type AppliedRerun, type RerunRequest } from './rerun-pipeline.ts';
export type { PlannedTrack, RerunPlan } from './rerun-plan.ts';
export * from './child-ends.ts';
export * from './load-pipeline-graph.ts';
export * from './start-children.ts';
