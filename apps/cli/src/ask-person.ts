import { setTimeout as wait } from 'node:timers/promises';
import { ApiError, UnreachableError, type Client, type Declarations, type Track } from '@baton/client';
import { describeAwaited, missingOf, nameTrack } from './awaited.ts';
import { composeOffer, readChoice, type Offer } from './choice-answer.ts';
import { describeError, exitCodeOf } from './cli-error.ts';
import type { CommandContext, Question } from './command-context.ts';
import { EXIT } from './exit-codes.ts';
import { printable, shorten } from './format.ts';
import { completeValues } from './parameters.ts';

/*
 * Asks the person at the terminal for what a track awaits, and does it. Others may decide at the same moment: the track is
 * looked at while the question stands, and the question is taken back when it awaits something else; whoever is late all the
 * same is refused by the server, which is told and no error.
 */

export interface AskSurroundings {
  context: CommandContext;
  client: Client;
  ask: NonNullable<CommandContext['terminal']['ask']>;
  /** Ends the asking, with nothing decided. */
  deadline: AbortSignal | null;
  /** What the track's vertex takes. */
  declarationsOf(track: Track): Promise<Declarations>;
}

const LOOK_MS = 1000;
const LISTED = 50;

/** Why a question was taken back. */
class TakenBack extends Error {
  override readonly name = 'TakenBack';
}

/**
 * Asks until the answer is clear and accepted, or left for later.
 * @throws what is no refusal of this answer: Ctrl-C, no server
 */
export async function askPerson(surroundings: AskSurroundings, track: Track): Promise<void> {
  const { context } = surroundings;
  const tell = (line: string): void => context.terminal.writeError(`${line}\n`);
  const step = describeAwaited(track);
  if (step === null) return;
  tell(`${context.colors.bold(nameTrack(track))} ${step.what}`);
  for (;;) {
    try {
      const done = await askOnce(surroundings, track, tell);
      if (done === 'later') tell(`Left for later: ${step.command}`);
      if (done !== 'again') return;
    } catch (error) {
      if (error instanceof TakenBack) return tell(error.message);
      if (!(error instanceof ApiError) || exitCodeOf(error) === EXIT.unreachable) throw error;
      for (const line of describeError(error)) tell(line);
      // Only what was typed wrongly can be typed again: who may not, or comes too late, is not asked twice.
      if (error.status !== 422) return;
    }
  }
}

type Outcome = 'done' | 'later' | 'again';
type Tell = (line: string) => void;

function askOnce(surroundings: AskSurroundings, track: Track, tell: Tell): Promise<Outcome> {
  switch (track.awaits) {
    case 'choice':
      return askChoice(surroundings, track, tell);
    case 'approval':
      return askApproval(surroundings, track);
    case 'params':
      return askParams(surroundings, track);
    case 'decision':
      return askDecision(surroundings, track);
    case null:
      return Promise.resolve('done');
  }
}

async function askChoice(surroundings: AskSurroundings, track: Track, tell: Tell): Promise<Outcome> {
  const offer = composeOffer(track);
  for (const line of renderOffer(offer)) tell(line);
  const enter = offer.preset.length === 0 ? '' : `; Enter for ${shorten(offer.preset.join(', '), 40)}`;
  const [text = ''] = await ask(surroundings, track, [
    { text: `Go on with (numbers or names${printable(enter)}; all, none, later): `, isSecret: false },
  ]);
  const answer = readChoice(text, offer);
  if (answer.kind === 'unclear') {
    tell(printable(answer.problem));
    return 'again';
  }
  if (answer.kind === 'later') return 'later';
  await surroundings.client.chooseNext(track.id, answer.names);
  return 'done';
}

/** `  1  B  (next)`. */
export function renderOffer({ names, preset }: Offer): string[] {
  const shown = names.slice(0, LISTED);
  const width = String(shown.length).length;
  const lines = shown.map((name, index) => {
    const mark = preset.includes(name) ? '  (next)' : '';
    return `  ${String(index + 1).padStart(width)}  ${printable(name)}${mark}`;
  });
  return names.length > shown.length ? [...lines, `  and ${names.length - shown.length} more, by name`] : lines;
}

async function askApproval(surroundings: AskSurroundings, track: Track): Promise<Outcome> {
  const word = await askWord(surroundings, track, ['approve', 'reject', 'later']);
  if (word === 'reject') await surroundings.client.rejectTrack(track.id);
  if (word === 'approve') await surroundings.client.approveTrack(track.id, await askForm(surroundings, track));
  return word === null ? 'again' : word === 'later' ? 'later' : 'done';
}

function askForm(surroundings: AskSurroundings, track: Track): ReturnType<typeof completeValues> {
  const input = track.gate?.form ?? {};
  const terminal = { ask: (questions: readonly Question[]) => ask(surroundings, track, questions) };
  return completeValues([{ name: track.vertex, input }], new Map(), terminal);
}

async function askParams(surroundings: AskSurroundings, track: Track): Promise<Outcome> {
  const declarations = await surroundings.declarationsOf(track);
  const missing = new Set(missingOf(declarations, track.input));
  const input = Object.fromEntries(Object.entries(declarations).filter(([name]) => missing.has(name)));
  const terminal = { ask: (questions: readonly Question[]) => ask(surroundings, track, questions) };
  const values = await completeValues([{ name: track.vertex, input }], new Map(), terminal);
  await surroundings.client.giveParameters(track.id, values);
  return 'done';
}

async function askDecision(surroundings: AskSurroundings, track: Track): Promise<Outcome> {
  const { client } = surroundings;
  const word = await askWord(surroundings, track, ['retry', 'skip', 'succeed', 'give-up', 'later']);
  if (word === 'retry') await client.retryTrack(track.id);
  if (word === 'skip') await client.skipTrack(track.id);
  if (word === 'succeed') await client.succeedTrack(track.id);
  if (word === 'give-up') await client.giveUpTrack(track.id);
  return word === null ? 'again' : word === 'later' ? 'later' : 'done';
}

/** @returns the word that was typed, or begun so that it can be no other; null where it is none */
async function askWord<Word extends string>(
  surroundings: AskSurroundings,
  track: Track,
  words: readonly Word[],
): Promise<Word | null> {
  const [text = ''] = await ask(surroundings, track, [{ text: `${words.join(', ')}? `, isSecret: false }]);
  const typed = text.trim().toLowerCase();
  const meant = words.filter((word) => typed !== '' && word.startsWith(typed));
  return meant.length === 1 ? (meant[0] ?? null) : null;
}

/** Asks as long as the track awaits the same. @throws TakenBack */
async function ask(
  { ask: askTerminal, client, deadline, context }: AskSurroundings,
  track: Track,
  questions: readonly Question[],
): Promise<string[]> {
  const late = new TakenBack(`${nameTrack(track)} was not decided in time.`);
  // An answer that has to be given again may have taken all the time.
  if (deadline?.aborted === true) throw late;
  const answered = new AbortController();
  const elsewhere = new AbortController();
  const watching = watchTrack(client, track, AbortSignal.any([answered.signal, context.signal])).then(
    (message) => (message === null ? undefined : elsewhere.abort(new TakenBack(message))),
    (error: unknown) => elsewhere.abort(error),
  );
  deadline?.addEventListener('abort', () => elsewhere.abort(late), { once: true, signal: answered.signal });
  try {
    return await askTerminal(questions, elsewhere.signal);
  } finally {
    answered.abort();
    await watching;
  }
}

/** @returns what happened to a track that no longer awaits the same; null when the signal ends it */
async function watchTrack(client: Client, track: Track, signal: AbortSignal): Promise<string | null> {
  for (;;) {
    try {
      await wait(LOOK_MS, undefined, { signal });
      const now = await client.getTrack(track.id);
      if (now.awaits !== track.awaits || now.attempt !== track.attempt) {
        const who = now.lastAction?.actor ?? null;
        const by = who === null ? '' : ` by ${printable(who)}`;
        return `${nameTrack(track)} no longer awaits that: it is ${now.state}${by}.`;
      }
    } catch (error) {
      if (signal.aborted) return null;
      const isPassing = error instanceof UnreachableError || (error instanceof ApiError && error.status === 503);
      if (!isPassing) throw error;
    }
  }
}
