import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readTestRounds } from '@baton/devstack/testing';
import type { PipelineAnswer } from './testing/call-api.ts';
import { runCli } from './testing/run-cli.ts';
import { readWorkflow } from './testing/read-workflow.ts';
import { startTestStack, type TestStack } from './testing/start-test-stack.ts';
import { parseJournal, verifyJournal } from './testing/verify-journal.ts';
import { ROOT } from './read-sources.ts';

/**
 * The graphs of real workflows, imported by the CLI and run by two workers, judged by what their scripts wrote. The two of over
 * a thousand tasks take most of the time: `BATON_E2E_ROUNDS=1 npm test -- wfinstances` runs them as well.
 */
const FOLDER = join(ROOT, 'examples/wfinstances');
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
const LARGE = FILES.filter((file) => readWorkflow(join(FOLDER, file)).vertices.length > 1000);
const WANTED = readTestRounds() === null ? FILES.filter((file) => !LARGE.includes(file)) : FILES;

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack({ workers: 2, environment: { BATON_CONCURRENCY: '4' } });
}, 120_000);

afterAll(() => stack.stop());

test('there are eight workflows, two of them large', () => {
  expect(FILES).toHaveLength(8);
  expect(LARGE).toHaveLength(2);
});

test.each(WANTED)(
  '%s: every task once, none before its predecessors',
  async (file) => {
    const journal = join(stack.directory, `${file}.journal`);
    await writeFile(journal, '');
    const started = await runCli(stack, [
      'import',
      join(FOLDER, file),
      '--time-scale',
      '0.001',
      '--journal',
      journal,
      '--run',
      '--json',
    ]);
    const ended = JSON.parse(started.stdout) as PipelineAnswer;
    const verdict = verifyJournal(parseJournal(await readFile(journal, 'utf8')), readWorkflow(join(FOLDER, file)));
    expect(verdict.violations).toEqual([]);
    expect({ exitCode: started.exitCode, state: ended.state }).toEqual({ exitCode: 0, state: 'FINISH' });
  },
  150_000,
);
