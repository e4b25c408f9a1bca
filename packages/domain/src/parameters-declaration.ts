import { z } from 'zod';
import type { Problem } from './errors.ts';
import type { ConvertedValue, JsonValue, ParameterDeclaration, ParameterType } from './parameters-value.ts';
import { convertValue, isJsonValue, explainBadPattern, findBrokenRules } from './parameters-value.ts';
import { describeIssues, escapePointer, isRecord } from './graph-definition-problems.ts';

export const MAX_PARAMETERS_PER_VERTEX = 200;
const MAX_PATTERN_LENGTH = 1000;
const MAX_CHOICES = 1000;

/** The type names that documents use, and the one name that each has here. */
const TYPE_NAMES = {
  string: 'string',
  str: 'string',
  integer: 'integer',
  int: 'integer',
  number: 'number',
  float: 'number',
  boolean: 'boolean',
  bool: 'boolean',
  json: 'json',
} as const satisfies Record<string, ParameterType>;

/** Not zod's own json(): that recurses, and OpenAPI generators do not know it. */
const jsonValue = z.unknown().refine(isJsonValue, 'expected a JSON value');

/** One parameter as a document declares it. */
export const parameterDeclarationSchema = z
  .strictObject({
    type: z
      .enum(['str', 'string', 'int', 'integer', 'float', 'number', 'bool', 'boolean', 'json'])
      .optional()
      .describe('absent: string'),
    required: z.boolean().optional().describe('absent: false'),
    default: jsonValue.optional().describe('used where the start request gives no value'),
    choices: z.array(jsonValue).min(1).max(MAX_CHOICES).nullish().describe('the only values allowed'),
    pattern: z.string().max(MAX_PATTERN_LENGTH).nullish().describe('RE2 syntax; the whole text must match'),
    min: z.number().nullish().describe('least value; of a string: least number of characters'),
    max: z.number().nullish().describe('greatest value; of a string: greatest number of characters'),
    secret: z.boolean().optional().describe('never written into scripts or shown'),
    description: z.string().max(10_000).nullish(),
  })
  .meta({ id: 'ParameterDeclaration' });

export type ParameterDeclarations = Record<string, ParameterDeclaration>;

const PARAMETER_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
const NAMES_OF_EVERY_OBJECT: object = {};

/** Letters, digits and underscores, not first a digit, at most 63; and no name that every object has (`constructor`). */
export function isParameterName(name: string): boolean {
  return PARAMETER_NAME.test(name) && !(name in NAMES_OF_EVERY_OBJECT);
}

/**
 * Reads the `input` of a vertex.
 * @param input the declarations by name
 * @param pointer where they stand in the document
 * @returns normalised declarations without a prototype, and every problem (`bad_input`); a bad declaration is left out
 */
export function parseDeclarations(
  input: unknown,
  pointer: string,
): { declarations: ParameterDeclarations; problems: Problem[] } {
  const declarations: ParameterDeclarations = Object.create(null);
  if (!isRecord(input)) {
    return {
      declarations,
      problems: [badInput('expected parameter declarations by name, found something else', pointer)],
    };
  }
  const problems: Problem[] = [];
  const names = Object.keys(input);
  if (names.length > MAX_PARAMETERS_PER_VERTEX) {
    problems.push(badInput(`expected at most ${MAX_PARAMETERS_PER_VERTEX} parameters, found ${names.length}`, pointer));
  }
  for (const name of names.slice(0, MAX_PARAMETERS_PER_VERTEX)) {
    const read = parseDeclaration(name, input[name], `${pointer}/${escapePointer(name)}`);
    if (read.problems.length === 0) declarations[name] = read.declaration;
    else problems.push(...read.problems);
  }
  return { declarations, problems };
}

function badInput(message: string, pointer: string): Problem {
  return { code: 'bad_input', message, pointer };
}

type ReadDeclaration = { declaration: ParameterDeclaration; problems: Problem[] };
type DeclarationDocument = z.infer<typeof parameterDeclarationSchema>;

function parseDeclaration(name: string, value: unknown, pointer: string): ReadDeclaration {
  const parsed = parameterDeclarationSchema.safeParse(value);
  const declaration = normaliseDeclaration(parsed.data ?? {});
  const problems: Problem[] = parsed.success
    ? [...findRuleProblems(declaration, pointer), ...convertChoices(declaration, pointer)]
    : describeIssues(parsed.error.issues, { value, pointer, code: 'bad_input' });
  if (!isParameterName(name)) {
    const found = JSON.stringify(name.slice(0, 100));
    problems.unshift(
      badInput(`expected a name of letters, digits and _, not first a digit, at most 63, found ${found}`, pointer),
    );
  }
  // A default is held against the rules only once these are known to be sound themselves.
  if (problems.length === 0) problems.push(...convertDefault(declaration, parsed.data?.default, pointer));
  return { declaration, problems };
}

function normaliseDeclaration(document: DeclarationDocument): ParameterDeclaration {
  return {
    type: TYPE_NAMES[document.type ?? 'string'],
    required: document.required ?? false,
    choices: (document.choices ?? null) as JsonValue[] | null,
    pattern: document.pattern ?? null,
    min: document.min ?? null,
    max: document.max ?? null,
    secret: document.secret ?? false,
    description: document.description ?? null,
  };
}

function findRuleProblems({ type, choices, pattern, min, max }: ParameterDeclaration, pointer: string): Problem[] {
  const problems: Problem[] = [];
  const refuse = (field: string, message: string): void => {
    problems.push(badInput(message, `${pointer}/${field}`));
  };
  if (choices !== null && type === 'json') refuse('choices', 'expected no choices for a json parameter, found some');
  if (pattern !== null && type !== 'string')
    refuse('pattern', `expected a pattern only for a string, found type ${type}`);
  const badPattern = pattern === null ? null : explainBadPattern(pattern);
  if (badPattern !== null) refuse('pattern', `expected a regular expression of RE2, found: ${badPattern}`);
  for (const [field, bound] of [
    ['min', min],
    ['max', max],
  ] as const) {
    if (bound === null) continue;
    if (type === 'boolean' || type === 'json')
      refuse(field, `expected no ${field} for a ${type} parameter, found ${bound}`);
    else if (type === 'string' && !(Number.isSafeInteger(bound) && bound >= 0)) {
      refuse(field, `expected a number of characters, found ${bound}`);
    }
  }
  if (min !== null && max !== null && min > max) refuse('min', `expected min at most max, found ${min} and ${max}`);
  return problems;
}

/** Replaces each choice by its converted value, so that "08" among integers is the same choice as 8. */
function convertChoices(declaration: ParameterDeclaration, pointer: string): Problem[] {
  const problems: Problem[] = [];
  declaration.choices =
    declaration.choices?.map((choice, index) => {
      const converted = convertValue(declaration.type, choice);
      if (converted.ok) return converted.value;
      problems.push(badInput(explainValue(converted, choice), `${pointer}/choices/${index}`));
      return choice;
    }) ?? null;
  return problems;
}

/** `default: null` is no default, as Python and YAML write it, except for json, where null is a value. */
function convertDefault(declaration: ParameterDeclaration, given: unknown, pointer: string): Problem[] {
  if (given === undefined || (given === null && declaration.type !== 'json')) return [];
  const at = `${pointer}/default`;
  const converted = convertValue(declaration.type, given);
  if (!converted.ok) return [badInput(explainValue(converted, given), at)];
  declaration.default = converted.value;
  const found = JSON.stringify(given);
  return findBrokenRules(declaration, converted.value).map((rule) => badInput(`expected ${rule}, found ${found}`, at));
}

function explainValue(refused: Extract<ConvertedValue, { ok: false }>, given: unknown): string {
  return `expected ${refused.expected}, found ${JSON.stringify(given)}`;
}
