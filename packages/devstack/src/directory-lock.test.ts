import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { lockDirectory } from './directory-lock.ts';
import { makeTemporaryDirectory } from './testing/temporary-directory.ts';

test('a directory belongs to one at a time, until it is given back', () => {
  const { directory, remove } = makeTemporaryDirectory();
  const release = lockDirectory(directory);
  expect(() => lockDirectory(directory)).toThrow(/already running/);
  release();
  lockDirectory(directory)();
  expect(readdirSync(directory)).toEqual([]);
  remove();
});

test('the lock of a process that ended is taken over, also when its number belongs to another one now', () => {
  const { directory, remove } = makeTemporaryDirectory();
  for (const owner of ['999999999 boot/1', `${process.pid} boot/1`, 'nonsense', '']) {
    writeFileSync(path.join(directory, 'lock'), owner);
    lockDirectory(directory)();
    expect(existsSync(path.join(directory, 'lock'))).toBe(false);
  }
  remove();
});
