import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRunner } from '../index.ts';
import { ISOLATIONS, type Isolation, type Runner, type RunnerEvent } from '../run-types.ts';
import type { RunnerOptions, RunRequest, RunResult } from '../run-types.ts';

export interface TestRunner extends Runner {
  directory: string;
  events: RunnerEvent[];
  /** Runs a script to its end; `text` is all output. */
  runScript(script: string, overrides?: Partial<RunRequest>): Promise<RunResult & { text: string }>;
}

export async function openRunner(overrides: Partial<RunnerOptions> = {}): Promise<TestRunner> {
  const directory = await mkdtemp(join(tmpdir(), 'baton-runner-'));
  const events: RunnerEvent[] = [];
  const runner = await createRunner({
    slots: 1,
    directory,
    guardTimeoutMs: 5_000,
    report: (event) => events.push(event),
    ...overrides,
  });
  return {
    ...runner,
    directory,
    events,
    async runScript(script, request) {
      const chunks: Buffer[] = [];
      const onOutput = async (chunk: Buffer): Promise<void> => void chunks.push(chunk);
      const result = await runner.run(makeRequest(script, { onOutput, ...request })).result;
      return { ...result, text: Buffer.concat(chunks).toString() };
    },
    async close() {
      await runner.close();
      await rm(directory, { recursive: true });
    },
  };
}

export function makeRequest(script: string, overrides: Partial<RunRequest> = {}): RunRequest {
  return {
    runId: randomUUID(),
    script,
    shell: null,
    environment: {},
    inputs: null,
    timeoutMs: null,
    graceMs: 200,
    maxOutputBytes: 1_000_000,
    onOutput: async () => undefined,
    ...overrides,
  };
}

/** The levels that this host permits; 'process-group' always is one. */
export async function findLevels(): Promise<Isolation[]> {
  const levels: Isolation[] = [];
  for (const isolation of ISOLATIONS) {
    try {
      await (await openRunner({ isolation })).close();
      levels.push(isolation);
    } catch (error) {
      if (!/no level of isolation/.test((error as Error).message)) throw error;
    }
  }
  return levels;
}

/** Processes of this host whose command line holds the token, seen from outside of every namespace. */
export async function findProcesses(token: string): Promise<number[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    names.map(async (name) => ({ pid: Number(name), line: await readCommandLine(name) })),
  );
  return lines.filter(({ line }) => line.includes(token)).map(({ pid }) => pid);
}

async function readCommandLine(pid: string): Promise<string> {
  try {
    return await readFile(`/proc/${pid}/cmdline`, 'utf8');
  } catch (error) {
    // It ended between the listing and the reading.
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}

/** Most questions read the command line of every process: asked more often, they would keep busy the machine that they wait for. */
const PAUSE_MS = 30;

/** Asks again until the answer is true; fails after `timeoutMs`. */
export async function waitFor(
  what: string,
  isTrue: () => Promise<boolean> | boolean,
  timeoutMs = 15_000,
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!(await isTrue())) {
    if (performance.now() > deadlineMs) throw new Error(`waited ${timeoutMs} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** A number of seconds for `sleep` that no other process of the host has on its command line. */
export function uniqueSleep(): string {
  return `9${Math.floor(Math.random() * 1e9)}.${Math.floor(Math.random() * 1e6)}`;
}
