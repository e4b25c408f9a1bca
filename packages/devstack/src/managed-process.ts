// One program of the stack, over as many starts as it needs: start, ready, kill, restart, stop.
//
// What is wanted (running or stopped) is set by the newest call; starts happen one after another, and one that is not wanted any more does
// nothing, so stop() wins over a start under way. `exited` belongs to the newest start. An end that nobody asked for is told to the owner.
// The pid file (pid and identity) lets the next stack in the same directory end what a killed one left behind.

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
  isReady: (logText: string) => Promise<boolean> | boolean;
  /** Called after every start that became ready, and after every end. */
  onChange?: () => void;
  /** Called when it ended after it had been ready, without stop() or restart(). */
  onUnexpectedExit?: (exit: ProcessExit) => void;
}

export interface ManagedProcess {
  readonly name: string;
  readonly pid: number;
  readonly logPath: string;
  readonly exited: Promise<ProcessExit>;
  /** False before the first start and after stop(). */
  readonly isWanted: boolean;
  /** Starts the program unless it runs, and waits until it is ready. @throws DevstackError with the end of its log */
  start: () => Promise<void>;
  /** Sends a signal, like kill(2); nothing happens when it has ended already. */
  kill: (signal: NodeJS.Signals) => void;
  /** Ends it (SIGTERM, then SIGKILL when the time is over) unless it has ended already, and starts it again. */
  restart: () => Promise<void>;
  /** Ends it for good. Any number of calls do the same as one. */
  stop: () => Promise<void>;
}

/** Makes a process that can be started; nothing runs yet. */
export function createManagedProcess(options: ManagedProcessOptions): ManagedProcess {
  let child: ChildProcess | undefined;
  let exited: Promise<ProcessExit> = Promise.resolve({ code: null, signal: null });
  let isWanted = false;
  const asked = new WeakSet<ChildProcess>(); // those that were told to end
  const inTurn = makeTurns();

  async function startNow(): Promise<void> {
    if (!isWanted || (child && !hasEnded(child))) return;
    const logStart = findSize(options.logPath);
    const started = startTiedProcess(options);
    child = started;
    exited = watchExit(started, options);
    if (started.pid !== undefined) writePidFile(options.pidPath, started.pid);
    await waitUntilReady(started, { logStart, exited, options });
    options.onChange?.();
    void exited.then((exit) => asked.has(started) || options.onUnexpectedExit?.(exit));
  }

  async function endNow(): Promise<void> {
    if (!child || hasEnded(child)) return;
    asked.add(child);
    await terminate(child, exited, options.stopTimeoutMs);
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
    get isWanted() {
      return isWanted;
    },
    start() {
      isWanted = true;
      return inTurn(startNow);
    },
    kill(signal) {
      if (child && !hasEnded(child)) child.kill(signal);
    },
    restart() {
      isWanted = true;
      return inTurn(async () => {
        await endNow();
        await startNow();
      });
    },
    stop() {
      isWanted = false;
      return endNow();
    },
  };
}

/** Runs actions one after another, in the order of the calls; one that fails does not keep the next from running. */
function makeTurns(): (action: () => Promise<void>) => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return (action) => {
    const turn = last.then(action);
    last = turn.catch(() => undefined); // whoever asked for that turn gets the error
    return turn;
  };
}

async function terminate(child: ChildProcess, exited: Promise<ProcessExit>, timeoutMs: number): Promise<void> {
  child.kill('SIGTERM');
  if (await settlesWithin(exited, timeoutMs)) return;
  child.kill('SIGKILL');
  await exited;
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
  { logStart, exited, options }: { logStart: number; exited: Promise<ProcessExit>; options: ManagedProcessOptions },
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
