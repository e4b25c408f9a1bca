import { readdir, readFile } from 'node:fs/promises';
import { selectRows } from '@baton/database';
import type { ProcessKind } from '@baton/devstack';
import type { FaultScene } from './faults.ts';

/** What a mix uses at one moment; a figure that could not be had (a server was down) is absent. */
export interface ResourceSample {
  /** Since the mix began. */
  seconds: number;
  processes: { name: string; kind: ProcessKind; pid: number; rssBytes: number; fds: number }[];
  redis?: { keys: number; bytes: number };
  rows?: Record<string, number>;
}

const TABLES = ['pipeline', 'track', 'attempt', 'pipeline_event', 'output_chunk', 'stale_completion', 'limit_holder'];
const BYTES_IN_KIB = 1024;

export async function sampleResources(scene: FaultScene, beganAt: number): Promise<ResourceSample> {
  const processes = await Promise.all(
    scene.stack.processes.map(async ({ name, kind, pid }) => {
      const used = await measureProcess(pid);
      return used === null ? [] : [{ name, kind, pid, ...used }];
    }),
  );
  const sample: ResourceSample = { seconds: (performance.now() - beganAt) / 1000, processes: processes.flat() };
  const redis = await measureRedis(scene).catch(() => null); // it is down just now
  if (redis !== null) sample.redis = redis;
  const rows = await countRows(scene).catch(() => null); // it is down just now
  if (rows !== null) sample.rows = rows;
  return sample;
}

/** @returns null: it is not there any more */
async function measureProcess(pid: number): Promise<{ rssBytes: number; fds: number } | null> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const fds = await readdir(`/proc/${pid}/fd`);
    const rss = /VmRSS:\s+(\d+) kB/.exec(status)?.[1];
    return rss === undefined ? null : { rssBytes: Number(rss) * BYTES_IN_KIB, fds: fds.length };
  } catch {
    return null; // it has ended between the two
  }
}

async function measureRedis({ redis }: FaultScene): Promise<{ keys: number; bytes: number }> {
  const memory = await redis.info('memory');
  return { keys: await redis.dbsize(), bytes: Number(/used_memory:(\d+)/.exec(memory)?.[1] ?? 0) };
}

async function countRows({ stack }: FaultScene): Promise<Record<string, number>> {
  const counts = TABLES.map((table) => `(SELECT COUNT(*) FROM ${table}) AS ${table}`).join();
  const [row] = await selectRows<Record<string, number>>(stack.database.dataSource, `SELECT ${counts}`);
  return row ?? {};
}

/** How a figure grows: least squares over the samples, an hour. */
export interface Slope {
  figure: string;
  first: number;
  last: number;
  perHour: number;
}

/** Programs grow at first in any case. */
const WARM_UP_SECONDS = 60;
const SECONDS_IN_HOUR = 3600;
const BYTES_IN_MIB = 2 ** 20;

/** @returns the mean of the processes of each kind, and Redis, from the second minute on where there is one */
export function findSlopes(samples: readonly ResourceSample[]): Slope[] {
  const warm = samples.filter(({ seconds }) => seconds > WARM_UP_SECONDS);
  const used = warm.length > 1 ? warm : samples;
  const kinds: ProcessKind[] = ['api', 'orchestrator', 'worker'];
  const ofKind = (sample: ResourceSample, kind: ProcessKind, of: 'rssBytes' | 'fds'): number | null => {
    const own = sample.processes.filter((process) => process.kind === kind);
    return own.length === 0 ? null : own.reduce((sum, process) => sum + process[of], 0) / own.length;
  };
  const figures: [string, (sample: ResourceSample) => number | null][] = [
    ...kinds.map((kind): [string, (sample: ResourceSample) => number | null] => [
      `RSS of ${kind}s, MiB`,
      (sample) => scale(ofKind(sample, kind, 'rssBytes'), BYTES_IN_MIB),
    ]),
    ...kinds.map((kind): [string, (sample: ResourceSample) => number | null] => [
      `open files of ${kind}s`,
      (sample) => ofKind(sample, kind, 'fds'),
    ]),
    ['Redis keys', ({ redis }) => redis?.keys ?? null],
    ['Redis memory, MiB', ({ redis }) => scale(redis?.bytes ?? null, BYTES_IN_MIB)],
    ['rows a track, in all tables', ({ rows }) => countRowsOfTrack(rows)],
  ];
  return figures.flatMap(([figure, read]) => findSlope(figure, used, read));
}

function scale(value: number | null, unit: number): number | null {
  return value === null ? null : value / unit;
}

function countRowsOfTrack(rows: Record<string, number> | undefined): number | null {
  const tracks = rows?.['track'] ?? 0;
  if (rows === undefined || tracks === 0) return null;
  return Object.values(rows).reduce((sum, count) => sum + count, 0) / tracks;
}

function findSlope(
  figure: string,
  samples: readonly ResourceSample[],
  read: (sample: ResourceSample) => number | null,
): Slope[] {
  const points = samples.flatMap((sample) => {
    const value = read(sample);
    return value === null ? [] : [{ at: sample.seconds, value }];
  });
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return [];
  const mean = (of: (point: { at: number; value: number }) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [middle, level] = [mean(({ at }) => at), mean(({ value }) => value)];
  const spread = points.reduce((sum, { at }) => sum + (at - middle) ** 2, 0);
  const slope = points.reduce((sum, { at, value }) => sum + (at - middle) * (value - level), 0) / (spread || 1);
  return [{ figure, first: first.value, last: last.value, perHour: slope * SECONDS_IN_HOUR }];
}
