import type { ActionOptions, Client, TrackDetails } from '@baton/client';
import { formatAwaited, nameTrack, readDeclarations } from '../awaited.ts';
import { composeOffer, readChoice } from '../choice-answer.ts';
import { renderOffer } from '../ask-person.ts';
import { CliError } from '../cli-error.ts';
import { answer, type CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { printable } from '../format.ts';
import { completeValues, parseAssignments } from '../parameters.ts';
import { findTrackId } from '../targets.ts';
import { readActionOptions, type ActionWords } from './action-options.ts';

/** What a person does to one track. */

interface NextOptions extends ActionWords {
  all?: boolean;
  none?: boolean;
}

/** Goes on with the named successors. Without names the offer is shown, and asked for where somebody can be asked. */
export async function chooseNext(
  context: CommandContext,
  { word, names }: { word: string; names: string[] },
  options: NextOptions,
): Promise<ExitCode> {
  const client = context.connect();
  const trackId = await findTrackId(client, word);
  if (names.length > 0 && (options.all === true || options.none === true)) {
    throw new CliError('expected names, --all or --none, found several of them', EXIT.usage);
  }
  const next =
    names.length > 0 ? names : options.none === true ? [] : await readNext(context, client, { trackId, options });
  if (next === null) return EXIT.success;
  const track = await client.chooseNext(trackId, next, readActionOptions(options));
  answer(context, track, () => {
    const chosen = track.chosen ?? [];
    return `${nameTrack(track)} goes on with ${chosen.length === 0 ? 'none of its successors' : chosen.map(printable).join(', ')}.`;
  });
  return EXIT.success;
}

/** @returns null where it was left for later */
async function readNext(
  context: CommandContext,
  client: Client,
  { trackId, options }: { trackId: number; options: NextOptions },
): Promise<string[] | null> {
  const track = await client.getTrack(trackId);
  const { ask } = context.terminal;
  if (track.awaits !== 'choice') {
    const found = `${track.state}${track.awaits === null ? '' : ` and ${formatAwaited(track)}`}`;
    throw new CliError(`expected ${nameTrack(track)} to await a choice, found it ${found}`, EXIT.usage);
  }
  const offer = composeOffer(track);
  if (options.all === true) return offer.names;
  const shown = renderOffer(offer).join('\n');
  if (ask === null || context.isJson) {
    const message = `expected the successors to go on with, found no name; ${formatAwaited(track)}\n${shown}`;
    throw new CliError(message, EXIT.usage);
  }
  context.terminal.writeError(`${nameTrack(track)} goes on with:\n${shown}\n`);
  for (;;) {
    const enter = offer.preset.length === 0 ? '' : `; Enter for ${printable(offer.preset.join(', '))}`;
    const text = `Numbers or names${enter}; all, none, later: `;
    const [typed = ''] = await ask([{ text, isSecret: false }]);
    const choice = readChoice(typed, offer);
    if (choice.kind === 'next') return choice.names;
    if (choice.kind === 'later') return null;
    context.terminal.writeError(`${printable(choice.problem)}\n`);
  }
}

interface ValueOptions extends ActionWords {
  param: string[];
}

/** Gives a held track the values that it lacks. */
export async function giveParameters(context: CommandContext, word: string, options: ValueOptions): Promise<ExitCode> {
  const client = context.connect();
  const assignments = parseAssignments(options.param);
  const trackId = await findTrackId(client, word);
  const track = await client.getTrack(trackId);
  const declarations = (await readDeclarations(client, await client.getPipeline(track.pipelineId)))(track.vertex);
  // Those it has are not asked for.
  const lacks = Object.entries(declarations).filter(([name]) => !(name in track.input) || assignments.has(name));
  const ask = track.awaits === 'params' && !context.isJson ? context.terminal.ask : null;
  const vertex = { name: track.vertex, input: Object.fromEntries(lacks) };
  const values = await completeValues([vertex], assignments, { ask });
  return answerTrack(context, await client.giveParameters(trackId, values, readActionOptions(options)));
}

interface DecisionOptions extends ActionWords {
  comment?: string;
}

/** Lets a track through its gate, with the values of the gate's form. */
export async function approveTrack(
  context: CommandContext,
  word: string,
  options: DecisionOptions & ValueOptions,
): Promise<ExitCode> {
  const client = context.connect();
  const assignments = parseAssignments(options.param);
  const trackId = await findTrackId(client, word);
  const { gate, awaits, vertex } = await client.getTrack(trackId);
  const ask = awaits === 'approval' && !context.isJson ? context.terminal.ask : null;
  const form = await completeValues([{ name: vertex, input: gate?.form ?? {} }], assignments, { ask });
  return answerTrack(context, await client.approveTrack(trackId, form, readDecisionOptions(options)));
}

/** Keeps a track from passing its gate. */
export async function rejectTrack(context: CommandContext, word: string, options: DecisionOptions): Promise<ExitCode> {
  const client = context.connect();
  const trackId = await findTrackId(client, word);
  return answerTrack(context, await client.rejectTrack(trackId, readDecisionOptions(options)));
}

/** A comment is the reason of a decision. */
function readDecisionOptions({ comment, ...options }: DecisionOptions): ActionOptions {
  return readActionOptions(comment === undefined ? options : { ...options, reason: comment });
}

export function skipTrack(context: CommandContext, word: string, options: ActionWords): Promise<ExitCode> {
  return actOn(context, word, (client, trackId) => client.skipTrack(trackId, readActionOptions(options)));
}

export function succeedTrack(context: CommandContext, word: string, options: ActionWords): Promise<ExitCode> {
  return actOn(context, word, (client, trackId) => client.succeedTrack(trackId, readActionOptions(options)));
}

export function giveUpTrack(context: CommandContext, word: string, options: ActionWords): Promise<ExitCode> {
  return actOn(context, word, (client, trackId) => client.giveUpTrack(trackId, readActionOptions(options)));
}

async function actOn(
  context: CommandContext,
  word: string,
  act: (client: Client, trackId: number) => Promise<TrackDetails>,
): Promise<ExitCode> {
  const client = context.connect();
  return answerTrack(context, await act(client, await findTrackId(client, word)));
}

function answerTrack(context: CommandContext, track: TrackDetails): ExitCode {
  answer(context, track, () => {
    const decided = track.gateDecision === null ? '' : `${track.gateDecision}, `;
    const still = track.awaits === null ? '' : `; it ${formatAwaited(track)}`;
    const { pipelineId, pipelineState } = track;
    return `${nameTrack(track)} is ${decided}${track.state}${still}. Pipeline ${pipelineId} is ${pipelineState}.`;
  });
  return EXIT.success;
}
