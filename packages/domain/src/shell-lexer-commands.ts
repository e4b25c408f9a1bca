import type { CommandsHazard, Scan } from './shell-lexer-scan.ts';
import {
  CARRIERS,
  CODE_MODULES,
  CODE_OPTION,
  DATA_COMMANDS,
  DECLARATIONS,
  EVALUATING_BUILTINS,
  INTERPRETERS,
  MAKE_ARRAYS,
  OPTIONS_THAT_RUN,
  RUN_OPTION,
  RUN_THEIR_ARGUMENTS,
  RUN_THEIR_INPUT,
  SHELL_WRAPPERS,
  SHELLS,
  TESTS,
  WRAPPERS,
} from './shell-lexer-tables.ts';
import { judgeTest } from './shell-lexer-tests.ts';
import type { Word } from './shell-lexer-words.ts';

/** One simple command while it is read. */
export interface CommandState {
  /** Its name and arguments, without assignments before the name and without redirections. */
  words: Word[];
  firstPlace: number;
  /** Something of it was read: reserved words have no meaning any more. */
  isStarted: boolean;
  /** Its words run nothing: the words of `for`, what follows a compound command. */
  isData: boolean;
  /** Inside `[[ ]]`. */
  isConditional: boolean;
  /** Shells read what follows differently. */
  isAmbiguous: boolean;
}

/** What a command does with what it is given; each is null or says why a value would be code. */
export interface Judgement {
  /** Concerns its own words. */
  argumentHazard: string | null;
  /** Concerns its whole pipeline and the heredocs of that. */
  hazard: string | null;
  /** Concerns besides whatever may feed the pipeline. */
  inputHazard: CommandsHazard;
}

const SAFE: Judgement = { argumentHazard: null, hazard: null, inputHazard: null };

/** More are not looked at, so that every command is judged in time that grows with its length alone. */
const MAX_WRAPPED_WORDS = 200;
const MAX_OPTIONS = 100;

const EVAL = 'the arguments of eval';

/** Judges a simple command by its words; `scan` learns whether it makes variables that evaluate. */
export function judgeCommand(scan: Scan, { words, isData }: CommandState): Judgement {
  const [first] = words;
  if (first === undefined || isData) return SAFE;
  if (first.literal === '[[' && !first.isQuoted) return argumentsOnly(judgeTest(words.slice(1), '[['));
  const name = nameOf(first);
  if (name === null || (first.hasPattern && !TESTS.has(name)))
    return { ...SAFE, hazard: 'the arguments of a command whose name is not known beforehand' };
  const wraps = WRAPPERS.has(name) || SHELL_WRAPPERS.has(name);
  if (SHELL_WRAPPERS.has(name) && words.length > MAX_WRAPPED_WORDS) {
    return { ...SAFE, hazard: `more than ${MAX_WRAPPED_WORDS} words of ${name}` };
  }
  const judgements = words.map((_, index) => {
    const isCommand = index === 0 || SHELL_WRAPPERS.has(name);
    const mayInterpret = isCommand || wraps || CARRIERS.has(name);
    const isData = DATA_COMMANDS.has(name);
    return judgeName(scan, { words, index, isCommand, mayInterpret, isData });
  });
  noteHiddenDeclarations(scan, words, judgements);
  const wrapped = wraps ? judgeWrapped(words) : null;
  const argumentHazard = firstOf(judgements, 'argumentHazard');
  const hazard = firstOf(judgements, 'hazard');
  // What xargs reads becomes arguments.
  const throughXargs = name === 'xargs' ? (hazard ?? argumentHazard) : null;
  return {
    argumentHazard: argumentHazard ?? wrapped ?? judgeCodeOptions(words) ?? judgeOptionsThatRun(scan, words),
    hazard,
    inputHazard: firstOf(judgements, 'inputHazard') ?? throughXargs,
  };
}

function firstOf(judgements: readonly Judgement[], kind: keyof Judgement): string | null {
  return judgements.find((judgement) => judgement[kind] !== null)?.[kind] ?? null;
}

function argumentsOnly(argumentHazard: string | null): Judgement {
  return { ...SAFE, argumentHazard };
}

/** The last part of a command's path, null where an expansion hides it. */
function nameOf(word: Word): string | null {
  if (word.literal === null && !word.tail.includes('/')) return null;
  return (word.literal ?? word.tail).split('/').at(-1) as string;
}

interface NamedWord {
  words: readonly Word[];
  /** Its own. What follows it is copied only where it is a command: a command may have any number of words. */
  index: number;
  /** It stands where its command runs it. */
  isCommand: boolean;
  /** It may be run by a command that takes others' command lines. */
  mayInterpret: boolean;
  /** Its command takes the names of interpreters as data. */
  isData: boolean;
}

function judgeName(scan: Scan, { words, index, isCommand, mayInterpret, isData }: NamedWord): Judgement {
  const name = nameOf(words[index] as Word);
  if (name === null) return SAFE;
  if (name === 'eval') return { ...SAFE, hazard: EVAL };
  const following = { words, from: index + 1 };
  if (SHELLS.has(name))
    return judgeInterpreter(name, following, /^-[A-Za-z]*[cs]|^--(?!norc$|noprofile$|posix$|login$|$)/);
  if (RUN_THEIR_INPUT.has(name) && (mayInterpret || name === 'ssh' || name === 'su')) {
    return { ...SAFE, inputHazard: `${name}, which runs what it is given` };
  }
  if (!isData && INTERPRETERS.test(name)) {
    return judgeInterpreter(name, following, /^-[A-Za-z]*[ceEprR]|^--(?:eval|print|require|import|command)/);
  }
  if (mayInterpret && RUN_THEIR_ARGUMENTS.has(name)) return argumentsOnly(`an argument of ${name}, which runs code`);
  if (!isCommand) return SAFE;
  if (name === '[[') return argumentsOnly('[[ that does not begin a command');
  const rest = words.slice(index + 1);
  const takesArray = rest.some(({ literal }) => literal === null || /^-[a-zA-Z]*a/.test(literal));
  if (MAKE_ARRAYS.has(name) || (name === 'read' && takesArray)) scan.hasArrays = true;
  if (name === 'alias') scan.scriptHazard = 'a script with an alias';
  if (EVALUATING_BUILTINS.has(name)) return argumentsOnly(`an argument of ${name}`);
  if (DECLARATIONS.has(name)) return argumentsOnly(judgeDeclaration(scan, name, rest));
  if (TESTS.has(name)) return argumentsOnly(judgeTest(rest, name));
  return argumentsOnly(name === 'printf' ? judgePrintf(rest) : null);
}

interface Following {
  words: readonly Word[];
  from: number;
}

/**
 * A shell or an interpreter is safe with a script file that is named literally: what follows is data to that file. With code
 * in an option, or without a file, it runs what it is given.
 */
function judgeInterpreter(name: string, { words, from }: Following, codeOption: RegExp): Judgement {
  let takesArgument = false;
  let isModule = false;
  for (const { literal, tail, firstPlace, endPlace } of words.slice(from, from + MAX_OPTIONS)) {
    if (literal === null && tail.includes('/') && firstPlace === endPlace && !takesArgument) return SAFE;
    if (literal === null) return { ...SAFE, inputHazard: `an argument of ${name} before the name of its script` };
    if (isModule) return CODE_MODULES.has(literal) ? { ...SAFE, hazard: `code for ${name}` } : SAFE;
    isModule = literal === '-m' && !SHELLS.has(name);
    if (codeOption.test(literal)) return { ...SAFE, hazard: `code for ${name}` };
    if (!/^[-+]./.test(literal) && !takesArgument) {
      const isInput = literal === '-' || literal.startsWith('/dev/') || literal.startsWith('/proc/');
      return isInput ? { ...SAFE, inputHazard: `${name}, which reads its script from there` } : SAFE;
    }
    const isAlone = (SHELLS.has(name) ? /^[-+][A-Za-z]*[^o]$/ : /^-[uOBsSEIbdiqvxw]+$/).test(literal);
    takesArgument = /^[-+]/.test(literal) && !literal.startsWith('--') && !isAlone;
  }
  // So it is too where there are so many options that the script was not reached.
  return { ...SAFE, inputHazard: `${name}, which reads its script from its input` };
}

/** `declare -i n`, `local -n r`: bash evaluates what is assigned. Else only `name=value` is safe. */
function judgeDeclaration(scan: Scan, name: string, rest: readonly Word[]): string | null {
  const options = rest.filter(({ literal }) => literal !== null && /^[-+]/.test(literal));
  const [first, last] = [rest[0], rest[rest.length - 1]];
  if (name !== 'export' && first !== undefined && last !== undefined) {
    for (const place of scan.places.slice(first.firstPlace, last.endPlace)) scan.declaredPlaces.push(place);
  }
  const isHidden = name !== 'export' && rest.some(({ literal, assigns }) => literal === null && assigns === null);
  if (isHidden || options.some(({ literal }) => !/^-[xrgp]+$/.test(literal as string))) {
    scan.scriptHazard = 'a script with variables that evaluate what is assigned to them';
  }
  const isSafe = rest.every((word) => word.firstPlace === word.endPlace || word.assigns !== null);
  return isSafe ? null : `an argument of ${name} that is not the value in name=value`;
}

/** `printf -v name`: the name may be `a[$(code)]`. A format that is a value could use all of its arguments as numbers. */
function judgePrintf(rest: readonly Word[]): string | null {
  const format = rest[rest[0]?.literal === '--' ? 1 : 0];
  if (format?.literal === '-v') return 'an argument of printf -v';
  return format?.literal === null ? 'an argument of printf whose format is not known beforehand' : null;
}

/** `eval 'declare -i n'`, `trap 'alias a=b' EXIT`. */
function noteHiddenDeclarations(scan: Scan, words: readonly Word[], judgements: readonly Judgement[]): void {
  const [first, last] = [words[0] as Word, words[words.length - 1] as Word];
  if (first.literal !== 'trap' && !judgements.some(({ hazard }) => hazard === EVAL)) return;
  if (/declare|typeset|local|readonly|alias|=\(/.test(scan.text.slice(first.start, last.end))) {
    scan.scriptHazard = 'a script that declares variables or aliases inside of a text that it runs';
  }
}

/** `split --filter=...`, also by another command: `nice split ...`. Quotes hide no option. */
function judgeOptionsThatRun(scan: Scan, words: readonly Word[]): string | null {
  const patterns = new Map<string, RegExp>();
  for (const word of words) {
    const text = scan.text.slice(word.start, word.end).replace(/\$?["']|\\\n?/g, '');
    for (const [name, pattern] of patterns) if (pattern.test(text)) return `the arguments of ${name} with ${text}`;
    const name = nameOf(word);
    const pattern = name === null ? undefined : OPTIONS_THAT_RUN.get(name);
    if (name !== null && pattern !== undefined) patterns.set(name, pattern);
  }
  return null;
}

/** A wrapper's first operand is a command: no value may stand before a literal one. */
function judgeWrapped(words: readonly Word[]): string | null {
  let isAfterOption = false;
  for (const word of words.slice(1)) {
    const hasPlace = word.firstPlace < word.endPlace;
    const text = word.literal ?? '';
    if (hasPlace && word.assigns === null) return `the place of a command that ${words[0]?.literal} runs`;
    if (!hasPlace && !isAfterOption && /^[^-+\d]/.test(text) && word.assigns === null) {
      return word.hasPattern ? `the arguments of a command whose name is not known beforehand` : null;
    }
    isAfterOption = /^[-+]/.test(text);
  }
  return null;
}

function judgeCodeOptions(words: readonly Word[]): string | null {
  for (const [index, word] of words.entries()) {
    const option = words[index - 1]?.literal ?? '';
    const hasPlace = word.firstPlace < word.endPlace;
    if (hasPlace && RUN_OPTION.has(option)) return `the place of a command that ${option} runs`;
    if (hasPlace && CODE_OPTION.test(option) && word.isQuoted && word.hasBlank)
      return `a text after ${option} that looks like code`;
  }
  return null;
}
