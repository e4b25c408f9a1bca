// One stack a directory. The lock is a file that is made by link(2), so exactly one of two stacks that start together gets it; it holds the
// owner's pid and identity, so the lock of a stack that was killed is seen to be stale.

import { linkSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { DevstackError, findErrorCode } from './errors.ts';
import { readLivePid, writePidFile } from './pid-file.ts';

const TAKE_OVER_ATTEMPTS = 5;

/**
 * Takes a directory for this process.
 * @returns what gives it back
 * @throws DevstackError when a living process has it, naming it
 */
export function lockDirectory(directory: string): () => void {
  const lockPath = path.join(directory, 'lock');
  const ownPath = path.join(directory, `lock.${process.pid}`);
  writePidFile(ownPath, process.pid);
  const ownText = readFileSync(ownPath, 'utf8');
  try {
    for (let attempt = 1; attempt <= TAKE_OVER_ATTEMPTS; attempt += 1) {
      if (tryLink(ownPath, lockPath)) return () => releaseLock(lockPath, ownText);
      const owner = readLivePid(lockPath);
      if (owner !== null) throw new DevstackError(describeOwner(directory, owner));
      removeStaleLock(lockPath, ownPath);
    }
  } finally {
    rmSync(ownPath, { force: true });
  }
  throw new DevstackError(`${lockPath} is taken again and again by others: wait for them, or use another directory.`);
}

function tryLink(ownPath: string, lockPath: string): boolean {
  try {
    linkSync(ownPath, lockPath);
    return true;
  } catch (error) {
    if (findErrorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

// Somebody else may have replaced the stale lock by a living one since it was read: it is moved away first and looked at again.
function removeStaleLock(lockPath: string, ownPath: string): void {
  const asidePath = `${ownPath}.stale`;
  try {
    renameSync(lockPath, asidePath);
  } catch (error) {
    if (findErrorCode(error) === 'ENOENT') return; // gone already
    throw error;
  }
  if (readLivePid(asidePath) !== null) tryLink(asidePath, lockPath);
  rmSync(asidePath, { force: true });
}

function releaseLock(lockPath: string, ownText: string): void {
  try {
    if (readFileSync(lockPath, 'utf8') === ownText) rmSync(lockPath);
  } catch (error) {
    if (findErrorCode(error) !== 'ENOENT') throw error; // ENOENT: the directory was removed before the lock was given back
  }
}

function describeOwner(directory: string, pid: number): string {
  const url = readRunningUrl(directory);
  const where = url === null ? '' : ` at ${url}`;
  return `A stack is already running in ${directory}${where} (process ${pid}). Use it, stop it (kill ${pid}), or use another directory.`;
}

function readRunningUrl(directory: string): string | null {
  try {
    const stack: unknown = JSON.parse(readFileSync(path.join(directory, 'stack.json'), 'utf8'));
    return typeof stack === 'object' && stack !== null && 'url' in stack ? String(stack.url) : null;
  } catch {
    return null; // it has not got that far, or is just stopping: the message goes without the address
  }
}
