import { lstat, readdir, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { removeDirectory } from './remove-directory.ts';
import type { RunnerEvent } from './run-types.ts';

export interface RunCleaner {
  /** Removes the directory of a run. Waits two seconds for that at most; a fuller one goes in the background. */
  remove(directory: string): Promise<void>;
  /** Removes, in the background, what an earlier runner in the same directory left. */
  removeLeftovers(): Promise<void>;
  /** Stops what goes on in the background; the next runner in the directory goes on with it. */
  stop(): Promise<void>;
}

const RUN_FILES = ['script', 'start', 'died'];
const RUN_WORK_FOLDER = 'work';
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
    async remove(directory) {
      const deadlineMs = performance.now() + WAIT_MS;
      try {
        if (await removeUntouched(directory)) return;
        if (await removeDirectory(directory, () => performance.now() > deadlineMs)) return;
        report({ kind: 'cleanup_incomplete', detail: `${directory} is removed in the background` });
      } catch (error) {
        // A directory that stays is no reason to lose the run's result; it is reported and tried again.
        report({ kind: 'cleanup_incomplete', detail: `${directory}: ${(error as Error).message}` });
      }
      const [name = ''] = directory.split('/').slice(-1);
      goOnInBackground((found) => found === name || found.startsWith(`${name}~`));
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

/** The common case, in as few calls as can be: a script that left nothing in its folder. False where that is not so. */
async function removeUntouched(directory: string): Promise<boolean> {
  // A script may have put a link in the place of its directory: what the link leads to is not ours to touch.
  if (!(await lstat(directory)).isDirectory()) return false;
  const results = await Promise.allSettled([
    ...RUN_FILES.map((name) => unlink(join(directory, name))),
    rmdir(join(directory, RUN_WORK_FOLDER)),
  ]);
  if (results.some(({ status }) => status === 'rejected')) return false;
  try {
    await rmdir(directory);
    return true;
  } catch {
    // Not empty, or not there: the thorough way finds out.
    return false;
  }
}
