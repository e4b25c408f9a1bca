import { chmod, mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/**
 * A disk of 2 MiB that can be filled and made read-only. It is a file system of its own in memory; where the host does not
 * let one be mounted, a directory whose folders can be closed for writing, which root would not notice.
 */
export interface SmallDisk {
  directory: string;
  /** Takes all the room that is left, in the directory or (without a mount) in its folders. */
  fill(): Promise<void>;
  /** Takes the right to write. */
  makeReadOnly(): Promise<void>;
  /** Gives back what was taken. */
  heal(): Promise<void>;
  remove(): Promise<void>;
}

const SIZE = '2m';

export async function openSmallDisk(): Promise<SmallDisk> {
  const directory = await mkdtemp(join(tmpdir(), 'baton-disk-'));
  const mounted = await execa('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=700`, 'baton-test', directory], {
    reject: false,
  });
  return mounted.exitCode === 0 ? openMounted(directory) : openClosable(directory);
}

function openMounted(directory: string): SmallDisk {
  const filler = join(directory, 'filler');
  // Of this mount alone: the file system itself stays as it is while files without a name are open in it.
  const remount = async (how: 'ro' | 'rw'): Promise<void> => {
    await execa('mount', ['-o', `remount,bind,${how}`, directory]);
  };
  return {
    directory,
    fill: () => writeUntilFull(filler),
    makeReadOnly: () => remount('ro'),
    async heal() {
      await remount('rw');
      await rm(filler, { force: true });
    },
    async remove() {
      // The namespaces of scripts have had copies of the mount; those are gone with the worker.
      await execa('umount', ['--lazy', directory]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function openClosable(directory: string): SmallDisk {
  const setMode = async (mode: number): Promise<void> => {
    const folders = await readdir(directory, { recursive: true, withFileTypes: true });
    for (const folder of folders) if (folder.isDirectory()) await chmod(join(folder.parentPath, folder.name), mode);
  };
  return {
    directory,
    fill: () => setMode(0o500),
    makeReadOnly: () => setMode(0o500),
    heal: () => setMode(0o700),
    async remove() {
      await setMode(0o700);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function writeUntilFull(path: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (const block = Buffer.alloc(4096, '.'); ;) await file.write(block);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    await file.close();
  }
}
