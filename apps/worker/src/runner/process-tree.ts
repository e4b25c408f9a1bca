import { readFile } from 'node:fs/promises';

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
export async function readGroup(runDirectory: string): Promise<number | null> {
  try {
    return parsePid(await readFile(`${runDirectory}.group`, 'latin1'));
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

async function isZombie(pid: number): Promise<boolean> {
  try {
    return /^\d+ \(.*\) Z /s.test(await readFile(`/proc/${pid}/stat`, 'latin1'));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ESRCH') return true;
    throw error;
  }
}
