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
  /** Of every table; and how many tracks had ended, which is what history grows with. */
  tables?: { rows: Record<string, number>; endedTracks: number };
}

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
  const tables = await countRows(scene).catch(() => null); // it is down just now
  if (tables !== null) sample.tables = tables;
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

async function countRows({ stack }: FaultScene): Promise<NonNullable<ResourceSample['tables']>> {
  const { dataSource } = stack.database;
  const names = await selectRows<{ name: string }>(
    dataSource,
    'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME',
  );
  const counts = names.map(({ name }) => `(SELECT COUNT(*) FROM ${name}) AS ${name}`).join();
  const [row] = await selectRows<Record<string, number>>(
    dataSource,
    `SELECT (SELECT COUNT(*) FROM track WHERE finished_at IS NOT NULL) AS ended_tracks, ${counts}`,
  );
  const { ended_tracks: endedTracks = 0, ...rows } = row ?? {};
  return { endedTracks, rows };
}
