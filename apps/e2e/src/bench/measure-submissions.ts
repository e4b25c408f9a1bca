import type { Figure, Measurement } from './measurement.ts';
import { readUse, type ProcessUse } from './process-use.ts';
import { openClient, percentileOf, takeTurns } from './take-turns.ts';
import { waitForEnds } from './wait-for-ends.ts';
import { makeDiamond } from './workloads.ts';

const PIPELINES = 2000;
const CLIENTS = 8;
const SECOND_MS = 1000;

/** How fast pipelines can be started, while those that were started run: that is how it is. */
export const submissions: Measurement = {
  id: 'W7',
  title: `${PIPELINES} diamonds of 4, submitted over HTTP as fast as ${CLIENTS} clients can, while they run`,
  async measure({ stack, database, listProcesses, saveGraph }) {
    const graph = { ...makeDiamond(), name: 'bench-submitted' };
    await saveGraph(graph);
    const order = JSON.stringify({ graph: graph.name });
    const ids: number[] = [];
    const client = openClient(stack);
    try {
      const before = await readUse(listProcesses());
      const beganAt = Date.now();
      const { tookMs, totalMs } = await takeTurns({
        clients: CLIENTS,
        count: PIPELINES,
        take: async () => ids.push((JSON.parse(await client.ask('/pipelines', order)) as { id: number }).id),
      });
      const endedMs = (await waitForEnds(database, ids)) - beganAt;
      const rate = (PIPELINES / totalMs) * SECOND_MS;
      return [
        { name: 'submissions', value: rate, unit: 'a second', bar: { atLeast: 300 } },
        { name: 'a submission, p50', value: percentileOf(tookMs, 0.5), unit: 'ms' },
        { name: 'a submission, p99', value: percentileOf(tookMs, 0.99), unit: 'ms', bar: { atMost: 100 } },
        { name: 'until the last one ended', value: endedMs / SECOND_MS, unit: 's' },
        { name: 'tasks', value: ((PIPELINES * graph.vertices.length) / endedMs) * SECOND_MS, unit: 'a second' },
        ...showUse(before, await readUse(listProcesses())),
      ];
    } finally {
      client.close();
    }
  },
};

/** What one pipeline takes of the machine from its submission to its end, whatever else runs there: that bounds the rates. */
function showUse(before: readonly ProcessUse[], after: readonly ProcessUse[]): Figure[] {
  return after.map(({ name, cpuMs }) => {
    const usedMs = cpuMs - (before.find((one) => one.name === name)?.cpuMs ?? 0);
    return { name: `CPU of ${name} for each`, value: usedMs / PIPELINES, unit: 'ms' };
  });
}
