// Pid files let a stack end what a killed one left in its directory. A number alone is not enough, as numbers are used again.

import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { DevstackError, findErrorCode } from './errors.ts';
import { writePrivateFile } from './private-file.ts';
import { findProcessIdentity } from './process-identity.ts';
import { pollUntil } from './wait.ts';

const TERM_WAIT_MS = 20_000;
const KILL_WAIT_MS = 10_000;

/** Notes that this process runs. */
export function writePidFile(filePath: string, pid: number): void {
  mkdirSync(path.dirname(filePath), { recursive: true });
  writePrivateFile(filePath, `${pid} ${findProcessIdentity(pid) ?? ''}\n`);
}

/** The process that a pid file names, if it is still alive, or null. */
export function readLivePid(filePath: string): number | null {
  const text = readIfThere(filePath);
  if (text === null) return null;
  const [number = '', ...identity] = text.trim().split(' ');
  const pid = Number(number);
  if (!Number.isSafeInteger(pid) || pid <= 1) return null;
  return findProcessIdentity(pid) === identity.join(' ') ? pid : null;
}

/**
 * Ends the processes whose pid files are in a folder, and removes the files. They got SIGTERM when their stack was killed and are
 * usually gone already; one that is not gets it again, then SIGKILL.
 * @returns the names of those that were still alive
 * @throws DevstackError when one cannot be ended
 */
export async function endLeftProcesses(directory: string): Promise<string[]> {
  mkdirSync(directory, { recursive: true });
  const names = readdirSync(directory).filter((name) => name.endsWith('.pid'));
  const left = await Promise.all(
    names.map(async (name) => {
      const filePath = path.join(directory, name);
      const wasAlive = await endLeftProcess(filePath);
      rmSync(filePath, { force: true });
      return wasAlive ? name.slice(0, -'.pid'.length) : null;
    }),
  );
  return left.filter((name) => name !== null);
}

async function endLeftProcess(filePath: string): Promise<boolean> {
  const pid = readLivePid(filePath);
  if (pid === null) return false;
  const isGone = (): true | undefined => (readLivePid(filePath) === null ? true : undefined);
  sendSignal(pid, 'SIGTERM');
  if (await pollUntil(isGone, TERM_WAIT_MS)) return true;
  sendSignal(pid, 'SIGKILL');
  if (await pollUntil(isGone, KILL_WAIT_MS)) return true;
  throw new DevstackError(`Process ${pid} of an earlier stack (${filePath}) cannot be ended: end it, then try again.`);
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (findErrorCode(error) !== 'ESRCH') throw error; // ESRCH: it has just ended, which is what is wanted
  }
}

function readIfThere(filePath: string): string | null {
  try {
    return readFileSync(filePath, 'utf8');
  } catch (error) {
    if (findErrorCode(error) === 'ENOENT') return null;
    throw error;
  }
}
