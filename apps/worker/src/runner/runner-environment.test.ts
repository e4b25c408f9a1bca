import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { findLevels, openRunner, type TestRunner } from './testing/open-runner.ts';

const levels = await findLevels();

describe.each(levels)('the world that a script sees (%s)', (isolation) => {
  let runner: TestRunner;
  beforeAll(async () => {
    process.env['BATON_TEST_CANARY'] = 'secret of the worker';
    runner = await openRunner({ isolation, limits: { openFiles: 77, fileSizeBytes: 1_048_576 } });
  });
  afterAll(async () => {
    delete process.env['BATON_TEST_CANARY'];
    await runner.close();
  });

  test('its environment is the allow-list and nothing of the worker', async () => {
    const script = "cat /proc/self/environ | tr '\\0' '\\n' | sed 's/=.*//' | sort";
    const { text } = await runner.runScript(script, { environment: { PARAM_x: '1', BATON_TRACK: '2' } });
    const cookie = isolation === 'process-group' ? ['BATON_COOKIE'] : [];
    const expected = [
      'BATON_NEXT',
      'BATON_OUTPUT',
      'BATON_TRACK',
      'HOME',
      'LANG',
      'PARAM_x',
      'PATH',
      'PWD',
      'TMPDIR',
      'TZ',
    ];
    expect(text.trim().split('\n')).toEqual([...cookie, ...expected].sort());
  });

  test('$BATON_INPUTS is a file of its own, for its owner alone, and its content is gone afterwards', async () => {
    const script = 'cat "$BATON_INPUTS"; stat -c " %a %n" "$BATON_INPUTS"; echo more >>"$BATON_INPUTS"';
    const { text } = await runner.runScript(script, { inputs: '{"params":{}}' });
    const [, file = ''] = /^\{"params":\{\}\} 600 (\/.*\/inputs)\n$/.exec(text) ?? [];
    expect(file).not.toBe('');
    expect(existsSync(dirname(dirname(file)))).toBe(true);
    expect(await readFile(file, 'utf8').catch(() => '')).toBe('');
    expect(await runner.runScript('rm "$BATON_INPUTS"; mkdir "$BATON_INPUTS"', { inputs: '' })).toMatchObject({
      exitCode: 0,
    });
    expect(await readdir(join(runner.directory, 'runs'))).toEqual([]);
  });

  test('values arrive byte for byte', async () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom("'", '"', '\n', '\\', '$', '`', '\x81', '\x88', '界', ' ') }),
    );
    await fc.assert(
      fc.asyncProperty(value, async (PARAM_x) => {
        fc.pre(!PARAM_x.includes('\0') && Buffer.from(PARAM_x).toString() === PARAM_x);
        const { text } = await runner.runScript('printf %s "$PARAM_x"', { environment: { PARAM_x } });
        expect(text).toBe(PARAM_x);
      }),
      { numRuns: 150, seed: 1 },
    );
  });

  test('a value of nearly 128 KiB arrives', async () => {
    const PARAM_x = "'\n".repeat(65_000);
    const { text } = await runner.runScript('printf %s "$PARAM_x" | wc -c', { environment: { PARAM_x } });
    expect(text.trim()).toBe('130000');
  });

  test('an environment of nearly all that the system takes arrives', async () => {
    const names = Array.from({ length: 14 }, (_, number) => `PARAM_${number}`);
    const environment = Object.fromEntries(names.map((name) => [name, 'x'.repeat(130_000)]));
    const result = await runner.runScript('cat /proc/self/environ | wc -c', { environment });
    expect(result.spawnError).toBeNull();
    expect(Number(result.text)).toBeGreaterThan(1_820_000);
  });

  test('stdin is empty, no other descriptor is open, umask is 077, the limits hold', async () => {
    const { text } = await runner.runScript(
      'cat; umask; ulimit -n; ulimit -c; ulimit -f; readlink /proc/self/fd/0; for n in 3 4 5 6 7 8 9; do [ ! -e /proc/$$/fd/$n ] || echo open $n; done',
    );
    expect(text).toMatch(/^0077\n77\n0\n2048\n\/dev\/null\n$/);
  });

  test('it stands in a folder of its own, which is HOME and TMPDIR too', async () => {
    const { text } = await runner.runScript('pwd; echo "$HOME"; echo "$TMPDIR"; stat -c %a .; ls -A');
    const [cwd, home, temporary, mode, rest] = text.split('\n');
    expect([home, temporary, mode, rest]).toEqual([cwd, cwd, '700', '']);
  });

  test('/dev/stdout and /dev/stderr can be opened, and all output is one stream in order', async () => {
    const { text } = await runner.runScript('echo 1; echo 2 >&2; echo 3 >/dev/stderr; echo 4 >/dev/stdout; echo 5');
    expect(text).toBe('1\n2\n3\n4\n5\n');
  });
});

// No table for `each`: on a host that permits no namespaces it would be empty, which jest refuses.
for (const isolation of levels.filter((level) => level !== 'process-group')) {
  describe(`what a namespace hides (${isolation})`, () => {
    let runner: TestRunner;
    beforeAll(async () => {
      runner = await openRunner({ isolation, slots: 2 });
    });
    afterAll(() => runner.close());

    test('two slots do not see each other, nor the worker', async () => {
      const list = 'for p in /proc/[0-9]*; do tr "\\0" " " <$p/cmdline; echo; done';
      const [one, two] = await Promise.all([
        runner.runScript(`sleep 0.3; ${list} # one`),
        runner.runScript(`sleep 0.3; ${list} # two`),
      ]);
      for (const { text } of [one, two]) {
        expect(text.match(/\/script/g)?.length).toBe(1);
        expect(text).not.toMatch(/jest|node/);
      }
    });

    test('neither kill -9 1 nor kill -9 -1 ends the helper', async () => {
      expect(await runner.runScript('kill -9 1; echo alive')).toMatchObject({ exitCode: 0, text: 'alive\n' });
      expect(await runner.runScript('sleep 100 & kill -9 -1; exit 5')).toMatchObject({ exitCode: 5 });
    });
  });
}
