import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startBaton } from './baton-contender.ts';
import { findMake } from './make-contender.ts';
import { readUse, type ProcessUse } from './process-use.ts';
import { readServerCounts, subtractCounts } from './server-counts.ts';
import { connectRedis } from '@baton/queue';
import { countTasks, WORKLOADS } from './workloads.ts';

const { values } = parseArgs({
  options: { only: { type: 'string', default: 'W1,W2,W3' }, rounds: { type: 'string', default: '5' } },
});
const directory = await mkdtemp(path.join(tmpdir(), 'baton-bench-'));
const baton = await startBaton({ directory, report: console.log, environment: process.env['PROF'] ? { NODE_OPTIONS: '--import /tmp/prof-hook.mjs' } : {} });
const make = await findMake(path.join(directory, 'make'));
const { servers, processes } = baton.stack;
const pids: [string, number][] = [
  ...processes.map(({ name, pid }): [string, number] => [name, pid]),
  ['mysql', servers.mysql?.pid ?? 0],
  ['redis', servers.redis?.pid ?? 0],
];
const redis = connectRedis({ url: servers.redisUrl, prefix: '' }, 'producer', () => {});
const contenders = [baton, ...(make === null ? [] : [make])];
const wanted = WORKLOADS.filter(({ id }) => values.only.split(',').includes(id));
function showUse(before: readonly ProcessUse[], after: readonly ProcessUse[], tasks: number): void {
  const parts = after.map(({ name, cpuMs, rssBytes }, index) => {
    const used = (cpuMs - (before[index]?.cpuMs ?? 0)) / tasks;
    return `${name} ${used.toFixed(2)} ms ${(rssBytes / 2 ** 20).toFixed(0)} MiB`;
  });
  console.log('  CPU a task:', parts.join(' | '));
}
try {
  for (let round = 0; round <= Number(values.rounds); round += 1) {
    for (const workload of wanted) {
      const line: string[] = [];
      for (const contender of contenders) {
        const before = await readUse(pids);
        const counts = await readServerCounts(baton.database, redis);
        const ms = await contender.run(workload);
        if (contender === baton) showUse(before, await readUse(pids), countTasks(workload));
        if (contender === baton) {
          const done = subtractCounts(await readServerCounts(baton.database, redis), counts);
          const shown = Object.entries(done).filter(([, count]) => count / countTasks(workload) > 0.02);
          console.log('  a task:', shown.map(([name, count]) => `${name} ${(count / countTasks(workload)).toFixed(2)}`).join(', '));
        }
        line.push(`${contender.name} ${ms.toFixed(0)} ms (${((countTasks(workload) / ms) * 1000).toFixed(0)}/s)`);
      }
      console.log(round === 0 ? 'warm-up' : `round ${round}`, workload.id, line.join('  '));
    }
  }
} finally {
  redis.disconnect();
  for (const contender of contenders) await contender.stop();
  await rm(directory, { recursive: true, force: true });
}
