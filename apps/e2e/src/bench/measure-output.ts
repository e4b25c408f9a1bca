import { setTimeout as sleep } from 'node:timers/promises';
import { selectRows } from '@baton/database';
import type { Figure, MeasuredBaton, Measurement } from './measurement.ts';
import { readUse } from './process-use.ts';
import { waitForEnds } from './wait-for-ends.ts';
import { watchMemory } from './watch-memory.ts';

const MEGABYTE = 1_000_000;
const MEBIBYTE = 2 ** 20;
const PRINTED_BYTES = 100 * MEGABYTE;
/** Long enough for garbage to be seen as such, where it is. */
const REST_MS = 2000;
const LINE = 'x'.repeat(63);

/** One script that prints far more than a process should hold. Its vertex says how much is kept: a worker's default is 16 MiB. */
export const output: Measurement = {
  id: 'W8',
  title: 'a script that prints 100 MB, all of it kept (maxOutputBytes)',
  async measure(baton) {
    const { api, database, saveGraph } = baton;
    const script = `yes ${LINE} | head -c ${PRINTED_BYTES}`;
    const vertices = [{ name: 'print', script, maxOutputBytes: 2 * PRINTED_BYTES }];
    const graph = { name: 'bench-output', vertices, edges: [] };
    await saveGraph(graph);
    const before = await readMemory(baton);
    const watch = watchMemory(baton.listProcesses());
    try {
      const beganAt = Date.now();
      const { id } = await api.post<{ id: number }>('/pipelines', { graph: graph.name });
      const endedMs = (await waitForEnds(database, [id])) - beganAt;
      const most = await watch.stop();
      await refuseUnlessStored(baton, id);
      await sleep(REST_MS);
      const rate = PRINTED_BYTES / MEGABYTE / (endedMs / 1000);
      return [
        { name: 'stored', value: rate, unit: 'MB a second', bar: { atLeast: 20 } },
        ...showMemory('before', before),
        ...showMemory('at most', most),
        ...showMemory('after', await readMemory(baton)),
      ];
    } finally {
      await watch.stop();
    }
  },
};

async function readMemory({ listProcesses }: MeasuredBaton): Promise<Record<string, number>> {
  return Object.fromEntries((await readUse(listProcesses())).map(({ name, rssBytes }) => [name, rssBytes]));
}

function showMemory(when: string, rssBytes: Readonly<Record<string, number>>): Figure[] {
  return Object.entries(rssBytes).map(([name, bytes]) => {
    return { name: `memory of ${name}, ${when}`, value: bytes / MEBIBYTE, unit: 'MiB' };
  });
}

async function refuseUnlessStored({ database }: MeasuredBaton, pipelineId: number): Promise<void> {
  const [row] = await selectRows<{ bytes: number | null }>(
    database.dataSource,
    `SELECT SUM(LENGTH(o.bytes)) AS bytes FROM output_chunk o JOIN track t ON t.id = o.track_id WHERE t.pipeline_id = ?`,
    [pipelineId],
  );
  if (Number(row?.bytes) === PRINTED_BYTES) return;
  throw new Error(`expected ${PRINTED_BYTES} bytes of output to be stored, found ${row?.bytes}`);
}
