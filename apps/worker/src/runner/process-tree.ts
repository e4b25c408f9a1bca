import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Survivor } from './run-types.ts';

const GONE_POLL_MS = 5;

/**
 * The helper itself: the only child of what was started. In a namespace, whose PID 1 it is, its end is the end of the
 * namespace, and what was started is `unshare`; else it is the helper's keeper.
 */
export async function findInnerPid(pid: number): Promise<number | null> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'latin1');
  return parsePid(children);
}

/** The process group of the running script at the level 'process-group'; null before it has one. */
export async function readGroup(place: string): Promise<number | null> {
  try {
    return parsePid(await readFile(join(place, 'group'), 'latin1'));
  } catch (error) {
    // The subshell has not come so far yet: there is no group of its own to signal.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Never 0 or 1: as a group they would mean the worker's own group, or every process there is. */
function parsePid(text: string): number | null {
  const value = Number.parseInt(text, 10);
  return Number.isSafeInteger(value) && value > 1 ? value : null;
}

/** Sends a signal; false when there is no such process any more. */
export function sendSignal(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(target, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** PID 1 of a namespace leaves the process table after everything else in it; a zombie of it has outlived the rest. */
export async function waitUntilGone(innerPid: number): Promise<void> {
  while (sendSignal(innerPid, 0)) {
    if (await isZombie(innerPid)) return;
    await new Promise((resolve) => setTimeout(resolve, GONE_POLL_MS));
  }
}

/** @returns what is alive below a process, at any depth, but for these */
export async function listBelow(pid: number, without: readonly number[]): Promise<Survivor[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const all = (await Promise.all(names.map(readProcess))).filter((one) => one !== null);
  const parents = new Map(all.map((one) => [one.pid, one.parent]));
  const isBelow = (child: number): boolean => {
    const parent = parents.get(child);
    return parent !== undefined && (parent === pid || isBelow(parent));
  };
  return all
    .filter((one) => one.state !== 'Z' && isBelow(one.pid) && !without.includes(one.pid))
    .map(({ pid: found, name, state }) => ({ pid: found, name, state }));
}

async function readProcess(name: string): Promise<(Survivor & { parent: number }) | null> {
  const match = /^(\d+) \((.*)\) (\S) (\d+) /s.exec(await readStat(name));
  if (match === null) return null;
  return { pid: Number(match[1]), name: match[2] ?? '', state: match[3] ?? '', parent: Number(match[4]) };
}

async function isZombie(pid: number): Promise<boolean> {
  const stat = await readStat(String(pid));
  return stat === '' || /^\d+ \(.*\) Z /s.test(stat);
}

/** '' where there is no such process any more. */
async function readStat(pid: string): Promise<string> {
  try {
    return await readFile(`/proc/${pid}/stat`, 'latin1');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ESRCH') return '';
    throw error;
  }
}
