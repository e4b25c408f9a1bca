import path from 'node:path';
import { answer, type CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { createReporter, renderAddresses, stopStack, waitForEnd } from '../stay-up.ts';

export interface UpOptions {
  workers: number;
  orchestrators: number;
  port: number;
  label: string[];
}

/** Starts a stack and stays until Ctrl-C. The nth --label gives the labels of the nth worker. */
export async function bringUp(context: CommandContext, options: UpOptions): Promise<ExitCode> {
  const report = createReporter(context);
  report('Starting MySQL, Redis, API, orchestrators and workers ...');
  const stack = await context.startStack({
    directory: path.join(context.workingDirectory, '.baton'),
    report,
    workers: options.workers,
    orchestrators: options.orchestrators,
    port: options.port,
    workerLabels: options.label,
  });
  try {
    const { mysql, redis } = stack.servers.descriptions;
    report(`Ready: ${mysql}; ${redis}; ${stack.processes.map(({ name }) => name).join(', ')}.`);
    const { url, token, workerToken } = stack;
    answer(context, { url, token, workerToken, pids: stack.processes.map(({ name, pid }) => ({ name, pid })) }, () =>
      [renderAddresses(context, stack), '', 'Try: npx baton run examples/test1.yaml --follow', 'Ctrl-C stops it.'].join(
        '\n',
      ),
    );
    await waitForEnd(context.signal);
  } finally {
    await stopStack(stack, report);
  }
  return EXIT.success;
}
