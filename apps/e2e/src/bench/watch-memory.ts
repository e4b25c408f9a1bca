import { setTimeout as sleep } from 'node:timers/promises';
import { readRss, readUse } from './process-use.ts';

const LOOK_EVERY_MS = 100;
/** What is below a process is found by reading the whole table of processes: seldom, lest it be what is measured. */
const LOOKS_A_DEEP_ONE = 50;

export interface MemoryWatch {
  /** Any number of calls do the same as one. @returns the most that each process held, by name; bytes */
  stop(): Promise<Record<string, number>>;
}

/** Looks at what processes hold in memory, ten times a second, and every five seconds and at the end also at what is below them. */
export function watchMemory(processes: readonly [name: string, pid: number][]): MemoryWatch {
  const most: Record<string, number> = {};
  const ended = new AbortController();
  const note = (name: string, bytes: number): void => {
    most[name] = Math.max(most[name] ?? 0, bytes);
  };
  const lookDeep = async (): Promise<void> => {
    for (const { name, rssBytes } of await readUse(processes)) note(name, rssBytes);
  };
  const look = (): void => {
    for (const [name, pid] of processes) note(name, readRss(pid) ?? 0);
  };
  const run = async (): Promise<Record<string, number>> => {
    for (let turn = 1; !ended.signal.aborted; turn += 1) {
      if (turn % LOOKS_A_DEEP_ONE === 0) await lookDeep();
      else look();
      // Waits no longer than until it is stopped.
      await sleep(LOOK_EVERY_MS, null, { signal: ended.signal }).catch(() => null);
    }
    await lookDeep();
    return most;
  };
  const running = run();
  return {
    stop: () => {
      ended.abort();
      return running;
    },
  };
}
