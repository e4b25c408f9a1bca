import { cutText } from './cut-text.ts';
import { findStatementLines } from './statement-lines.ts';

/**
 * Which line of a script failed? `sh -e` stops there and often says nothing, and dash knows no $LINENO. So the script
 * that is run notes, at each statement of its top level, the statement's line in a file beside it; what the file holds
 * when the shell has ended is where it was.
 *
 * What the script can see of it: a function named `_baton_line`. Not changed are $?, positions, output, options, line
 * numbers and $0, because a note is put before a statement on its own line, leaves the status as it finds it and stands
 * where `-e` does not look (`note && :`). Only a script whose every line is plain (statement-lines.ts) is noted; scripts
 * that could see more ($0 as a file, $_, PIPESTATUS), all others and those of other interpreters run as they are, and
 * their failing line is not known. Lines inside of `if` and loops are not noted: they count as the lines of the whole.
 */
export interface LineRange {
  /** From 1. */
  first: number;
  last: number;
}

export interface ScriptText {
  /** As rendered. */
  script: string;
  /** Null: `#!` line or /bin/sh. */
  shell: string | null;
}

const NOTED_SHELLS = new Set(['sh', 'dash', 'bash']);
const SHEBANG = /^#![ \t]*(?:\/usr\/bin\/env[ \t]+|(?:\/[^\s/]+)*\/)(?:sh|dash|bash)(?:[ \t]+-[eu]+)?[ \t]*(?:\n|$)/;
/** What makes the notes visible, wherever it stands: bash takes the names of signals in small letters too. */
const SEES_NOTES =
  /\$_(?!\w)|\$\{_\W|\$0|\$\{0|BASH_|BASHOPTS|SHELLOPTS|POSIXLY_CORRECT|PIPESTATUS|FUNCNAME|DEBUG|RETURN|xtrace|verbose|_baton_line|\b(?:alias|fc|history)\b|\bset[ \t]+(?:\S+[ \t]+)*[-+][a-z]*[xv]/i;

/**
 * @param lineFile absolute path of a file that does not exist yet and that the script's user may write
 * @returns the text to run instead of the script: the same number of lines, the same behaviour
 */
export function addLineNotes(source: ScriptText, lineFile: string): string {
  const noted = findNotedLines(source);
  const [firstNoted, secondNoted] = noted;
  // With one statement there is nothing to find out, and the script runs untouched.
  if (firstNoted === undefined || secondNoted === undefined) return source.script;
  const lines = source.script.split('\n');
  for (const number of noted) lines[number - 1] = `_baton_line ${number} && :; ${lines[number - 1] ?? ''}`;
  lines[firstNoted - 1] = `${composeNoteFunction(lineFile)} ${lines[firstNoted - 1] ?? ''}`;
  return lines.join('\n');
}

/** `>|` because of noclobber; stderr closed off because a full disk is no business of the script's output. */
function composeNoteFunction(lineFile: string): string {
  const file = `'${lineFile.replaceAll("'", "'\\''")}'`;
  return `_baton_line() { set -- "$?" "$1"; { command echo "$2" >|${file}; } 2>/dev/null; return "$1"; };`;
}

/**
 * @param note what the line file holds, or null if there is none; it is the script's to write, so it is not trusted
 * @returns the lines of the statement that ran last, or null where that is not known
 */
export function readLineNote(source: ScriptText, note: string | null): LineRange | null {
  const noted = findNotedLines(source);
  const only = noted.length === 1 ? String(noted[0]) : null;
  const found = only ?? note;
  if (found === null || !/^\d{1,7}\n?$/.test(found)) return null;
  const first = Number(found);
  const position = noted.indexOf(first);
  if (position === -1) return null;
  const lines = source.script.split('\n');
  let last = (noted[position + 1] ?? lines.length + 1) - 1;
  while (last > first && isBlankOrComment(lines[last - 1] ?? '')) last -= 1;
  return { first, last };
}

function isBlankOrComment(line: string): boolean {
  return /^[ \t]*(?:#|$)/.test(line);
}

/** Such as `line 3: test "$sum" = good` or `lines 4 to 6: for file in *; do`. */
export function describeLineRange(range: LineRange, script: string): string {
  const text = (script.split('\n')[range.first - 1] ?? '').trim();
  const shown = text.length > 200 ? `${cutText(text, 200)}...` : text;
  return `${range.first === range.last ? `line ${range.first}` : `lines ${range.first} to ${range.last}`}: ${shown}`;
}

function findNotedLines({ script, shell }: ScriptText): number[] {
  const isNoted = shell === null ? !script.startsWith('#!') || SHEBANG.test(script) : NOTED_SHELLS.has(shell);
  return isNoted && !SEES_NOTES.test(script) ? findStatementLines(script) : [];
}
