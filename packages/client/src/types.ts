import type { components, operations } from './schema.d.ts';

type Schemas = components['schemas'];
type JsonBodyOf<Operation> = Operation extends { requestBody?: { content: { 'application/json': infer Body } } }
  ? Body
  : never;
type JsonAnswerOf<Operation> = Operation extends {
  responses: { 200: { content: { 'application/json': infer Answer } } };
}
  ? Answer
  : never;

export type Attempt = Schemas['Attempt'];
export type CheckResult = Schemas['CheckResult'];
export type Examination = Schemas['Examination'];
export type Finding = Schemas['Finding'];
export type Edge = Schemas['Edge'];
export type Graph = Schemas['Graph'];
export type GraphDiff = Schemas['GraphDiff'];
export type GraphDocument = Schemas['GraphDocument'];
export type GraphSummary = Schemas['GraphSummary'];
export type HistoryEvent = Schemas['HistoryEvent'];
export type InboxItem = Schemas['InboxItem'];
export type JsonValue = Schemas['JsonValue'];
export type Pool = Schemas['Pool'];
export type Pipeline = Schemas['Pipeline'];
export type PipelineSummary = Schemas['PipelineSummary'];
export type PipelineWhy = Schemas['PipelineWhy'];
export type Problem = Schemas['Problem'];
export type RerunPipeline = Schemas['RerunPipeline'];
export type SavedGraph = Schemas['SavedGraph'];
export type DueTime = Schemas['DueTime'];
export type Schedule = Schemas['Schedule'];
export type SchedulePatch = Schemas['SchedulePatch'];
export type ScheduleRequest = Schemas['ScheduleRequest'];
export type SimulateRequest = Schemas['SimulateRequest'];
export type Simulation = Schemas['Simulation'];
export type StartRequest = Schemas['StartRequest'];
export type Token = Schemas['Token'];
export type Track = Schemas['Track'];
export type TrackDetails = Schemas['TrackDetails'];
export type TrackOutputs = Schemas['TrackOutputs'];
export type TrackWhy = Schemas['TrackWhy'];
export type Vertex = Schemas['Vertex'];
export type Worker = Schemas['Worker'];

/** Values of parameters by name. */
export type ParameterValues = Record<string, JsonValue>;
/** The form of a gate, or what a vertex takes: declarations by name. */
export type Declarations = InboxItem['form'];
export type RerunRequest = JsonBodyOf<operations['postPipelinesByPipelineIdRetry']>;
export type BackfillRequest = JsonBodyOf<operations['postSchedulesByScheduleBackfill']>;
export type BackfillAnswer = JsonAnswerOf<operations['postSchedulesByScheduleBackfill']>;
export type TokenRequest = JsonBodyOf<operations['postTokens']>;
export type PipelineFilter = Omit<NonNullable<operations['getPipelines']['parameters']['query']>, 'cursor' | 'limit'>;

/** What workers send and get. */
export type ClaimRequest = JsonBodyOf<operations['postWorkerClaims']>;
export type ClaimAnswer = JsonAnswerOf<operations['postWorkerClaims']>;
export type ReleaseRequest = JsonBodyOf<operations['postWorkerReleases']>;
export type ReleaseAnswer = JsonAnswerOf<operations['postWorkerReleases']>;
export type ClaimedRun = Schemas['ClaimedRun'];
export type HeartbeatRequest = JsonBodyOf<operations['postWorkerHeartbeats']>;
export type HeartbeatAnswer = JsonAnswerOf<operations['postWorkerHeartbeats']>;
export type StatusReport = Schemas['WorkerStatus'];
export type OutputRequest = JsonBodyOf<operations['postWorkerOutput']>;
export type OutputValuesRequest = JsonBodyOf<operations['postWorkerOutputs']>;
export type OutputAnswer = JsonAnswerOf<operations['postWorkerOutput']>;

export type PipelineState = Pipeline['state'];
export type TrackState = Track['state'];
