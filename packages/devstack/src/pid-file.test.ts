import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { endLeftProcesses, writePidFile } from './pid-file.ts';
import { makeTemporaryDirectory } from './testing/temporary-directory.ts';

test('what a killed stack left is ended, and a process that merely has the number of one is not', async () => {
  const { directory, remove } = makeTemporaryDirectory();
  const left = spawn('sleep', ['600'], { stdio: 'ignore' });
  const other = spawn('sleep', ['600'], { stdio: 'ignore' });
  const ended = once(left, 'exit');
  writePidFile(path.join(directory, 'worker-1.pid'), left.pid ?? 0);
  writeFileSync(path.join(directory, 'worker-2.pid'), `${other.pid} boot/1`);
  await expect(endLeftProcesses(directory)).resolves.toEqual(['worker-1']);
  await expect(ended).resolves.toEqual([null, 'SIGTERM']);
  expect([other.exitCode, other.signalCode]).toEqual([null, null]);
  expect(readdirSync(directory)).toEqual([]);
  other.kill('SIGKILL');
  await once(other, 'exit');
  remove();
});
