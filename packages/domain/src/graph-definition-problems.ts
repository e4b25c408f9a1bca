import type { z } from 'zod';
import type { Problem } from './errors.ts';

/** What was read, or everything that is wrong with it. */
export type Parsed<T> = { ok: true; value: T } | { ok: false; problems: Problem[] };

/** An object as JSON and YAML make them; null and arrays are none. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One step of a JSON pointer, escaped (RFC 6901). */
export function escapePointer(step: string): string {
  return step.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** Says what stands there, shortened, for "expected ..., found ...". */
export function describeFound(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isRecord(value)) return 'an object';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}

/** A problem of a document's form: it always has a place. */
export interface PlacedProblem extends Problem {
  pointer: string;
}

type Issue = z.core.$ZodIssue;

/**
 * Turns a schema's issues into problems that say what was expected, what was found and where.
 * @param context the value that was parsed, the pointer at which it stands, and the code of the problems
 *   (unknown and missing fields have codes of their own unless it is given)
 */
export function describeIssues(
  issues: readonly Issue[],
  context: { value: unknown; pointer: string; code?: string },
): PlacedProblem[] {
  return issues.flatMap((issue) => {
    const pointer = context.pointer + issue.path.map((step) => `/${escapePointer(String(step))}`).join('');
    const found = findAt(context.value, issue.path);
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        code: context.code ?? 'unknown_field',
        message: `expected only known fields, found ${describeFound(key)}`,
        pointer: `${pointer}/${escapePointer(key)}`,
      }));
    }
    const code = context.code ?? (found === undefined ? 'missing_field' : 'invalid_field');
    return [{ code, message: `expected ${describeExpected(issue)}, found ${describeFound(found)}`, pointer }];
  });
}

function findAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const step of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined;
    found = Reflect.get(found, step);
  }
  return found;
}

/** Schemas with a message of their own begin it with "expected"; zod's own kinds are put in words here. */
function describeExpected(issue: Issue): string {
  if (issue.message.startsWith('expected ')) return issue.message.slice('expected '.length);
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'record' ? 'object' : issue.expected;
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return `at least ${issue.minimum}${UNITS[issue.origin] ?? ''}`;
    case 'too_big':
      return `at most ${issue.maximum}${UNITS[issue.origin] ?? ''}`;
    default:
      return `another form (${issue.message})`;
  }
}

const UNITS: Record<string, string | undefined> = { string: ' characters', array: ' entries' };
