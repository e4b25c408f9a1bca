import { countLive, findProcesses, type Database } from '@baton/database';
import { COMPLETION_QUEUE, type QueueFacts, type RedisState } from '@baton/queue';
import { COUNTERS, readCounterKey, type CounterName } from '@baton/service';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { createLegHistogram } from './leg-histogram.ts';

/** What /metrics says. */
export interface Metrics {
  observeRequest(request: { method: string; route: string; status: number }, seconds: number): void;
  contentType: string;
  /** The text that Prometheus reads. Without the database it says everything else. */
  read(): Promise<string>;
}

export interface MetricsSources {
  database: Database;
  /** Null: Redis is away. */
  readQueues: () => Promise<QueueFacts[] | null>;
  probeRedis: () => Promise<RedisState>;
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];
/** Processes that have ended are shown for so long: long enough for their last counts to be read. */
const SHOWN_MS = 600_000;

type Part = { read(): Promise<void>; reset(): void };

/** Metrics of this process, of what is under way in MySQL and Redis as of the moment of asking, and what all processes count. */
export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const requests = new Histogram({
    name: 'baton_http_request_seconds',
    help: 'Time to the end of the answer, by route',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: SECONDS,
    registers,
  });
  const database = [createLiveGauges(sources, registers), createCounts(sources, registry)];
  const queues = createQueueGauges(sources, registers);
  const isUp = new Gauge({ name: 'baton_database_up', help: 'Whether MySQL answered', registers });
  const isRedisUp = new Gauge({ name: 'baton_redis_up', help: 'Whether Redis answered', registers });
  const isRedisWritable = new Gauge({
    name: 'baton_redis_writable',
    help: 'Whether Redis takes entries: not where it is away, full, without a disk to write to, or a replica',
    registers,
  });
  return {
    observeRequest: (labels, seconds) => requests.observe({ ...labels, status: String(labels.status) }, seconds),
    contentType: registry.contentType,
    async read() {
      isUp.set((await readAll(database)) ? 1 : 0);
      isRedisUp.set((await readAll([queues])) ? 1 : 0);
      isRedisWritable.set((await sources.probeRedis()) === 'ready' ? 1 : 0);
      return registry.metrics();
    },
  };
}

async function readAll(parts: readonly Part[]): Promise<boolean> {
  try {
    for (const part of parts) await part.read();
    return true;
  } catch {
    // What was last seen would be a lie: the gauge says why the others are missing.
    for (const part of parts) part.reset();
    return false;
  }
}

function createLiveGauges({ database }: MetricsSources, registers: Registry[]): Part {
  const gauge = (name: string, help: string, labelNames: string[] = []): Gauge =>
    new Gauge({ name, help, labelNames, registers });
  const pipelines = gauge('baton_pipelines', 'Pipelines under way', ['state']);
  const tracks = gauge('baton_tracks', 'Tracks under way', ['state']);
  const oldestPending = gauge(
    'baton_oldest_pending_seconds',
    'Since when the oldest track that waits for a worker is PENDING',
  );
  const oldestAwaited = gauge(
    'baton_oldest_undecided_seconds',
    'Since when the oldest track that waits for a person does',
  );
  return {
    async read() {
      const counts = await countLive(database);
      for (const [state, count] of counts.pipelines) pipelines.set({ state }, count);
      for (const [state, count] of counts.tracks) tracks.set({ state }, count);
      oldestPending.set(counts.oldestPendingMs / 1000);
      oldestAwaited.set(counts.oldestAwaitedMs / 1000);
    },
    reset: () => [pipelines, tracks, oldestPending, oldestAwaited].forEach((one) => one.reset()),
  };
}

/** What processes have counted and reported (table process): an orchestrator has no port to be asked at. */
function createCounts({ database }: MetricsSources, registry: Registry): Part {
  const registers = [registry];
  const names = Object.keys(COUNTERS) as CounterName[];
  const counters = new Map(
    names.map((name) => {
      const { help, label } = COUNTERS[name];
      const labelNames = ['process', 'kind', ...(label === null ? [] : [label])];
      return [name, new Counter({ name: `baton_${name}_total`, help, labelNames, registers })] as const;
    }),
  );
  const legs = createLegHistogram(registry);
  const reset = (): void => {
    counters.forEach((counter) => counter.reset());
    legs.reset();
  };
  return {
    async read() {
      const processes = await findProcesses(database, SHOWN_MS);
      reset();
      legs.set(processes);
      for (const { id, kind, counters: counts } of processes) {
        for (const [key, count] of Object.entries(counts)) {
          const known = readCounterKey(key);
          if (known === null) continue; // of a newer version
          const { label } = COUNTERS[known.name];
          const labels = label === null ? {} : { [label]: known.value ?? '' };
          counters.get(known.name)?.inc({ process: id, kind, ...labels }, count);
        }
      }
    },
    reset,
  };
}

function createQueueGauges({ readQueues }: MetricsSources, registers: Registry[]): Part {
  const labelNames = ['queue'];
  const waiting = new Gauge({ name: 'baton_queue_entries', help: 'Entries that wait', labelNames, registers });
  const parked = new Gauge({
    name: 'baton_queue_parked_entries',
    help: 'Entries that nobody could take, kept aside',
    labelNames,
    registers,
  });
  const oldest = new Gauge({
    name: 'baton_queue_oldest_seconds',
    help: 'Since when the oldest completion waits for an orchestrator',
    registers,
  });
  return {
    async read() {
      const queues = await readQueues();
      if (queues === null) throw new Error('Redis is away');
      for (const { name, ...facts } of queues) {
        waiting.set({ queue: name }, facts.waiting);
        parked.set({ queue: name }, facts.parked);
        if (name === COMPLETION_QUEUE) oldest.set((facts.oldestMs ?? 0) / 1000);
      }
    },
    reset: () => [waiting, parked, oldest].forEach((one) => one.reset()),
  };
}
