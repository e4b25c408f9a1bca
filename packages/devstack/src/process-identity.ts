import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { findErrorCode } from './errors.ts';

/**
 * What tells a process from another one that gets its number later: boot and start time on Linux, start time elsewhere.
 * @returns null when no such process is alive (a zombie is not)
 */
export function findProcessIdentity(pid: number): string | null {
  if (!isAlive(pid)) return null;
  return process.platform === 'linux' ? readLinuxIdentity(pid) : readStartTime(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return findErrorCode(error) === 'EPERM'; // alive, somebody else's
  }
}

function readLinuxIdentity(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold spaces and parentheses itself; after it come the state (3rd field) and the start time (22nd).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}/${fields[19]}`;
  } catch (error) {
    if (findErrorCode(error) === 'ENOENT' || findErrorCode(error) === 'ESRCH') return null; // ended meanwhile
    throw error;
  }
}

function readStartTime(pid: number): string | null {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null; // ps ends with 1 when there is no such process (any more)
  }
}
