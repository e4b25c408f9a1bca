import { countLive, type Database } from '@baton/database';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What /metrics says. */
export interface Metrics {
  observeRequest(request: { method: string; route: string; status: number }, seconds: number): void;
  contentType: string;
  /** The text that Prometheus reads. Without the database it says everything else. */
  read(): Promise<string>;
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];

/** Metrics of this process, and of what is under way in MySQL as of the moment of asking. */
export function createMetrics(database: Database): Metrics {
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
  const pipelines = new Gauge({
    name: 'baton_pipelines',
    help: 'Pipelines under way',
    labelNames: ['state'],
    registers,
  });
  const tracks = new Gauge({ name: 'baton_tracks', help: 'Tracks under way', labelNames: ['state'], registers });
  const oldest = new Gauge({
    name: 'baton_oldest_pending_seconds',
    help: 'Since when the oldest track that waits for a worker is PENDING',
    registers,
  });
  const isUp = new Gauge({ name: 'baton_database_up', help: 'Whether MySQL answered', registers });
  return {
    observeRequest: (labels, seconds) => requests.observe({ ...labels, status: String(labels.status) }, seconds),
    contentType: registry.contentType,
    async read() {
      try {
        const counts = await countLive(database);
        for (const [state, count] of counts.pipelines) pipelines.set({ state }, count);
        for (const [state, count] of counts.tracks) tracks.set({ state }, count);
        oldest.set(counts.oldestPendingMs / 1000);
        isUp.set(1);
      } catch {
        // What was last seen would be a lie: the gauge says why the others are missing.
        for (const gauge of [pipelines, tracks, oldest]) gauge.reset();
        isUp.set(0);
      }
      return registry.metrics();
    },
  };
}
