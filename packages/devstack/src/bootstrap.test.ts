import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { findRepositoryDirectory } from './repository.ts';

const packageDirectory = path.join(import.meta.dirname, '..');

async function evaluate(code: string): Promise<unknown> {
  const words = ['--input-type=module', '-e', code];
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: packageDirectory });
  return JSON.parse(stdout) as unknown;
}

test('the range of Node versions in package.json is understood', async () => {
  const versions = [
    '20.18.3',
    '20.19.0',
    '20.20.2',
    '21.7.0',
    '22.12.0',
    '22.13.0',
    '23.0.0',
    '24.10.9',
    '24.11.0',
    '26.1.0',
  ];
  const manifest = JSON.parse(readFileSync(path.join(findRepositoryDirectory(), 'package.json'), 'utf8')) as {
    engines: { node: string };
  };
  const accepted = await evaluate(`
    import { satisfiesRange } from './node-range.mjs';
    const range = ${JSON.stringify(manifest.engines.node)};
    console.log(JSON.stringify(${JSON.stringify(versions)}.filter((version) => satisfiesRange(version, range))));
  `);
  expect(accepted).toEqual(['20.19.0', '20.20.2', '22.13.0', '24.11.0', '26.1.0']);
});

test('the lock file names the packages of every platform, or npm ci would refuse it', () => {
  const lock = JSON.parse(readFileSync(path.join(findRepositoryDirectory(), 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  const missing = Object.entries(lock.packages).flatMap(([key, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !lock.packages[`node_modules/${name}`] && !lock.packages[`${key}/node_modules/${name}`],
    ),
  );
  expect(missing).toEqual([]);
});
