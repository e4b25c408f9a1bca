import CliTable from 'cli-table3';
import type { Colors } from 'picocolors/types';

/** What sets colours and moves the cursor: ESC [ parameters letter. */
const COLOR_SEQUENCE = new RegExp(`${String.fromCharCode(27)}\\[[0-9;:?]*[A-Za-z]`, 'g');

/** Text of somebody else on one line of a terminal: nothing in it may move the cursor or change colours. */
export function printable(text: string): string {
  return text.replace(COLOR_SEQUENCE, '').replace(/[\p{Control}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, ' ');
}

/** At most so many characters, the last one an ellipsis where something was cut. */
export function shorten(text: string, length: number): string {
  const characters = Array.from(text); // by code points: half of a pair would be nothing
  return characters.length <= length ? text : `${characters.slice(0, Math.max(0, length - 1)).join('')}…`;
}

/** `12 ms`, `3.4 s`, `2 min 5 s`, `3 h 12 min`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1000) return `${Math.max(0, Math.round(durationMs))} ms`;
  if (durationMs < 60_000) return `${(Math.floor(durationMs / 100) / 10).toFixed(1)} s`;
  const seconds = Math.floor(durationMs / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** From a start to an end, or to now where it has not ended; '' where it has not started. */
export function formatSpan(startedAt: string | null, finishedAt: string | null, nowMs: number): string {
  if (startedAt === null) return '';
  return formatDuration((finishedAt === null ? nowMs : Date.parse(finishedAt)) - Date.parse(startedAt));
}

/** `2026-11-23 07:14:05` in UTC, as everything in Baton. */
export function formatTime(time: string | null): string {
  return time === null ? '' : time.replace('T', ' ').replace(/\.\d+Z$/, '');
}

/** A state of a track or a pipeline in its colour. */
export function colorState(colors: Colors, state: string): string {
  switch (state) {
    case 'SUCCEED':
    case 'FINISH':
      return colors.green(state);
    case 'FAILED':
      return colors.red(state);
    case 'RUNNING':
      return colors.cyan(state);
    case 'CANCELLED':
    case 'PAUSED':
      return colors.yellow(state);
    default:
      return colors.dim(state);
  }
}

/** Columns under a heading, without lines; a wide character counts as two columns. */
export function formatTable(colors: Colors, heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const nothing = { top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '' };
  const noLines = {
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
  };
  const table = new CliTable({
    head: heading.map((title) => colors.bold(title)),
    chars: { ...nothing, ...noLines, 'right-mid': '', middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) table.push(row.map((cell) => printableKeepingColors(cell)));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Cells may be coloured by us; what they quote has been made printable by whoever quoted it. */
function printableKeepingColors(cell: string): string {
  return cell.replaceAll('\n', ' ');
}

/** `1 track`, `3 tracks`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
