// A whole Baton on this machine: servers, APIs, orchestrators and workers, each a process of its own.
//
// Who dies, and what then: a Baton process or a private server that ends by itself is started again (option `restart`); when the process
// that started the stack dies, all others get SIGTERM (tied-process.ts); the next stack in the same directory ends what is still there
// (pid-file.ts) and finds the data. Stopping goes against the flow: workers drain first, while orchestrators still take their
// completions and the API their output; then the orchestrators, the API, and last the servers. Every step has its time, then SIGKILL.

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { readInheritedEnvironment } from './config.ts';
import { DevstackError } from './errors.ts';
import { findIsolationVariables } from './isolation.ts';
import { createKeeper, type Keeper } from './keeper.ts';
import { makeRandomSecret } from './private-file.ts';
import { findRepositoryDirectory } from './repository.ts';
import { removeStackFile, writeStackFile } from './stack-file.ts';
import { type ProcessKind, type StackProcess, type StackProcessHandle, makeStackProcess } from './stack-process.ts';
import { launchServers, type Servers, type StartServersOptions, takeDirectory } from './start-servers.ts';

export interface StackOptions {
  /** Gets data, logs, passwords and stack.json; made when it is missing. */
  directory: string;
  /** Told what takes long and what ended by itself. */
  report: (line: string) => void;
  /** How many processes of each kind; one API, one orchestrator and two workers unless given. */
  apis?: number;
  orchestrators?: number;
  workers?: number;
  /** BATON_LABELS of the first worker, the second, and so on. */
  workerLabels?: (string | undefined)[];
  /** Of the first API; any free one unless given. */
  port?: number;
  /** Whether what ends by itself is started again; true unless given. */
  restart?: boolean;
  /** Further variables for all Baton processes. */
  environment?: Record<string, string>;
  /** Servers to use instead of those that startServers would find; they are left running. */
  servers?: Servers;
  mayInstall?: boolean;
  /** The folder of api/, orchestrator/ and worker/ with their bundles; the repository's unless given. */
  appsDirectory?: string;
}

export interface Stack {
  /** Of the first API. */
  url: string;
  token: string;
  workerToken: string;
  servers: Servers;
  processes: StackProcess[];
  /** Starts one more process. Workers take turns in which API they use. */
  addProcess: (kind: ProcessKind, environment?: Record<string, string>) => Promise<StackProcess>;
  /** Ends everything, in order. Any number of calls do the same as one. */
  stop: () => Promise<void>;
}

/** A stack while it runs. */
interface Running {
  options: StackOptions;
  keeper: Keeper;
  servers: Servers;
  release: () => void;
  token: string;
  workerToken: string;
  startedAt: string;
  handles: StackProcessHandle[];
  counts: Record<ProcessKind, number>;
  /** Variables of workers. */
  isolation: Record<string, string>;
  /** Set once all processes are up, and taken away when the stack stops: only between the two is there a stack.json. */
  isDescribed: boolean;
  stopping?: Promise<void>;
}

/**
 * Starts a stack and waits until every process of it is ready.
 * @throws DevstackError when a stack runs in the directory, when there are no servers, or with the log of what did not become ready
 */
export async function startStack(given: StackOptions): Promise<Stack> {
  const options = { ...given, directory: path.resolve(given.directory) };
  const release = await takeDirectory(options.directory);
  let running: Running | undefined;
  const keeper = createKeeper({ report: options.report, onRestarted: () => running && describeStack(running) });
  try {
    const servers = options.servers ?? (await launchServers(makeServersOptions(options, keeper)));
    running = makeRunning({ options, keeper, servers, release });
    await startProcesses(running);
    return makeStack(running);
  } catch (error) {
    keeper.close();
    if (running) await stopStack(running);
    release();
    throw error;
  }
}

function makeServersOptions(options: StackOptions, keeper: Keeper): StartServersOptions {
  return {
    directory: options.directory,
    report: options.report,
    purpose: 'stack',
    ...(options.mayInstall === undefined ? {} : { mayInstall: options.mayInstall }),
    ...(options.restart === false ? {} : { onUnexpectedExit: keeper.handleExit }),
  };
}

function makeRunning(parts: Pick<Running, 'options' | 'keeper' | 'servers' | 'release'>): Running {
  return {
    ...parts,
    token: `baton_${makeRandomSecret()}`,
    workerToken: `baton_${makeRandomSecret()}`,
    startedAt: new Date().toISOString(),
    handles: [],
    counts: { api: 0, orchestrator: 0, worker: 0 },
    isolation: findIsolationVariables(parts.options.report),
    isDescribed: false,
  };
}

async function startProcesses(running: Running): Promise<void> {
  const { apis = 1, orchestrators = 1, workers = 2, workerLabels = [], port = 0 } = running.options;
  if (apis < 1) throw new DevstackError('A stack needs at least one API.');
  // The first API alone: its address is the stack's.
  await addProcess(running, 'api', { BATON_PORT: String(port) });
  const repeat = (count: number, kind: ProcessKind): Promise<StackProcess>[] =>
    Array.from({ length: count }, () => addProcess(running, kind));
  await Promise.all(repeat(apis - 1, 'api'));
  const addWorker = (_: unknown, index: number): Promise<StackProcess> => {
    const labels = workerLabels[index];
    return addProcess(running, 'worker', labels === undefined ? {} : { BATON_LABELS: labels });
  };
  await Promise.all([...repeat(orchestrators, 'orchestrator'), ...Array.from({ length: workers }, addWorker)]);
  running.isDescribed = true;
  describeStack(running);
}

function makeStack(running: Running): Stack {
  return {
    url: findApiUrl(running, 0),
    token: running.token,
    workerToken: running.workerToken,
    servers: running.servers,
    get processes() {
      return running.handles.map(({ shown }) => shown);
    },
    addProcess: (kind, environment) => addProcess(running, kind, environment),
    stop: () => (running.stopping ??= stopStack(running)),
  };
}

async function addProcess(
  running: Running,
  kind: ProcessKind,
  environment: Record<string, string> = {},
): Promise<StackProcess> {
  if (running.stopping) throw new DevstackError('The stack is stopping: nothing can be added to it.');
  const { options, keeper } = running;
  running.counts[kind] += 1;
  const name = `${kind}-${running.counts[kind]}`;
  const handle = makeStackProcess({
    kind,
    name,
    directory: options.directory,
    appsDirectory: options.appsDirectory ?? path.join(findRepositoryDirectory(), 'apps'),
    environment: { ...makeEnvironment(running, kind, name), ...options.environment, ...environment },
    onChange: () => describeStack(running),
    onUnexpectedExit: (managed, exit) => {
      if (options.restart !== false) keeper.handleExit(managed, exit);
    },
  });
  running.handles.push(handle); // before it runs, so that a stack that fails to start ends it
  await handle.managed.start();
  return handle.shown;
}

// Each process gets what it needs and no more: a worker never learns where the database is.
function makeEnvironment(running: Running, kind: ProcessKind, name: string): Record<string, string> {
  const { servers, token, workerToken, options } = running;
  const shared = { ...readInheritedEnvironment(), TZ: 'UTC', BATON_REDIS_URL: servers.redisUrl };
  if (kind === 'orchestrator') return { ...shared, BATON_MYSQL_URL: servers.mysqlUrl };
  if (kind === 'worker') {
    const directory = path.join(options.directory, 'workers', name);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return {
      ...shared,
      BATON_API_URL: findApiUrl(running, running.counts.worker - 1),
      BATON_WORKER_TOKEN: workerToken,
      BATON_WORKER_DIRECTORY: directory,
      BATON_WORKER_NAME: name,
      ...running.isolation,
    };
  }
  const tokens = { BATON_ADMIN_TOKEN: token, BATON_WORKER_TOKEN: workerToken };
  return { ...shared, ...tokens, BATON_MYSQL_URL: servers.mysqlUrl, BATON_HOST: '127.0.0.1', BATON_PORT: '0' };
}

function findApiUrl(running: Running, turn: number): string {
  const urls = running.handles.map(({ shown }) => shown.url).filter((url) => url !== undefined);
  const url = urls[turn % urls.length];
  if (url === undefined) throw new DevstackError('No API is running.');
  return url;
}

function describeStack(running: Running): void {
  if (!running.isDescribed) return;
  const { servers, token, workerToken, startedAt } = running;
  const findPids = (kind: ProcessKind): number[] =>
    running.handles.filter(({ shown }) => shown.kind === kind && shown.pid > 0).map(({ shown }) => shown.pid);
  writeStackFile(running.options.directory, {
    url: findApiUrl(running, 0),
    token,
    workerToken,
    mysqlUrl: servers.mysqlUrl,
    redisUrl: servers.redisUrl,
    pids: {
      mysql: servers.mysql?.pid ?? null,
      redis: servers.redis?.pid ?? null,
      api: findPids('api'),
      orchestrator: findPids('orchestrator'),
      worker: findPids('worker'),
    },
    startedAt,
  });
}

async function stopStack(running: Running): Promise<void> {
  const { options, keeper, handles, servers, release } = running;
  keeper.close();
  running.isDescribed = false;
  try {
    for (const kind of ['worker', 'orchestrator', 'api'] as const) {
      await Promise.all(handles.filter(({ shown }) => shown.kind === kind).map(({ managed }) => managed.stop()));
    }
    if (!options.servers) await servers.stop();
  } finally {
    removeStackFile(options.directory);
    release();
  }
}
