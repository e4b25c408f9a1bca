/**
 * Finds the lines of a shell script at which a statement begins that runs at most once: at the top level, and inside of
 * `if` and `{ }`. Statements of loops, functions, `case`, subshells and substitutions belong to the line where the
 * outermost of these begins.
 *
 * The scanner is a small one and knows it: where it meets what it does not understand it finds no further lines, and
 * where its nesting does not come out even it finds none at all. What it must never do is to name a line in the middle of
 * something, because a marker is put there: statement-lines' tests run scripts with and without markers and compare.
 */
type Nesting =
  'if' | 'brace' | 'loop' | 'case' | 'function' | 'paren' | 'arithmetic' | 'expansion' | 'backtick' | 'quotes';

interface Scan {
  text: string;
  at: number;
  /** From 1. */
  line: number;
  nesting: Nesting[];
  /** Whether the next word can be a command or a reserved word. */
  isCommandNext: boolean;
  /** Whether a newline ends a statement here: false after `|`, `&&`, `||` and `f()`. */
  isContinued: boolean;
  /** After `name()`: the next compound command is a function's body. */
  awaitsBody: boolean;
  heredocs: { delimiter: string; stripsTabs: boolean }[];
  found: number[];
  isOver: boolean;
}

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
const BEFORE_COMMANDS = new Set(['then', 'else', 'elif', 'do', '!', 'time']);
const NOT_AT_A_START = new Set([...BEFORE_COMMANDS, ...CLOSING.keys(), 'in', 'function', 'coproc', '{']);
const WORD = /[^\s;&|()<>'"`$\\#]/y;
const FIRST_WORD = /[A-Za-z_./[:{(!][^\s;&|()<>]*/y;

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
  while (!scan.isOver && scan.at < text.length) step(scan);
  const isEven = scan.nesting.length === 0 && scan.heredocs.length === 0;
  return scan.isOver || isEven ? scan.found : [];
}

/** What was found so far stays true; what comes after is not understood. */
function giveUp(scan: Scan): void {
  scan.isOver = true;
}

/** The nesting does not come out even: the scanner misread something before. */
function discard(scan: Scan): void {
  scan.found = [];
  scan.isOver = true;
}

function top(scan: Scan): Nesting | undefined {
  return scan.nesting.at(-1);
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

function step(scan: Scan): void {
  const character = scan.text[scan.at] ?? '';
  switch (top(scan)) {
    case 'quotes':
      return stepInQuotes(scan, character);
    case 'backtick':
      return stepToEnd(scan, character, '`');
    case 'expansion':
      return stepInExpansion(scan, character);
    case 'arithmetic':
      return stepInArithmetic(scan, character);
    default:
      return stepInCommands(scan, character);
  }
}

function advance(scan: Scan, characters = 1): void {
  for (let count = 0; count < characters && scan.at < scan.text.length; count += 1) {
    if (scan.text[scan.at] === '\n') scan.line += 1;
    scan.at += 1;
  }
}

function stepToEnd(scan: Scan, character: string, end: string): void {
  if (character === '\\') return advance(scan, 2);
  if (character === end) scan.nesting.pop();
  advance(scan);
}

function stepInQuotes(scan: Scan, character: string): void {
  if (character === '$') return openDollar(scan);
  if (character === '`') return open(scan, 'backtick', 1);
  stepToEnd(scan, character, '"');
}

function stepInExpansion(scan: Scan, character: string): void {
  // Whether this quote counts depends on the shell and on what is around.
  if (character === "'") return giveUp(scan);
  if (character === '"') return open(scan, 'quotes', 1);
  if (character === '$') return openDollar(scan);
  if (character === '`') return open(scan, 'backtick', 1);
  stepToEnd(scan, character, '}');
}

function stepInArithmetic(scan: Scan, character: string): void {
  if (character === "'" || character === '"' || character === '`') return giveUp(scan);
  if (character === '$') return openDollar(scan);
  if (character === '(') return open(scan, 'arithmetic', 1);
  stepToEnd(scan, character, ')');
}

function open(scan: Scan, nesting: Nesting, characters: number): void {
  scan.nesting.push(nesting);
  advance(scan, characters);
}

function openDollar(scan: Scan): void {
  const next = scan.text.slice(scan.at + 1, scan.at + 3);
  if (next.startsWith("'") && top(scan) !== 'quotes') return giveUp(scan);
  if (next === '((') {
    scan.nesting.push('arithmetic');
    return open(scan, 'arithmetic', 3);
  }
  if (next.startsWith('(')) {
    open(scan, 'paren', 2);
    scan.isCommandNext = true;
    return;
  }
  if (next.startsWith('{')) return open(scan, 'expansion', 2);
  // `$#`, `$$` and the like: the second character has no meaning of its own.
  advance(scan, /^[#$!?*@-]/.test(next) ? 2 : 1);
}

function stepInCommands(scan: Scan, character: string): void {
  const { text, at } = scan;
  switch (character) {
    case '\n':
      return endLine(scan);
    case ' ':
    case '\t':
      return advance(scan);
    case '#': {
      const end = text.indexOf('\n', at);
      return advance(scan, (end === -1 ? text.length : end) - at);
    }
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

/** Reads one word with all its quotes and substitutions up to the first that nests; judges it if it is a plain one. */
function readWord(scan: Scan): void {
  const { text } = scan;
  const start = scan.at;
  for (;;) {
    WORD.lastIndex = scan.at;
    const isInner = scan.at > start && text[scan.at] === '#';
    if (!isInner && !WORD.test(text)) break;
    scan.at += 1;
  }
  const word = text.slice(start, scan.at);
  const isCommand = scan.isCommandNext;
  const isWhole = scan.at >= text.length || /[\s;&|()<>]/.test(text[scan.at] ?? '');
  const isAlone = start === 0 || /[\s;&|()`]/.test(text[start - 1] ?? '');
  scan.isContinued = false;
  scan.isCommandNext = false;
  if (word !== '' && isWhole && isAlone && isCommand) return judgeWord(scan, word);
  if (word !== '') return;
  openQuoted(scan);
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
    scan.nesting.push(scan.awaitsBody ? (opening === 'brace' ? 'function' : opening) : opening);
    if (scan.awaitsBody && opening !== 'brace') return giveUp(scan);
    scan.awaitsBody = false;
    scan.isCommandNext = opening !== 'loop' && opening !== 'case' ? true : word === 'while' || word === 'until';
  } else if (closing !== undefined) {
    const closed = scan.nesting.pop();
    if (closed === undefined || !closing.includes(closed)) discard(scan);
  } else if (BEFORE_COMMANDS.has(word)) {
    scan.isCommandNext = true;
  }
}
