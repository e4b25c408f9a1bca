import { CliError } from '../cli-error.ts';
import { answer, type CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { printable } from '../format.ts';
import { findTrackId } from '../targets.ts';

export interface OutputsOptions {
  attempt?: number;
  key?: string;
}

/** What a track's script handed on: every value by its key, or one alone, as it is. */
export async function showOutputs(context: CommandContext, word: string, options: OutputsOptions): Promise<ExitCode> {
  const client = context.connect();
  const trackId = await findTrackId(client, word);
  const found = await client.getOutputs(trackId, options.attempt);
  const { key } = options;
  if (key === undefined) {
    answer(context, found, () => renderOutputs(found.outputs, word));
    return EXIT.success;
  }
  const value = Object.hasOwn(found.outputs, key) ? found.outputs[key] : undefined;
  if (value === undefined) {
    const keys = Object.keys(found.outputs);
    const known = keys.length === 0 ? 'it has none' : keys.join(', ');
    throw new CliError(`expected a key of ${word} (${known}), found ${JSON.stringify(key)}`, EXIT.usage);
  }
  answer(context, { trackId, attempt: found.attempt, key, value }, () => value);
  return EXIT.success;
}

function renderOutputs(outputs: Readonly<Record<string, string>>, word: string): string {
  const entries = Object.entries(outputs);
  if (entries.length === 0) return `${word} handed nothing on.`;
  return entries.map(([key, value]) => renderValue(key, value)).join('\n');
}

/** As a script writes it: `key=value`, and a block where the value has several lines. */
function renderValue(key: string, value: string): string {
  const lines = value.split('\n');
  if (lines.length === 1) return `${key}=${printable(value)}`;
  let mark = 'END';
  while (lines.includes(mark)) mark = `${mark}_`;
  return [`${key}<<${mark}`, ...lines.map(printable), mark].join('\n');
}
