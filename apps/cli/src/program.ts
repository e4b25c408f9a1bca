import { Command, Option } from 'commander';
import { BATON } from './baton-word.ts';
import { addExamples } from './command-examples.ts';
import type { CommandContext } from './command-context.ts';
import { runDoctor } from './commands/doctor.ts';
import { addGraphDiffCommand } from './commands/graph-diff.ts';
import { exportGraph, listGraphs, showGraph } from './commands/graph-show.ts';
import { applyGraphs, checkGraphs } from './commands/graph-store.ts';
import { importGraph, type ImportCommandOptions } from './commands/import.ts';
import { showLogs, type LogsOptions } from './commands/logs.ts';
import { showOutputs, type OutputsOptions } from './commands/outputs.ts';
import { addPersonCommands, addPoolCommands } from './commands/person-words.ts';
import { listPipelines, PIPELINE_STATES, type PsOptions } from './commands/ps.ts';
import { addRunCommand, runGraph } from './commands/run.ts';
import { addScheduleCommands } from './commands/schedule-words.ts';
import { showTarget, TRACK_STATES } from './commands/show.ts';
import { startShow, type StartOptions } from './commands/start.ts';
import { createToken, listTokens, revokeToken, TOKEN_SCOPES, type TokenOptions } from './commands/tokens.ts';
import { bringUp, type UpOptions } from './commands/up.ts';
import { addSimulateCommand } from './commands/simulate.ts';
import { addWhyCommand } from './commands/why.ts';
import { listWorkers } from './commands/workers.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { collect, collectChoice, readId, readPositive, readWholeNumber } from './options.ts';

export interface ProgramHooks {
  /** Makes the context once the words are parsed. */
  createContext(options: { json?: boolean }): CommandContext;
  write(text: string): void;
  writeError(text: string): void;
}

/** The words of the command line. `run` parses them, runs the command, and returns its exit code or throws its error. */
export function createProgram(hooks: ProgramHooks): { run(words: readonly string[]): Promise<ExitCode> } {
  let exitCode: ExitCode = EXIT.success;
  const program = new Command('baton')
    .description('Runs graphs of scripts on a fleet of workers.')
    .option('--json', 'one JSON document on stdout, and nothing else there')
    .configureOutput({ writeOut: (text) => hooks.write(text), writeErr: (text) => hooks.writeError(text) })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError(`(${BATON} --help tells more)`)
    .exitOverride();
  const act =
    <Words extends unknown[]>(command: (context: CommandContext, ...words: Words) => Promise<ExitCode>) =>
    async (...words: Words): Promise<void> => {
      exitCode = await command(hooks.createContext(program.opts()), ...words);
    };
  addStackCommands(program, act);
  addGraphCommands(program, act);
  addRunCommand(program, act(runGraph));
  addPipelineCommands(program, act);
  addPersonCommands(program, act);
  addPoolCommands(program, act);
  addScheduleCommands(program, act);
  addWhyCommand(program, act);
  addSimulateCommand(program, act);
  addTokenCommands(program, act);
  inheritSettings(program);
  addExamples(program);
  return {
    async run(words) {
      await program.parseAsync(words, { from: 'user' });
      return exitCode;
    },
  };
}

/** Turns a command into an action of commander: the words of the command line without what commander adds at the end. */
export type Act = <Words extends unknown[]>(
  command: (context: CommandContext, ...words: Words) => Promise<ExitCode>,
) => (...words: Words) => Promise<void>;

function addStackCommands(program: Command, act: Act): void {
  const workers = new Option('--workers <number>', 'worker processes').default(2).argParser(readWholeNumber(0, 100));
  const port = new Option('--port <port>', 'of the API; 0 for any free one')
    .default(0)
    .argParser(readWholeNumber(0, 65_535));
  program
    .command('up')
    .description('start MySQL, Redis, API, orchestrators and workers here, and stay up')
    .addOption(workers)
    .option('--orchestrators <number>', 'orchestrator processes', readWholeNumber(1, 100), 1)
    .addOption(port)
    .option('--label <labels>', 'labels of the first worker, comma-separated; again for the second', collect, [])
    .action(async (options: UpOptions) => act(bringUp)(options));
  program
    .command('start')
    .description('what "npm start" runs: a stack, the examples (or the given graph files) on it, shown live')
    .argument('[files...]', 'graph files to run instead of the examples')
    .option('--exit', 'stop everything after it; the exit code is the result')
    .option('--graph <file>', 'the same as an argument', collect, [])
    .option('-p, --param <name=value>', 'value of a parameter; may be repeated', collect, [])
    .addOption(workers)
    .addOption(port)
    .action(async (files: string[], options: StartOptions) => act(startShow)(files, options));
}

function addGraphCommands(program: Command, act: Act): void {
  const graph = program.command('graph').description('store, check and show graphs');
  graph
    .command('apply')
    .description('store the graphs of files (YAML or JSON) and check them')
    .argument('<files...>')
    .action(async (files: string[]) => act(applyGraphs)(files));
  graph
    .command('check')
    .description('check a stored graph, the graph of a file (which is stored), or all that have not passed')
    .argument('[graph]', 'file or name')
    .option('--all', 'all that have not passed')
    .action(async (target: string | undefined, options: { all?: boolean }) => act(checkGraphs)(target, options));
  graph
    .command('list')
    .description('list graphs by their latest versions')
    .option('--name <prefix>', 'only names that begin so')
    .action(async (options: { name?: string }) => act(listGraphs)(options));
  graph
    .command('show')
    .description('show one graph')
    .argument('<graph>', 'id, name, or name@version')
    .option('--yaml', 'its document')
    .action(async (reference: string, options: { yaml?: boolean }) => act(showGraph)(reference, options));
  graph
    .command('export')
    .description("write a graph's document, to be edited and applied again")
    .argument('<graph>', 'id, name, or name@version')
    .addOption(new Option('--format <format>').choices(['yaml', 'json']).default('yaml'))
    .action(async (reference: string, options: { format: 'yaml' | 'json' }) => act(exportGraph)(reference, options));
  addGraphDiffCommand(graph, act);
}

function addPipelineCommands(program: Command, act: Act): void {
  program
    .command('ps')
    .description('list pipelines, newest first')
    .option('--state <state>', 'only in this state; may be repeated', collectChoice(PIPELINE_STATES), [])
    .option('--graph <graph>', 'only of this graph: id or name')
    .option('--limit <number>', 'so many', readWholeNumber(1, 100_000), 20)
    .option('--all', 'all of them')
    .option('--children', 'also those that tracks run')
    .option('--parent <track>', 'only those that this track runs, or ran: its id, or pipeline/vertex')
    .action(async (options: PsOptions) => act(listPipelines)(options));
  program
    .command('show')
    .description('show a pipeline with its tracks, what failed and what awaits a person; or one track')
    .argument('<pipeline-or-track>', "a pipeline's id, a track's id, or pipeline/vertex")
    .option('--state <state>', 'only tracks in this state; may be repeated', collectChoice(TRACK_STATES), [])
    .action(async (word: string, options: { state: string[] }) => act(showTarget)(word, options));
  program
    .command('logs')
    .description('write what a track printed')
    .argument('<track>', "a track's id, or pipeline/vertex")
    .option('-f, --follow', 'go on until it has ended')
    .option('--attempt <number>', 'of this attempt', readId)
    .action(async (target: string, options: LogsOptions) => act(showLogs)(target, options));
  program
    .command('outputs')
    .description('show what a track handed on to those after it')
    .argument('<track>', "a track's id, or pipeline/vertex")
    .option('--key <key>', 'only this value, as it is')
    .option('--attempt <number>', 'of this attempt', readId)
    .action(async (target: string, options: OutputsOptions) => act(showOutputs)(target, options));
  program
    .command('workers')
    .description('list the workers that are alive, with what they run')
    .option('--all', 'those that are gone, too')
    .action(async (options: { all?: boolean }) => act(listWorkers)(options));
  program
    .command('doctor')
    .description('examine the installation: what is wrong with it, and what to do; needs an admin token')
    .action(async () => act(runDoctor)());
  program
    .command('import')
    .description('store a workflow in WfFormat 1.5 as a graph of sleeps as long as its tasks ran')
    .argument('<file>', 'JSON')
    .option('--time-scale <factor>', 'seconds of sleep for each second', readPositive, 1)
    .option('--name <name>', "of the graph; the workflow's unless given")
    .option('--run', 'start it and follow it; the exit code is its result')
    .option('--timeout <seconds>', 'follow for so long at most, then exit with 124', readPositive)
    .option('--print', 'only write the document, store nothing')
    .addOption(new Option('--on-lost <policy>', 'what a vanished worker means').choices(['fail', 'retry']))
    .addOption(new Option('--journal <file>', 'scripts append a line at their start and their end').hideHelp())
    .action(async (file: string, options: ImportCommandOptions) => act(importGraph)(file, options));
}

function addTokenCommands(program: Command, act: Act): void {
  const scopes = TOKEN_SCOPES.map((scope) => scope.toUpperCase());
  const tokens = program.command('tokens').description('list, make and revoke API tokens');
  tokens
    .command('list')
    .description('list the tokens, without their secrets')
    .action(async () => act(listTokens)());
  tokens
    .command('create')
    .description('make a token; its text is written this once')
    .argument('<name>', 'for people: whose it is, what for')
    .option(
      '--scope <scope>',
      `${TOKEN_SCOPES.join(', ')}; may be repeated; read unless given`,
      collectChoice(scopes),
      [],
    )
    .option('--role <role>', 'gates may name it as an approver, role:<name>; may be repeated', collect, [])
    .option('--days <number>', 'valid for so long; for ever unless given', readPositive)
    .action(async (name: string, options: TokenOptions) => act(createToken)(name, options));
  tokens
    .command('revoke')
    .description('revoke a token; it works for five seconds more at most')
    .argument('<token>', 'id')
    .action(async (tokenId: string) => act(revokeToken)(tokenId));
}

/** `--json` also after the command, and the same treatment of wrong words everywhere. */
function inheritSettings(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    inheritSettings(child);
  }
}
