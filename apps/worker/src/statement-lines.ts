import type { Nesting, Scan } from './statement-text.ts';
import { advance, discard, giveUp, open, openDollar, stepInText, top } from './statement-text.ts';

/**
 * Finds the lines of a shell script at which a statement begins that runs at most once: at the top level, and inside of
 * `if` and `{ }`. Statements of loops, functions, `case`, subshells and substitutions belong to the line where the
 * outermost of these begins.
 *
 * The scanner is a small one and knows it: where it meets what it does not understand it finds no further lines, and
 * where its nesting does not come out even it finds none at all. What it must never do is to name a line in the middle of
 * something, because a marker is put there: statement-lines' tests run scripts with and without markers and compare.
 */
const OPENING = new Map<string, Nesting>([
  ['if', 'if'],
  ['{', 'brace'],
  ['for', 'loop'],
  ['while', 'loop'],
  ['until', 'loop'],
  ['select', 'loop'],
  ['case', 'case'],
]);
const CLOSING = new Map<string, readonly Nesting[]>([
  ['fi', ['if']],
  ['}', ['brace', 'function']],
  ['done', ['loop']],
  ['esac', ['case']],
]);
/** A name or a value follows, not a command. */
const BEFORE_WORDS = new Set(['for', 'select', 'case']);
const BEFORE_COMMANDS = new Set(['then', 'else', 'elif', 'do', '!', 'time']);
const NOT_AT_A_START = new Set([...BEFORE_COMMANDS, ...CLOSING.keys(), 'in', 'function', 'coproc', '{']);
/** `#` too: where it begins a comment it is not read as a word. */
const PLAIN = /[^\s;&|()<>'"`$\\]/;
const FIRST_WORD = /[A-Za-z0-9_./~[:{(!$"'][^\s;&|()<>]*/y;

/** @returns line numbers from 1, ascending; see above for what is left out */
export function findStatementLines(text: string): number[] {
  const scan: Scan = {
    text,
    at: 0,
    line: 1,
    nesting: [],
    isCommandNext: true,
    isContinued: false,
    awaitsBody: false,
    heredocs: [],
    found: [],
    isOver: false,
  };
  beginLine(scan);
  while (!scan.isOver && scan.at < text.length) {
    if (!stepInText(scan)) stepInCommands(scan, text[scan.at] ?? '');
  }
  const isEven = scan.nesting.length === 0 && scan.heredocs.length === 0;
  return scan.isOver || isEven ? scan.found : [];
}

function beginLine(scan: Scan): void {
  const isPlain = scan.nesting.every((nesting) => nesting === 'if' || nesting === 'brace');
  if (!isPlain || scan.isContinued || scan.awaitsBody) return;
  // The first marker defines what the others use, so it has to be one that is surely reached.
  if (scan.found.length === 0 && scan.nesting.length > 0) return;
  let at = scan.at;
  while (scan.text[at] === ' ' || scan.text[at] === '\t') at += 1;
  FIRST_WORD.lastIndex = at;
  const word = FIRST_WORD.exec(scan.text)?.[0];
  if (word !== undefined && !NOT_AT_A_START.has(word)) scan.found.push(scan.line);
}

function stepInCommands(scan: Scan, character: string): void {
  const { text, at } = scan;
  switch (character) {
    case '\n':
      return endLine(scan);
    case ' ':
    case '\t':
      return advance(scan);
    case '#':
      return isWordEnd(text[at - 1]) ? skipComment(scan) : readWord(scan);
    case ';':
    case '&':
    case '|':
      return stepOverOperator(scan, character);
    case '(':
      return openParenthesis(scan);
    case ')':
      return closeParenthesis(scan);
    case '<':
    case '>':
      return stepOverRedirection(scan);
    default:
      return readWord(scan);
  }
}

function isWordEnd(character: string | undefined): boolean {
  return character === undefined || /[\s;&|()<>]/.test(character);
}

function skipComment(scan: Scan): void {
  const end = scan.text.indexOf('\n', scan.at);
  scan.at = end === -1 ? scan.text.length : end;
}

function endLine(scan: Scan): void {
  advance(scan);
  for (const heredoc of scan.heredocs.splice(0)) {
    let isFound = false;
    while (!isFound && scan.at < scan.text.length) {
      const end = scan.text.indexOf('\n', scan.at);
      const line = scan.text.slice(scan.at, end === -1 ? undefined : end);
      isFound = (heredoc.stripsTabs ? line.replace(/^\t+/, '') : line) === heredoc.delimiter;
      advance(scan, line.length + 1);
    }
    if (!isFound) return discard(scan);
  }
  scan.isCommandNext = true;
  beginLine(scan);
}

function stepOverOperator(scan: Scan, character: string): void {
  const isDouble = scan.text[scan.at + 1] === character;
  scan.isCommandNext = true;
  scan.isContinued = character === '|' || (character === '&' && isDouble);
  // `;&` and `|&` are read as two operators, which comes to the same.
  advance(scan, isDouble ? 2 : 1);
}

function openParenthesis(scan: Scan): void {
  const { text, at } = scan;
  const before = text[at - 1] ?? '\n';
  const closing = /\([ \t]*\)/y;
  closing.lastIndex = at;
  const pair = closing.exec(text)?.[0];
  if (!scan.isCommandNext && pair !== undefined && before !== '=') {
    scan.awaitsBody = true;
    scan.isCommandNext = true;
    return advance(scan, pair.length);
  }
  if (text[at + 1] === '(') {
    scan.nesting.push('arithmetic');
    return open(scan, 'arithmetic', 2);
  }
  scan.awaitsBody = false;
  scan.isContinued = false;
  scan.isCommandNext = /\s|[;&|({<>]/.test(before);
  open(scan, 'paren', 1);
}

function closeParenthesis(scan: Scan): void {
  const isPattern = top(scan) === 'case';
  if (!isPattern && scan.nesting.pop() !== 'paren') return discard(scan);
  scan.isCommandNext = isPattern;
  scan.isContinued = false;
  advance(scan);
}

const HEREDOC = /<<(-?)[ \t]*(?:'([^'\n]*)'|"([^"\\$`\n]*)"|\\?([A-Za-z0-9_.!%+-]+))(?=[\s;&|<>)])/y;

function stepOverRedirection(scan: Scan): void {
  const { text, at } = scan;
  if (text.startsWith('<<<', at)) return advance(scan, 3);
  if (text.startsWith('<<', at)) {
    HEREDOC.lastIndex = at;
    const match = HEREDOC.exec(text);
    if (match === null) return giveUp(scan);
    scan.heredocs.push({ delimiter: match[2] ?? match[3] ?? match[4] ?? '', stripsTabs: match[1] === '-' });
    return advance(scan, match[0].length);
  }
  // `>&2`, `>|file`, `&>`: the second character is no operator.
  advance(scan, /[&|>]/.test(text[at + 1] ?? '') ? 2 : 1);
}

/** Reads the next plain piece of a word; a whole plain word where a command can stand is judged. */
function readWord(scan: Scan): void {
  const { text } = scan;
  const start = scan.at;
  while (scan.at < text.length && PLAIN.test(text[scan.at] ?? '')) scan.at += 1;
  const isWhole = isWordEnd(text[start - 1]) && isWordEnd(text[scan.at]);
  const isCommand = scan.isCommandNext;
  scan.isContinued = false;
  scan.isCommandNext = false;
  if (scan.at === start) openQuoted(scan);
  else if (isWhole && isCommand) judgeWord(scan, text.slice(start, scan.at));
}

function openQuoted(scan: Scan): void {
  const { text, at } = scan;
  switch (text[at]) {
    case "'": {
      const end = text.indexOf("'", at + 1);
      return end === -1 ? discard(scan) : advance(scan, end + 1 - at);
    }
    case '"':
      return open(scan, 'quotes', 1);
    case '`':
      return open(scan, 'backtick', 1);
    case '$':
      return openDollar(scan);
    default:
      // A backslash; before a newline it makes one line of two, and what comes is no start.
      if (text[at] === '\\') return advance(scan, 2);
      return giveUp(scan);
  }
}

function judgeWord(scan: Scan, word: string): void {
  if (word === 'function' || word === 'coproc') return giveUp(scan);
  const opening = OPENING.get(word);
  const closing = CLOSING.get(word);
  if (opening !== undefined) {
    if (scan.awaitsBody && opening !== 'brace') return giveUp(scan);
    scan.nesting.push(scan.awaitsBody ? 'function' : opening);
    scan.awaitsBody = false;
    scan.isCommandNext = !BEFORE_WORDS.has(word);
  } else if (closing !== undefined) {
    const closed = scan.nesting.pop();
    if (closed === undefined || !closing.includes(closed)) discard(scan);
  } else if (BEFORE_COMMANDS.has(word)) {
    scan.isCommandNext = true;
  }
}
