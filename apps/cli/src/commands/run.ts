import type { Pipeline, StartRequest } from '@baton/client';
import { Option, type Command } from 'commander';
import { BATON } from '../baton-word.ts';
import type { CommandContext } from '../command-context.ts';
import { answer } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { exitCodeOfPipeline, followPipeline, renderEnd } from '../follow-pipeline.ts';
import { colorState, countOf, printable } from '../format.ts';
import { applyGraphFile, isGraphFile, refuseProblems } from '../graph-file.ts';
import { collect, readPositive, readWholeNumber } from '../options.ts';
import { collectParams, parseAssignments } from '../parameters.ts';

interface RunOptions {
  param: string[];
  name?: string;
  mode?: 'auto' | 'manual';
  onFailure?: 'stop' | 'kill' | 'continue' | 'hold';
  priority?: number;
  /** Seconds. */
  deadline?: number;
  follow?: boolean;
  timeout?: number;
  idempotencyKey?: string;
}

export function addRunCommand(program: Command, run: RunCommand): void {
  program
    .command('run')
    .summary('start a graph as a pipeline')
    .description(
      'Starts a graph: a file (stored first) or the name of one, "name@version" for one version of it.\n' +
        'Required parameters without a value are asked for where there is a terminal.',
    )
    .argument('<graph>', 'file, name, or name@version')
    .option(
      '-p, --param <name=value>',
      'value of a parameter; vertex.name=value for one vertex; may be repeated',
      collect,
      [],
    )
    .option('--name <name>', "name of the pipeline; the graph's unless given")
    .addOption(new Option('--mode <mode>', 'how it flows').choices(['auto', 'manual']))
    .addOption(
      new Option('--on-failure <policy>', 'what a failed track means').choices(['stop', 'kill', 'continue', 'hold']),
    )
    .option('--priority <number>', 'higher starts sooner, 0 to 1000', readWholeNumber(0, 1000))
    .option('--deadline <seconds>', 'FAILED if it has not ended after so long', readPositive)
    .option('-f, --follow', 'show it until it has ended; the exit code is its result')
    .option('--timeout <seconds>', 'follow for so long at most, then exit with 124', readPositive)
    .option('--idempotency-key <key>', 'the same key again starts nothing anew')
    .action(async (graph: string, options: RunOptions) => run(graph, options));
}

type RunCommand = (graph: string, options: RunOptions) => Promise<void>;

/** @returns the exit code: of the pipeline where it is followed */
export async function runGraph(context: CommandContext, graph: string, options: RunOptions): Promise<ExitCode> {
  const client = context.connect();
  const assignments = parseAssignments(options.param);
  const name = await resolveGraph(context, graph);
  const { ask } = context.terminal;
  const params = await collectParams(client, { graph: name, assignments }, { ask: context.isJson ? null : ask });
  const { idempotencyKey } = options;
  const pipeline = await client.startPipeline(
    composeStart(name, params, options),
    idempotencyKey === undefined ? {} : { idempotencyKey },
  );
  if (options.follow !== true && options.timeout === undefined) {
    answer(context, pipeline, () => describeStart(context, pipeline));
    return EXIT.success;
  }
  return followToEnd(context, pipeline, options.timeout);
}

/** A file is stored, and its name taken. @throws CliError where its check finds problems */
async function resolveGraph(context: CommandContext, graph: string): Promise<string> {
  if (!isGraphFile(graph, context.workingDirectory)) return graph;
  const saved = await applyGraphFile(context.connect(), graph, context.workingDirectory);
  refuseProblems(saved);
  return `${saved.name}@${saved.version}`;
}

function composeStart(graph: string, params: StartRequest['params'], options: RunOptions): StartRequest {
  const { name, mode, onFailure, priority, deadline } = options;
  return {
    // All digits: an id. Names are never so.
    graph: /^\d+$/.test(graph) ? Number(graph) : graph,
    ...(params === undefined ? {} : { params }),
    ...(name === undefined ? {} : { name }),
    ...(mode === undefined ? {} : { mode }),
    ...(onFailure === undefined ? {} : { onFailure }),
    ...(priority === undefined ? {} : { priority }),
    ...(deadline === undefined ? {} : { timeoutMs: Math.max(1, Math.round(deadline * 1000)) }),
  };
}

export async function followToEnd(
  context: CommandContext,
  pipeline: Pipeline,
  timeoutSeconds: number | undefined,
): Promise<ExitCode> {
  const client = context.connect();
  const timeoutMs = timeoutSeconds === undefined ? null : timeoutSeconds * 1000;
  if (!context.isJson) context.terminal.writeError(`${describeStart(context, pipeline)}\n`);
  try {
    const end = await followPipeline(context, client, { pipeline, timeoutMs });
    const text = context.isJson ? '' : await renderEnd(context, client, end);
    answer(context, { ...end.pipeline, tracks: end.tracks }, () => text);
    return exitCodeOfPipeline(end.pipeline);
  } catch (error) {
    if (context.signal.aborted) {
      context.terminal.writeError(
        `Pipeline ${pipeline.id} goes on: "${BATON} show ${pipeline.id}" shows it, "${BATON} cancel ${pipeline.id}" stops it.\n`,
      );
    }
    throw error;
  }
}

function describeStart({ colors }: CommandContext, { id, name, graph, version, state, totalTracks }: Pipeline): string {
  return `Pipeline ${colors.bold(String(id))} (${printable(name)}) of ${printable(graph)}@${version} is ${colorState(colors, state)}: ${countOf(totalTracks, 'track')}`;
}
