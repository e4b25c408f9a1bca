import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findLevels, findProcesses, uniqueSleep, waitFor } from './testing/open-runner.ts';

const levels = await findLevels();
const GUARD_TIMEOUT_MS = 1_000;

interface Worker {
  process: ChildProcess;
  seconds: string;
  directory: string;
  /** What it printed under this name so far; undefined when nothing. */
  printed(name: string): unknown;
  exited: Promise<void>;
}

let folder: string;
let bundle: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'baton-worker-'));
  bundle = join(folder, 'worker.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('./testing/worker-fixture.ts', import.meta.url))],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
});
afterAll(() => rm(folder, { recursive: true }));

describe.each(levels)('a worker that dies or freezes (%s)', (isolation) => {
  const started: ChildProcess[] = [];
  // A worker that a failed test left frozen would stay for ever, with all that it started.
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
  });

  async function startWorker(): Promise<Worker> {
    const seconds = uniqueSleep();
    const directory = await mkdtemp(join(folder, 'directory-'));
    const script = `trap "" TERM HUP; setsid sleep ${seconds} & (setsid sh -c "sleep ${seconds}; :" &); echo ready; while :; do sleep ${seconds}; done`;
    const child = spawn(process.execPath, [bundle, isolation, directory, String(GUARD_TIMEOUT_MS), script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    started.push(child);
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const lines = (): Record<string, unknown>[] =>
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    const printed = (name: string): unknown => lines().find((line) => name in line)?.[name];
    await waitFor('the script of the worker', () => printed('ready') !== undefined);
    await waitFor('its processes', async () => (await findProcesses(seconds)).length >= 4);
    return { process: child, seconds, directory, printed, exited };
  }

  const isGone = async (worker: Worker): Promise<boolean> => {
    const found = await findProcesses(worker.seconds);
    return found.every((pid) => pid === worker.process.pid);
  };

  test('killed with KILL: nothing of it stays, helpers and guard included', async () => {
    const worker = await startWorker();
    worker.process.kill('SIGKILL');
    await worker.exited;
    await waitFor('the end of its scripts', () => isGone(worker), 20_000);
    await waitFor('the end of its helpers', async () => (await findProcesses(worker.directory)).length === 0, 20_000);
  });

  test('frozen for longer than the guard waits: its scripts are killed, and it finds out when it comes back', async () => {
    const worker = await startWorker();
    worker.process.kill('SIGSTOP');
    await waitFor('the guard', () => isGone(worker), GUARD_TIMEOUT_MS + 5_000);
    worker.process.kill('SIGCONT');
    await worker.exited;
    expect(worker.printed('result')).toMatchObject({ guarded: true, signal: 'KILL', spawnError: null, exitCode: null });
    expect(worker.printed('next')).toMatchObject({ guarded: false, exitCode: 4 });
    expect(await findProcesses(worker.directory)).toEqual([]);
  });

  test('its event loop is stuck for longer than the guard waits', async () => {
    const worker = await startWorker();
    worker.process.kill('SIGUSR2');
    await waitFor('the guard', () => isGone(worker), GUARD_TIMEOUT_MS + 5_000);
    expect(worker.printed('result')).toBeUndefined();
    await worker.exited;
    expect(worker.printed('result')).toMatchObject({ guarded: true, signal: 'KILL', spawnError: null });
    expect(worker.printed('next')).toMatchObject({ guarded: false, exitCode: 4 });
  });

  test('a guard that is killed is replaced, and the new one guards', async () => {
    const worker = await startWorker();
    const [guard] = await findGuards(worker);
    process.kill(guard ?? 0, 'SIGKILL');
    await waitFor('another guard', async () => {
      const guards = await findGuards(worker);
      return guards.length > 0 && !guards.includes(guard ?? 0);
    });
    expect(worker.printed('result')).toBeUndefined();
    worker.process.kill('SIGSTOP');
    await waitFor('the new guard', () => isGone(worker), GUARD_TIMEOUT_MS + 5_000);
    worker.process.kill('SIGKILL');
    await worker.exited;
    await waitFor('the end of the guard', async () => (await findProcesses(worker.directory)).length === 0, 20_000);
  });

  async function findGuards(worker: Worker): Promise<number[]> {
    const fired = await findProcesses(join(worker.directory, 'guard-fired-'));
    return fired.sort((a, b) => a - b);
  }
});
