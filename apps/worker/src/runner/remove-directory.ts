import type { Dir, Dirent, Stats } from 'node:fs';
import { chmod, lstat, opendir, rename, rmdir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const ENTRIES_READ_AT_ONCE = 256;
const ENTRIES_REMOVED_AT_ONCE = 64;

/**
 * Removes a directory that a script may have filled with anything: millions of files, chains of folders longer than any
 * path may be, folders without rights, links to anywhere. It reads in bounded portions, moves every folder up beside
 * `directory` before it enters it (so no path grows), and unlinks links without following them.
 * Returns false when `shouldStop` said so or something could not be removed; what is left then stands at `directory` and
 * beside it under names that begin with `<name>~`.
 */
export async function removeDirectory(directory: string, shouldStop: () => boolean): Promise<boolean> {
  const status = await lstatIfThere(directory);
  if (status === null) return true;
  if (!status.isDirectory()) {
    await unlink(directory);
    return true;
  }
  const pending = [directory];
  let count = 0;
  let isComplete = true;
  const takeFolder = async (path: string): Promise<void> => {
    count += 1;
    const moved = join(dirname(directory), `${basename(directory)}~${process.hrtime.bigint().toString(36)}~${count}`);
    await chmod(path, 0o700);
    await rename(path, moved);
    pending.push(moved);
  };
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    if (shouldStop()) return false;
    const isEmptied = await emptyFolder(folder, shouldStop, takeFolder);
    if (!isEmptied) isComplete = false;
    else await rmdir(folder);
  }
  return isComplete;
}

async function lstatIfThere(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function emptyFolder(
  folder: string,
  shouldStop: () => boolean,
  takeFolder: (path: string) => Promise<void>,
): Promise<boolean> {
  const handle = await openFolder(folder);
  let isEmptied = true;
  let batch: Promise<boolean>[] = [];
  const finishBatch = async (): Promise<void> => {
    if ((await Promise.all(batch)).includes(false)) isEmptied = false;
    batch = [];
  };
  for await (const entry of handle) {
    const removed = removeEntry(join(folder, entry.name), entry, takeFolder);
    removed.catch(() => undefined); // told at the end of the batch, and until then not to count as unhandled
    batch.push(removed);
    if (batch.length === ENTRIES_REMOVED_AT_ONCE) await finishBatch();
    if (shouldStop()) {
      isEmptied = false;
      break;
    }
  }
  await finishBatch();
  return isEmptied;
}

async function openFolder(folder: string): Promise<Dir> {
  try {
    return await opendir(folder, { bufferSize: ENTRIES_READ_AT_ONCE });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    await chmod(folder, 0o700);
    return opendir(folder, { bufferSize: ENTRIES_READ_AT_ONCE });
  }
}

async function removeEntry(path: string, entry: Dirent, takeFolder: (path: string) => Promise<void>): Promise<boolean> {
  try {
    await (entry.isDirectory() ? takeFolder(path) : unlink(path));
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // Gone already is what was wanted; immutable or busy files stay, and the caller is told by `false`.
    if (code === 'ENOENT') return true;
    if (code === 'EPERM' || code === 'EBUSY' || code === 'EACCES') return false;
    throw error;
  }
}
