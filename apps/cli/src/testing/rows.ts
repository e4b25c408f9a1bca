import type { Pipeline, Track, TrackDetails } from '@baton/client';

/** Valid rows of the API; a test says only what matters to it. */

const TIME = '2026-11-23T07:00:00.000Z';

export function makePipeline(fields: Partial<Pipeline> = {}): Pipeline {
  const counts = { WAITING: 0, PENDING: 0, RUNNING: 0, SUCCEED: 0, FAILED: 0, SKIPPED: 0, CANCELLED: 0 };
  return {
    id: 7,
    graphId: 3,
    graph: 'test1',
    version: 1,
    name: 'test1',
    mode: 'auto',
    onFailure: 'stop',
    priority: 0,
    state: 'RUNNING',
    reason: null,
    totalTracks: 1,
    openTracks: 1,
    createdBy: 'admin',
    parentTrackId: null,
    deadlineAt: null,
    scheduleId: null,
    scheduledFor: null,
    createdAt: TIME,
    finishedAt: null,
    params: {},
    ...fields,
    counts: { ...counts, ...fields.counts },
  };
}

export function makeTrack(fields: Partial<Track> = {}): Track {
  return {
    id: 101,
    pipelineId: 7,
    pipeline: 'test1',
    pipelineState: 'RUNNING',
    vertexId: 1,
    vertex: 'A',
    state: 'WAITING',
    attempt: 1,
    awaits: null,
    gate: null,
    gateDecision: null,
    choice: null,
    chosen: null,
    exitCode: null,
    reason: null,
    detail: null,
    childPipelineId: null,
    input: {},
    script: 'echo A\n',
    worker: null,
    pendingAt: null,
    notBefore: null,
    expiresAt: null,
    startedAt: null,
    finishedAt: null,
    ...fields,
  };
}

/** A track that ran, from and until so many ms after the pipeline's start. */
export function makeEnded(fields: Partial<Track>, fromMs: number, untilMs: number): Track {
  const at = (ms: number): string => new Date(Date.parse(TIME) + ms).toISOString();
  const times = { pendingAt: TIME, startedAt: at(fromMs), finishedAt: at(untilMs) };
  return makeTrack({ state: 'SUCCEED', exitCode: 0, worker: 'worker-1', ...times, ...fields });
}

export function makeDetails(track: Track, detail: string | null): TrackDetails {
  const { attempt, exitCode, startedAt, finishedAt } = track;
  const ran = {
    attempt,
    runId: 'run',
    worker: track.worker ?? '',
    result: 'exit_code' as const,
    exitCode,
    signal: null,
  };
  const sizes = { durationMs: 12, outputBytes: 3, cutBytes: 0 };
  return {
    ...track,
    cancelRequestedAt: null,
    lastAction: null,
    attempts: [{ ...ran, detail, startedAt: startedAt ?? TIME, finishedAt, ...sizes }],
    staleCompletions: 0,
  };
}

export const GRAPH = {
  id: 3,
  name: 'test1',
  version: 2,
  latestVersion: 2,
  description: null,
  onFailure: null,
  timeoutMs: null,
  limit: null,
  checked: true,
  checkedAt: null,
  sealed: false,
  sealedAt: null,
  createdAt: '2026-11-23T07:00:00.000Z',
  updatedAt: '2026-11-23T07:00:00.000Z',
  vertices: [
    { id: 1, name: 'A', script: 'echo A\necho 2', next: [2], input: { ip: { type: 'string', required: true } } },
    { id: 2, name: 'B', script: 'echo B', input: { data: { type: 'json', default: {} } } },
  ],
  edges: [{ id: 1, tail: 'A', head: 'B', when: null }],
};
