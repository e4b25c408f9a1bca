/**
 * Finds the lines of a plain shell script at which a statement of the top level begins. A note is put in front of such a
 * line (failing-line.ts), so a wrong answer would change what the script does. Therefore this is no shell parser but a
 * list of what is allowed: one unknown character, one construct that is not `if`, `for`, `while` or `until`, one line
 * that could be an error, and the whole script is refused, which costs no more than the failing line's number.
 *
 * Refused besides, although their form is plain: commands that show or change functions, traps, options and limits, and
 * background commands, whose end bash reports with the line where it happens to notice it.
 */

/** Within `$( )` and after `:-`; nothing of it has a meaning to the shell. */
const SUBSTITUTED = /\$\(([A-Za-z0-9 _./:+%=,@-]*)\)/.source;
const EXPANSION = `${SUBSTITUTED.replace('([', '(?:[')}|\\$\\{[A-Za-z_]\\w*(?::-[\\w./:+%=,@-]*)?\\}|\\$[\\w@*#?$!-]`;
const SINGLE_QUOTES = /'[^'(){}]*'/.source;
const DOUBLE_QUOTES = `"(?:[^"$(){}]|${EXPANSION})*"`;
const WORD = `(?:[\\w./:+%=,@^~*?!#[\\]-]|${SINGLE_QUOTES}|${DOUBLE_QUOTES}|${EXPANSION})+`;
/** Blanks, a comment, a redirection, an operator or a word; `#` begins a comment only where a word could begin. */
const TOKEN = new RegExp(
  `[ \\t]+|(?<comment>#.*)|(?<redirection>\\d*(?:>>|>\\||[<>]&|<>|[<>]))|(?<operator>&&|\\|\\||;|\\|(?!&))|(?<word>${WORD})`,
  'sy',
);
const NEVER_PLAIN = /[\\`]/;
const MAX_CHARACTERS = 100_000;

const COMMAND = /^(?:[\w./+:-]+|\[)$/;
const ASSIGNMENT = /^[A-Za-z_]\w*\+?=/;
/** `name[` reads on over words and lines in bash. */
const BRACKETS = /^(?:\[|[^[]*(?:\[[^[\]]+\][^[]*)*)$/;
const REFUSED = new Set(
  (
    'trap eval source . alias unalias function case esac select coproc ulimit shopt enable command builtin ' +
    'declare typeset hash compgen complete getopts mapfile readarray jobs wait fg bg disown time in'
  ).split(' '),
);
const ALLOWED_OPTIONS = new Set(['-e', '-u', '-eu', '-ue', '-o pipefail', '-euo pipefail', '-eu -o pipefail']);

type Block = 'if' | 'then' | 'else' | 'for' | 'while' | 'do';
/** Which block a reserved word must stand in (none: anywhere) and which it begins in its place (none: it ends it). */
const RESERVED = new Map<string, { within?: readonly Block[]; begins?: Block }>([
  ['if', { begins: 'if' }],
  ['for', { begins: 'for' }],
  ['while', { begins: 'while' }],
  ['until', { begins: 'while' }],
  ['then', { within: ['if'], begins: 'then' }],
  ['elif', { within: ['then'], begins: 'if' }],
  ['else', { within: ['then'], begins: 'else' }],
  ['fi', { within: ['then', 'else'] }],
  ['do', { within: ['for', 'while'], begins: 'do' }],
  ['done', { within: ['do'] }],
]);

/**
 * What may come next. start: a command, a closing word or nothing. command: a command is owed, on this line or a later
 * one. negated: a command is owed on this line. prefix: after assignments or redirections. arguments: in a command.
 * compound: after `fi` or `done`. name, in, list: in the head of a `for`.
 */
type State = 'start' | 'command' | 'negated' | 'prefix' | 'arguments' | 'compound' | 'name' | 'in' | 'list';

interface Scan {
  state: State;
  blocks: Block[];
  /** Of the command that is read. */
  words: string[];
  /** A redirection's target is owed. */
  owesTarget: boolean;
}

/** @returns line numbers from 1, ascending; none if the script is not plain from its first to its last line */
export function findStatementLines(text: string): number[] {
  if (text.length > MAX_CHARACTERS || /[\r\0]/.test(text)) return [];
  const scan: Scan = { state: 'start', blocks: [], words: [], owesTarget: false };
  const found: number[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (/^[ \t]*(?:#|$)/.test(line)) continue;
    if (scan.blocks.length === 0 && scan.state === 'start') found.push(index + 1);
    if (NEVER_PLAIN.test(line) || !readLine(scan, line)) return [];
  }
  return scan.blocks.length === 0 && scan.state === 'start' ? found : [];
}

/** @returns false if the line is not plain; the same for all that follow */
function readLine(scan: Scan, line: string): boolean {
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < line.length) {
    const groups = TOKEN.exec(line)?.groups;
    if (groups === undefined) return false;
    const { redirection, operator, word } = groups;
    if (redirection !== undefined && !readRedirection(scan)) return false;
    if (operator !== undefined && !endCommand(scan, operator)) return false;
    if (word !== undefined && !readWord(scan, word)) return false;
  }
  return scan.state === 'start' || scan.state === 'command' || endCommand(scan, ';');
}

function readRedirection(scan: Scan): boolean {
  if (scan.owesTarget || ['name', 'in', 'list'].includes(scan.state)) return false;
  scan.owesTarget = true;
  if (scan.state !== 'arguments' && scan.state !== 'compound') return beginCommand(scan, 'prefix');
  return true;
}

/** An empty command is an error, and so is anything but `;` or the line's end after the head of a `for`. */
function endCommand(scan: Scan, operator: string): boolean {
  const isSeparator = operator === ';';
  const isEnded = ['prefix', 'arguments', 'compound'].includes(scan.state) || (isSeparator && scan.state === 'list');
  const [command, ...options] = scan.words.splice(0);
  if (!isEnded || scan.owesTarget || (command === 'set' && !ALLOWED_OPTIONS.has(options.join(' ')))) return false;
  scan.state = isSeparator ? 'start' : 'command';
  return true;
}

function readWord(scan: Scan, word: string): boolean {
  for (const [, command] of word.matchAll(new RegExp(SUBSTITUTED, 'g'))) {
    if (!isPlainCommand(command?.trim().split(' ')[0] ?? '') || /^ *set\b/.test(command ?? '')) return false;
  }
  if (!BRACKETS.test(word)) return false;
  if (scan.owesTarget) {
    scan.owesTarget = false;
    return true;
  }
  switch (scan.state) {
    case 'compound':
      return false;
    case 'name':
      scan.state = 'in';
      return /^[A-Za-z_]\w*$/.test(word);
    case 'in':
      scan.state = 'list';
      return word === 'in';
    case 'list':
      return true;
    case 'arguments':
      scan.words.push(word);
      return true;
    default:
      return readFirstWord(scan, word);
  }
}

function readFirstWord(scan: Scan, word: string): boolean {
  if (RESERVED.has(word)) return readReservedWord(scan, word);
  if (word === '!') {
    const mayNegate = scan.state === 'start' || scan.state === 'command';
    return mayNegate && beginCommand(scan, 'negated');
  }
  if (ASSIGNMENT.test(word)) return beginCommand(scan, 'prefix');
  scan.words.push(word);
  return isPlainCommand(word) && beginCommand(scan, 'arguments');
}

function isPlainCommand(word: string): boolean {
  return COMMAND.test(word) && !REFUSED.has(word) && !RESERVED.has(word);
}

/** Between the head of a `for` and its `do` no command can stand. */
function beginCommand(scan: Scan, state: State): boolean {
  scan.state = state;
  return scan.blocks.at(-1) !== 'for';
}

/** A word that divides or ends a block has to follow a whole command, so it cannot stand where one is owed. */
function readReservedWord(scan: Scan, word: string): boolean {
  const { within, begins } = RESERVED.get(word) ?? {};
  if (scan.state === 'prefix') return false;
  if (within === undefined && scan.blocks.at(-1) === 'for') return false;
  if (within !== undefined) {
    const block = scan.blocks.pop();
    if (scan.state !== 'start' || block === undefined || !within.includes(block)) return false;
  }
  if (begins !== undefined) scan.blocks.push(begins);
  scan.state = begins === undefined ? 'compound' : begins === 'for' ? 'name' : 'command';
  return true;
}
