import type { Client, Track, TrackDetails } from '@baton/client';
import type { Colors } from 'picocolors/types';
import { BATON } from './baton-word.ts';
import { printable } from './format.ts';
import { explainEnd } from './render-pipeline.ts';
import { lastLines, readOutputTail } from './track-output.ts';

const MAX_TRACKS = 5;
const MAX_OUTPUT_LINES = 20;
/** Lines of a script around the one that failed, and of one of which the line is not known. */
const LINES_AROUND = 3;
const MAX_SCRIPT_LINES = 15;

/** What failed, where in its script, and what it said last: for the first few tracks that failed. */
export async function reportFailures(client: Client, tracks: readonly Track[], colors: Colors): Promise<string[]> {
  const failed = tracks
    .filter(({ state }) => state === 'FAILED')
    .toSorted((one, other) => (one.finishedAt ?? '').localeCompare(other.finishedAt ?? ''));
  const lines: string[] = [];
  for (const { id } of failed.slice(0, MAX_TRACKS)) {
    const track = await client.getTrack(id);
    lines.push('', ...renderFailure(track, await readOutputTail(client, id), colors));
  }
  if (failed.length > MAX_TRACKS) lines.push('', `and ${failed.length - MAX_TRACKS} more that failed`);
  return lines;
}

/** One failed track: why, its script with the line marked, the end of its output. */
export function renderFailure(track: TrackDetails, output: string, colors: Colors): string[] {
  const attempt = currentAttempt(track);
  const detail = attempt?.detail ?? track.detail;
  const range = findFailingLines(detail, output);
  const place = range === null ? '' : ` at ${describeRange(range)} of its script`;
  const ended = attempt?.signal ? `signal ${attempt.signal}` : explainEnd(track);
  const where = `track ${track.id}, attempt ${track.attempt}${track.worker === null ? '' : ` on ${printable(track.worker)}`}`;
  return [
    colors.red(`✖ ${printable(track.vertex)} FAILED${place}: ${ended || 'no reason is known'}  (${where})`),
    ...(detail === null ? [] : [`  ${printable(detail)}`]),
    ...renderWork(track, output, { range, colors }),
  ];
}

/** Undefined where it failed before it could start: its condition, its gate, its wait in the queue. */
function currentAttempt({ attempts, attempt }: TrackDetails): TrackDetails['attempts'][number] | undefined {
  return attempts.findLast((one) => one.attempt === attempt);
}

/** What ran: nothing where it failed before it could, a pipeline, or its script with the end of what that printed. */
function renderWork(
  track: TrackDetails,
  output: string,
  { range, colors }: { range: Lines | null; colors: Colors },
): string[] {
  const { childPipelineId } = track;
  if (childPipelineId !== null) return [`  it ran pipeline ${childPipelineId}: ${BATON} show ${childPipelineId}`];
  if (currentAttempt(track) === undefined) return [colors.dim('  it was not started')];
  return [
    ...renderScript(track.script, range, colors),
    ...(output === '' ? [colors.dim('  it printed nothing')] : [colors.dim(`  the end of its output:`)]),
    ...lastLines(output, MAX_OUTPUT_LINES).map((line) => `  | ${line}`),
  ];
}

export interface Lines {
  first: number;
  last: number;
}

/**
 * The lines of the script at which it stopped: as the worker noted them (`line 3: ...`, `lines 4 to 6: ...`); else as the
 * shell itself said last, which it does for what it cannot run (`script: 3: x: not found`, `script: line 3: ...`).
 */
export function findFailingLines(detail: string | null, output: string): Lines | null {
  const noted = /\blines? (\d+)(?: to (\d+))?/.exec(detail ?? '');
  if (noted !== null) return { first: Number(noted[1]), last: Number(noted[2] ?? noted[1]) };
  const said = [...output.matchAll(/^(?:\S*\/)?script: (?:line )?(\d+): /gm)].at(-1);
  return said === undefined ? null : { first: Number(said[1]), last: Number(said[1]) };
}

function describeRange({ first, last }: Lines): string {
  return first === last ? `line ${first}` : `lines ${first} to ${last}`;
}

function renderScript(script: string, range: Lines | null, colors: Colors): string[] {
  const lines = script.replace(/\n$/, '').split('\n');
  const from = range === null ? 1 : Math.max(1, range.first - LINES_AROUND);
  const to = Math.min(lines.length, from + MAX_SCRIPT_LINES - 1, range === null ? Infinity : range.last + LINES_AROUND);
  const width = String(to).length;
  return lines.slice(from - 1, to).map((line, index) => {
    const number = from + index;
    const isMarked = range !== null && number >= range.first && number <= range.last;
    const text = `  ${isMarked ? '>' : ' '} ${String(number).padStart(width)}  ${printable(line.replaceAll('\t', '  '))}`;
    return isMarked ? colors.bold(text) : colors.dim(text);
  });
}
