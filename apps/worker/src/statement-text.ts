/** The state of the scanner of statement-lines, and its steps where text is not commands: in quotes and substitutions. */
export type Nesting =
  'if' | 'brace' | 'loop' | 'case' | 'function' | 'paren' | 'arithmetic' | 'expansion' | 'backtick' | 'quotes';

export interface Scan {
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

/** What was found so far stays true; what comes after is not understood. */
export function giveUp(scan: Scan): void {
  scan.isOver = true;
}

/** The nesting does not come out even: the scanner misread something before. */
export function discard(scan: Scan): void {
  scan.found = [];
  scan.isOver = true;
}

export function top(scan: Scan): Nesting | undefined {
  return scan.nesting.at(-1);
}

export function advance(scan: Scan, characters = 1): void {
  for (let count = 0; count < characters && scan.at < scan.text.length; count += 1) {
    if (scan.text[scan.at] === '\n') scan.line += 1;
    scan.at += 1;
  }
}

/** One step where text is not commands; false where it is. */
export function stepInText(scan: Scan): boolean {
  const character = scan.text[scan.at] ?? '';
  switch (top(scan)) {
    case 'quotes':
      stepInQuotes(scan, character);
      return true;
    case 'backtick':
      stepToEnd(scan, character, '`');
      return true;
    case 'expansion':
      stepInExpansion(scan, character);
      return true;
    case 'arithmetic':
      stepInArithmetic(scan, character);
      return true;
    default:
      return false;
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

export function open(scan: Scan, nesting: Nesting, characters: number): void {
  scan.nesting.push(nesting);
  advance(scan, characters);
}

export function openDollar(scan: Scan): void {
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
