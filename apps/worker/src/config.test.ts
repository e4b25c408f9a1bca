import { expect, test } from '@jest/globals';
import { ConfigError } from '@baton/service';
import { writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { loadConfig } from './config.ts';
import { makeDirectory } from './testing.ts';

const ENOUGH = {
  BATON_REDIS_URL: 'redis://127.0.0.1:6379/0',
  BATON_API_URL: 'http://127.0.0.1:3000',
  BATON_WORKER_TOKEN: 'secret',
};

function problemsOf(environment: Record<string, string>): string[] {
  try {
    loadConfig(environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
  return [];
}

test('three variables are enough', () => {
  const config = loadConfig(ENOUGH);
  expect(config).toMatchObject({ BATON_LABELS: ['default'], BATON_REDIS_PREFIX: 'baton', BATON_DRAIN_MS: 30_000 });
  expect(config.BATON_NICE).toBe(10);
  expect(config.BATON_CONCURRENCY).toBeGreaterThanOrEqual(2);
  expect(isAbsolute(config.directory)).toBe(true);
  expect(config.directory.endsWith(join('.baton', 'workers', config.BATON_WORKER_NAME))).toBe(true);
});

test('every problem is named at once, by its variable', () => {
  const problems = problemsOf({
    BATON_REDIS_URL: 'http://127.0.0.1',
    BATON_API_URL: '127.0.0.1:3000',
    BATON_REDIS_PREFIX: 'a b',
    BATON_CONCURRENCY: '0',
    BATON_LABELS: 'default,,gpu',
    BATON_DRAIN_MS: 'soon',
    BATON_MAX_OUTPUT_BYTES: '-1',
    BATON_GRACE_MS: '1.5',
    BATON_ISOLATION: 'docker',
    BATON_LOG_LEVEL: 'loud',
  });
  const names = new Set(problems.map((line) => /^BATON_[A-Z_]+/.exec(line)?.[0]));
  expect([...names]).toHaveLength(11);
  for (const name of [
    'BATON_API_URL',
    'BATON_CONCURRENCY',
    'BATON_DRAIN_MS',
    'BATON_GRACE_MS',
    'BATON_ISOLATION',
    'BATON_LABELS',
    'BATON_LOG_LEVEL',
    'BATON_MAX_OUTPUT_BYTES',
    'BATON_REDIS_PREFIX',
    'BATON_REDIS_URL',
    'BATON_WORKER_TOKEN',
  ]) {
    expect(names).toContain(name);
  }
  expect(problems).toContain('BATON_REDIS_URL: expected redis://[:password@]host:6379/0');
});

test.each(['20', '-1', '1.5'])('scripts cannot have the niceness %s', (BATON_NICE) => {
  expect(problemsOf({ ...ENOUGH, BATON_NICE })).toEqual([expect.stringMatching(/^BATON_NICE: /)]);
});

test.each([0, 19])('scripts can have the niceness %s', (nice) => {
  expect(loadConfig({ ...ENOUGH, BATON_NICE: String(nice) }).BATON_NICE).toBe(nice);
});

test('labels may have spaces around them', () => {
  expect(loadConfig({ ...ENOUGH, BATON_LABELS: ' default, gpu ' }).BATON_LABELS).toEqual(['default', 'gpu']);
});

test('the token may be in a file', async () => {
  const directory = await makeDirectory();
  const path = join(directory.path, 'token');
  await writeFile(path, 'from a file\n');
  const { BATON_WORKER_TOKEN: _, ...rest } = ENOUGH;
  expect(loadConfig({ ...rest, BATON_WORKER_TOKEN_FILE: path }).BATON_WORKER_TOKEN).toBe('from a file');
  await directory.remove();
  expect(problemsOf({ ...rest, BATON_WORKER_TOKEN_FILE: path })).toEqual([
    expect.stringContaining('BATON_WORKER_TOKEN_FILE'),
    expect.stringContaining('BATON_WORKER_TOKEN: expected a token'),
  ]);
});
