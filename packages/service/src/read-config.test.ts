import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { ConfigError, readConfig } from './read-config.ts';

const schema = z.object({
  BATON_URL: z.url('expected a URL'),
  BATON_SECRET: z.string().min(4, 'expected four characters'),
  BATON_LIMIT: z.coerce.number().int().min(1).default(7),
});

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'baton-config-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function writeSecret(text: string): string {
  const file = path.join(directory, 'secret');
  writeFileSync(file, text);
  return file;
}

function problemsOf(environment: Record<string, string>): string {
  try {
    readConfig(schema, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('these settings are right');
}

test('settings are converted, completed by defaults, and free of everything else', () => {
  const environment = { BATON_URL: 'http://a', BATON_SECRET: 'abcd', BATON_LIMIT: '3', PATH: '/bin' };
  expect(readConfig(schema, environment)).toEqual({ BATON_URL: 'http://a', BATON_SECRET: 'abcd', BATON_LIMIT: 3 });
  expect(readConfig(schema, { ...environment, BATON_LIMIT: '' }).BATON_LIMIT).toBe(7);
});

test('every problem is told at once, by the name of its variable', () => {
  const problems = problemsOf({ BATON_SECRET: 'abc', BATON_LIMIT: '0', BATON_URL_FILE: path.join(directory, 'none') });
  expect(problems).toMatch(/^The settings are wrong:/);
  expect(problems.split('\n')).toHaveLength(5);
  for (const expected of [
    /BATON_URL_FILE: the file .* cannot be read/,
    /BATON_URL: expected a URL/,
    /BATON_SECRET: expected four characters/,
    /BATON_LIMIT: /,
  ]) {
    expect(problems).toMatch(expected);
  }
});

test('a value may come from a file, without the line break at its end; the file wins', () => {
  const BATON_SECRET_FILE = writeSecret('from the file\n');
  const environment = { BATON_URL: 'http://a', BATON_SECRET_FILE };
  expect(readConfig(schema, environment).BATON_SECRET).toBe('from the file');
  expect(readConfig(schema, { BATON_SECRET: 'given', ...environment }).BATON_SECRET).toBe('from the file');
  expect(readConfig(schema, { ...environment, BATON_SECRET: 'given' }).BATON_SECRET).toBe('from the file');
});

test("another program's variables that end in _FILE are not opened", () => {
  const environment = { BATON_URL: 'http://a', BATON_SECRET: 'abcd', LOG_FILE: '/nowhere/at/all' };
  expect(readConfig(schema, environment).BATON_LIMIT).toBe(7);
});

test('a secret is never in what is told', () => {
  const BATON_SECRET_FILE = writeSecret('xyz');
  expect(problemsOf({ BATON_URL: 'hunter2', BATON_SECRET_FILE })).not.toMatch(/xyz|hunter2/);
});
