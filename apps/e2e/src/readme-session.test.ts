import { readFileSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { ROOT } from './read-sources.ts';
import { callApi, waitForEnd, type PipelineAnswer } from './testing/call-api.ts';
import { startTestStack, type TestStack } from './testing/start-test-stack.ts';

/** The session of the README, pasted line by line into a shell in a folder with a running stack. */
let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack({ workers: 1 });
  await symlink(join(stack.directory, 'stack'), join(stack.directory, '.baton'));
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
    input: readSession(),
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
