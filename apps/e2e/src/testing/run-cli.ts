import { join } from 'node:path';
import { execa } from 'execa';
import { ROOT } from '../read-sources.ts';
import type { TestStack } from './start-test-stack.ts';

/**
 * Runs `baton` as a person would, against a stack.
 * @param environment what is set besides where the stack is
 */
export async function runCli(
  stack: Pick<TestStack, 'url' | 'token'>,
  words: readonly string[],
  environment: Record<string, string> = {},
): Promise<{ exitCode: number | undefined; stdout: string; stderr: string }> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [join(ROOT, 'apps/cli/bin/baton.js'), ...words], {
    reject: false,
    stdin: 'ignore',
    timeout: 120_000,
    env: { ...environment, BATON_API_URL: stack.url, BATON_TOKEN: stack.token },
  });
  return { exitCode, stdout, stderr };
}
