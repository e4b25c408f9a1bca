import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeDirectory } from './remove-directory.ts';
import { openRunner, waitFor } from './testing/open-runner.ts';

let base: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'baton-remove-'));
});
afterAll(() => rm(base, { recursive: true }));

const never = (): boolean => false;

test('links are removed and not followed', async () => {
  const outside = join(base, 'outside');
  await mkdir(outside);
  await writeFile(join(outside, 'canary'), 'alive');
  const directory = join(base, 'links');
  await mkdir(directory);
  await symlink(outside, join(directory, 'folder'));
  await symlink(join(outside, 'canary'), join(directory, 'file'));
  expect(await removeDirectory(directory, never)).toBe(true);
  expect(await readFile(join(outside, 'canary'), 'utf8')).toBe('alive');
  expect(await readdir(base)).toEqual(['outside']);
});

test('a directory that is a link itself is unlinked only', async () => {
  const link = join(base, 'link');
  await symlink(join(base, 'outside'), link);
  expect(await removeDirectory(link, never)).toBe(true);
  expect(await readdir(base)).toEqual(['outside']);
  expect(await readFile(join(base, 'outside', 'canary'), 'utf8')).toBe('alive');
});

test('a script that puts a link in the place of its own directory', async () => {
  const runner = await openRunner();
  const canaries = ['script', 'start', 'died', 'canary'];
  for (const name of canaries) await writeFile(join(base, 'outside', name), 'alive');
  await mkdir(join(base, 'outside', 'work'));
  const script = `run=$HOME; rm -r "$run"; ln -s ${join(base, 'outside')} "$run"; exit 5`;
  expect(await runner.runScript(script)).toMatchObject({ exitCode: 5 });
  expect((await readdir(join(base, 'outside'))).sort()).toEqual([...canaries, 'work'].sort());
  expect(await readdir(join(runner.directory, 'runs'))).toEqual([]);
  await runner.close();
});

test('folders nested deeper than any path may be long, and folders without rights', async () => {
  const runner = await openRunner();
  const script = `d=${'d'.repeat(200)}; i=0; while [ $i -lt 200 ]; do mkdir $d; cd -P $d; touch f; i=$((i+1)); done; mkdir shut; touch shut/f; chmod 0 shut`;
  expect(await runner.runScript(script, { shell: 'bash' })).toMatchObject({ exitCode: 0 });
  expect(await readdir(join(runner.directory, 'runs'))).toEqual([]);
  await runner.close();
});

test('a folder of thousands of files', async () => {
  const runner = await openRunner();
  const fill = 'mkdir a b c; for f in a b c; do seq -f "$f/%.0f" 1 2000 | xargs touch; done';
  expect(await runner.runScript(fill)).toMatchObject({ exitCode: 0 });
  await waitFor('an empty folder', async () => (await readdir(join(runner.directory, 'runs'))).length === 0);
  await runner.close();
});

test('what could not be removed in time, or was left by a killed worker, is removed by the next runner', async () => {
  const directory = join(base, 'worker');
  const runs = join(directory, 'runs');
  await mkdir(join(runs, 'left', 'over'), { recursive: true });
  await writeFile(join(runs, 'left', 'over', 'file'), '');
  await writeFile(join(runs, 'left.script'), '');
  await writeFile(join(directory, 'guard-fired-1'), '');
  let calls = 0;
  expect(await removeDirectory(join(runs, 'left'), () => (calls += 1) > 1)).toBe(false);
  expect((await readdir(runs)).length).toBeGreaterThan(1);
  const runner = await openRunner({ directory });
  await waitFor('an empty folder', async () => (await readdir(runs)).length === 0);
  expect(await readdir(directory)).not.toContain('guard-fired-1');
  await runner.close();
});
