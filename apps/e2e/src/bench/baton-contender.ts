import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase, selectRows, type Database } from '@baton/database';
import { startStack, type Stack } from '@baton/devstack';
import { connectRedis, waitForRedis, type Redis } from '@baton/queue';
import { callApi, type ApiCaller } from '../testing/call-api.ts';
import type { Contender } from './contender.ts';
import { readUse, type ProcessUse } from './process-use.ts';
import { readServerCounts } from './server-counts.ts';
import { countTasks, type Workload } from './workloads.ts';

const SLOTS = 8;
const SUBMITTERS = 8;
const LOOK_EVERY_MS = 20;
const REDIS_WAIT_MS = 10_000;

export interface BatonContender extends Contender {
  stack: Stack;
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
  const watched = { stack, database, redis };
  const known = new Set<string>();
  const { mysql, redis: redisTitle } = stack.servers.descriptions;
  return {
    name: 'Baton',
    description: `1 API, 1 orchestrator, 1 worker of ${SLOTS} slots; ${mysql} (innodb_flush_log_at_trx_commit=1); ${redisTitle}`,
    stack,
    canRun: () => true,
    async run(workload) {
      if (!known.has(workload.graph.name)) await api.post('/graphs', workload.graph);
      known.add(workload.graph.name);
      const before = await look(watched);
      const beganAt = Date.now();
      const ids = await submit(api, workload);
      const ms = (await waitForEnds(database, workload, ids)) - beganAt;
      return { ms, ...compare(before, await look(watched), countTasks(workload)) };
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

/** @returns when the last one ended, by the database's clock, which is this machine's; ms since 1970 */
async function waitForEnds(database: Database, { id, copies }: Workload, ids: readonly number[]): Promise<number> {
  for (;;) {
    const [row] = await selectRows<{ open: number; endedAt: number | null; succeeded: number }>(
      database.dataSource,
      `SELECT COUNT(*) - COUNT(finished_at) AS open, SUM(state = 'FINISH') AS succeeded,
         TIMESTAMPDIFF(MICROSECOND, '1970-01-01', MAX(finished_at)) / 1000 AS endedAt FROM pipeline WHERE id IN (?)`,
      [ids],
    );
    if (row !== undefined && Number(row.open) === 0) {
      if (Number(row.succeeded) === copies) return Number(row.endedAt);
      throw new Error(`${id}: expected ${copies} pipelines to succeed, found ${row.succeeded}`);
    }
    await sleep(LOOK_EVERY_MS);
  }
}

interface Look {
  use: readonly ProcessUse[];
  counts: Readonly<Record<string, number>>;
}

async function look({ stack, database, redis }: { stack: Stack; database: Database; redis: Redis }): Promise<Look> {
  const { servers, processes } = stack;
  const pids: [string, number][] = processes.map(({ kind, pid }) => [kind, pid]);
  if (servers.mysql !== undefined) pids.push(['MySQL', servers.mysql.pid]);
  if (servers.redis !== undefined) pids.push(['Redis', servers.redis.pid]);
  return { use: await readUse(pids), counts: await readServerCounts(database, redis) };
}

function compare(
  before: Look,
  after: Look,
  tasks: number,
): { perTask: Record<string, number>; rssBytes: Record<string, number> } {
  const perTask: Record<string, number> = {};
  const rssBytes: Record<string, number> = {};
  for (const [name, count] of Object.entries(after.counts))
    perTask[name] = (count - (before.counts[name] ?? 0)) / tasks;
  for (const { name, cpuMs, rssBytes: rss } of after.use) {
    const earlier = before.use.find((one) => one.name === name);
    perTask[`CPU ms of ${name}`] = (cpuMs - (earlier?.cpuMs ?? 0)) / tasks;
    rssBytes[name] = rss;
  }
  return { perTask, rssBytes };
}
