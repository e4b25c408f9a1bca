import { isParameterName } from './parameters-declaration.ts';

/**
 * The file $BATON_OUTPUT, by which a script hands values on: `key=value` lines, and for values of several lines
 *
 *     key<<MARK
 *     first line
 *     second line
 *     MARK
 *
 * A key is a name as parameters have them. A value is any text without NUL, taken as it stands: nothing is unquoted, no
 * blank is cut off. Of a key that comes twice the last value counts. Blank lines are nothing. A line of `key=value` may end
 * as on Windows; a block whose first line does is read so as a whole, and keeps its CRs otherwise.
 *
 * Values may be secrets, and problems are shown and logged: so a problem names lines and sound keys, and quotes nothing.
 */
export type OutputValues = Record<string, string>;

export interface OutputProblem {
  /** 1-based. */
  line: number;
  message: string;
}

/** Of a whole $BATON_OUTPUT. */
export const MAX_OUTPUT_FILE_BYTES = 1024 * 1024;
export const MAX_OUTPUT_KEYS = 1000;
/** Linux takes no environment variable over 128 KiB, and a script that names an output gets it as one. */
export const MAX_OUTPUT_VALUE_BYTES = 64 * 1024;

/**
 * Reads what a script wrote to $BATON_OUTPUT.
 * @returns the values by key, without a prototype, and every problem in the order of the lines; with a problem no value
 *   is to be used
 */
export function parseOutputValues(bytes: Uint8Array): { values: OutputValues; problems: OutputProblem[] } {
  const lines = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).split('\n');
  const undecodable = findUndecodableLines(bytes);
  const reading: Reading = { values: Object.create(null), count: 0, problems: [], undecodable };
  for (let at = 0; at < lines.length;) at += readEntry(reading, lines, at);
  const problems = reading.problems.concat(
    undecodable.map((line) => ({ line, message: 'expected UTF-8, found other bytes' })),
  );
  return { values: reading.values, problems: problems.toSorted((a, b) => a.line - b.line) };
}

/** @returns why a text cannot be an output's value, or null */
export function explainBadOutputValue(value: string): string | null {
  if (value.includes('\0')) return 'expected a value without NUL, which no environment takes, found one';
  if (/\p{Surrogate}/u.test(value)) return 'expected a text without half surrogate pairs, found one';
  // No character of UTF-16 takes more than three bytes.
  const bytes = value.length * 3 <= MAX_OUTPUT_VALUE_BYTES ? 0 : new TextEncoder().encode(value).length;
  if (bytes <= MAX_OUTPUT_VALUE_BYTES) return null;
  return `expected a value of at most ${MAX_OUTPUT_VALUE_BYTES} bytes, found ${bytes}`;
}

interface Reading {
  values: OutputValues;
  count: number;
  problems: OutputProblem[];
  /** Lines that are problems already. */
  undecodable: readonly number[];
}

/** @returns the number of lines that the entry takes */
function readEntry(reading: Reading, lines: readonly string[], at: number): number {
  const raw = lines[at] as string;
  const isWindows = raw.endsWith('\r');
  const line = withoutReturn(raw, isWindows);
  const block = /^([^=<]*)<<(.*)$/s.exec(line);
  if (block !== null)
    return readBlock(reading, lines, { at, isWindows, key: block[1] as string, mark: block[2] as string });
  const equals = line.indexOf('=');
  if (equals !== -1) addValue(reading, at + 1, { key: line.slice(0, equals), value: line.slice(equals + 1) });
  else if (line.trim() !== '') refuse(reading, at + 1, 'expected key=value or key<<MARK, found neither = nor <<');
  return 1;
}

function readBlock(
  reading: Reading,
  lines: readonly string[],
  { at, isWindows, key, mark }: { at: number; isWindows: boolean; key: string; mark: string },
): number {
  if (mark === '') {
    refuse(reading, at + 1, 'expected a mark after <<, by a line of which the value ends, found none');
    return 1;
  }
  let end = at + 1;
  while (end < lines.length && withoutReturn(lines[end] as string, isWindows) !== mark) end += 1;
  if (end === lines.length) {
    refuse(reading, at + 1, 'expected a line with the mark after the value, found the end of the file');
    return lines.length - at;
  }
  const value = lines.slice(at + 1, end).map((line) => withoutReturn(line, isWindows));
  addValue(reading, at + 1, { key, value: value.join('\n') });
  return end - at + 1;
}

function addValue(reading: Reading, line: number, { key, value }: { key: string; value: string }): void {
  if (!isParameterName(key)) {
    refuse(reading, line, 'expected a key of letters, digits and _, not first a digit, at most 63, found another text');
    return;
  }
  const problem = explainBadOutputValue(value);
  if (problem !== null) refuse(reading, line, `${key}: ${problem}`);
  if (!Object.hasOwn(reading.values, key)) {
    reading.count += 1;
    if (reading.count === MAX_OUTPUT_KEYS + 1)
      refuse(reading, line, `expected at most ${MAX_OUTPUT_KEYS} keys, found more`);
  }
  reading.values[key] = value;
}

function refuse(reading: Reading, line: number, message: string): void {
  if (!reading.undecodable.includes(line)) reading.problems.push({ line, message });
}

function withoutReturn(line: string, isWindows: boolean): string {
  return isWindows && line.endsWith('\r') ? line.slice(0, -1) : line;
}

const MAX_UNDECODABLE_LINES = 20;

/** @returns the first lines that hold bytes which are no UTF-8, 1-based */
function findUndecodableLines(bytes: Uint8Array): number[] {
  if (isUtf8(bytes)) return [];
  const found: number[] = [];
  let line = 1;
  for (let start = 0; start < bytes.length && found.length < MAX_UNDECODABLE_LINES; line += 1) {
    const next = bytes.indexOf(0x0a, start);
    const end = next === -1 ? bytes.length : next;
    if (!isUtf8(bytes.subarray(start, end))) found.push(line);
    start = end + 1;
  }
  return found;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false; // it throws for nothing else
  }
}
