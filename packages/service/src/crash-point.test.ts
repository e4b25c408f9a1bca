import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildSync } from 'esbuild';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'baton-crash-'));
  buildSync({
    stdin: {
      contents: `import { crashPoint } from './crash-point.ts';
        for (const point of ['api.claimed', 'worker.sent']) { crashPoint(point); console.log(point); }`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: join(directory, 'pass.mjs'),
  });
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Runs a process that passes two points. */
function passPoints(environment: Record<string, string>): { signal: string | null; stdout: string } {
  const { signal, stdout } = spawnSync(process.execPath, [join(directory, 'pass.mjs')], {
    env: environment,
    encoding: 'utf8',
  });
  return { signal, stdout };
}

const UNHURT = { signal: null, stdout: 'api.claimed\nworker.sent\n' };

test('a process dies at the point that was asked for, the first one that comes there', () => {
  writeFileSync(join(directory, 'worker.sent'), 'SIGKILL\n');
  expect(passPoints({})).toEqual(UNHURT);
  expect(passPoints({ BATON_CRASH_DIRECTORY: directory })).toEqual({ signal: 'SIGKILL', stdout: 'api.claimed\n' });
  expect(existsSync(join(directory, 'worker.sent'))).toBe(false);
  expect(passPoints({ BATON_CRASH_DIRECTORY: directory })).toEqual(UNHURT);
});

test('by the signal that was asked for', () => {
  writeFileSync(join(directory, 'api.claimed'), 'SIGTERM');
  expect(passPoints({ BATON_CRASH_DIRECTORY: directory })).toMatchObject({ signal: 'SIGTERM' });
});
