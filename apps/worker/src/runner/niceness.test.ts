import { describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, rmdir, symlink, writeFile } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAnswerReader } from './answer-reader.ts';
import { startHelper } from './helper.ts';
import { HELPER_SCRIPT } from './helper-script.ts';
import { startProgram } from './start-program.ts';
import { findLevels, findProcesses, openRunner, waitFor } from './testing/open-runner.ts';

const levels = await findLevels();
const NICENESS = 7;
const own = getPriority();
/** What is over 19 is 19. */
const wanted = Math.min(own + NICENESS, 19);

/** The script itself, a child, a child in the background, one in a session of its own, and one that has lost its parent. */
const TELL =
  'nice; sh -c nice; nice & wait; setsid --wait nice; (nice >lost &) ; until [ -s lost ]; do :; done; cat lost';

describe.each(levels)('niceness (%s)', (isolation) => {
  test('a script and all that it starts give way, and run after run', async () => {
    const runner = await openRunner({ isolation, niceness: NICENESS });
    for (const _ of [1, 2]) expect((await runner.runScript(TELL)).text).toBe(`${wanted}\n`.repeat(5));
    await runner.close();
  });

  test('what ends scripts, and looks after helpers, does not give way', async () => {
    const runner = await openRunner({ isolation, niceness: NICENESS });
    const guards = (): Promise<number[]> => findProcesses(join(runner.directory, 'guard-fired-'));
    await waitFor('the guard', async () => (await guards()).length > 0);
    // What it starts for a moment looks like it.
    expect(getPriority(Math.min(...(await guards())))).toBe(own);
    await runner.runScript(':');
    // The helper, and what it is kept by: the keeper, or the parent of the namespace.
    const helpers = await findProcesses(join(runner.directory, 'helper'));
    expect(helpers.map((pid) => getPriority(pid)).toSorted((a, b) => a - b)).toEqual([own, wanted]);
    await runner.close();
  });

  test.each([{ niceness: 0 }, {}])(
    'scripts are as the worker is where nothing else was asked for: %j',
    async (options) => {
      const runner = await openRunner({ isolation, ...options });
      expect((await runner.runScript(TELL)).text).toBe(`${own}\n`.repeat(5));
      await runner.close();
    },
  );

  test('a helper says that `nice` is missing, and does without it where it is not needed', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'baton-helper-'));
    const tools = ['mkfifo', 'setpriv', 'unshare', 'setsid', 'grep', 'sleep'];
    for (const tool of tools) await symlink(join('/usr/bin', tool), join(directory, tool));
    const options = { isolation, directory, path: directory, cookie: 'n.', niceness: NICENESS };
    const refusal = /a helper could not be started \(.*nice: (?:not found|No such file)/;
    await expect(startHelper(options)).rejects.toThrow(refusal);
    await symlink('/usr/bin/perl', join(directory, 'perl'));
    await expect(startHelper(options)).rejects.toThrow(/nice: (?:not found|No such file)/);
    const helper = await startHelper({ ...options, niceness: 0 });
    await helper.kill(null);
    await helper.gone;
    helper.dispose();
    await rm(directory, { recursive: true });
  });

  // Only where the kernel groups processes by session.
  if (!existsSync('/proc/self/autogroup')) return;

  test('the session of a script gives way to other sessions', async () => {
    const runner = await openRunner({ isolation, niceness: NICENESS });
    const read = async (): Promise<string> => (await runner.runScript('cat /proc/self/autogroup')).text;
    // Whoever is not root shares with all others what the kernel takes.
    await waitFor('a number that was taken', async () => (await read()).endsWith(` nice ${NICENESS}\n`));
    await runner.close();
  });

  test('the session of a script is as any other where nothing else was asked for', async () => {
    const runner = await openRunner({ isolation });
    expect((await runner.runScript('cat /proc/self/autogroup')).text).toMatch(/ nice 0\n$/);
    await runner.close();
  });
});

test('a helper whose number was refused tries again with its next run, until it is taken', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'baton-helper-'));
  const file = join(directory, 'autogroup');
  await mkdir(join(directory, 'home'));
  // Is there, and takes nothing.
  await mkdir(file);
  const words = ['process-group', randomUUID(), join(directory, 'helper'), String(NICENESS)] as const;
  const helper = startProgram({ command: ['/bin/sh', '-s', ...words], environment: { PATH: '/usr/bin:/bin' } });
  const answers = createAnswerReader(helper);
  const run = async (): Promise<void> => {
    helper.stdin.write(`script=\ninputs=\nstart() { exit 0; }\nrun mark '${directory}' ''\n`);
    expect(await answers.next()).toMatch(/^0/);
  };
  helper.stdin.write(HELPER_SCRIPT.replaceAll('/proc/self/autogroup', file));
  expect(await answers.next()).toBe('ready');
  await run();
  await rmdir(file);
  await run();
  expect(await readFile(file, 'utf8')).toBe(`${NICENESS}\n`);
  await writeFile(file, '');
  await run();
  expect(await readFile(file, 'utf8')).toBe('');
  helper.stdin.end();
  expect(await helper.ended).toMatchObject({ exitCode: 0, message: '' });
  await rm(directory, { recursive: true });
});
