import type { Client } from '@baton/client';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { readTracks } from '../watch-pipeline.ts';

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

/** `81604378625` is a track, `12/A` the track of vertex A in pipeline 12. */
async function findTrackId(client: Client, target: string): Promise<number> {
  if (/^[1-9]\d{0,15}$/.test(target)) return Number(target);
  const [, pipeline, vertex] = /^([1-9]\d{0,15})\/(.+)$/s.exec(target) ?? [];
  if (pipeline === undefined) {
    throw new CliError(`expected a track's id or pipeline/vertex, found ${JSON.stringify(target)}`, EXIT.usage);
  }
  const tracks = await readTracks(client, Number(pipeline));
  const track = tracks.find((one) => one.vertex === vertex);
  if (track !== undefined) return track.id;
  const names = tracks.slice(0, 20).map((one) => one.vertex);
  const more = tracks.length > names.length ? ', ...' : '';
  const message = `expected a vertex of pipeline ${pipeline} (${names.join(', ')}${more}), found ${JSON.stringify(vertex)}`;
  throw new CliError(message, EXIT.usage);
}
