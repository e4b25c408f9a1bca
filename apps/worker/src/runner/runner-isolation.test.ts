import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHelper } from './helper.ts';
import type { RunHandle } from './run-types.ts';
import {
  findLevels,
  findProcesses,
  makeRequest,
  openRunner,
  type TestRunner,
  uniqueSleep,
  waitFor,
} from './testing/open-runner.ts';

const levels = await findLevels();

const cancelRun = (handle: RunHandle): void => handle.cancel();

/** Waits for what a script prints. */
function makeSeen(): { onOutput: (chunk: Buffer) => Promise<void>; of(text: string): Promise<void> } {
  let output = '';
  return {
    onOutput: async (chunk) => void (output += chunk.toString()),
    of: (text) => waitFor(`the output ${text}`, () => output.includes(text)),
  };
}

describe.each(levels)('the end of a run is the end of its processes (%s)', (isolation) => {
  let runner: TestRunner;
  let sleep: string;
  beforeAll(async () => {
    runner = await openRunner({ isolation });
  });
  afterAll(() => runner.close());
  const start = (script: string): { seconds: string; script: string } => {
    sleep = uniqueSleep();
    return { seconds: sleep, script: script.replaceAll('SLEEP', `sleep ${sleep}`) };
  };
  const leftovers = (): Promise<number[]> => findProcesses(sleep);

  test.each([
    ['a background child that holds stdout', 'SLEEP & echo hi; exit 4'],
    ['setsid', 'setsid SLEEP & echo hi; exit 4'],
    ['a double fork that ignores TERM', '( (trap "" TERM HUP; setsid sh -c "SLEEP; :") & ) ; echo hi; exit 4'],
    ['a stopped child', 'SLEEP & kill -STOP $!; echo hi; exit 4'],
    ['a child with another environment', 'setsid env -i PATH="$PATH" SLEEP & echo hi; exit 4'],
    [
      'a double fork with another environment, pipes and directory',
      '( (trap "" TERM HUP; cd /; setsid env -i PATH="$PATH" sh -c "SLEEP; :" >/dev/null 2>&1 </dev/null) & ); echo hi; exit 4',
    ],
    ['a child without its own pipe', 'SLEEP >/dev/null 2>&1 </dev/null & echo hi; exit 4'],
    [
      'a child that goes on forking',
      'hop() { [ $1 -gt 60 ] || { setsid sh -c ". ./hop; hop $(($1 + 1))" & } ; SLEEP; }; echo "hop() { [ \\$1 -gt 60 ] || { setsid sh -c \\". ./hop; hop \\$((\\$1 + 1))\\" & } ; SLEEP; }" >hop; hop 1 & echo hi; exit 4',
    ],
  ])('normal end: %s', async (_name, text) => {
    const { script } = start(text);
    const result = await runner.runScript(script);
    expect(await leftovers()).toEqual([]);
    expect(result).toMatchObject({ exitCode: 4, text: 'hi\n' });
    expect(result.durationMs).toBeLessThan(10_000);
  });

  test('timeout: TERM lets the script end in its own way', async () => {
    const { script } = start('trap "echo bye; exit 9" TERM; SLEEP & wait');
    const result = await runner.runScript(script, { timeoutMs: 100, graceMs: 30_000 });
    expect(await leftovers()).toEqual([]);
    expect(result).toMatchObject({ timedOut: true, cancelled: false, exitCode: 9, text: 'bye\n' });
  });

  test('timeout: TERM ends a script that does not care', async () => {
    const { script } = start('SLEEP');
    const result = await runner.runScript(script, { timeoutMs: 100, graceMs: 30_000 });
    expect(result).toMatchObject({ timedOut: true, exitCode: null, signal: 'TERM' });
    expect(await leftovers()).toEqual([]);
  });

  test('timeout: what ignores TERM is killed after the grace, with all that it hid', async () => {
    const hidden = 'setsid SLEEP & (cd /; setsid env -i PATH="$PATH" SLEEP >/dev/null 2>&1 &)';
    const { script } = start(`trap "" TERM; ${hidden}; echo hi; while :; do SLEEP; done`);
    const result = await runner.runScript(script, { timeoutMs: 200, graceMs: 200 });
    expect(await leftovers()).toEqual([]);
    expect(result).toMatchObject({ timedOut: true, exitCode: null, signal: 'KILL', text: 'hi\n', spawnError: null });
    expect((await runner.runScript('echo next')).text).toBe('next\n');
  });

  test('timeout: a script that makes processes as fast as it can, each in a session and an environment of its own', async () => {
    const { script } = start('trap "" TERM; while :; do setsid env -i PATH="$PATH" SLEEP & done');
    const result = await runner.runScript(script, { timeoutMs: 200, graceMs: 100 });
    expect(await leftovers()).toEqual([]);
    expect(result).toMatchObject({ timedOut: true, exitCode: null, signal: 'KILL', spawnError: null });
  });

  test('cancel of what runs', async () => {
    const { script } = start('trap "" TERM; echo hi; while :; do SLEEP; done');
    let seen = (): void => undefined;
    const isSeen = new Promise<void>((resolve) => (seen = resolve));
    const handle = runner.run(makeRequest(script, { onOutput: async () => seen() }));
    await isSeen;
    handle.cancel();
    handle.cancel();
    expect(await handle.result).toMatchObject({ cancelled: true, timedOut: false, signal: 'KILL', spawnError: null });
    expect(await leftovers()).toEqual([]);
  });

  test('cancel of what waits for a slot: it never starts', async () => {
    const first = runner.run(makeRequest('sleep 0.2'));
    const file = join(runner.directory, randomUUID());
    const second = runner.run(makeRequest(`touch ${file}`));
    second.cancel();
    expect(await second.result).toMatchObject({ cancelled: true, exitCode: null, signal: null });
    expect(await first.result).toMatchObject({ exitCode: 0 });
    await expect(readFile(file)).rejects.toThrow('ENOENT');
  });

  test('cancel at any moment ends the run, and the slot goes on', async () => {
    for (let delayMs = 0; delayMs < 30; delayMs += 1) {
      const handle = runner.run(makeRequest('sleep 20', { graceMs: 50 }));
      setTimeout(() => handle.cancel(), delayMs / 3);
      expect(await handle.result).toMatchObject({ cancelled: true, timedOut: false, spawnError: null });
    }
    expect(await runner.runScript('exit 3')).toMatchObject({ exitCode: 3, cancelled: false });
  });

  test.each([
    ['of what runs', { timeoutMs: null }, () => undefined, { cancelled: true, timedOut: false }],
    ['during the grace of a cancel', { timeoutMs: null }, cancelRun, { cancelled: true, timedOut: false }],
    ['during the grace of a timeout', { timeoutMs: 100 }, () => undefined, { cancelled: false, timedOut: true }],
  ])('kill %s ends at once what ignores TERM', async (_title, { timeoutMs }, begin, wanted) => {
    const { script } = start('trap "echo term" TERM; setsid SLEEP & echo hi; while :; do sleep 0.01 || :; done');
    const seen = makeSeen();
    const request = { timeoutMs, graceMs: 600_000, onOutput: seen.onOutput };
    const handle = runner.run(makeRequest(script, request));
    await seen.of('hi');
    begin(handle);
    // The grace is under way once the script has had its TERM.
    if (timeoutMs !== null || begin === cancelRun) await seen.of('term');
    handle.kill();
    handle.kill();
    expect(await handle.result).toMatchObject({ ...wanted, exitCode: null, signal: 'KILL', spawnError: null });
    expect(await leftovers()).toEqual([]);
    expect(await runner.runScript('exit 3')).toMatchObject({ exitCode: 3, cancelled: false });
  });

  test('kill of what waits for a slot: it never starts', async () => {
    const first = runner.run(makeRequest('sleep 0.2'));
    const file = join(runner.directory, randomUUID());
    const second = runner.run(makeRequest(`touch ${file}`));
    second.kill();
    expect(await second.result).toMatchObject({ cancelled: true, exitCode: null, signal: null });
    expect(await first.result).toMatchObject({ exitCode: 0, cancelled: false });
    await expect(readFile(file)).rejects.toThrow('ENOENT');
  });

  test('kill at any moment ends the run, and nothing of it goes on', async () => {
    const { script } = start('SLEEP');
    // So much that a start takes its time, and is killed in the middle.
    const environment = Object.fromEntries(Array.from({ length: 15 }, (_, n) => [`PARAM_${n}`, 'x'.repeat(100_000)]));
    for (let delayMs = 0; delayMs < 30; delayMs += 1) {
      const handle = runner.run(makeRequest(script, { graceMs: 600_000, environment }));
      setTimeout(() => handle.kill(), delayMs);
      expect(await handle.result).toMatchObject({ cancelled: true, timedOut: false, spawnError: null });
    }
    expect(await runner.runScript('exit 3', { environment })).toMatchObject({ exitCode: 3 });
    expect(await leftovers()).toEqual([]);
  });

  test('a helper that is killed from outside ends its run with the reason, and is replaced', async () => {
    const { script } = start('echo hi; SLEEP');
    const running = runner.runScript(script);
    await waitFor('the script', async () => (await leftovers()).length > 0);
    const helpers = await findProcesses(join(runner.directory, 'helper'));
    process.kill(Math.max(...helpers), 'SIGKILL');
    const result = await running;
    expect(await leftovers()).toEqual([]);
    expect(result).toMatchObject({ exitCode: null, signal: 'KILL', guarded: false, cancelled: false, text: 'hi\n' });
    expect(result.spawnError).toMatch(/helper shell of the script ended/);
    expect((await runner.runScript('echo next')).text).toBe('next\n');
  });

  test('close ends what runs, and leaves no process and no directory', async () => {
    const other = await openRunner({ isolation, slots: 2 });
    const { script } = start('trap "" TERM; setsid SLEEP & while :; do SLEEP; done');
    const results = [1, 2, 3].map(() => other.run(makeRequest(script, { graceMs: 60_000 })).result);
    await waitFor('the scripts', async () => (await leftovers()).length >= 4);
    await other.close();
    for (const result of await Promise.all(results)) expect(result).toMatchObject({ cancelled: true });
    expect(await leftovers()).toEqual([]);
    expect(await findProcesses(other.directory)).toEqual([]);
  });
});

// No table for `each`: on a host that permits no namespaces it would be empty, which jest refuses.
for (const isolation of levels.filter((level) => level !== 'process-group')) {
  test(`the end of the outer process is not yet the end of the namespace, and the result waits for that (${isolation})`, async () => {
    const runner = await openRunner({ isolation });
    const seconds = uniqueSleep();
    const running = runner.runScript(`i=0; while [ $i -lt 400 ]; do sleep ${seconds} & i=$((i+1)); done; wait`);
    await waitFor('the processes', async () => (await findProcesses(seconds)).length >= 400);
    const outer = Math.min(...(await findProcesses(join(runner.directory, 'helper'))));
    process.kill(outer, 'SIGKILL');
    const result = await running;
    expect(await findProcesses(seconds)).toEqual([]);
    expect(result).toMatchObject({ signal: 'KILL', exitCode: null });
    await runner.close();
  });
}

test('a runner that is started and stopped many times leaves nothing', async () => {
  for (let round = 0; round < 5; round += 1) {
    const runner = await openRunner({ slots: 2 });
    expect(await runner.runScript('exit 6')).toMatchObject({ exitCode: 6 });
    await runner.close();
    expect(await findProcesses(runner.directory)).toEqual([]);
  }
});

test.each(levels)('a helper that cannot be started says why (%s)', async (isolation) => {
  const directory = await mkdtemp(join(tmpdir(), 'baton-helper-'));
  await symlink('/usr/bin/mkfifo', join(directory, 'mkfifo'));
  const options = { isolation, directory, path: directory, cookie: 'x.', niceness: 0 };
  await expect(startHelper(options)).rejects.toThrow(/a helper could not be started \(.*(?:setpriv|setsid)/);
  await expect(startHelper({ ...options, path: '/nowhere' })).rejects.toThrow(/mkfifo/);
  await rm(directory, { recursive: true });
});

test.each(levels)('kill of a helper whose script is only being started ends that too (%s)', async (isolation) => {
  const directory = await mkdtemp(join(tmpdir(), 'baton-helper-'));
  const sleep = uniqueSleep();
  const helper = await startHelper({ isolation, directory, path: '/usr/bin:/bin', cookie: 'y.', niceness: 0 });
  // What stands for the preparation of a run: no group and no cookie of its own yet.
  const answer = helper.handOver(`start() { sleep ${sleep}; }\nrun mark '${directory}' ''\n`);
  await waitFor('the start', async () => (await findProcesses(sleep)).length > 0);
  await helper.kill(directory);
  expect(await answer).toBeNull();
  await helper.gone;
  helper.dispose();
  expect(await findProcesses(sleep)).toEqual([]);
  await rm(directory, { recursive: true });
});

test('more runs than slots: each runs once, never more at a time than slots', async () => {
  const runner = await openRunner({ slots: 3 });
  const directory = await mkdtemp(join(tmpdir(), 'baton-count-'));
  const script = `mkdir "${directory}/$$.$BATON_N"; ls ${directory} | wc -l >"${directory}.$BATON_N"; sleep 0.02; rmdir "${directory}/$$.$BATON_N"`;
  const results = await Promise.all(
    Array.from({ length: 30 }, (_, n) => runner.runScript(script, { environment: { BATON_N: String(n) } })),
  );
  const counts = await Promise.all(results.map(async (_, n) => Number(await readFile(`${directory}.${n}`, 'utf8'))));
  expect(results.every(({ exitCode }) => exitCode === 0)).toBe(true);
  expect(Math.max(...counts)).toBeLessThanOrEqual(3);
  await Promise.all([rm(directory, { recursive: true }), ...counts.map((_, n) => rm(`${directory}.${n}`))]);
  await runner.close();
});
