import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lockDirectory } from './lock-directory.ts';
import { makeDirectory, waitFor } from './testing.ts';

let directory: Awaited<ReturnType<typeof makeDirectory>>;
beforeAll(async () => {
  directory = await makeDirectory();
});
afterAll(() => directory.remove());

async function makePlace(name: string): Promise<string> {
  const path = join(directory.path, name);
  await mkdir(path);
  return path;
}

test('a second lock of a directory is refused until the first is released', async () => {
  const place = await makePlace('one');
  const lock = await lockDirectory(place);
  expect(lock).not.toBeNull();
  expect(await lockDirectory(place)).toBeNull();
  const other = await lockDirectory(await makePlace('other'));
  expect(other).not.toBeNull();
  lock?.release();
  other?.release();
  await waitFor(async () => {
    const again = await lockDirectory(place);
    again?.release();
    return again !== null;
  }, 'the lock free again');
});

test('another name of the same directory is the same lock', async () => {
  const place = await makePlace('real');
  await symlink(place, join(directory.path, 'link'));
  const lock = await lockDirectory(place);
  expect(await lockDirectory(join(directory.path, 'link'))).toBeNull();
  lock?.release();
});

test('a process that is killed with KILL leaves no lock', async () => {
  const place = await makePlace('killed');
  const bundle = join(directory.path, 'holder.mjs');
  await build({
    stdin: {
      contents: `import { lockDirectory } from './lock-directory.ts';
        const lock = await lockDirectory(process.argv[2]);
        console.log(lock === null ? 'refused' : 'locked');
        process.stdin.resume();`,
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
  });
  const holder = spawn(process.execPath, [bundle, place], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(holder, 'exit');
  try {
    const [said] = (await once(holder.stdout, 'data')) as [Buffer];
    expect(said.toString().trim()).toBe('locked');
    expect(await lockDirectory(place)).toBeNull();
  } finally {
    holder.kill('SIGKILL');
    await exited;
  }
  const lock = await lockDirectory(place);
  expect(lock).not.toBeNull();
  lock?.release();
});
