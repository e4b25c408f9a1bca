import path from 'node:path';
import { createClient, type Client } from '@baton/client';
import type { Stack } from '@baton/devstack';
import { answer, type CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { createReporter, renderAddresses, stopStack, waitForEnd } from '../stay-up.ts';
import { renderSummary, runShow, type ShowResult } from '../run-show.ts';

/** What `npm start` runs. */

export interface StartOptions {
  exit?: boolean;
  graph: string[];
  param: string[];
  workers: number;
  port: number;
}

/** The examples, in the order in which they are shown. */
const EXAMPLES = ['test1', 'test2', 'test3', 'test4', 'release'];

/**
 * Starts a stack, runs the examples (or the given files) on it and shows how they flow. With --exit everything is stopped
 * then, and the exit code says whether all was as it must be; else it stays up until Ctrl-C.
 */
export async function startShow(
  context: CommandContext,
  files: readonly string[],
  options: StartOptions,
): Promise<ExitCode> {
  const report = createReporter(context);
  report('Starting MySQL, Redis, the API, an orchestrator and workers ...');
  const stack = await context.startStack({
    directory: path.join(context.workingDirectory, '.baton'),
    report,
    workers: options.workers,
    port: options.port,
  });
  try {
    const { mysql, redis } = stack.servers.descriptions;
    report(`Ready: ${mysql}; ${redis}; ${stack.processes.map(({ name }) => name).join(', ')}.`);
    context.signal.throwIfAborted();
    const result = await show(context, stack, { files: [...files, ...options.graph], params: options.param });
    if (options.exit === true) return result.exitCode;
    if (!context.isJson) context.terminal.write(renderInvitation(context, stack));
    await waitForEnd(context.signal);
    return EXIT.success;
  } finally {
    await stopStack(stack, report);
  }
}

async function show(
  context: CommandContext,
  stack: Stack,
  { files, params }: { files: readonly string[]; params: readonly string[] },
): Promise<ShowResult> {
  const client: Client = createClient({ url: stack.url, token: stack.token });
  const isExamples = files.length === 0;
  const shown = isExamples ? EXAMPLES.map((name) => path.join('examples', `${name}.yaml`)) : files;
  const result = await runShow(context, client, { files: shown, params, isExamples });
  answer(context, result, () => renderSummary(context, result));
  return result;
}

function renderInvitation(context: CommandContext, stack: Stack): string {
  const { bold } = context.colors;
  const commands = [
    'npx baton run examples/release.yaml -p version=1.4.0 --follow',
    'npx baton run examples/failing.yaml --follow',
    'npx baton import examples/wfinstances/montage-chameleon-2mass-015d-001.json --time-scale 0.001 --run',
    'npx baton run test1 --mode manual --follow',
    'npx baton ps',
    'npx baton workers',
  ];
  return [
    '',
    bold('Baton is up.'),
    renderAddresses(context, stack),
    '',
    'In another terminal, in this folder:',
    ...commands.map((command) => `  ${command}`),
    '',
    'Ctrl-C stops everything.',
    '',
  ].join('\n');
}
