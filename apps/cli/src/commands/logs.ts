import type { CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findTrackId } from '../targets.ts';

export interface LogsOptions {
  follow?: boolean;
  attempt?: number;
}

/** What a track printed, byte for byte; with --json as one document. */
export async function showLogs(context: CommandContext, target: string, options: LogsOptions): Promise<ExitCode> {
  const client = context.connect();
  const trackId = await findTrackId(client, target);
  const attempt = options.attempt === undefined ? {} : { attempt: options.attempt };
  const { terminal, isJson, signal } = context;
  if (options.follow !== true) {
    const output = await client.readOutput(trackId, attempt);
    terminal.write(isJson ? `${JSON.stringify({ trackId, ...attempt, output }, null, 2)}\n` : output);
    return EXIT.success;
  }
  const pieces: string[] = [];
  for await (const piece of client.followOutput(trackId, { ...attempt, signal })) {
    if (isJson) pieces.push(piece);
    else terminal.write(piece);
  }
  if (isJson) terminal.write(`${JSON.stringify({ trackId, ...attempt, output: pieces.join('') }, null, 2)}\n`);
  return EXIT.success;
}
