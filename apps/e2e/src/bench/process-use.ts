import { readdir, readFile } from 'node:fs/promises';

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
export async function readUse(pids: readonly [name: string, pid: number][]): Promise<ProcessUse[]> {
  const table = await readTable();
  return pids.flatMap(([name, pid]) => {
    const own = table.get(pid);
    if (own === undefined) return [];
    const below = findBelow(table, pid);
    const use = { name, cpuMs: own.cpuMs, rssBytes: own.rssBytes };
    if (below.length === 0) return [use];
    const cpuMs = below.reduce((sum, entry) => sum + entry.cpuMs + entry.waitedMs, own.waitedMs);
    return [use, { name: `below ${name}`, cpuMs, rssBytes: below.reduce((sum, { rssBytes }) => sum + rssBytes, 0) }];
  });
}

interface Entry {
  pid: number;
  parent: number;
  cpuMs: number;
  /** Of children that have ended. */
  waitedMs: number;
  rssBytes: number;
}

async function readTable(): Promise<Map<number, Entry>> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
  const entries = await Promise.all(pids.map(readEntry));
  return new Map(entries.flatMap((entry) => (entry === null ? [] : [[entry.pid, entry]])));
}

/** @returns null: it has ended */
async function readEntry(pid: number): Promise<Entry | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    // The name of a program may hold anything; what follows its last bracket is numbers.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [parent = 0, user = 0, system = 0, childUser = 0, childSystem = 0] = [fields[1], ...fields.slice(11, 15)];
    const rss = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * BYTES_IN_KIB;
    return {
      pid,
      parent,
      cpuMs: (user + system) * TICK_MS,
      waitedMs: (childUser + childSystem) * TICK_MS,
      rssBytes: rss,
    };
  } catch {
    return null;
  }
}

function findBelow(table: ReadonlyMap<number, Entry>, pid: number): Entry[] {
  const children = [...table.values()].filter(({ parent }) => parent === pid);
  return children.flatMap((child) => [child, ...findBelow(table, child.pid)]);
}
