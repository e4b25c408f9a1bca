import { buildScenario } from '../reference/build-scenario.ts';
import { judgeEvidence } from './check-invariants.ts';
import type { Evidence } from './evidence.ts';
import { journalScript, type JournalEntry } from './journal.ts';
import type { AttemptRow, EventRow, PipelineRow, TrackRow } from './read-rows.ts';
import type { RecordedAnswer } from './record-answers.ts';

/** A run without a fault: one pipeline of `first`, which fails once and is tried again, and then `second`. */
export interface Story extends Evidence {
  journal: JournalEntry[];
  answers: RecordedAnswer[];
  rows: { pipelines: PipelineRow[]; tracks: TrackRow[]; attempts: AttemptRow[]; events: EventRow[] };
}

export const PIPELINE_ID = 1;
/** Moments of the story, ms. */
const RUNS = [
  { vertexId: 1, vertex: 'first', attempt: 1, runId: 'run-1', result: 'exit_code', from: 100, to: 200 },
  { vertexId: 1, vertex: 'first', attempt: 2, runId: 'run-2', result: 'succeed', from: 300, to: 400 },
  { vertexId: 2, vertex: 'second', attempt: 1, runId: 'run-3', result: 'succeed', from: 500, to: 600 },
] as const;

export function makeStory(): Story {
  const retry = { max: 1, delayMs: 0, factor: 1, maxDelayMs: 0, jitter: 0 };
  const scenario = buildScenario({ first: { attempts: [7, 0], retry }, second: {} }, [['first', 'second']]);
  return {
    journal: RUNS.flatMap(({ vertex, attempt, runId, from, to }) => {
      const entry = { pipelineId: PIPELINE_ID, vertex, attempt, runId, pid: 7 };
      return [
        { ...entry, kind: 'START' as const, atMs: from + 10 },
        { ...entry, kind: 'END' as const, atMs: to - 10 },
      ];
    }),
    answers: [
      answer('POST', '/graphs', {
        name: 'two',
        vertices: [
          { name: 'first', script: journalScript('/journal') },
          { name: 'second', script: journalScript('/journal') },
        ],
        edges: [['first', 'second']],
      }),
      answer('POST', '/pipelines', { graph: 'two', name: 'p' }, { id: PIPELINE_ID }),
      { ...answer('GET', `/pipelines/${PIPELINE_ID}`, null, { state: 'FINISH' }), ...askedAt(700) },
    ],
    rows: {
      pipelines: [pipelineRow({ id: PIPELINE_ID, graph: 'two', name: 'p' })],
      tracks: [trackRow(1, 'first', 2), trackRow(2, 'second', 1)],
      attempts: RUNS.map(({ vertexId, attempt, runId, result, from, to }) => {
        const times = { pendingAtMs: from - 50, startedAtMs: from, finishedAtMs: to };
        return { pipelineId: PIPELINE_ID, vertexId, attempt, runId, result, workerId: 'w', ...times };
      }),
      events: makeEvents(),
    },
    plans: new Map([['two', scenario]]),
  };
}

export function answer(method: 'GET' | 'POST', path: string, body: unknown, given: unknown = {}): RecordedAnswer {
  const headers = path === '/pipelines' ? { 'Idempotency-Key': 'key' } : {};
  return {
    method,
    path,
    body,
    headers,
    askedAt: 1,
    answeredAt: 2,
    askedAtMs: 1,
    status: 200,
    answer: given,
    error: null,
  };
}

/** When an answer was asked for, by both clocks; it came 10 ms later. */
export function askedAt(ms: number): Pick<RecordedAnswer, 'askedAt' | 'askedAtMs' | 'answeredAt'> {
  return { askedAt: ms, askedAtMs: ms, answeredAt: ms + 10 };
}

export function pipelineRow(of: Pick<PipelineRow, 'id' | 'graph' | 'name'> & Partial<PipelineRow>): PipelineRow {
  const origin = { parentTrackId: null, mapVertexId: null, schedule: null, scheduledForMs: null };
  return { state: 'FINISH', openTracks: 0, failures: 0, finishedAtMs: 600, ...origin, ...of };
}

function trackRow(vertexId: number, vertex: string, attempt: number): TrackRow {
  return {
    id: vertexId,
    pipelineId: PIPELINE_ID,
    vertexId,
    vertex,
    attempt,
    state: 'SUCCEED',
    reason: null,
    awaits: null,
    lostAttempts: 0,
    chosen: null,
    predecessorsLeft: 0,
    finishedAtMs: 600,
  };
}

function makeEvents(): EventRow[] {
  const event = (atMs: number, kind: EventRow['kind'], body: EventRow['body']): EventRow => {
    return { id: atMs, pipelineId: PIPELINE_ID, atMs, kind, body };
  };
  const claims = RUNS.map(({ vertexId, attempt, runId, from }) =>
    event(from, 'claim', { tracks: [{ vertexId, attempt, runId, state: 'RUNNING' }] }),
  );
  const ends = RUNS.map(({ vertexId, attempt, runId, result, to }) => {
    const entry = { vertexId, attempt, runId, result, worker: 'w', exitCode: 0, signal: null, detail: null };
    const next = result === 'succeed' ? [] : [{ vertexId, state: 'PENDING' as const, attempt: attempt + 1 }];
    const done = result === 'succeed' ? [{ vertexId, state: 'SUCCEED' as const }] : [];
    const after = vertexId === 1 && done.length > 0 ? [{ vertexId: 2, state: 'PENDING' as const }] : [];
    const pipeline = vertexId === 2 ? { pipeline: { state: 'FINISH' as const } } : {};
    const attempts = [{ ...entry, durationMs: 1, outputBytes: 0, cutBytes: 0 }];
    return event(to, 'flow', { attempts, tracks: [...done, ...next, ...after], ...pipeline });
  });
  const start = event(50, 'start', { pipeline: { state: 'RUNNING' }, tracks: [{ vertexId: 1, state: 'PENDING' }] });
  return [start, ...claims, ...ends].toSorted((one, other) => one.atMs - other.atMs);
}

/** @returns which invariants the oracle finds violated in the story, once this was done to it */
export function judge(spoil: (story: Story) => void, story: Story = makeStory()): string[] {
  spoil(story);
  return [...new Set(judgeEvidence(story).map(({ invariant }) => invariant))];
}

export const pipeline = ({ rows }: Story): PipelineRow => rows.pipelines[0] as PipelineRow;
export const trackOf = ({ rows }: Story, vertex: string): TrackRow =>
  rows.tracks.find((row) => row.vertex === vertex) as TrackRow;
export const attemptOf = ({ rows }: Story, runId: string): AttemptRow =>
  rows.attempts.find((row) => row.runId === runId) as AttemptRow;
export const flowEvent = ({ rows }: Story, atMs: number): EventRow =>
  rows.events.find((event) => event.atMs === atMs) as EventRow;
export const lineOf = ({ journal }: Story, kind: string, runId: string): number =>
  journal.findIndex((entry) => entry.kind === kind && entry.runId === runId);
