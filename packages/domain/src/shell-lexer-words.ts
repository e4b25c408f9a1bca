import type { Place, Scan } from './shell-lexer-scan.ts';
import { giveUp, markPlaces, nest, peek, takePlace, takePlacesUpTo } from './shell-lexer-scan.ts';
import type { QuotedText } from './shell-lexer-expansions.ts';
import { readBackticks, readDollar, readDoubleQuotes } from './shell-lexer-expansions.ts';
import { isEvaluatedVariable } from './shell-lexer-tables.ts';

/** One word of a command, as far as the lexer needs to know it. */
export interface Word {
  start: number;
  end: number;
  /** Its text without quotes; null where an expansion or a placeholder is in it. */
  literal: string | null;
  /** Text without quotes after the last expansion or placeholder. */
  tail: string;
  isQuoted: boolean;
  /** It may stand for other words: a shell expands `*`, `?`, `[` or braces in it. */
  hasPattern: boolean;
  hasBlank: boolean;
  /** The variable where the word has the form of an assignment. */
  assigns: string | null;
  /** Its placeholders: `scan.places.slice(firstPlace, endPlace)`. */
  firstPlace: number;
  endPlace: number;
}

/** Characters that end a word outside quotes. */
const METACHARACTERS = ' \t\n;&|<>()';
/** Around a literal value in a bare word only these may stand: no shell reads any of them as syntax there. */
const PLAIN = /^[A-Za-z0-9_./:@%+,=-]$/;
const AFTER_LITERAL = /^[A-Za-z0-9_./:@%+,= \t\n;&|)-]?$/;
const ASSIGNMENT = /^([A-Za-z_][A-Za-z0-9_]*)\+?=/;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

interface WordState {
  plain: string;
  tail: string;
  isLiteral: boolean;
  isQuoted: boolean;
  hasPattern: boolean;
  /** Only characters and placeholders so far that are nothing special in any shell. */
  isClean: boolean;
  assigns: string | null;
  /** Only the first one can be that of an assignment. */
  hasEqualsSign: boolean;
  isElement: boolean;
  /** `name[`, or `[` in an array: bash takes everything up to its `]` into the word, blanks and operators as well. */
  hasSubscript: boolean;
  openBrackets: number;
}

/**
 * Reads the word that begins at the offset.
 * @param allowsLiteral false where a harmless value could still be syntax by its position (a pattern, `[[ ]]`)
 * @param isElement whether it stands in the parentheses of an array
 */
export function readWord(scan: Scan, allowsLiteral = true, isElement = false): Word {
  const start = scan.offset;
  const firstPlace = scan.places.length;
  const state: WordState = {
    plain: '',
    tail: '',
    isLiteral: true,
    isQuoted: false,
    hasPattern: false,
    isClean: allowsLiteral,
    assigns: null,
    hasEqualsSign: false,
    isElement,
    hasSubscript: false,
    openBrackets: 0,
  };
  if (isProcessSubstitution(scan)) readProcessSubstitution(scan, state);
  for (let character = peek(scan); character !== ''; character = peek(scan)) {
    if (character === '(' && state.assigns !== null && scan.text[scan.offset - 1] === '=') {
      readArray(scan, state);
      break;
    }
    if (character === '(' && scan.offset > start && '?*+@!'.includes(scan.text[scan.offset - 1] as string)) {
      giveUp(scan, 'an extended pattern, which shells read differently');
    }
    if (METACHARACTERS.includes(character)) break;
    readPiece(scan, character, state);
  }
  if (scan.heredocs.length > 0 && scan.text.slice(start, scan.offset).includes('\n')) {
    giveUp(scan, 'a word of several lines after the operator of a heredoc');
  }
  // Digits that end here would be the number of the file that is redirected.
  if (peek(scan) === '<' || peek(scan) === '>') {
    for (const place of scan.places.slice(firstPlace)) place.takesLiteral = false;
  }
  if (state.openBrackets > 0) giveUp(scan, 'a subscript that is not closed in its word');
  // `name[subscript]=`: bash evaluates the subscript.
  if (state.hasSubscript && scan.text.slice(start, scan.offset).includes('=')) {
    markPlaces(scan, firstPlace, 'an assignment with a subscript');
    scan.hasArrays = true;
  }
  if (state.assigns !== null && isEvaluatedVariable(state.assigns)) {
    markPlaces(scan, firstPlace, `the value of ${state.assigns}, which is evaluated or run`);
  }
  return {
    start,
    end: scan.offset,
    literal: state.isLiteral ? state.plain : null,
    tail: state.tail,
    isQuoted: state.isQuoted,
    hasPattern: state.hasPattern,
    hasBlank: /[ \t\n;]/.test(scan.text.slice(start, scan.offset)),
    assigns: state.assigns,
    firstPlace,
    endPlace: scan.places.length,
  };
}

function readPiece(scan: Scan, character: string, state: WordState): void {
  switch (character) {
    case '\\':
      readEscape(scan, state);
      break;
    case "'":
      readSingleQuotes(scan, state);
      break;
    case '"':
      scan.offset += 1;
      addQuotedText(state, readDoubleQuotes(scan));
      state.isQuoted = true;
      break;
    case '$':
      addExpansion(state, readDollar(scan, 'word'));
      break;
    case '`':
      readBackticks(scan);
      addExpansion(state, null);
      break;
    default:
      if (takePlace(scan, { context: 'word' })) finishPlace(scan, state);
      else addCharacter(scan, character, state);
  }
}

/** A literal may follow only what is plain, and be followed by what is plain or ends the word. */
function finishPlace(scan: Scan, state: WordState): void {
  const place = scan.places[scan.places.length - 1] as Place;
  place.takesLiteral = state.isClean && AFTER_LITERAL.test(peek(scan));
  state.isLiteral = false;
  state.tail = '';
}

function addCharacter(scan: Scan, character: string, state: WordState): void {
  scan.offset += 1;
  if (character === '[') openBracket(state);
  if (character === ']') state.openBrackets = Math.max(0, state.openBrackets - 1);
  state.plain += character;
  state.tail += character;
  if ('*?[{'.includes(character)) state.hasPattern = true;
  if (!PLAIN.test(character)) state.isClean = false;
  if (character === '=' && !state.hasEqualsSign) {
    state.hasEqualsSign = true;
    if (state.isLiteral && !state.isQuoted) state.assigns = ASSIGNMENT.exec(state.plain)?.[1] ?? null;
  }
}

/** Whether the word is a name so far is asked of its text without continued lines, as bash does. */
function openBracket(state: WordState): void {
  const isStart = state.isLiteral && !state.isQuoted && !state.hasSubscript;
  if (isStart && (state.isElement ? state.plain === '' : NAME.test(state.plain))) state.hasSubscript = true;
  if (state.hasSubscript) state.openBrackets += 1;
}

/** Adds what quotes or an expansion gave: their text, or null where it is known only when the script runs. */
function addExpansion(state: WordState, text: string | null): void {
  state.isClean = false;
  if (text === null) {
    state.isLiteral = false;
    state.tail = '';
  } else {
    state.plain += text;
    state.tail += text;
  }
}

function addQuotedText(state: WordState, { text, tail }: QuotedText): void {
  addExpansion(state, text);
  if (text === null) state.tail = tail;
}

function readEscape(scan: Scan, state: WordState): void {
  const escaped = peek(scan, 1);
  if (escaped === '') giveUp(scan, 'a backslash at the end');
  scan.offset += 2;
  if (escaped === '\n') return;
  addExpansion(state, escaped);
  state.isQuoted = true;
}

function readSingleQuotes(scan: Scan, state: WordState): void {
  const open = scan.offset;
  const close = scan.text.indexOf("'", open + 1);
  if (close === -1 || close >= scan.limit) giveUp(scan, 'a single quote that is not closed');
  const before = scan.places.length;
  scan.offset = open + 1;
  takePlacesUpTo(scan, close, { context: 'single_quotes', takesLiteral: true });
  scan.offset = close + 1;
  addExpansion(state, scan.places.length === before ? scan.text.slice(open + 1, close) : null);
  state.isQuoted = true;
}

function isProcessSubstitution(scan: Scan): boolean {
  return (peek(scan) === '<' || peek(scan) === '>') && peek(scan, 1) === '(';
}

function readProcessSubstitution(scan: Scan, state: WordState): void {
  scan.offset += 2;
  nest(scan, () => scan.readCommands(scan, 'parenthesis'));
  scan.offset += 1;
  addExpansion(state, null);
}

/** `name=(...)`: an array in bash, an error in dash. A value can be taken as `[subscript]=` there, which is evaluated. */
function readArray(scan: Scan, state: WordState): void {
  const from = scan.places.length;
  scan.hasArrays = true;
  scan.offset += 1;
  for (;;) {
    while (peek(scan) !== '' && ' \t\n'.includes(peek(scan))) scan.offset += 1;
    if (peek(scan) === ')') break;
    const before = scan.offset;
    nest(scan, () => readWord(scan, false, true));
    if (scan.offset === before || scan.text[before] === '#') giveUp(scan, 'an array that is not plain words');
  }
  scan.offset += 1;
  markPlaces(scan, from, 'an element of an array');
  addExpansion(state, null);
}
