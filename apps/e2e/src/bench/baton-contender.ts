import { openDatabase, type Database } from '@baton/database';
import { startStack, type Stack } from '@baton/devstack';
import { connectRedis, waitForRedis, type Redis } from '@baton/queue';
import { callApi, type ApiCaller } from '../testing/call-api.ts';
import type { Contender } from './contender.ts';
import type { MeasuredBaton } from './measurement.ts';
import { readUse, type ProcessUse } from './process-use.ts';
import { readServerCounts } from './server-counts.ts';
import { waitForEnds } from './wait-for-ends.ts';
import { watchMemory } from './watch-memory.ts';
import { countTasks, type BenchGraph, type Workload } from './workloads.ts';

export const SLOTS = 8;
const SUBMITTERS = 8;
const REDIS_WAIT_MS = 10_000;

export interface BatonContender extends Contender {
  measured: MeasuredBaton;
}

/** Built programs, one process of each kind, servers of their own at full durability. */
export async function startBaton(options: {
  directory: string;
  report: (line: string) => void;
  environment?: Record<string, string>;
}): Promise<BatonContender> {
  const stack = await startStack({
    ...options,
    workers: 1,
    environment: { BATON_CONCURRENCY: String(SLOTS), ...options.environment },
  });
  const api = callApi(stack.url, stack.token);
  const database = await openDatabase({ url: stack.servers.mysqlUrl });
  const redis = connectRedis({ url: stack.servers.redisUrl, prefix: '' }, 'producer', () => {});
  await waitForRedis(redis, REDIS_WAIT_MS);
  const listProcesses = (): [string, number][] => listProcessesOf(stack);
  const watched = { listProcesses, database, redis };
  const known = new Set<string>();
  const saveGraph = async (graph: BenchGraph): Promise<void> => {
    if (!known.has(graph.name)) await api.post('/graphs', graph);
    known.add(graph.name);
  };
  const { mysql, redis: redisTitle } = stack.servers.descriptions;
  return {
    name: 'Baton',
    description: `1 API, 1 orchestrator, 1 worker of ${SLOTS} slots; ${mysql} (innodb_flush_log_at_trx_commit=1); ${redisTitle}`,
    measured: { stack, api, database, listProcesses, saveGraph, report: options.report },
    canRun: () => true,
    async run(workload) {
      await saveGraph(workload.graph);
      const before = await look(watched);
      const memory = watchMemory(listProcesses());
      try {
        const beganAt = Date.now();
        const ms = (await waitForEnds(database, await submit(api, workload))) - beganAt;
        const after = await look(watched);
        return { ms, perTask: compare(before, after, countTasks(workload)), rssBytes: await memory.stop() };
      } finally {
        await memory.stop();
      }
    },
    async stop() {
      redis.disconnect();
      await database.close();
      await stack.stop();
    },
  };
}

async function submit(api: ApiCaller, { graph, copies }: Workload): Promise<number[]> {
  const ids: number[] = [];
  let left = copies;
  const submitSome = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const { id } = await api.post<{ id: number }>('/pipelines', { graph: graph.name });
      ids.push(id);
    }
  };
  await Promise.all(Array.from({ length: Math.min(SUBMITTERS, copies) }, submitSome));
  return ids;
}

interface Look {
  use: readonly ProcessUse[];
  counts: Readonly<Record<string, number>>;
}

async function look(watched: { listProcesses(): [string, number][]; database: Database; redis: Redis }): Promise<Look> {
  const { database, redis } = watched;
  return { use: await readUse(watched.listProcesses()), counts: await readServerCounts(database, redis) };
}

function listProcessesOf({ servers, processes }: Stack): [name: string, pid: number][] {
  const pids: [string, number][] = processes.map(({ kind, pid }) => [kind, pid]);
  if (servers.mysql !== undefined) pids.push(['MySQL', servers.mysql.pid]);
  if (servers.redis !== undefined) pids.push(['Redis', servers.redis.pid]);
  return pids;
}

function compare(before: Look, after: Look, tasks: number): Record<string, number> {
  const perTask: Record<string, number> = {};
  for (const [name, count] of Object.entries(after.counts))
    perTask[name] = (count - (before.counts[name] ?? 0)) / tasks;
  for (const { name, cpuMs } of after.use) {
    const earlier = before.use.find((one) => one.name === name);
    perTask[`CPU ms of ${name}`] = (cpuMs - (earlier?.cpuMs ?? 0)) / tasks;
  }
  return perTask;
}
