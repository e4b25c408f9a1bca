import { readFileSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { ROOT } from './read-sources.ts';
import { callApi, waitForEnd, type PipelineAnswer } from './testing/call-api.ts';
import { startTestStack, type TestStack } from './testing/start-test-stack.ts';

/** What the session needs of curl, for a machine that has only Node. */
const CURL_STAND_IN = `#!/usr/bin/env node
const flag = (short) => ({ type: 'boolean', short });
const { values, positionals } = require('node:util').parseArgs({
  allowPositionals: true,
  options: {
    silent: flag('s'),
    'show-error': flag('S'),
    'fail-with-body': { type: 'boolean' },
    header: { type: 'string', short: 'H', multiple: true },
    request: { type: 'string', short: 'X' },
    data: { type: 'string', short: 'd' },
  },
});
const { header, data: body, request: method = body === undefined ? 'GET' : 'POST' } = values;
const headers = header.map((line) => line.split(/: (.*)/s).slice(0, 2));
fetch(positionals[0], { method, headers, body }).then(async (response) => {
  process.stdout.write(await response.text());
  if (!response.ok) process.exitCode = 22;
});
`;

/** The session of the README, pasted line by line into a shell in a folder with a running stack. */
let stack: TestStack;
let programs: string;

beforeAll(async () => {
  stack = await startTestStack({ workers: 1 });
  await symlink(join(stack.directory, 'stack'), join(stack.directory, '.baton'));
  programs = join(stack.directory, 'programs');
  await mkdir(programs);
  await writeFile(join(programs, 'curl'), CURL_STAND_IN, { mode: 0o755 });
}, 120_000);

afterAll(() => stack.stop());

function readSession(): string {
  const text = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const session = /<!-- session:[^>]*-->\s*```sh\n([\s\S]*?)```/.exec(text)?.[1];
  if (session === undefined) throw new Error('the README has no session');
  return session;
}

test('every line of the session of the README works, and does what it says', async () => {
  const { stdout, stderr, exitCode } = await execa('bash', ['-eu', '-o', 'pipefail'], {
    input: `PATH=$PATH:${programs}\n${readSession()}`,
    cwd: stack.directory,
    reject: false,
    timeout: 60_000,
  });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toContain('hello world; rm -rf /');
  const api = callApi(stack.url, stack.token);
  const { items } = await api.get<{ items: (PipelineAnswer & { graph: string })[] }>('/pipelines');
  const states = await Promise.all(items.map(async ({ id, graph }) => [graph, (await waitForEnd(api, id)).state]));
  expect(Object.fromEntries(states)).toEqual({ greeting: 'FINISH', nap: 'CANCELLED' });
}, 90_000);
