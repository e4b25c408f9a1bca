import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findLevels, makeRequest, openRunner, type TestRunner } from './testing/open-runner.ts';

/*
 * A place (a folder with the script's home in it) is used again where a script left nothing: that saves most of what a short
 * script costs a worker. A script must not be able to tell, whatever the one before it did.
 */
const namespaces = (await findLevels()).filter((level) => level !== 'process-group');

/** What a script finds in its place, apart from its own files. */
const LOOK = `find "\${HOME%/*}" -mindepth 1 ! -path "$HOME" ! -path "$0" ! -path "$BATON_INPUTS"
stat -c "%a %F" "$HOME" "$0" "$BATON_INPUTS"`;
const NOTHING = '700 directory\n600 regular file\n600 regular file\n';

describe.each(namespaces)('places (%s)', (isolation) => {
  let runner: TestRunner;
  beforeAll(async () => {
    runner = await openRunner({ isolation });
  });
  afterAll(() => runner.close());

  /** Where a script ran. */
  async function runAt(script: string, inputs: string | null = null): Promise<string> {
    const { text } = await runner.runScript(`printf %s "$HOME"\n${script}`, { inputs });
    return dirname(text);
  }

  test.each<[string, string, string | null]>([
    ['does nothing', 'true', null],
    ['leaves nothing of what it made', 'mkdir a; touch a/b .c; rm -r a .c', null],
    ['hands something on', 'echo a=b >"$BATON_OUTPUT"; echo B >"$BATON_NEXT"', null],
    ['has a file of inputs', 'cat "$BATON_INPUTS" >/dev/null', '{"a":1}'],
    ['has a long file of inputs', 'grep -q 1 "$BATON_INPUTS"', '1'.repeat(10_000)],
    ['is long', `: ${'x'.repeat(10_000)}`, null],
  ])('of a script that %s is used again, and nothing of it is there', async (_title, script, inputs) => {
    const place = await runAt(script, inputs);
    expect((await readdir(place)).toSorted()).toEqual(['home', 'inputs', 'script']);
    for (const name of ['script', 'inputs']) expect(await readFile(join(place, name), 'utf8')).toBe('');
    expect(await runAt('true')).toBe(place);
    expect((await runner.runScript(LOOK, { inputs: '{}' })).text).toBe(NOTHING);
  });

  test.each([
    ['a file in its home', 'touch file'],
    ['a hidden file in its home', 'touch .file'],
    ['a file of an odd name in its home', 'touch "..a b"'],
    ['a file whose name is a pattern', 'touch "*"'],
    ['a file in its home named as its text is', 'touch script'],
    ['a link to nowhere in its home', 'ln -s /nowhere link'],
    ['a folder in its home', 'mkdir folder'],
    ['a file beside its home', 'touch ../file'],
    ['a hidden file beside its home', 'touch ../.file'],
    ['a link at the place of the inputs', 'ln -sf /nowhere ../inputs'],
    ['a link at the place of its text', 'ln -sf /nowhere "$0"'],
    ['a folder at the place of its text', 'rm "$0"; mkdir "$0"'],
    ['no text', 'rm "$0"'],
    ['no inputs', 'rm ../inputs'],
    ['a file at the place of a long text', 'touch ../start'],
    ['no home', 'rmdir "$HOME"'],
    ['a link at the place of its home', 'rmdir "$HOME"; ln -s /tmp "$HOME"'],
    ['its home with fewer rights', 'chmod 500 "$HOME"'],
    ['its home with more rights', 'chmod 755 "$HOME"'],
    ['its text without rights', 'chmod 000 "$0"'],
    ['a folder for what it hands on', 'mkdir "$BATON_NEXT"'],
  ])('of a script that leaves %s is gone', async (_title, script) => {
    const place = await runAt(script);
    expect(await readdir(join(runner.directory, 'runs'))).toEqual([]);
    expect(await runAt('true')).not.toBe(place);
    expect((await runner.runScript(LOOK, { inputs: '{}' })).text).toBe(NOTHING);
  });

  test('of a script that was ended is gone', async () => {
    const { exitCode } = await runner.runScript('sleep 20', { timeoutMs: 50 });
    expect(exitCode).not.toBe(0);
    const handle = runner.run(makeRequest('trap "" TERM; while :; do sleep 1; done'));
    setTimeout(() => handle.kill(), 100);
    await handle.result;
    expect(await readdir(join(runner.directory, 'runs'))).toEqual([]);
  });

  test('the text of a script is its owner’s alone, whatever its mask', async () => {
    const place = await runAt('umask 000');
    expect((await stat(join(place, 'script'))).mode & 0o777).toBe(0o600);
  });
});
