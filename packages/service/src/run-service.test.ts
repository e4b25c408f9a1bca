import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { build } from 'esbuild';

// Beside the packages that it imports, of its own name for each run.
const bundle = path.join(import.meta.dirname, `../dist/service-fixture.${process.pid}.mjs`);
beforeAll(async () => {
  mkdirSync(path.dirname(bundle), { recursive: true });
  await build({
    entryPoints: [path.join(import.meta.dirname, 'testing/service-fixture.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
  });
});
afterAll(() => rmSync(bundle, { force: true }));

interface Fixture {
  child: ChildProcess;
  /** Resolves when the process has logged this event. */
  waitFor(event: string): Promise<Record<string, unknown>>;
  /** The end of the process, and the events that it logged. */
  ended: Promise<{ code: number | null; events: unknown[] }>;
}

function startFixture(...args: string[]): Fixture {
  const child = spawn(process.execPath, [bundle, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(JSON.parse(line) as Record<string, unknown>);
    for (const look of waiting) look();
  });
  return {
    child,
    waitFor: (event) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = lines.find((line) => line['event'] === event);
          if (found !== undefined) resolve(found);
        };
        waiting.add(look);
        look();
      }),
    ended: new Promise((resolve) => {
      child.on('close', (code) => resolve({ code, events: lines.map(({ event }) => event) }));
    }),
  };
}

test.each(['SIGTERM', 'SIGINT'] as const)('%s stops the service in order and ends with status 0', async (signal) => {
  const fixture = startFixture('well');
  expect(await fixture.waitFor('ready')).toMatchObject({ name: 'fixture', url: 'http://127.0.0.1:1' });
  fixture.child.kill(signal);
  expect(await fixture.ended).toEqual({
    code: 0,
    events: ['ready', 'stopping', 'no_new_work', 'connections_closed', 'stopped'],
  });
});

test('a second signal ends a stop that hangs at once, with status 1', async () => {
  const fixture = startFixture('hangs');
  await fixture.waitFor('ready');
  fixture.child.kill('SIGTERM');
  await fixture.waitFor('no_new_work');
  fixture.child.kill('SIGINT');
  expect(await fixture.ended).toEqual({ code: 1, events: ['ready', 'stopping', 'no_new_work', 'stop_forced'] });
});

test('a stop that takes too long is ended with status 1', async () => {
  const fixture = startFixture('hangs', '50');
  await fixture.waitFor('ready');
  fixture.child.kill('SIGTERM');
  expect(await fixture.ended).toEqual({ code: 1, events: ['ready', 'stopping', 'no_new_work', 'stop_timeout'] });
});

test('a stop that fails ends with status 1 and says why', async () => {
  const fixture = startFixture('cannot_stop');
  await fixture.waitFor('ready');
  fixture.child.kill('SIGTERM');
  expect(await fixture.waitFor('stop_failed')).toMatchObject({ err: { message: 'the connection does not close' } });
  expect((await fixture.ended).code).toBe(1);
});

test('a service that cannot start ends with status 1 and says why', async () => {
  const fixture = startFixture('cannot_start');
  expect(await fixture.waitFor('start_failed')).toMatchObject({ msg: 'the port is taken' });
  expect(await fixture.ended).toEqual({ code: 1, events: ['start_failed'] });
});

test('a signal during the start ends with status 0', async () => {
  const fixture = startFixture('starts_slowly');
  await fixture.waitFor('starting');
  fixture.child.kill('SIGTERM');
  expect(await fixture.ended).toEqual({ code: 0, events: ['starting', 'stopping', 'stopped'] });
});

test.each(['throws', 'rejects'])('an error that nobody caught ends with status 70: a service that %s', async (how) => {
  const { code, events } = await startFixture(how).ended;
  expect(code).toBe(70);
  expect(events.at(-1)).toBe('crashed');
});

test('does not keep much more memory than is in use', async () => {
  const fixture = startFixture('makes_garbage');
  const { heapMebibytes } = await fixture.waitFor('ready');
  fixture.child.kill();
  await fixture.ended;
  expect(heapMebibytes).toBeLessThan(185);
}, 60_000);
