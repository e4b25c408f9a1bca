import { ApiError, type Client, type Track } from '@baton/client';
import { printable } from './format.ts';

/** Of an output that is longer only the end is read for a summary. */
const MAX_SUMMARY_BYTES = 64 * 1024;
const READS_AT_ONCE = 8;

/** The end of what a track has printed; '' where no attempt of it has started. */
export async function readOutputTail(client: Client, trackId: number): Promise<string> {
  try {
    return await client.readOutput(trackId, { tailBytes: MAX_SUMMARY_BYTES });
  } catch (error) {
    if (error instanceof ApiError && error.code === 'attempt_not_found') return '';
    throw error;
  }
}

/** The first and the last line of an output on one line. */
export function summariseOutput(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => printable(line).trim())
    .filter((line) => line !== '');
  const [first, last] = [lines[0], lines.at(-1)];
  if (first === undefined || last === undefined) return '';
  if (lines.length === 1) return first;
  if (Buffer.byteLength(output) >= MAX_SUMMARY_BYTES) return `… ${last}`;
  return lines.length === 2 ? `${first} | ${last}` : `${first} … ${last}`;
}

/** Summaries by track id; some tracks are read at once, not all of them. */
export async function readOutputSummaries(client: Client, tracks: readonly Track[]): Promise<Map<number, string>> {
  const summaries = new Map<number, string>();
  for (let start = 0; start < tracks.length; start += READS_AT_ONCE) {
    const group = tracks.slice(start, start + READS_AT_ONCE);
    const outputs = await Promise.all(group.map(({ id }) => readOutputTail(client, id)));
    group.forEach(({ id }, index) => summaries.set(id, summariseOutput(outputs[index] ?? '')));
  }
  return summaries;
}

/** The last lines of an output, each made safe for a terminal. */
export function lastLines(output: string, count: number): string[] {
  const lines = output.replace(/\n$/, '').split('\n');
  return output === '' ? [] : lines.slice(-count).map(printable);
}
