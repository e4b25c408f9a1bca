import type { Stack, StackFile } from '@baton/devstack';
import type { CommandContext } from './command-context.ts';

/** What a running stack is used with. */
export function renderAddresses({ colors }: CommandContext, { url, token }: Pick<StackFile, 'url' | 'token'>): string {
  const rows = [
    ['address', colors.cyan(url)],
    ['API reference', colors.cyan(`${url}/docs`)],
    ['queues', `${colors.cyan(`${url}/queues`)} (the password is the token)`],
    ['token', token],
  ];
  return rows.map(([title = '', value = '']) => `  ${title.padEnd(14)} ${value}`).join('\n');
}

/** Resolves when the person, or whoever started this, wants it to end. */
export function waitForEnd(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    // A signal holds no process alive; a timer does.
    const alive = setInterval(() => undefined, 2 ** 30);
    signal.addEventListener('abort', () => {
      clearInterval(alive);
      resolve();
    });
  });
}

/** A line each for what takes long, with the time since the start. */
export function createReporter(context: CommandContext): (line: string) => void {
  const startedAt = performance.now();
  return (line) => {
    const elapsed = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(5);
    context.terminal.writeError(`${context.colors.dim(`[${elapsed}s]`)} ${line}\n`);
  };
}

export async function stopStack(stack: Stack, report: (line: string) => void): Promise<void> {
  report('Stopping workers, orchestrators, API and servers ...');
  await stack.stop();
  report('Stopped.');
}
