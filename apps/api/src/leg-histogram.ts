import type { ProcessRecord } from '@baton/database';
import { LEG_BOUNDS, LEGS, readLegKey, type Leg } from '@baton/service';
import type { Metric, Registry } from 'prom-client';

const NAME = 'baton_leg_seconds';

interface Value {
  value: number;
  metricName: string;
  labels: Record<string, string | number>;
}

/** What processes have measured of the legs, as a histogram: prom-client's own would have to see each time by itself. */
export function createLegHistogram(registry: Registry): {
  set(processes: readonly ProcessRecord[]): void;
  reset(): void;
} {
  let values: Value[] = [];
  const metric = {
    name: NAME,
    help: `From one script's end to the next one's start: ${Object.entries(LEGS)
      .map(([leg, help]) => `${leg}: ${help}`)
      .join('; ')}`,
    type: 'histogram',
    aggregator: 'sum',
    get: () => Promise.resolve({ ...metric, values }),
    reset: () => (values = []),
  };
  registry.registerMetric(metric as unknown as Metric);
  return {
    set: (processes) => (values = processes.flatMap(valuesOf)),
    reset: () => (values = []),
  };
}

function valuesOf({ id, kind, counters }: ProcessRecord): Value[] {
  const legs = new Map<Leg, Map<number | null, number>>();
  for (const [key, count] of Object.entries(counters)) {
    const known = readLegKey(key);
    if (known === null) continue;
    const own = legs.get(known.leg) ?? new Map<number | null, number>();
    legs.set(known.leg, own.set(known.bound, count));
  }
  return [...legs].flatMap(([leg, counts]) => {
    const labels = { leg, process: id, kind };
    let total = 0;
    const buckets = [...LEG_BOUNDS, Infinity].map((bound) => {
      total += counts.get(bound) ?? 0;
      const le = bound === Infinity ? '+Inf' : bound;
      return { value: total, metricName: `${NAME}_bucket`, labels: { le, ...labels } };
    });
    const sum = { value: counts.get(null) ?? 0, metricName: `${NAME}_sum`, labels };
    return [...buckets, sum, { value: total, metricName: `${NAME}_count`, labels }];
  });
}
