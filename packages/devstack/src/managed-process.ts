// One program of the stack, over as many starts as it needs: start, ready, kill, restart, stop, and restart by itself when asked to.
//
// States: stopped -> starting -> running -> stopped. `exited` belongs to the newest start. What the machine's other processes may see of
// it is its pid file (pid and identity), with which the next stack in the same directory ends what a killed one left behind.

import type { ChildProcess } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { DevstackError } from './errors.ts';
import { readLogSince } from './log-file.ts';
import { writePidFile } from './pid-file.ts';
import { startTiedProcess } from './tied-process.ts';
import { pollUntil, settlesWithin } from './wait.ts';

export interface ProcessExit {
  code: number | null;
  signal: string | null;
}

export interface ManagedProcessOptions {
  name: string;
  command: readonly string[];
  environment: Record<string, string>;
  workingDirectory: string;
  logPath: string;
  pidPath: string;
  readyTimeoutMs: number;
  stopTimeoutMs: number;
  /** Asked repeatedly after each start, with what this start has written to the log; true once the program serves. */
  isReady(logText: string): Promise<boolean> | boolean;
  /** Called after every start that became ready, and after every end. */
  onChange?(): void;
}

export interface ManagedProcess {
  readonly name: string;
  readonly pid: number;
  readonly logPath: string;
  readonly exited: Promise<ProcessExit>;
  /** True between a wanted end (stop, restart) and the next start. */
  readonly isStopping: boolean;
  /** Starts the program and waits until it is ready. @throws DevstackError with the end of its log */
  start(): Promise<void>;
  /** Sends a signal, like kill(2); nothing happens when it has ended already. */
  kill(signal: NodeJS.Signals): void;
  /** Ends it (SIGTERM, then SIGKILL when the time is over) unless it has ended already, and starts it again. */
  restart(): Promise<void>;
  /** Ends it for good. Any number of calls do the same as one. */
  stop(): Promise<void>;
}

/** Makes a process that can be started; nothing runs yet. */
export function createManagedProcess(options: ManagedProcessOptions): ManagedProcess {
  let child: ChildProcess | undefined;
  let exited: Promise<ProcessExit> = Promise.resolve({ code: null, signal: null });
  let isStopping = false;

  async function start(): Promise<void> {
    isStopping = false;
    const logStart = findSize(options.logPath);
    const started = startTiedProcess(options);
    child = started;
    exited = watchExit(started, options);
    if (started.pid !== undefined) writePidFile(options.pidPath, started.pid);
    await waitUntilReady(started, logStart, exited, options);
    options.onChange?.();
  }

  async function end(): Promise<void> {
    isStopping = true;
    if (!child || hasEnded(child)) return;
    child.kill('SIGTERM');
    if (await settlesWithin(exited, options.stopTimeoutMs)) return;
    child.kill('SIGKILL');
    await exited;
  }

  return {
    name: options.name,
    logPath: options.logPath,
    get pid() {
      return child?.pid ?? 0;
    },
    get exited() {
      return exited;
    },
    get isStopping() {
      return isStopping;
    },
    start,
    kill(signal) {
      if (child && !hasEnded(child)) child.kill(signal);
    },
    async restart() {
      await end();
      await start();
    },
    stop: end,
  };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}

function watchExit(child: ChildProcess, options: ManagedProcessOptions): Promise<ProcessExit> {
  return new Promise((resolve) => {
    const finish = (exit: ProcessExit): void => {
      rmSync(options.pidPath, { force: true });
      resolve(exit);
      options.onChange?.();
    };
    child.once('exit', (code, signal) => finish({ code, signal }));
    child.once('error', () => {
      if (child.pid === undefined) finish({ code: null, signal: null }); // it could not be started at all
    });
  });
}

async function waitUntilReady(
  child: ChildProcess,
  logStart: number,
  exited: Promise<ProcessExit>,
  options: ManagedProcessOptions,
): Promise<void> {
  const answer = await pollUntil(async () => {
    if (hasEnded(child)) return 'ended';
    return (await options.isReady(readLogSince(options.logPath, logStart))) ? 'ready' : undefined;
  }, options.readyTimeoutMs);
  if (answer === 'ready') return;
  if (answer === undefined) child.kill('SIGKILL');
  const { code, signal } = await exited;
  const what = answer === 'ended' ? `ended with ${signal ?? `status ${code}`}` : `was not ready`;
  const limit = answer === 'ended' ? 'before it was ready' : `after ${options.readyTimeoutMs / 1000} s`;
  const tail = readLogSince(options.logPath, logStart).trimEnd().split('\n').slice(-20).join('\n');
  throw new DevstackError(`${options.name} ${what} ${limit}. The end of ${options.logPath}:\n${tail}`);
}

function findSize(filePath: string): number {
  return statSync(filePath, { throwIfNoEntry: false })?.size ?? 0;
}
