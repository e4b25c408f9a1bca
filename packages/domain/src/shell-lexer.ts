import type { CommandState } from './shell-lexer-commands.ts';
import { openOrClose, readArithmeticCommand, readPattern } from './shell-lexer-compounds.ts';
import { readHeredocBodies, takeHeredocOperator } from './shell-lexer-heredocs.ts';
import type { List } from './shell-lexer-lists.ts';
import { endCommand, endPipeline, newCommand, newList, readComment, skipBlanks } from './shell-lexer-lists.ts';
import type { Place, Scan } from './shell-lexer-scan.ts';
import { giveUp, markPlaces, nest, peek } from './shell-lexer-scan.ts';
import type { Word } from './shell-lexer-words.ts';
import { readWord } from './shell-lexer-words.ts';

/**
 * Shells take continued lines away before they look for operators, so that these characters would be one operator. It is
 * asked of the whole text, quotes and comments included: nobody needs it there.
 */
const SPLIT_OPERATOR = /[;&|<>(](?:\\\n)+[;&|<>(-]/;

/**
 * Finds placeholders in scripts for sh, dash and bash, and what stands around them.
 *
 * The promise: where a place has no hazard, `"${PARAM_x}"` in a bare word, `${PARAM_x}` in double quotes or a heredoc,
 * and `'"${PARAM_x}"'` in single quotes are data to the shell and to the command that gets them, in all three shells.
 * - It reads like a shell: words, quotes, expansions, commands, pipelines, compound commands, heredocs. It builds no
 *   tree; a stack of frames knows which compound commands are open.
 * - A command that takes code (eval, `sh -c`, ssh, awk, ...) marks every place of its pipeline, and where it reads code from
 *   standard input, every place of the commands around it, because they may feed it. The tables are in
 *   shell-lexer-commands.
 * - Where shells differ, or a construct is one that it does not know, it throws UncertainScript: nothing is guessed.
 *   Refusing too much is cheap, since `"$PARAM_x"` can always be written by hand.
 * What it cannot see: a script that stores a value in a variable or a file first and evaluates that later. There the value
 * is data to this script, and what becomes of it is its author's decision.
 */
export function findPlaces(text: string, isDeclared: (name: string) => boolean): Place[] {
  const scan: Scan = {
    text,
    isDeclared,
    offset: 0,
    limit: text.length,
    depth: 0,
    places: [],
    heredocs: [],
    variableEnd: -1,
    scriptHazard: null,
    hasArrays: false,
    declaredPlaces: [],
    nestedInputHazard: null,
    readCommands,
  };
  const split = SPLIT_OPERATOR.exec(text);
  if (split !== null) {
    scan.offset = split.index;
    giveUp(scan, 'a continued line inside of an operator');
  }
  readCommands(scan, 'limit');
  if (scan.heredocs.length > 0) giveUp(scan, 'a heredoc without a body');
  markPlaces(scan, 0, scan.scriptHazard);
  if (scan.hasArrays) for (const place of scan.declaredPlaces) place.hazard ??= 'a declaration in a script with arrays';
  return scan.places;
}

function readCommands(scan: Scan, end: 'limit' | 'parenthesis'): void {
  const outerInputHazard = scan.nestedInputHazard;
  scan.nestedInputHazard = null;
  const list = newList(scan);
  for (;;) {
    const character = peek(scan);
    if (character === '' || (character === ')' && end === 'parenthesis' && !list.command.isConditional)) break;
    readToken(scan, list, character);
  }
  if (end === 'parenthesis' && peek(scan) === '') giveUp(scan, 'a parenthesis that is not closed');
  if (list.frames.length > 0 || list.command.isConditional) giveUp(scan, 'a compound command that is not closed');
  endPipeline(scan, list);
  scan.nestedInputHazard = outerInputHazard ?? list.inputHazard;
}

function readToken(scan: Scan, list: List, character: string): void {
  const { command } = list;
  if (character === ' ' || character === '\t') scan.offset += 1;
  else if (character === '\\' && peek(scan, 1) === '\n') scan.offset += 2;
  else if (character === '#') readComment(scan);
  else if (command.isConditional && '\n&|<>()'.includes(character)) readConditionalOperator(scan, command, character);
  else if (character === '\n') readNewline(scan, list);
  else if (character === ';' || character === '&' || character === '|') readOperator(scan, list, character);
  else if ((character === '<' || character === '>') && peek(scan, 1) !== '(') readRedirection(scan, list);
  else if (character === '(') readParenthesis(scan, list);
  else if (character === ')') giveUp(scan, 'a closing parenthesis without an opening one');
  else readCommandWord(scan, list);
}

/** Inside `[[ ]]` these are operators of the condition in bash, and end commands in dash: only values as data stand there. */
function readConditionalOperator(scan: Scan, command: CommandState, character: string): void {
  if (character === '<' && peek(scan, 1) === '<') giveUp(scan, '<< inside [[ ]]');
  if (character === '\n' && scan.heredocs.length > 0)
    giveUp(scan, 'a newline inside [[ ]] before the body of a heredoc');
  if (character !== '<' && character !== '>') command.isAmbiguous = true;
  scan.offset += 1;
}

function readNewline(scan: Scan, list: List): void {
  scan.offset += 1;
  if (!list.continues || list.command.isStarted) endPipeline(scan, list);
  readHeredocBodies(scan);
}

function readOperator(scan: Scan, list: List, character: string): void {
  const two = character + peek(scan, 1);
  if (two === '&>') {
    // bash sends the output of the command there; to dash `&` ends it and the rest is another command.
    scan.offset += peek(scan, 2) === '>' ? 3 : 2;
    skipBlanks(scan);
    readWord(scan);
    list.command.isAmbiguous = true;
    return;
  }
  if (two === ';;' || two === ';&') {
    const frame = list.frames[list.frames.length - 1];
    if (frame?.kind !== 'case') giveUp(scan, `${two} outside case`);
    scan.offset += two === ';;' && peek(scan, 2) === '&' ? 3 : 2;
    endPipeline(scan, list);
    readPattern(scan, list);
    return;
  }
  scan.offset += two === '&&' || two === '||' || two === '|&' ? 2 : 1;
  if (character === '|' && two !== '||') endCommand(scan, list);
  else endPipeline(scan, list);
  list.continues = character === '|' || two === '&&';
}

function readRedirection(scan: Scan, list: List): void {
  list.command.isStarted = true;
  if (takeHeredocOperator(scan)) return;
  const operator = /^(?:<<<|<&|>&|<>|>>|>\||[<>])/.exec(scan.text.slice(scan.offset, scan.offset + 3))?.[0] as string;
  scan.offset += operator.length;
  skipBlanks(scan);
  const from = scan.places.length;
  const target = readWord(scan);
  if (target.start === target.end) giveUp(scan, `${operator} without a target`);
  if (operator.endsWith('&')) markPlaces(scan, from, `${operator}, which takes a number of an open file`);
}

function readParenthesis(scan: Scan, list: List): void {
  const { command } = list;
  if (command.words.length === 1 && !command.isData) {
    const parentheses = /^\([ \t]*\)/.exec(scan.text.slice(scan.offset, Math.min(scan.offset + 100, scan.limit)));
    if (parentheses === null) giveUp(scan, 'an opening parenthesis after a word');
    scan.offset += parentheses[0].length;
    list.command = newCommand(scan);
    return;
  }
  if (command.isStarted) giveUp(scan, 'an opening parenthesis after a word');
  if (peek(scan, 1) === '(') readArithmeticCommand(scan);
  else {
    scan.offset += 1;
    nest(scan, () => readCommands(scan, 'parenthesis'));
    scan.offset += 1;
  }
  list.command = newCommand(scan, { isStarted: true, isData: true });
}

function readCommandWord(scan: Scan, list: List): void {
  const { command } = list;
  const word = readWord(scan, !command.isConditional);
  if (command.isAmbiguous) markPlaces(scan, word.firstPlace, 'a word after an operator that shells read differently');
  const { literal, isQuoted } = word;
  if (literal === null || isQuoted) addWord(scan, command, word);
  else if (isFileNumber(scan, literal)) command.isStarted = true;
  else if (command.isConditional && literal === ']]') {
    endCommand(scan, list);
    list.command = newCommand(scan, { isStarted: true, isData: true });
  } else if (command.isStarted || !openOrClose(scan, list, { ...word, literal })) addWord(scan, command, word);
}

/** `2` in `2>file`, `{name}` in `{name}>file`: not a word of the command. */
function isFileNumber(scan: Scan, literal: string): boolean {
  const isBeforeRedirection = peek(scan) === '<' || peek(scan) === '>';
  return isBeforeRedirection && /^(?:\d+|\{[A-Za-z_][A-Za-z0-9_]*\})$/.test(literal);
}

function addWord(scan: Scan, command: CommandState, word: Word): void {
  const isAssignment = word.assigns !== null && command.words.length === 0 && !command.isData;
  command.isStarted = true;
  if (isAssignment) return;
  if (command.words.length === 0 && !command.isData) markPlaces(scan, word.firstPlace, 'the place of a command name');
  command.words.push(word);
}
