import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase, selectRows, type Database } from '@baton/database';
import { startStack, type Stack } from '@baton/devstack';
import { callApi, type ApiCaller } from '../testing/call-api.ts';
import type { Contender } from './contender.ts';
import { countTasks, type Workload } from './workloads.ts';

const SLOTS = 8;
const SUBMITTERS = 8;
const LOOK_EVERY_MS = 20;

export interface BatonContender extends Contender {
  stack: Stack;
  database: Database;
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
  const known = new Set<string>();
  return {
    name: 'Baton',
    description: `1 API, 1 orchestrator, 1 worker of ${SLOTS} slots`,
    stack,
    database,
    canRun: () => true,
    async run(workload) {
      if (!known.has(workload.graph.name)) await api.post('/graphs', workload.graph);
      known.add(workload.graph.name);
      const beganAt = Date.now();
      const ids = await submit(api, workload);
      return (await waitForEnds(database, workload, ids)) - beganAt;
    },
    async stop() {
      await database.dataSource.destroy();
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
async function waitForEnds(database: Database, workload: Workload, ids: readonly number[]): Promise<number> {
  for (;;) {
    const [row] = await selectRows<{ open: number; endedAt: number | null; succeeded: number }>(
      database.dataSource,
      `SELECT COUNT(*) - COUNT(finished_at) AS open, SUM(state = 'FINISH') AS succeeded,
         TIMESTAMPDIFF(MICROSECOND, '1970-01-01', MAX(finished_at)) / 1000 AS endedAt FROM pipeline WHERE id IN (?)`,
      [ids],
    );
    if (row !== undefined && Number(row.open) === 0) {
      if (Number(row.succeeded) !== ids.length) {
        throw new Error(`${workload.id}: ${row.succeeded} of ${ids.length} pipelines of ${countTasks(workload)} tasks succeeded`);
      }
      return Number(row.endedAt);
    }
    await sleep(LOOK_EVERY_MS);
  }
}
