/** The calls of the API that a worker makes; apps/worker/src/main.ts gives those of @baton/client. */
export interface WorkerApi {
  claimAttempts(body: { workerId: string; labels: string[]; claims: RunKey[] }): Promise<{
    leaseMs: number;
    results: ClaimAnswer[];
  }>;
  sendHeartbeat(body: { worker: WorkerReport; running: RunKey[]; reported: RunKey[] }): Promise<HeartbeatAnswer>;
  sendOutput(body: { chunks: OutputChunk[] }): Promise<{ refused: { runId: string; why: string }[] }>;
}

export interface RunKey {
  trackId: number;
  attempt: number;
  runId: string;
}

export interface ClaimedRun {
  trackId: number;
  attempt: number;
  pipelineId: number;
  pipeline: string;
  vertexId: number;
  vertex: string;
  graph: string;
  script: string;
  shell: string | null;
  environment: Record<string, string>;
  timeoutMs: number | null;
  graceMs: number | null;
  maxOutputBytes: number | null;
  completionKey: string;
  /** Not null: run nothing, report `spawn_error` with this detail. */
  refusal: string | null;
}

export type ClaimAnswer =
  { runId: string; granted: true; run: ClaimedRun } | { runId: string; granted: false; why: string };

export interface WorkerReport {
  id: string;
  name: string;
  host: string;
  pid: number;
  softwareVersion: string;
  isolationLevel: string;
  labels: string[];
  slots: number;
  isDraining: boolean;
  startedAt: string;
}

export interface HeartbeatAnswer {
  leaseMs: number;
  heartbeatMs: number;
  queues: string[];
  running: { runId: string; state: 'held' | 'cancel' | 'lost' }[];
  applied: string[];
}

export interface OutputChunk extends RunKey {
  seq: number;
  /** Base64. */
  data: string;
}
