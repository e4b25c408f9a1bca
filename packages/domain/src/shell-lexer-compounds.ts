import { readArithmetic } from './shell-lexer-expansions.ts';
import { readHeredocBodies } from './shell-lexer-heredocs.ts';
import type { FrameKind, List } from './shell-lexer-lists.ts';
import { endPipeline, newCommand, newPipeline, readComment, skipBlanks } from './shell-lexer-lists.ts';
import type { Scan } from './shell-lexer-scan.ts';
import { giveUp, goDeeper, markPlaces, peek } from './shell-lexer-scan.ts';
import type { Word } from './shell-lexer-words.ts';
import { readWord } from './shell-lexer-words.ts';

/**
 * Takes a word where a reserved word may stand.
 * @param literal the word's text, which is not quoted
 * @returns true where it was one
 */
export function openOrClose(scan: Scan, list: List, word: Word & { literal: string }): boolean {
  const { literal } = word;
  const kind = OPENERS.get(literal);
  const closes = CLOSERS.get(literal);
  if (kind !== undefined) open(scan, list, kind);
  if (closes !== undefined) close(scan, list, closes);
  switch (literal) {
    case 'for':
    case 'select':
      readLoopHeader(scan, list);
      return true;
    case 'case':
      readCaseHeader(scan, list);
      return true;
    case 'function':
      readName(scan, 'the name of a function');
      skipBlanks(scan);
      if (peek(scan) === '(' && peek(scan, 1) === ')') scan.offset += 2;
      return true;
    case '[[':
      list.command = newCommand(scan, { isStarted: true, isConditional: true, words: [word] });
      return true;
    case 'then':
    case 'else':
    case 'elif':
    case 'do':
      endPipeline(scan, list);
      return true;
    default:
      return kind !== undefined || closes !== undefined || literal === '!';
  }
}

const OPENERS: ReadonlyMap<string, FrameKind> = new Map([
  ['{', 'brace'],
  ['if', 'if'],
  ['while', 'loop'],
  ['until', 'loop'],
  ['for', 'loop'],
  ['select', 'loop'],
  ['case', 'case'],
]);
const CLOSERS: ReadonlyMap<string, FrameKind> = new Map([
  ['}', 'brace'],
  ['fi', 'if'],
  ['done', 'loop'],
  ['esac', 'case'],
]);

function open(scan: Scan, list: List, kind: FrameKind): void {
  goDeeper(scan);
  list.frames.push({ kind, outer: list.pipeline, outerInputHazard: list.inputHazard });
  list.pipeline = newPipeline(scan);
  list.inputHazard = null;
}

/** After its end a compound command is one command of the pipeline in which it began; it may be redirected. */
function close(scan: Scan, list: List, kind: FrameKind): void {
  endPipeline(scan, list);
  const frame = list.frames.pop();
  if (frame?.kind !== kind) giveUp(scan, 'the end of a compound command that is not open');
  scan.depth -= 1;
  list.pipeline = frame.outer;
  list.pipeline.inputHazard ??= list.inputHazard;
  list.inputHazard = frame.outerInputHazard;
  list.command = newCommand(scan, { isStarted: true, isData: true });
}

function readName(scan: Scan, what: string): Word {
  skipBlanks(scan);
  const word = readWord(scan, false);
  if (word.start === word.end) giveUp(scan, `${what} that is missing`);
  markPlaces(scan, word.firstPlace, what);
  return word;
}

/** `for name in words` and `for name`; the words are data. */
function readLoopHeader(scan: Scan, list: List): void {
  skipBlanks(scan);
  if (peek(scan) === '(' && peek(scan, 1) === '(') {
    readArithmeticCommand(scan);
    return;
  }
  const name = readName(scan, 'the name of a loop variable');
  skipBlanksAndNewlines(scan);
  if (/^in[ \t\n;\\]/.test(scan.text.slice(scan.offset, scan.offset + 3))) {
    scan.offset += 2;
    list.command = newCommand(scan, { isStarted: true, isData: true, words: [name] });
  }
}

function readCaseHeader(scan: Scan, list: List): void {
  skipBlanks(scan);
  const subject = readWord(scan);
  skipBlanksAndNewlines(scan);
  const word = readWord(scan);
  if (subject.start === subject.end || word.literal !== 'in') giveUp(scan, 'case without in');
  endPipeline(scan, list);
  readPattern(scan, list);
}

/** Patterns up to their `)`, or `esac`. A value stands in a pattern quoted, so that it matches itself alone. */
export function readPattern(scan: Scan, list: List): void {
  skipBlanksAndNewlines(scan);
  if (peek(scan) === '(') scan.offset += 1;
  for (;;) {
    skipBlanks(scan);
    const pattern = readWord(scan, false);
    if (pattern.start === pattern.end) giveUp(scan, 'a pattern of case that is missing');
    if (pattern.literal === 'esac' && !pattern.isQuoted) {
      close(scan, list, 'case');
      return;
    }
    skipBlanks(scan);
    const character = peek(scan);
    scan.offset += 1;
    if (character === ')') break;
    if (character !== '|') giveUp(scan, 'a pattern of case without )');
  }
  endPipeline(scan, list);
}

/** `((...))`: arithmetic in bash, parentheses in dash. Only what both read to the same end is taken. */
export function readArithmeticCommand(scan: Scan): void {
  const start = scan.offset;
  readArithmetic(scan, 2);
  if (scan.text.slice(start, scan.offset).includes('<<')) giveUp(scan, '<< inside (( ))');
}

function skipBlanksAndNewlines(scan: Scan): void {
  for (;;) {
    skipBlanks(scan);
    if (peek(scan) === '#') readComment(scan);
    if (peek(scan) !== '\n') return;
    scan.offset += 1;
    readHeredocBodies(scan);
  }
}
