import { readdir, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { removeDirectory } from './remove-directory.ts';
import type { RunnerEvent } from './run-types.ts';

export interface RunCleaner {
  /**
   * Removes the directory of a run and the files beside it. Waits two seconds at most; a fuller one goes on in the
   * background. `isUntouched`: the helper found no file of the script beside the directory.
   */
  remove(directory: string, isUntouched: boolean): Promise<void>;
  /** Removes, in the background, what an earlier runner in the same directory left. */
  removeLeftovers(): Promise<void>;
  /** Stops what goes on in the background; the next runner in the directory goes on with it. */
  stop(): Promise<void>;
}

const RUN_FILES = ['.script', '.start', '.inputs', '.failed', '.group', '.next', '.output'];
const WAIT_MS = 2_000;

/** Removes directories of runs, one at a time in the background, so that a huge one delays no result for long. */
export function createRunCleaner(runsDirectory: string, report: (event: RunnerEvent) => void): RunCleaner {
  let background: Promise<void> = Promise.resolve();
  let isStopping = false;

  async function removeAll(names: string[]): Promise<void> {
    for (const name of names) {
      if (isStopping) return;
      const isGone = await removeDirectory(join(runsDirectory, name), () => isStopping);
      if (!isGone && !isStopping) report({ kind: 'cleanup_incomplete', detail: `${name} could not be removed` });
    }
  }
  function goOnInBackground(matches: (name: string) => boolean): void {
    background = background
      .then(async () => removeAll((await readdir(runsDirectory)).filter(matches)))
      .catch((error: unknown) => report({ kind: 'cleanup_incomplete', detail: String(error) }));
  }
  return {
    async remove(directory, isUntouched) {
      const deadlineMs = performance.now() + WAIT_MS;
      try {
        if (isUntouched && (await removeUntouched(directory))) return;
        if (await removeThoroughly(directory, () => performance.now() > deadlineMs)) return;
        report({ kind: 'cleanup_incomplete', detail: `${directory} is removed in the background` });
      } catch (error) {
        // A directory that stays is no reason to lose the run's result; it is reported and tried again.
        report({ kind: 'cleanup_incomplete', detail: `${directory}: ${(error as Error).message}` });
      }
      const [name = ''] = directory.split('/').slice(-1);
      goOnInBackground((found) => found === name || found.startsWith(`${name}.`) || found.startsWith(`${name}~`));
    },
    async removeLeftovers() {
      const leftovers = new Set(await readdir(runsDirectory));
      if (leftovers.size > 0) goOnInBackground((name) => leftovers.has(name));
    },
    async stop() {
      isStopping = true;
      await background;
    },
  };
}

/** The common case, in as few calls as can be: a script that left nothing. False where that is not so. */
async function removeUntouched(directory: string): Promise<boolean> {
  const results = await Promise.allSettled([
    rmdir(directory),
    unlink(`${directory}.script`),
    unlink(`${directory}.start`),
    unlinkIfThere(`${directory}.inputs`),
  ]);
  return results.every(({ status }) => status === 'fulfilled');
}

async function unlinkIfThere(file: string): Promise<void> {
  try {
    await unlink(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Removes the folder and all that may stand beside it. */
async function removeThoroughly(directory: string, shouldStop: () => boolean): Promise<boolean> {
  let isComplete = true;
  for (const ending of ['', ...RUN_FILES]) {
    if (!(await removeDirectory(`${directory}${ending}`, shouldStop))) isComplete = false;
  }
  return isComplete;
}
