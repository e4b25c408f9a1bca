import { Argument, InvalidArgumentError, Option, type Command } from 'commander';
import { collect, collectWord, readId, readWholeNumber } from '../options.ts';
import type { Act } from '../program.ts';
import { withActionOptions } from './action-options.ts';
import { showHistory, type HistoryOptions } from './history.ts';
import { AWAITED_KINDS, showInbox, type InboxOptions } from './inbox.ts';
import { cancelTarget, pausePipeline, resumePipeline, setMode } from './pipeline-actions.ts';
import { listPools, removePool, setPool } from './pools.ts';
import { retryTarget, type RetryOptions } from './retry.ts';
import {
  approveTrack,
  chooseNext,
  giveParameters,
  giveUpTrack,
  rejectTrack,
  skipTrack,
  succeedTrack,
} from './track-actions.ts';

/** The words of what persons do to pipelines and tracks. */
export function addPersonCommands(program: Command, act: Act): void {
  addPipelineActions(program, act);
  addRetryCommand(program, act);
  addDecisions(program, act);
  addTrackActions(program, act);
  addInboxCommands(program, act);
}

const TRACK = "a track's id, or pipeline/vertex";

function actionCommand(program: Command, name: string, description: string): Command {
  return withActionOptions(program.command(name).description(description));
}

function addPipelineActions(program: Command, act: Act): void {
  actionCommand(program, 'pause', 'pause a pipeline: what runs goes on, nothing starts')
    .argument('<pipeline>', 'id', readId)
    .action(async (id: number, options: object) => act(pausePipeline)(id, options));
  actionCommand(program, 'resume', 'let a paused pipeline go on')
    .argument('<pipeline>', 'id', readId)
    .action(async (id: number, options: object) => act(resumePipeline)(id, options));
  actionCommand(program, 'mode', 'let a pipeline go on by itself (auto), or by choices of persons (manual)')
    .argument('<pipeline>', 'id', readId)
    .addArgument(new Argument('<mode>', 'how it flows').choices(['auto', 'manual']))
    .action(async (pipelineId: number, mode: 'auto' | 'manual', options: object) =>
      act(setMode)({ pipelineId, mode }, options),
    );
  actionCommand(program, 'cancel', 'cancel a pipeline, or one track of it; scripts that run are ended')
    .argument('<pipeline-or-track>', "a pipeline's id, a track's id, or pipeline/vertex")
    .action(async (word: string, options: object) => act(cancelTarget)(word, options));
}

function addRetryCommand(program: Command, act: Act): void {
  actionCommand(program, 'retry', 'run again: what failed in a pipeline and what follows it, or one track')
    .argument('<pipeline-or-track>', "a pipeline's id, a track's id, or pipeline/vertex")
    .option('--from <vertices>', 'these and what follows them, comma-separated; may be repeated', collectList, [])
    .option('--only', 'with --from: without what follows them')
    .option('--descendants', 'of a track: what follows it as well')
    .addOption(paramOption('changed value of a parameter, for what runs again; vertex.name=value for one vertex'))
    .option('--version <version>', 'of the graph: same, latest, or a number', readVersion)
    .option('--preview', 'only show what would run')
    .action(async (word: string, options: RetryOptions) => act(retryTarget)(word, options));
}

function addDecisions(program: Command, act: Act): void {
  actionCommand(program, 'next', 'choose the successors that a track goes on with; without names: shows what there is')
    .argument('<track>', TRACK)
    .argument('[names...]', 'names or ids of successors')
    .option('--all', 'all of them')
    .option('--none', 'none of them')
    .action(async (word: string, names: string[], options: object) => act(chooseNext)({ word, names }, options));
  actionCommand(program, 'approve', 'let a track through its gate')
    .argument('<track>', TRACK)
    .addOption(paramOption("value for the gate's form"))
    .addOption(commentOption())
    .action(async (word: string, options: { param: string[] }) => act(approveTrack)(word, options));
  actionCommand(program, 'reject', 'keep a track from passing its gate: it is skipped, or failed if the gate says so')
    .argument('<track>', TRACK)
    .addOption(commentOption())
    .action(async (word: string, options: object) => act(rejectTrack)(word, options));
  actionCommand(program, 'params', 'give a held track the values that it lacks')
    .argument('<track>', TRACK)
    .addOption(paramOption('value of a parameter'))
    .action(async (word: string, options: { param: string[] }) => act(giveParameters)(word, options));
}

function addTrackActions(program: Command, act: Act): void {
  actionCommand(program, 'skip', 'skip a track that has not started, or that failed')
    .argument('<track>', TRACK)
    .action(async (word: string, options: object) => act(skipTrack)(word, options));
  actionCommand(program, 'succeed', 'call a track done that has not started, or that failed')
    .argument('<track>', TRACK)
    .action(async (word: string, options: object) => act(succeedTrack)(word, options));
  actionCommand(program, 'give-up', 'let a failure that awaits a decision stand')
    .argument('<track>', TRACK)
    .action(async (word: string, options: object) => act(giveUpTrack)(word, options));
}

function addInboxCommands(program: Command, act: Act): void {
  program
    .command('inbox')
    .description('list what awaits a person, with the commands to type')
    .option('--mine', 'only what this token may decide')
    .option('--kind <kind>', `${AWAITED_KINDS.join(', ')}; may be repeated`, collectWord(AWAITED_KINDS), [])
    .option('--limit <number>', 'so many', readWholeNumber(1, 100_000), 50)
    .option('--all', 'all of them')
    .action(async (options: InboxOptions) => act(showInbox)(options));
  program
    .command('history')
    .description('tell what happened to a pipeline, who did it and why')
    .argument('<pipeline>', 'id', readId)
    .option('-f, --follow', 'go on until it has ended')
    .action(async (pipelineId: number, options: HistoryOptions) => act(showHistory)(pipelineId, options));
}

/** The words of `baton pool`. */
export function addPoolCommands(program: Command, act: Act): void {
  const pool = program.command('pool').description('how many tracks may use something at once');
  pool
    .command('list')
    .description('list the pools, with what runs and waits in them')
    .action(async () => act(listPools)());
  pool
    .command('set')
    .description('make a pool, or change its limit; what runs goes on')
    .argument('<name>')
    .argument('<limit>', 'so many tracks at once; 0: none starts', readWholeNumber(0, 1_000_000))
    .action(async (name: string, limit: number) => act(setPool)(name, limit));
  pool
    .command('remove')
    .description('remove a pool that no graph and no running track needs')
    .argument('<name>')
    .action(async (name: string) => act(removePool)(name));
}

function paramOption(description: string): Option {
  return new Option('-p, --param <name=value>', `${description}; may be repeated`).argParser(collect).default([]);
}

function commentOption(): Option {
  return new Option('--comment <text>', 'the same as --reason').conflicts('reason');
}

function collectList(value: string, before: string[]): string[] {
  const names = value.split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) throw new InvalidArgumentError('expected names of vertices, comma-separated.');
  return [...before, ...names];
}

function readVersion(text: string): 'same' | 'latest' | number {
  if (text === 'same' || text === 'latest') return text;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected same, latest, or the number of a version.');
}
