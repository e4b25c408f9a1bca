import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClaimedRun, HeartbeatAnswer } from '@baton/client';
import type { Completion } from '@baton/domain';
import { createLogger, type Logger } from '@baton/service';
import type { SpooledCompletion } from './spool.ts';
import type { RunKey, WorkerReport } from './worker-api.ts';

/** A logger that prints nothing and remembers the `event` of what it was told. */
export function recordEvents(): { logger: Logger; events: string[] } {
  const events: string[] = [];
  const record = (entry: unknown): void => void events.push((entry as { event: string }).event);
  const logger = Object.assign(createLogger('worker', 'silent'), { info: record, warn: record, error: record });
  return { logger, events };
}

/** A promise that the test settles. */
export interface Signal<T> {
  promise: Promise<T>;
  resolve(value: T): void;
  reject(error: Error): void;
}

export function makeSignal<T = void>(): Signal<T> {
  let settle: Pick<Signal<T>, 'resolve' | 'reject'> | null = null;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  if (settle === null) throw new Error('a promise calls its executor at once');
  return Object.assign({ promise }, settle as Pick<Signal<T>, 'resolve' | 'reject'>);
}

/** Asks until it is so. @throws Error when the time is up */
export async function waitFor(isSo: () => boolean | Promise<boolean>, what: string, timeoutMs = 10_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`within ${timeoutMs} ms it never came to this: ${what}`);
    await sleep(10);
  }
}

export async function makeDirectory(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'baton-worker-test-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export function makeKey(trackId = 1): RunKey {
  return { trackId, attempt: 1, runId: randomBytes(16).toString('base64url') };
}

export function makeCompletion(overrides: Partial<Completion> = {}): Completion {
  return {
    ...makeKey(),
    workerId: 'w-test',
    outcome: 'exited',
    exitCode: 0,
    signal: null,
    detail: null,
    durationMs: 1,
    outputBytes: 0,
    cutBytes: 0,
    next: null,
    ...overrides,
  };
}

export function reportOf(completion: Completion, key = 'key', values: Record<string, string> = {}): SpooledCompletion {
  return { completion, key, values };
}

export function makeClaimedRun(overrides: Partial<ClaimedRun> = {}): ClaimedRun {
  return {
    trackId: 1,
    attempt: 1,
    pipelineId: 1,
    pipeline: 'pipeline',
    vertexId: 1,
    vertex: 'A',
    graph: 'graph',
    script: 'true\n',
    shell: null,
    environment: {},
    timeoutMs: null,
    graceMs: null,
    maxOutputBytes: null,
    inputs: null,
    completionKey: 'key',
    refusal: null,
    ...overrides,
  };
}

export function makeWorkerReport(): WorkerReport {
  return {
    id: 'w-test',
    name: 'test',
    host: 'host',
    pid: 1,
    softwareVersion: '0.0.0',
    isolationLevel: 'process-group',
    labels: ['default'],
    slots: 1,
    isDraining: false,
    startedAt: '2026-01-01T00:00:00.000Z',
  };
}

export function makeHeartbeatAnswer(overrides: Partial<HeartbeatAnswer> = {}): HeartbeatAnswer {
  const terms = { leaseMs: 6000, heartbeatMs: 1000, protocol: 1, handOverKey: null };
  return { ...terms, queues: ['default'], running: [], applied: [], held: [], ...overrides };
}
