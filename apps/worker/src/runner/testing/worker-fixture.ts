import { randomUUID } from 'node:crypto';
import { createRunner } from '../runner.ts';
import type { Isolation } from '../run-types.ts';

/**
 * A worker in small, for tests that kill or freeze one. Arguments: isolation, directory, guard timeout, script. Runs the
 * script in one slot and prints JSON lines: `{"ready"}` when it runs, `{"result"}` at its end, `{"next"}` for a second
 * run. On SIGUSR2 its event loop is stuck for three guard timeouts.
 */
const [isolation, directory = '', guardTimeoutMs = '', script = ''] = process.argv.slice(2);

process.on('SIGUSR2', () => {
  const untilMs = performance.now() + 3 * Number(guardTimeoutMs);
  while (performance.now() < untilMs);
});

const runner = await createRunner({
  slots: 2,
  directory,
  guardTimeoutMs: Number(guardTimeoutMs),
  isolation: isolation as Isolation,
  report: (event) => print({ event }),
});
print({ result: await run(script) });
print({ next: await run('exit 4') });
await runner.close();

function run(text: string): Promise<unknown> {
  const onOutput = async (chunk: Buffer): Promise<void> => print({ ready: chunk.toString() });
  const request = { runId: randomUUID(), script: text, shell: null, environment: {}, inputs: null, onOutput };
  return runner.run({ ...request, timeoutMs: null, graceMs: 100, maxOutputBytes: 1_000 }).result;
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
