import { afterEach, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { GUARD_SCRIPT } from './helper-script.ts';
import { composeKeeper } from './keeper-script.ts';
import { findProcesses, uniqueSleep, waitFor } from './testing/open-runner.ts';

/*
 * What guards and keepers say on stderr is read by the worker. Once that is dead each word of theirs is a PIPE, in the middle
 * of their work.
 */
const started: ChildProcess[] = [];
const sleeps: string[] = [];
afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  for (const seconds of sleeps.splice(0)) for (const pid of await findSleeps(seconds)) process.kill(pid, 'SIGKILL');
});

const findSleeps = (seconds: string): Promise<number[]> => findProcesses(`sleep\0${seconds}`);

function makeSleep(): string {
  const seconds = uniqueSleep();
  sleeps.push(seconds);
  return seconds;
}

/** Starts a program whose stderr nobody reads any more. */
async function startUnread([command, ...words]: readonly [string, ...string[]]) {
  const child = spawn(command, words);
  started.push(child);
  const closed = once(child.stderr, 'close');
  child.stderr.destroy();
  await closed;
  const ended = once(child, 'exit').then(([code, signal]: unknown[]) => ({ code, signal }));
  return { child, ended };
}

test('a guard that cannot say what is wrong with its disk kills all the same', async () => {
  const seconds = makeSleep();
  const victim = spawn('sleep', [seconds]);
  started.push(victim);
  const killed = once(victim, 'exit');
  const words = ['-c', GUARD_SCRIPT, 'guard', '60', '/proc/no-such-folder/fired', '/bin/sh', '', String(victim.pid)];
  const guard = await startUnread(['/bin/sh', ...words]);
  guard.child.stdin.end();
  expect(await guard.ended).toEqual({ code: 0, signal: null });
  expect(await killed).toEqual([null, 'SIGKILL']);
});

test('a keeper that cannot say that its helper was killed ends what that has left', async () => {
  const seconds = makeSleep();
  const helper = `setsid sleep ${seconds} >/dev/null 2>&1 & read -r word; kill -9 $$`;
  const keeper = await startUnread(composeKeeper(['/bin/sh', '-c', helper]));
  await waitFor('what the helper leaves', async () => (await findSleeps(seconds)).length === 1);
  keeper.child.stdin.end('now\n');
  expect(await keeper.ended).toEqual({ code: 137, signal: null });
  expect(await findSleeps(seconds)).toEqual([]);
});
