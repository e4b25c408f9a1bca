import { TRACKS_PER_PIPELINE } from '@baton/domain';
import { fillHistory } from './fill-history.ts';
import type { Figure, MeasuredBaton, Measurement } from './measurement.ts';
import { openClient, percentileOf, takeTurns, timeOf } from './take-turns.ts';
import { waitForEnds } from './wait-for-ends.ts';
import { makeLayers, type BenchGraph } from './workloads.ts';

const PIPELINES = 10_000;
const PIPELINES_AT_ONCE = 500;
const REQUESTS = 200;
const CLIENTS = 4;
const MINUTE_MS = 60_000;
const BAR = { atMost: 50 };
/** Without a common divisor with the number of pipelines: every request another one, near and far. */
const STRIDE = 7919;

const HISTORY: BenchGraph = { ...makeLayers(10, 10), name: 'bench-history' };
const SELDOM: BenchGraph = { name: 'bench-seldom', vertices: [{ name: 'only', script: 'true' }], edges: [] };
const TRACKS = HISTORY.vertices.length;

/** What persons and programs look at, with a million tracks in the tables. */
export const reads: Measurement = {
  id: 'W10',
  title: `reads by ${CLIENTS} clients with ${(PIPELINES * TRACKS).toLocaleString('en')} ended tracks of ${PIPELINES.toLocaleString('en')} pipelines, ${REQUESTS} requests each`,
  isOnce: true,
  async measure(baton) {
    const first = await fill(baton);
    const client = openClient(baton.stack);
    try {
      const figures: Figure[] = [];
      for (const [name, pathOf] of Object.entries(listReads(first))) {
        const take = (index: number): Promise<string> => client.ask(pathOf((index * STRIDE) % PIPELINES));
        const { tookMs } = await takeTurns({ clients: CLIENTS, count: REQUESTS, take });
        figures.push(
          { name: `${name}, p50`, value: percentileOf(tookMs, 0.5), unit: 'ms' },
          { name: `${name}, p99`, value: percentileOf(tookMs, 0.99), unit: 'ms', bar: BAR },
        );
      }
      return figures;
    } finally {
      client.close();
    }
  },
};

/** @returns the id of the oldest pipeline of many */
async function fill({ api, database, saveGraph, report }: MeasuredBaton): Promise<number> {
  const runOnce = async (graph: BenchGraph): Promise<number> => {
    await saveGraph(graph);
    const { id } = await api.post<{ id: number }>('/pipelines', { graph: graph.name });
    await waitForEnds(database, [id]);
    return id;
  };
  await runOnce(SELDOM);
  const copied = await runOnce(HISTORY);
  let first = 0;
  const tookMs = await timeOf(async () => {
    first = await fillHistory(database, copied, { pipelines: PIPELINES, atOnce: PIPELINES_AT_ONCE });
  });
  report(`W10 has its tables filled in ${(tookMs / 1000).toFixed(0)} s`);
  return first;
}

/** Paths by what they ask for; `n` is the pipeline, of those that there are, that the request is about. */
function listReads(first: number): Record<string, (n: number) => string> {
  const minutesAgo = (minutes: number): string => new Date(Date.now() - minutes * MINUTE_MS).toISOString();
  const pipeline = (n: number): string => `/pipelines/${first + n}`;
  const track = (n: number): string => `/tracks/${(first + n) * TRACKS_PER_PIPELINE + 1 + (n % TRACKS)}`;
  const deep = first + 100;
  return {
    list: () => '/pipelines',
    'list, 200 a page': () => '/pipelines?limit=200',
    'list, a common state': () => '/pipelines?state=FINISH',
    'list, a rare state': () => '/pipelines?state=CANCELLED',
    'list, a state of none': () => '/pipelines?state=PAUSED',
    'list, three states': () => '/pipelines?state=FINISH&state=FAILED&state=CANCELLED',
    'list, a common graph': () => `/pipelines?graph=${HISTORY.name}`,
    'list, a rare graph': () => `/pipelines?graph=${SELDOM.name}`,
    'list, a rare graph and a state': () => `/pipelines?graph=${SELDOM.name}&state=FINISH`,
    'list, a common name': () => `/pipelines?name=bench-history`,
    'list, a rare name': (n) => `/pipelines?name=bench-history-${n}`,
    'list, a name of none': () => '/pipelines?name=nothing',
    'list, created after': (n) => `/pipelines?createdAfter=${minutesAgo(PIPELINES - n)}`,
    'list, created before': (n) => `/pipelines?createdBefore=${minutesAgo(PIPELINES - n)}`,
    'list, created long ago': () => `/pipelines?createdBefore=${minutesAgo(PIPELINES)}`,
    'list, with children': () => '/pipelines?children=true',
    'list, children of a track': (n) => `/pipelines?parent=${(first + n) * TRACKS_PER_PIPELINE + 1}`,
    'list, any page': (n) => `/pipelines?cursor=${first + n}`,
    'list, a deep page': () => `/pipelines?cursor=${deep}`,
    'list, a deep page of a rare state': () => `/pipelines?state=CANCELLED&cursor=${deep}`,
    'list, a deep page of a name': () => `/pipelines?name=bench-history&cursor=${deep}`,
    'list, a deep page of a graph': () => `/pipelines?graph=${HISTORY.name}&cursor=${deep}`,
    pipeline,
    'tracks of a pipeline': (n) => `${pipeline(n)}/tracks`,
    'tracks of a pipeline, a state': (n) => `${pipeline(n)}/tracks?state=FAILED&state=RUNNING`,
    'history of a pipeline': (n) => `${pipeline(n)}/history`,
    'why of a pipeline': (n) => `${pipeline(n)}/why`,
    track,
    'why of a track': (n) => `${track(n)}/why`,
    'outputs of a track': (n) => `${track(n)}/outputs`,
    'output of a track': (n) => `${track(n)}/output`,
    inbox: () => '/inbox',
    workers: () => '/workers',
    graphs: () => '/graphs',
    'graphs, a name': () => '/graphs?name=bench-h',
  };
}
