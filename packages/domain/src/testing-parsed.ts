/* istanbul ignore file -- what tests are made of is no rule */
import type { Problem } from './errors.ts';
import type { Parsed } from './graph-definition-problems.ts';

/** @throws Error with the problems of what was not parsed */
export function valueOf<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

export function problemsOf(parsed: Parsed<unknown>): Problem[] {
  return parsed.ok ? [] : parsed.problems;
}

/** Problems as `code pointer`. */
export function linesOf(parsed: Parsed<unknown>): string[] {
  return problemsOf(parsed).map(({ code, pointer }) => `${code} ${pointer}`);
}
