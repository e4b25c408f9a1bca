import { RE2JS } from 're2js';

/** Anything that JSON can say. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

export const PARAMETER_TYPES = ['string', 'integer', 'number', 'boolean', 'json'] as const;
export type ParameterType = (typeof PARAMETER_TYPES)[number];

/** A declared parameter after normalising: the type has its one name, absent rules are null. */
export interface ParameterDeclaration {
  type: ParameterType;
  required: boolean;
  /** Of the declared type already; absent where there is none (a `json` parameter may have null as its default). */
  default?: JsonValue;
  choices: JsonValue[] | null;
  /** RE2 syntax; the whole value must match. */
  pattern: string | null;
  /** Characters (code points) of a string, value of a number, both inclusive. */
  min: number | null;
  max: number | null;
  /** Never written into a script or shown. */
  secret: boolean;
  description: string | null;
}

/** A declaration that says nothing. */
export const PLAIN_DECLARATION = {
  required: false,
  choices: null,
  pattern: null,
  min: null,
  max: null,
  secret: false,
  description: null,
} as const satisfies Omit<ParameterDeclaration, 'type' | 'default'>;

/** A value of the declared type, or what was expected instead. */
export type ConvertedValue = { ok: true; value: JsonValue } | { ok: false; expected: string };

/** Longest form of one value in an environment, bytes of UTF-8. Linux takes 128 KiB for one `NAME=value`. */
export const MAX_VALUE_BYTES = 100 * 1024;

/**
 * Deepest value: lists and objects within each other. Tables and histories keep values some levels below their own, and
 * MariaDB takes 32 levels of JSON (MySQL 100).
 */
export const MAX_VALUE_LEVELS = 24;

const INTEGER_TEXT = /^[+-]?\d+$/;
const NUMBER_TEXT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
/** NUL cannot stand in an environment, half a surrogate pair not in UTF-8. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;
/** In JSON text, which escapes it: behind an even number of backslashes. */
const UNSTORABLE_IN_JSON = /(?<!\\)(?:\\\\)*\\ud[89a-f]/;

/**
 * Takes a given value as the declared type. Strings: texts, and numbers and booleans as their JSON text. Integers: safe
 * integers and decimal texts of them ("08" is 8). Numbers: finite ones and decimal texts ("1e3"). Booleans: true, false
 * and exactly "true", "false". JSON: any value as it is, a text stays a text. White space is never trimmed.
 * @returns the value, or what was expected; the declaration's further rules are checkRules' business
 */
export function convertValue(type: ParameterType, given: unknown): ConvertedValue {
  const converted = CONVERSIONS[type](given);
  if (converted === undefined) return { ok: false, expected: EXPECTED[type] };
  if (isDeeperThan(converted, MAX_VALUE_LEVELS)) return { ok: false, expected: `at most ${MAX_VALUE_LEVELS} levels` };
  const text = formatValue(converted);
  const unstorable = typeof converted === 'string' ? UNSTORABLE : UNSTORABLE_IN_JSON;
  if (unstorable.test(text)) return { ok: false, expected: 'a text without NUL and without half surrogate pairs' };
  if (isLongerThan(text, MAX_VALUE_BYTES)) return { ok: false, expected: `at most ${MAX_VALUE_BYTES} bytes` };
  return { ok: true, value: converted };
}

const EXPECTED: Record<ParameterType, string> = {
  string: 'a text',
  integer: 'an integer between -(2^53-1) and 2^53-1',
  number: 'a finite number',
  boolean: 'true or false',
  json: 'a JSON value',
};

const CONVERSIONS: Record<ParameterType, (given: unknown) => JsonValue | undefined> = {
  string: (given) => {
    if (typeof given === 'string') return given;
    const hasText = typeof given === 'boolean' || (typeof given === 'number' && Number.isFinite(given));
    return hasText ? formatValue(given) : undefined;
  },
  integer: (given) => {
    const value = typeof given === 'string' && INTEGER_TEXT.test(given) ? Number(given) : given;
    return typeof value === 'number' && Number.isSafeInteger(value) ? value + 0 : undefined;
  },
  number: (given) => {
    const value = typeof given === 'string' && NUMBER_TEXT.test(given) ? Number(given) : given;
    return typeof value === 'number' && Number.isFinite(value) ? value + 0 : undefined;
  },
  boolean: (given) => {
    if (typeof given === 'boolean') return given;
    return given === 'true' ? true : given === 'false' ? false : undefined;
  },
  json: (given) => (isJsonValue(given) ? given : undefined),
};

/** Is this all JSON? Iterative, so that a deep value cannot overflow the stack. */
export function isJsonValue(given: unknown): given is JsonValue {
  const left: unknown[] = [given];
  while (left.length > 0) {
    const value = left.pop();
    if (isContainer(value)) for (const inner of Object.values(value)) left.push(inner);
    else if (typeof value === 'number' ? !Number.isFinite(value) : !isPlain(value)) return false;
  }
  return true;
}

/** Level by level: what comes later may recurse. */
function isDeeperThan(value: JsonValue, levels: number): boolean {
  let level = [value as unknown].filter(isContainer);
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > levels) return true;
    level = level.flatMap((container) => Object.values(container).filter(isContainer));
  }
  return false;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isPlain(value: unknown): boolean {
  return value === null || typeof value === 'string' || typeof value === 'boolean';
}

/** The form that a script sees: texts as they are, all else as JSON text (integers without exponent, true and false). */
export function formatValue(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * Holds a converted value against `choices`, `pattern`, `min` and `max`.
 * @returns what was expected, one text a broken rule; empty when all hold
 */
export function findBrokenRules(declaration: ParameterDeclaration, value: JsonValue): string[] {
  const { choices, pattern, min, max } = declaration;
  const broken: string[] = [];
  if (choices !== null && !choices.includes(value)) {
    broken.push(`one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`);
  }
  if (pattern !== null && !matchesPattern(pattern, formatValue(value)))
    broken.push(`a text that matches ${pattern} as a whole`);
  const isText = typeof value === 'string';
  // Only texts and numbers have a size: an object of JSON is never asked to become a number.
  if (!isText && typeof value !== 'number') return broken;
  const size = isText ? countCharacters(value) : value;
  const unit = isText ? ' characters' : '';
  if (min !== null && size < min) broken.push(`at least ${min}${unit}`);
  if (max !== null && size > max) broken.push(`at most ${max}${unit}`);
  return broken;
}

/** Instructions of a compiled pattern. RE2 takes at most this many steps a character: the product bounds a match. */
const MAX_PATTERN_SIZE = 600;

/**
 * Why a pattern cannot be used, null where it can. RE2 is linear in the value's length, whatever the pattern, and the size
 * of the compiled pattern is bounded (`a{0,1000}` repeated would be linear too, and take minutes).
 */
export function explainBadPattern(pattern: string): string | null {
  try {
    const size = RE2JS.compile(pattern).programSize();
    return size > MAX_PATTERN_SIZE ? `a pattern of ${size} steps, more than ${MAX_PATTERN_SIZE}` : null;
  } catch (error) {
    // RE2JS throws for a pattern outside its syntax: that is the answer here.
    return String(error);
  }
}

function matchesPattern(pattern: string, text: string): boolean {
  return RE2JS.compile(pattern).matches(text);
}

/** Code points, as MySQL and Python count. */
export function countCharacters(text: string): number {
  let count = 0;
  for (const _character of text) count += 1;
  return count;
}

function isLongerThan(text: string, bytes: number): boolean {
  return text.length * 3 > bytes && new TextEncoder().encode(text).length > bytes;
}
