import { writeFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ManagedProcess, ProcessKind, StackProcess } from '@baton/devstack';
import type { CrashPoint } from '@baton/service';
import { callApi, waitUntil, type ApiCaller } from '../testing/call-api.ts';
import { startTestStack, type TestStack, type TestStackOptions } from '../testing/start-test-stack.ts';
import { createTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/**
 * A whole Baton of real processes, each of whose links is a proxy of its own, and each of which dies where it is told to.
 * Times are short (a lease lasts 5 s, a heartbeat 1 s, the reconcile loop looks every 0.5 s; start-test-stack), so that a
 * fault is over within a test.
 */
export interface ChaosStack extends Omit<TestStack, 'processes' | 'addProcess'> {
  api: ApiCaller;
  readonly processes: readonly ChaosProcess[];
  /** One more process, with links of its own. */
  addProcess: (kind: ProcessKind, environment?: Record<string, string>) => Promise<ChaosProcess>;
  /** @throws Error where there is none */
  process: (kind: ProcessKind, index?: number) => ChaosProcess;
  /** The servers, to be killed and started again. @throws Error unless the stack has `ownServers` */
  server: (kind: 'mysql' | 'redis') => ManagedProcess;
  /**
   * Asks for a death at a crash point, by SIGKILL unless another signal is given.
   * @returns resolves when one process has come there
   * @throws Error when none has within the time (a minute unless given): then none dies there any more
   */
  crashAt: (point: CrashPoint, signal?: 'SIGKILL' | 'SIGSTOP', withinMs?: number) => Promise<void>;
}

/** How a process reaches the others: workers the API and Redis, the others MySQL and Redis. */
interface Links {
  mysql?: TcpProxy;
  redis: TcpProxy;
  api?: TcpProxy;
}

export interface ChaosProcess extends StackProcess {
  links: Links;
}

export interface ChaosStackOptions extends Omit<TestStackOptions, 'connect'> {
  /** Of each worker, unless the environment says otherwise. */
  slots?: number;
}

/** What a chaos stack is made of. */
interface Parts {
  stack: TestStack;
  proxies: TcpProxy[];
  processes: ChaosProcess[];
  crashDirectory: string;
}

/** @param options as for startTestStack; one API, one orchestrator and two workers of two slots unless given */
export async function startChaosStack(options: ChaosStackOptions = {}): Promise<ChaosStack> {
  const { apis = 1, orchestrators = 1, workers = 2, workerLabels = [], slots = 2, environment, ...others } = options;
  const crashDirectory = await mkdtemp(join(tmpdir(), 'baton-crash-'));
  const proxies: TcpProxy[] = [];
  let links: Links | undefined;
  const stack = await startTestStack({
    ...others,
    apis: 1,
    orchestrators: 0,
    workers: 0,
    environment: { BATON_CONCURRENCY: String(slots), BATON_CRASH_DIRECTORY: crashDirectory, ...environment },
    async connect({ mysqlUrl, redisUrl }) {
      const [mysql, redis] = [await openLink(proxies, mysqlUrl), await openLink(proxies, redisUrl)];
      links = { mysql: mysql.proxy, redis: redis.proxy };
      return { mysqlUrl: mysql.url, redisUrl: redis.url };
    },
  });
  const parts: Parts = { stack, proxies, processes: [], crashDirectory };
  for (const process of stack.processes) if (links !== undefined) keepProcess(parts, process, links);
  for (let index = 1; index < apis; index += 1) await addProcess(parts, 'api', {});
  const addWorker = (_: unknown, index: number): Promise<ChaosProcess> => {
    const labels = workerLabels[index];
    return addProcess(parts, 'worker', labels === undefined ? {} : { BATON_LABELS: labels });
  };
  const addOrchestrator = (): Promise<ChaosProcess> => addProcess(parts, 'orchestrator', {});
  await Promise.all([
    ...Array.from({ length: orchestrators }, addOrchestrator),
    ...Array.from({ length: workers }, addWorker),
  ]);
  return makeChaosStack(parts);
}

function makeChaosStack(parts: Parts): ChaosStack {
  const { stack, proxies, processes, crashDirectory } = parts;
  const { url, token, workerToken, servers, database, redisPrefix, directory } = stack;
  return {
    url,
    token,
    workerToken,
    servers,
    database,
    redisPrefix,
    directory,
    api: callApi(url, token),
    processes,
    addProcess: (kind, environment = {}) => addProcess(parts, kind, environment),
    process(kind, index = 0) {
      const found = processes.filter((process) => process.kind === kind)[index];
      if (found === undefined) throw new Error(`the stack has no ${kind} ${index}`);
      return found;
    },
    server(kind) {
      const found = stack.servers[kind];
      if (found === undefined) throw new Error(`${kind} is not this stack's own`);
      return found;
    },
    async crashAt(point, signal = 'SIGKILL', withinMs) {
      const file = join(crashDirectory, point);
      // At once: what the caller does next may come to the crash point sooner than a write that is waited for.
      writeFileSync(file, signal);
      try {
        await waitUntil(
          () => readdir(crashDirectory),
          (armed) => !armed.includes(point),
          withinMs,
        );
      } finally {
        await rm(file, { force: true });
      }
    },
    async stop() {
      // A link that is silent would keep a process from ending in its time.
      await Promise.all(proxies.map((proxy) => proxy.setMode('pass')));
      await stack.stop();
      for (const proxy of proxies) await proxy.close();
      await rm(crashDirectory, { recursive: true, force: true });
    },
  };
}

async function addProcess(parts: Parts, kind: ProcessKind, environment: Record<string, string>): Promise<ChaosProcess> {
  const { stack, proxies, processes } = parts;
  const redis = await openLink(proxies, stack.servers.redisUrl);
  const isWorker = kind === 'worker';
  const other = await openLink(proxies, isWorker ? nextApiUrl(processes) : stack.servers.mysqlUrl);
  const added = await stack.addProcess(kind, {
    BATON_REDIS_URL: redis.url,
    [isWorker ? 'BATON_API_URL' : 'BATON_MYSQL_URL']: other.url,
    ...environment,
  });
  const name = isWorker ? 'api' : 'mysql';
  return keepProcess(parts, added, { redis: redis.proxy, [name]: other.proxy });
}

/** Workers take turns in which API they use. */
function nextApiUrl(processes: readonly ChaosProcess[]): string {
  const apis = processes.filter(({ kind }) => kind === 'api');
  const workers = processes.filter(({ kind }) => kind === 'worker');
  const url = apis[workers.length % apis.length]?.url;
  if (url === undefined) throw new Error('no API is running');
  return url;
}

async function openLink(proxies: TcpProxy[], url: string): Promise<{ proxy: TcpProxy; url: string }> {
  const target = new URL(url);
  const proxy = await createTcpProxy({ host: target.hostname, port: Number(target.port) });
  proxies.push(proxy);
  return { proxy, url: Object.assign(target, { port: String(proxy.port) }).href };
}

function keepProcess({ processes }: Parts, process: StackProcess, links: Links): ChaosProcess {
  const kept: ChaosProcess = Object.assign(Object.create(process) as StackProcess, { links });
  processes.push(kept);
  return kept;
}
