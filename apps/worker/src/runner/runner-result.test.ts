import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findLevels, openRunner, type TestRunner } from './testing/open-runner.ts';

let runner: TestRunner;
beforeAll(async () => {
  runner = await openRunner();
});
afterAll(() => runner.close());

describe('exit codes and signals are told apart', () => {
  test('exit 0 to 255', async () => {
    for (let exitCode = 0; exitCode < 256; exitCode += 1) {
      const result = await runner.runScript(`exit ${exitCode}`);
      expect(result).toMatchObject({ exitCode, signal: null, spawnError: null, timedOut: false, cancelled: false });
    }
  }, 60_000);
  test.each(['HUP', 'QUIT', 'ILL', 'ABRT', 'BUS', 'FPE', 'KILL', 'USR1', 'SEGV', 'USR2', 'ALRM', 'TERM', 'SYS'])(
    'the interpreter dies of %s',
    async (signal) => {
      const result = await runner.runScript(`kill -${signal} $$; sleep 60`);
      expect(result).toMatchObject({ exitCode: null, signal, spawnError: null });
    },
  );
  test.each([
    ['INT', 130],
    ['PIPE', 141],
  ])('%s is the exception: recorded as exit code %i', async (signal, exitCode) => {
    expect(await runner.runScript(`kill -${signal} $$; sleep 60`)).toMatchObject({ exitCode, signal: null });
  });
  test('a child that dies of KILL makes the shell exit with 137, which is an exit code', async () => {
    expect(await runner.runScript("sh -c 'kill -9 $$'")).toMatchObject({ exitCode: 137, signal: null });
  });
  test('INT and QUIT are not ignored by the script', async () => {
    const script = 'trap "echo caught" INT QUIT; kill -INT $$; kill -QUIT $$; exit 3';
    expect(await runner.runScript(script)).toMatchObject({ exitCode: 3, text: 'caught\ncaught\n' });
  });
});

describe('which interpreter runs the script', () => {
  test('a failing line fails the script', async () => {
    expect(await runner.runScript('echo a\nfalse\necho b')).toMatchObject({ exitCode: 1, text: 'a\n' });
  });
  test.each(['sh', 'dash', 'bash'])('%s runs with -e', async (shell) => {
    expect(await runner.runScript('echo a\nfalse\necho b', { shell })).toMatchObject({ exitCode: 1, text: 'a\n' });
  });
  test('bash is bash', async () => {
    expect((await runner.runScript('echo "${BASH_VERSION:+yes}"', { shell: 'bash' })).text).toBe('yes\n');
  });
  test('a #! line with its one argument', async () => {
    expect((await runner.runScript('#!/usr/bin/awk -f\nBEGIN { print 6 * 7 }')).text).toBe('42\n');
  });
  test('words of an interpreter', async () => {
    const shell = '/usr/bin/env sed -n 2p';
    expect((await runner.runScript('one\ntwo\n', { shell: `${shell} -e` })).exitCode).not.toBe(0);
    expect((await runner.runScript('BEGIN { print "awk" }', { shell: '/usr/bin/env awk -f' })).text).toBe('awk\n');
  });
  test('a script of 300 kB', async () => {
    const script = `${'# filler filler filler\n'.repeat(13_500)}echo end`;
    expect(await runner.runScript(script)).toMatchObject({ exitCode: 0, text: 'end\n' });
  });
});

test.each(await findLevels())(
  'an interpreter whose own interpreter is missing fails at exec, which is no exit code of the script (%s)',
  async (isolation) => {
    const isolated = await openRunner({ isolation });
    const shell = join(isolated.directory, 'broken');
    await writeFile(shell, '#!/no/such/thing\n');
    await chmod(shell, 0o700);
    const result = await isolated.runScript('x', { shell });
    await isolated.close();
    expect(result).toMatchObject({ exitCode: null, signal: null });
    expect(result.spawnError).toMatch(/could not be started/);
    expect(result.text).toMatch(/not found|No such file/);
  },
);

describe('what cannot start says why, and is no bare 127 or 126', () => {
  test.each([
    ['#!/no/such/interpreter\n', null, /interpreter not found: the #! line names "\/no\/such\/interpreter"/],
    ['#!/usr/bin/env no-such-program\n', null, /interpreter not found: the #! line names "no-such-program"/],
    ['#!/bin/sh\r\necho', null, /DOS line ends|not found/],
    ['#!sh\n', null, /must name the path of an interpreter, found "sh"/],
    ['echo', 'no-such-shell', /the shell "no-such-shell" names "no-such-shell"/],
    ['echo', '  ', /the shell is blank/],
    ['echo', '/tmp', /interpreter not found/],
    ['echo \0', null, /NUL character/],
  ])('%j with shell %j', async (script, shell, reason) => {
    const result = await runner.runScript(script, { shell });
    expect(result).toMatchObject({ exitCode: null, signal: null, text: '' });
    expect(result.spawnError).toMatch(reason);
  });
  test('an interpreter of no known format (ENOEXEC) is not run as a shell script', async () => {
    const file = join(runner.directory, 'nonsense');
    await writeFile(file, 'echo nonsense\n');
    await chmod(file, 0o700);
    const result = await runner.runScript('x', { shell: file });
    expect(result.spawnError).toMatch(/neither a program for this system nor a script with a #! line/);
    expect(result.text).toBe('');
  });
  test.each([
    [{ PARAM_a: 'x\0y' }, /value of PARAM_a contains a NUL/],
    [{ PARAM_a: 'x'.repeat(131_072) }, /value of PARAM_a is too long: 131081 bytes.*E2BIG/],
    [
      Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`PARAM_${n}`, 'x'.repeat(100_000)])),
      /environment is too long/,
    ],
    [{ LD_PRELOAD: 'x' }, /"LD_PRELOAD" is not allowed/],
    [{ 'PARAM_a;b': 'x' }, /"PARAM_a;b" is not allowed/],
    [{ BATON_NEXT: '/x' }, /BATON_NEXT is set by the runner itself/],
  ])('environment %#', async (environment, reason) => {
    expect((await runner.runScript('echo', { environment })).spawnError).toMatch(reason);
  });
  test.each(['', '../x', 'a/b', 'a b', 'a\n'])('run id %j', async (runId) => {
    expect((await runner.runScript('echo', { runId })).spawnError).toMatch(/run id must match/);
  });
});

describe('what the script leaves', () => {
  test('$BATON_NEXT and $BATON_OUTPUT', async () => {
    const result = await runner.runScript('printf "B\\nC\\n" >$BATON_NEXT; echo k=v >$BATON_OUTPUT');
    expect(result).toMatchObject({ exitCode: 0, next: 'B\nC\n', output: Buffer.from('k=v\n') });
  });
  test('none of them', async () => {
    expect(await runner.runScript('true')).toMatchObject({ next: null, output: null });
  });
  test.each([
    ['head -c 65537 /dev/zero >$BATON_NEXT', /\$BATON_NEXT holds 65537 bytes, at most 65536/],
    ['head -c 1048577 /dev/zero >$BATON_OUTPUT', /\$BATON_OUTPUT holds 1048577 bytes, at most 1048576/],
    ['ln -s /etc/passwd $BATON_NEXT', /\$BATON_NEXT must be a plain file/],
    ['mkfifo $BATON_OUTPUT', /\$BATON_OUTPUT must be a plain file/],
    ['mkdir $BATON_OUTPUT', /\$BATON_OUTPUT must be a plain file/],
  ])('%s', async (script, reason) => {
    const { spawnError, output, outputProblem } = await runner.runScript(script);
    expect(spawnError ?? outputProblem).toMatch(reason);
    expect(output).toBeNull();
  });
  test('its directory is gone, whatever is in it', async () => {
    await runner.runScript(
      'mkdir -p a/b/c; ln -s /etc etc; touch a/b/f; mkdir shut; touch shut/x; chmod 0 shut; mkfifo p',
    );
    expect(await readdir(join(runner.directory, 'runs'))).toEqual([]);
  });
});
