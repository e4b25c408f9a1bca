import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from '@jest/globals';
import { findProcessIdentity } from './process-identity.ts';
import { bundleSource } from './testing/bundle-source.mjs';
import { makeTemporaryDirectory } from './testing/temporary-directory.ts';
import { pollUntil } from './wait.ts';

test.each(['kernel', 'watcher'])('the %s ends a process whose parent was killed', async (endedBy) => {
  const { directory, remove } = makeTemporaryDirectory();
  const script = await bundleSource(path.join(import.meta.dirname, 'testing/hold-process.ts'));
  const parent = spawn(process.execPath, [script, endedBy, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(parent.stdout), 'line')) as [string];
  expect(findProcessIdentity(Number(line))).not.toBeNull();
  parent.kill('SIGKILL');
  const ended = await pollUntil(() => (findProcessIdentity(Number(line)) === null ? true : undefined), 10_000);
  expect(ended).toBe(true);
  rmSync(script);
  remove();
});
