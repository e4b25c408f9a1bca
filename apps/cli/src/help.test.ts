import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { runForTest } from './testing/run-for-test.ts';

/** The words of every command that does something, as the help of the program and of its groups names them. */
async function listCommands(path: readonly string[] = []): Promise<string[][]> {
  const { stdout } = await runForTest([...path, '--help']);
  const [, commands] = stdout.split('\nCommands:\n');
  if (commands === undefined) return [[...path]];
  const names = [...commands.matchAll(/^ {2}([a-z-]+)/gm)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'help');
  const below = await Promise.all(names.map((name) => listCommands([...path, name])));
  return below.flat();
}

test('the help of every command has an example that is one of it, and says that there is --json', async () => {
  const commands = await listCommands();
  expect(commands.length).toBeGreaterThan(40);
  for (const words of commands) {
    const { stdout, exitCode } = await runForTest([...words, '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('--json');
    const examples = [...stdout.matchAll(/^ {2}npx baton (.+)$/gm)].map(([, line = '']) => line);
    expect({ words, examples: examples.length }).not.toEqual({ words, examples: 0 });
    for (const line of examples) {
      expect(splitWords(line).slice(0, words.length)).toEqual(words);
      // Its words are taken: it gets as far as looking for a server, or a stack, that there is not in this test.
      const run = await runForTest(splitWords(line));
      expect({ line, stderr: run.stderr }).toEqual({ line, stderr: expect.not.stringContaining('error: ') });
    }
  }
});

test('every command that the documents name is one', async () => {
  const commands = new Set((await listCommands()).flatMap((words) => [words[0], words.join(' ')]));
  const root = path.resolve(import.meta.dirname, '../../..');
  const pages = readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.md'),
  );
  const named = ['README.md', ...pages.map((name) => `docs/${name}`)].flatMap((page) =>
    [
      ...readFileSync(path.join(root, page), 'utf8').matchAll(
        /(?:`|npx |^\$ )baton ((?:(?:graph|pool|schedule|tokens) )?[a-z][a-z-]*)/gm,
      ),
    ].map(([, words = '']) => ({ page, words })),
  );
  expect(named.length).toBeGreaterThan(60);
  expect(named.filter(({ words }) => !commands.has(words))).toEqual([]);
});

/** As a shell splits the examples: quotes around whole words. */
function splitWords(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  );
}
