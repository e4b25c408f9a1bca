import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { removeDirectory } from './remove-directory.ts';
import type { RunnerEvent } from './run-types.ts';

export interface RunCleaner {
  /** Removes the place of a run with all that is in it. Waits two seconds at most; a fuller one goes on in the background. */
  remove(place: string): Promise<void>;
  /** Removes, in the background, what an earlier runner in the same directory left. */
  removeLeftovers(): Promise<void>;
  /** Stops what goes on in the background; the next runner in the directory goes on with it. */
  stop(): Promise<void>;
}

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
    async remove(place) {
      const deadlineMs = performance.now() + WAIT_MS;
      try {
        if (await removeDirectory(place, () => performance.now() > deadlineMs)) return;
        report({ kind: 'cleanup_incomplete', detail: `${place} is removed in the background` });
      } catch (error) {
        // A place that stays is no reason to lose the run's result; it is reported and tried again.
        report({ kind: 'cleanup_incomplete', detail: `${place}: ${(error as Error).message}` });
      }
      const name = basename(place);
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
