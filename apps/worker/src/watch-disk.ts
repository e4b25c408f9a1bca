import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Whether the worker's directories take files. On a disk that is full, or can only be read, no script can be started and no
 * end be kept: such a worker would fail one track after the other while others could run them, so it takes nothing until there
 * is room again. What runs goes on, and its end is sent without having been on disk.
 */
export interface DiskWatch {
  /** Looks now: what has just failed may have failed because of the disk. */
  check(): Promise<void>;
  stop(): void;
}

export interface DiskWatchOptions {
  directories: readonly string[];
  /** Told when there is something in the way, in words for people, and with null when it is gone. */
  onChange: (problem: string | null) => void;
  intervalMs?: number;
}

const INTERVAL_MS = 500;
/** For a few scripts and ends. */
const NEEDED_BYTES = 256 * 1024;
const PROBE = 'probe';
/** More than a file system keeps beside a file's name. */
const PROBE_BYTES = Buffer.alloc(4096, '.');

export function watchDisk({ directories, onChange, intervalMs = INTERVAL_MS }: DiskWatchOptions): DiskWatch {
  let problem: string | null = null;
  let checking: Promise<void> | null = null;
  const look = async (): Promise<void> => {
    const found = await findDiskProblem(directories);
    // The numbers in it change all the time.
    const isNews = (found === null) !== (problem === null);
    problem = found;
    if (isNews) onChange(problem);
  };
  const check = (): Promise<void> => (checking ??= look().finally(() => (checking = null)));
  const timer = setInterval(() => void check(), intervalMs);
  return { check, stop: () => clearInterval(timer) };
}

/** @returns why no file can be made in one of them, or null */
async function findDiskProblem(directories: readonly string[]): Promise<string | null> {
  for (const directory of directories) {
    try {
      const { bavail, bsize } = await statfs(directory);
      const free = bavail * bsize;
      if (free < NEEDED_BYTES) return `disk full: ${directory} has ${free} bytes left, ${NEEDED_BYTES} are needed`;
      const probe = join(directory, PROBE);
      await writeFile(probe, PROBE_BYTES, { mode: 0o600 });
      await rm(probe);
    } catch (error) {
      return `disk not usable: ${(error as NodeJS.ErrnoException).message}`;
    }
  }
  return null;
}
