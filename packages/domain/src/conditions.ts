import type { EvaluationError, ParseError, ParseResult } from '@marcbachmann/cel-js';
import { conditionEnvironment, nameCondition } from './condition-language.ts';
import type { CelVariables, ConditionWork } from './condition-values.ts';
import { newConditionWork, toCelVariables } from './condition-values.ts';
import type { JsonValue } from './parameters-value.ts';

/** Longest text of a condition, characters. */
export const MAX_CONDITION_LENGTH = 2000;
/** Compiled conditions that are kept. */
const MAX_COMPILED = 2000;

/** What a text says as a condition, without values. */
export interface ReadCondition {
  /** Names of the vertices whose outputs or states it mentions, in order of appearance. */
  vertices: string[];
  /** Names of the parameters that it mentions. */
  parameters: string[];
  /** A sentence for people; null where it is a condition. */
  problem: string | null;
  /** Of all its patterns together; 0 where it is no CEL. */
  patternSteps: number;
}

/** What a condition may look at. */
export interface ConditionValues {
  params: Readonly<Record<string, JsonValue>>;
  /** By vertex name, then by key. A vertex that is not in it has no outputs. */
  outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** By vertex name. */
  states: Readonly<Record<string, string>>;
}

/** `problem`: why there is no answer, a sentence for people that repeats no value. */
export type ConditionResult = { value: boolean } | { problem: string };

interface CompiledCondition extends ReadCondition {
  operations: number;
  run: ParseResult | null;
}

/** In order of their last use. */
const compiledConditions = new Map<string, CompiledCondition>();

/**
 * Reads a condition: a CEL expression over `params.x`, `outputs.A.key` (texts) and `states.A`. condition-language says which
 * part of CEL that is, and why.
 */
export function readCondition(text: string): ReadCondition {
  const { vertices, parameters, problem, patternSteps } = compile(text);
  return { vertices, parameters, problem, patternSteps };
}

/**
 * Decides a condition. Never throws: where it has no answer (a value that is missing or of another type, a division by
 * zero) the result says why. The work is bounded, whatever the text and the values.
 * @param work what conditions that are decided together may still do; absent: it is decided alone
 */
export function evaluateCondition(
  text: string,
  values: ConditionValues,
  work: ConditionWork = newConditionWork(),
): ConditionResult {
  const condition = compile(text);
  const { run, problem } = condition;
  if (run === null) return { problem: String(problem) };
  const read = readValues(condition, values, work);
  if (typeof read === 'string') return { problem: read };
  try {
    const value: unknown = run(read);
    return typeof value === 'boolean' ? { value } : { problem: `expected true or false, found ${describe(value)}` };
  } catch (error) {
    return { problem: explainEvaluation(error, text) };
  }
}

function compile(text: string): CompiledCondition {
  const known = compiledConditions.get(text);
  const compiled = known ?? compileAnew(text);
  compiledConditions.delete(text);
  compiledConditions.set(text, compiled);
  const [oldest] = compiledConditions.keys();
  if (compiledConditions.size > MAX_COMPILED && oldest !== undefined) compiledConditions.delete(oldest);
  return compiled;
}

function compileAnew(text: string): CompiledCondition {
  if (text.length > MAX_CONDITION_LENGTH) {
    return unusable(`expected at most ${MAX_CONDITION_LENGTH} characters, found ${text.length}`);
  }
  try {
    const run = conditionEnvironment.parse(text);
    const names = nameCondition(run.ast);
    if (names.problem !== null) return { ...names, run: null };
    const { valid, type, error } = run.check();
    if (!valid) return { ...names, problem: explainText(error), run: null };
    if (type === 'bool' || type === 'dyn') return { ...names, run };
    return {
      ...names,
      problem: `expected an expression that is true or false, found one that gives a ${type}`,
      run: null,
    };
  } catch (error) {
    return unusable(explainText(error));
  }
}

function unusable(problem: string): CompiledCondition {
  return { vertices: [], parameters: [], problem, patternSteps: 0, operations: 0, run: null };
}

function explainText(error: unknown): string {
  // The library throws nothing else for a text.
  const { summary, range } = error as ParseError;
  const { start } = { start: 0, ...range };
  return `expected a CEL expression, found at its character ${start + 1}: ${summary}`;
}

/** The part of the text that the library points at is named, and why it has no value. */
function explainEvaluation(error: unknown, text: string): string {
  // The library throws nothing else, and functions of ours throw nothing.
  const { code, node, summary } = error as EvaluationError;
  const { start, end } = { start: 0, end: text.length, ...node };
  return `expected ${text.slice(start, end)} to have a value, found none: ${REASONS[code] ?? summary}`;
}

/** Where the library's own words would repeat a value, which may be a secret, or are no sentence. */
const REASONS: Readonly<Record<string, string | undefined>> = {
  no_such_key: 'there is no such key',
  index_out_of_bounds: 'the list is shorter',
  bool_conversion_error: 'the text is neither true nor false',
  int_conversion_error: 'the text is no integer',
  double_conversion_error: 'the text is no number',
  numeric_overflow: 'the number is too large',
};

function describe(value: unknown): string {
  if (typeof value === 'string') return 'a text';
  return typeof value === 'bigint' || typeof value === 'number' ? 'a number' : 'something else';
}

/** Only what the expression mentions is read. @returns a sentence where it is too much to look at */
function readValues(
  { parameters, vertices, ...cost }: CompiledCondition,
  values: ConditionValues,
  work: ConditionWork,
): CelVariables | string {
  const { params, outputs, states } = values;
  const variables = {
    params: parameters.map((name) => [name, own(params, name)] as const),
    outputs: vertices.map((name) => [name, own(outputs, name) ?? {}] as const),
    states: vertices.map((name) => [name, own(states, name)] as const),
  };
  return toCelVariables(variables, cost, work);
}

function own<T>(from: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(from, name) ? from[name] : undefined;
}
