import type { PlaceContext, Scan } from './shell-lexer-scan.ts';
import { giveUp, markPlaces, nest, peek, placeholderAt, takePlace, takePlacesUpTo } from './shell-lexer-scan.ts';

/** In which text a `$` stands: quotes inside `${ }` mean different things in them, and not the same in all shells. */
export type DollarContext = 'word' | 'double_quotes' | 'heredoc' | 'arithmetic';

const NAME_START = /^[A-Za-z_]$/;
const NAME_CHARACTER = /^[A-Za-z0-9_]$/;
const SPECIAL_PARAMETER = /^[0-9@*#?$!-]$/;

/** A text in quotes: null where an expansion or a placeholder is in it; `tail` is what follows the last of these. */
export interface QuotedText {
  text: string | null;
  tail: string;
}

/** Reads double quotes whose opening quote was taken. */
export function readDoubleQuotes(scan: Scan): QuotedText {
  let text: string | null = '';
  let tail = '';
  for (;;) {
    const character = peek(scan);
    if (character === '') giveUp(scan, 'a double quote that is not closed');
    if (character === '"') break;
    const piece = readExpandedPiece(scan, 'double_quotes');
    text = text === null || piece === null ? null : text + piece;
    tail = piece === null ? '' : tail + piece;
  }
  scan.offset += 1;
  return { text, tail };
}

/**
 * Reads one piece of a text in which expansions happen but words do not: double quotes or the body of a heredoc.
 * @returns its text, null for an expansion or a placeholder
 */
export function readExpandedPiece(scan: Scan, context: 'double_quotes' | 'heredoc'): string | null {
  const character = peek(scan);
  if (character === '$') return readDollar(scan, context);
  if (character === '`') {
    readBackticks(scan);
    return null;
  }
  if (character === '\\') {
    if (peek(scan, 1) === '') giveUp(scan, 'a backslash at the end');
    scan.offset += 2;
    // Whether the backslash stays depends on what follows; the text is only compared with names of commands.
    return scan.text[scan.offset - 1] === '\n' ? '' : scan.text.slice(scan.offset - 1, scan.offset);
  }
  const followsVariable = scan.variableEnd === scan.offset;
  if (takePlace(scan, { context, takesLiteral: context === 'double_quotes' && !followsVariable })) return null;
  scan.offset += 1;
  return character;
}

/**
 * Reads what begins with `$`.
 * @returns its text where it is none of the shell's expansions, else null
 */
export function readDollar(scan: Scan, context: DollarContext): string | null {
  const next = peek(scan, 1);
  if (next === '\\' || next === '[') giveUp(scan, `$${next}, which shells read differently`);
  if (next === '(') {
    if (peek(scan, 2) === '(') readArithmetic(scan, 3);
    else readSubstitution(scan);
    return null;
  }
  if (next === '{') {
    readParameterExpansion(scan, context);
    return null;
  }
  if (next === "'" && context === 'word') {
    readAnsiQuotes(scan);
    return null;
  }
  scan.offset += 1;
  if (NAME_START.test(next)) skipName(scan);
  else if (SPECIAL_PARAMETER.test(next)) scan.offset += 1;
  // bash translates "$" before a double quote away, dash keeps it: either way it is text before quotes.
  else return '$';
  scan.variableEnd = scan.offset;
  return null;
}

/** A continued line ends no name. */
function skipName(scan: Scan): void {
  for (;;) {
    if (NAME_CHARACTER.test(peek(scan))) scan.offset += 1;
    else if (peek(scan) === '\\' && peek(scan, 1) === '\n') scan.offset += 2;
    else return;
  }
}

function readSubstitution(scan: Scan): void {
  const pending = scan.heredocs.length;
  scan.offset += 2;
  nest(scan, () => scan.readCommands(scan, 'parenthesis'));
  if (scan.heredocs.length > pending) giveUp(scan, 'a heredoc whose body does not begin inside its $( )');
  scan.offset += 1;
}

/**
 * Backticks: a shell takes everything up to the next backtick without a backslash, takes backslashes away, and reads the
 * rest as commands. Where there are no backslashes the text is read as it stands; else nothing is certain inside.
 */
export function readBackticks(scan: Scan): void {
  const from = scan.places.length;
  const start = scan.offset + 1;
  let close = start;
  while (close < scan.limit && scan.text[close] !== '`') close += scan.text[close] === '\\' ? 2 : 1;
  if (close >= scan.limit) giveUp(scan, 'a backtick that is not closed');
  scan.offset = start;
  if (scan.text.slice(start, close).includes('\\')) {
    takePlacesUpTo(scan, close, { context: 'opaque' });
    markPlaces(scan, from, 'backticks with backslashes inside (write $( ) instead)');
  } else {
    const outer = scan.limit;
    const pending = scan.heredocs.length;
    scan.limit = close;
    nest(scan, () => scan.readCommands(scan, 'limit'));
    if (scan.heredocs.length > pending) giveUp(scan, 'a heredoc without a body in backticks');
    scan.limit = outer;
  }
  scan.offset = close + 1;
}

/** `$'...'` has escapes in bash and none in dash. */
function readAnsiQuotes(scan: Scan): void {
  const from = scan.places.length;
  const close = scan.text.indexOf("'", scan.offset + 2);
  if (close === -1 || close >= scan.limit) giveUp(scan, 'a single quote that is not closed');
  if (scan.text[close - 1] === '\\')
    giveUp(scan, "a backslash before a quote in $'...', which shells read differently");
  scan.offset += 2;
  takePlacesUpTo(scan, close, { context: 'ansi_quotes' });
  markPlaces(scan, from, "$'...', which shells read differently");
  scan.offset = close + 1;
}

/** `${...}`: what may stand inside, and how quotes count there, differs between operators and shells. */
function readParameterExpansion(scan: Scan, context: DollarContext): void {
  const from = scan.places.length;
  scan.offset += 2;
  if (' \t\n|'.includes(peek(scan))) giveUp(scan, '${ with a space, a newline or | after it');
  nest(scan, () => {
    while (peek(scan) !== '}') readInsideBraces(scan, context);
  });
  scan.offset += 1;
  markPlaces(scan, from, 'the inside of ${ }');
}

function readInsideBraces(scan: Scan, context: DollarContext): void {
  const character = peek(scan);
  if (character === '') giveUp(scan, '${ that is not closed');
  if ((character === '"' || character === "'") && context !== 'word') {
    giveUp(scan, 'quotes inside ${ } inside quotes, which shells read differently');
  }
  if (character === "'") {
    const close = scan.text.indexOf("'", scan.offset + 1);
    if (close === -1 || close >= scan.limit) giveUp(scan, 'a single quote that is not closed');
    takePlacesUpTo(scan, close, { context: 'opaque' });
    scan.offset = close + 1;
    return;
  }
  readNestedPiece(scan, { character, context: 'expansion', inner: context });
}

/** `$((...))` or `((...))`, from `skipped` characters on; every value in it is evaluated. */
export function readArithmetic(scan: Scan, skipped: number): void {
  const from = scan.places.length;
  scan.offset += skipped;
  let open = 2;
  nest(scan, () => {
    while (open > 0) {
      const character = peek(scan);
      if (character === '') giveUp(scan, 'arithmetic that is not closed');
      if (`'"#\\`.includes(character)) giveUp(scan, `${character} in arithmetic`);
      if (character === '(' || character === ')') {
        open += character === '(' ? 1 : -1;
        if (open === 1 && scan.text[scan.offset + 1] !== ')') giveUp(scan, '(( that is not closed by ))');
        scan.offset += 1;
      } else readNestedPiece(scan, { character, context: 'arithmetic', inner: 'arithmetic' });
    }
  });
  markPlaces(scan, from, 'arithmetic');
}

interface NestedPiece {
  character: string;
  context: Extract<PlaceContext, 'expansion' | 'arithmetic'>;
  inner: DollarContext;
}

function readNestedPiece(scan: Scan, { character, context, inner }: NestedPiece): void {
  if (scan.variableEnd === scan.offset && placeholderAt(scan, scan.offset) !== null && character === '{') {
    giveUp(scan, 'a placeholder directly after a variable');
  }
  if (character === '"') {
    scan.offset += 1;
    readDoubleQuotes(scan);
  } else if (character === '$') readDollar(scan, inner);
  else if (character === '`') readBackticks(scan);
  else if (character === '\\') scan.offset += 2;
  else if (!takePlace(scan, { context })) scan.offset += 1;
}
