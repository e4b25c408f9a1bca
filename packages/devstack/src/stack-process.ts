// One Baton process of a stack: how it is configured (by its environment alone) and when it is ready (a line of its log says so).

import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { DevstackError } from './errors.ts';
import { createManagedProcess, type ManagedProcess, type ProcessExit } from './managed-process.ts';

export type ProcessKind = 'api' | 'orchestrator' | 'worker';

export interface StackProcess {
  kind: ProcessKind;
  /** Such as worker-2. */
  name: string;
  readonly pid: number;
  /** Of an API only. */
  readonly url?: string;
  kill: (signal: NodeJS.Signals) => void;
  restart: () => Promise<void>;
  readonly exited: Promise<ProcessExit>;
  logPath: string;
}

export interface StackProcessOptions {
  kind: ProcessKind;
  name: string;
  /** The stack's directory. */
  directory: string;
  appsDirectory: string;
  environment: Record<string, string>;
  onChange: () => void;
  onUnexpectedExit: (managed: ManagedProcess, exit: ProcessExit) => void;
}

export interface StackProcessHandle {
  managed: ManagedProcess;
  shown: StackProcess;
}

/**
 * V8's two halves for what was just made grow to 16 MiB each; of 8 MiB each they save 16 MiB a process and cost no time that
 * could be measured. It is read before any of our code runs, so whoever starts a process says it: the Dockerfile does too. There
 * are no source maps either: those of all packages took 20 to 40 MiB of each process, and the bundles are readable as they are.
 */
const YOUNG_SPACE = '--max-semi-space-size=8';

const READY_TIMEOUT_MS = 60_000;
// A worker drains: it lets its scripts finish for a while, by its own settings, before it ends.
const STOP_TIMEOUTS_MS = { api: 15_000, orchestrator: 15_000, worker: 40_000 };

/**
 * Makes a process that runs from its bundle; its start waits for its ready line.
 * @throws DevstackError when there is no bundle
 */
export function makeStackProcess(options: StackProcessOptions): StackProcessHandle {
  const mainPath = path.join(options.appsDirectory, options.kind, 'dist/main.js');
  if (!existsSync(mainPath)) throw new DevstackError(`${mainPath} is missing: run "npm run build" first.`);
  const { managed, findUrl } = createProcess(options, mainPath);
  const shown: StackProcess = {
    kind: options.kind,
    name: options.name,
    logPath: managed.logPath,
    get pid() {
      return managed.pid;
    },
    get exited() {
      return managed.exited;
    },
    kill: managed.kill,
    restart: managed.restart,
  };
  if (options.kind === 'api') Object.defineProperty(shown, 'url', { get: findUrl, enumerable: true });
  return { managed, shown };
}

function createProcess(
  options: StackProcessOptions,
  mainPath: string,
): { managed: ManagedProcess; findUrl: () => string | undefined } {
  const { name, directory } = options;
  for (const folder of ['logs', 'pids']) mkdirSync(path.join(directory, folder), { recursive: true, mode: 0o700 });
  const environment = { ...options.environment };
  let url: string | undefined;
  const managed = createManagedProcess({
    name,
    command: [process.execPath, YOUNG_SPACE, mainPath],
    environment,
    workingDirectory: directory,
    logPath: path.join(directory, 'logs', `${name}.log`),
    pidPath: path.join(directory, 'pids', `${name}.pid`),
    readyTimeoutMs: READY_TIMEOUT_MS,
    stopTimeoutMs: STOP_TIMEOUTS_MS[options.kind],
    isReady(logText) {
      const ready = findReadyLine(logText);
      if (ready === null) return false;
      if (options.kind !== 'api') return true;
      url = ready.url;
      // Whoever knows the address of this API finds it there again after a restart.
      if (url !== undefined) environment.BATON_PORT = new URL(url).port || '80';
      return url !== undefined;
    },
    onChange: options.onChange,
    onUnexpectedExit: (exit) => options.onUnexpectedExit(managed, exit),
  });
  return { managed, findUrl: () => url };
}

function findReadyLine(logText: string): { url?: string } | null {
  for (const line of logText.split('\n')) {
    if (!line.includes('"event":"ready"')) continue;
    const url = /"url":"([^"]+)"/.exec(line)?.[1];
    return url === undefined ? {} : { url };
  }
  return null;
}
