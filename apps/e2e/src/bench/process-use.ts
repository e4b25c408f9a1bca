import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { listDescendants } from '../testing/process-table.ts';

export interface ProcessUse {
  name: string;
  /** User and system time so far. */
  cpuMs: number;
  rssBytes: number;
}

/** Of Linux on every machine that Node runs on. */
const TICK_MS = 10;
const BYTES_IN_KIB = 1024;

/** Of each process, and below each that has children what those used, with all that they waited for. */
export async function readUse(processes: readonly [name: string, pid: number][]): Promise<ProcessUse[]> {
  const uses = await Promise.all(
    processes.map(async ([name, pid]) => {
      const own = await readEntry(pid);
      if (own === null) return [];
      const pids = await listDescendants(pid);
      const below = (await Promise.all(pids.map(readEntry))).filter((entry) => entry !== null);
      const use = { name, cpuMs: own.cpuMs, rssBytes: own.rssBytes };
      if (below.length === 0) return [use];
      const cpuMs = below.reduce((sum, entry) => sum + entry.cpuMs + entry.waitedMs, own.waitedMs);
      const rssBytes = below.reduce((sum, entry) => sum + entry.rssBytes, 0);
      return [use, { name: `below ${name}`, cpuMs, rssBytes }];
    }),
  );
  return uses.flat();
}

interface Entry {
  cpuMs: number;
  /** Of children that have ended. */
  waitedMs: number;
  rssBytes: number;
}

/** @returns null: it has ended */
async function readEntry(pid: number): Promise<Entry | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    // The name of a program may hold anything; what follows its last bracket is numbers, from the third field on.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15);
    const rssBytes = readRss(pid) ?? 0;
    return { cpuMs: (user + system) * TICK_MS, waitedMs: (childUser + childSystem) * TICK_MS, rssBytes };
  } catch {
    return null; // between the listing and the reading
  }
}

/**
 * Without the thread pool, whose threads would cost several times what the reading does: nothing waits for a disk here.
 * @returns bytes that the process holds in memory, or null: it has ended
 */
export function readRss(pid: number): number | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * BYTES_IN_KIB;
  } catch {
    return null; // it ended
  }
}
