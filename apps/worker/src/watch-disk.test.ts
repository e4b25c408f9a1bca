import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory, waitFor } from './testing.ts';
import { watchDisk, type DiskWatch } from './watch-disk.ts';

let directory: Awaited<ReturnType<typeof makeDirectory>>;
let problems: (string | null)[];
let watch: DiskWatch;

beforeEach(async () => {
  directory = await makeDirectory();
  problems = [];
});
afterEach(async () => {
  watch.stop();
  await directory.remove();
});

function watchWith(intervalMs: number): void {
  watch = watchDisk({ directories: [directory.path], onChange: (problem) => problems.push(problem), intervalMs });
}

test('a disk with room is no news, and nothing of the look is left on it', async () => {
  watchWith(600_000);
  await watch.check();
  await watch.check();
  expect(problems).toEqual([]);
  expect(await readdir(directory.path)).toEqual([]);
});

test('a directory that takes no files is told once, and once that it takes them again', async () => {
  watchWith(600_000);
  const away = join(`${directory.path}-away`);
  await rename(directory.path, away);
  await Promise.all([watch.check(), watch.check()]);
  await watch.check();
  expect(problems).toEqual([expect.stringMatching(/^disk not usable: ENOENT/)]);
  await rename(away, directory.path);
  await watch.check();
  expect(problems.slice(1)).toEqual([null]);
});

test('looks by itself, too', async () => {
  watchWith(10);
  const away = join(`${directory.path}-away`);
  await rename(directory.path, away);
  await waitFor(() => problems.length === 1, 'the problem is told');
  await rename(away, directory.path);
  await waitFor(() => problems.length === 2, 'its end is told');
});
