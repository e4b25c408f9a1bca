import type { JsonValue } from './parameters-value.ts';

/** Values in the form of the CEL library: objects as Maps, which have no prototype, and whole numbers as integers. */
type CelValue = string | number | bigint | boolean | null | CelValue[] | Map<string, CelValue>;
export type CelVariables = Record<string, Map<string, CelValue>>;

/** Of all values together that one condition looks at: characters of texts, and so much for every value. */
const MAX_WEIGHT = 512 * 1024;
const WEIGHT_OF_VALUE = 32;
/** A character is held against every step of a pattern, in the worst case: with so many steps half as many are looked at. */
const STEPS_OF_HALF = 50;
/** Weight times operations: about a second. */
const MAX_WORK = 200_000_000;
/** Of one condition: what most take, and less than the rest of a track costs. */
const FREE_WORK = 10_000;
/** Of nested lists and objects: what looks at them recurses. */
const MAX_DEPTH = 64;

/**
 * What conditions that are decided together may still do together: a vertex may have many thousand successors, each with a
 * condition that goes over a long list. Below zero: it was not enough.
 */
export interface ConditionWork {
  left: number;
  /** What was counted already: one event may ask twice, and is to hear the same. */
  counted: Set<string>;
}

export function newConditionWork(): ConditionWork {
  return { left: MAX_WORK, counted: new Set() };
}

/** What may still be looked at, and what was too much. */
interface Budget {
  weight: number;
  readonly maxWeight: number;
  problem: string | null;
}

type GivenValue = JsonValue | Readonly<Record<string, string>> | undefined;

/**
 * Turns values into variables of an expression; those that are undefined are left out.
 * @param cost `patternSteps` of the patterns that the texts are held against; `operations` that may be done for each item
 * @param work is made less by what the condition may do
 * @returns a sentence where they are more than one condition may look at
 */
export function toCelVariables(
  variables: Readonly<Record<string, readonly (readonly [string, GivenValue])[]>>,
  { patternSteps, operations }: { patternSteps: number; operations: number },
  work: ConditionWork,
): CelVariables | string {
  const ownWeight = Math.floor(MAX_WEIGHT / (1 + patternSteps / STEPS_OF_HALF));
  const workWeight = Math.floor((Math.max(work.left, 0) + FREE_WORK) / operations);
  const maxWeight = Math.min(ownWeight, workWeight);
  const budget: Budget = { weight: maxWeight, maxWeight, problem: null };
  const read = Object.entries(variables).map(([variable, values]) => {
    const present = values.flatMap(([name, value]) => {
      return value === undefined ? [] : [[name, toCel(value, budget, MAX_DEPTH)] as const];
    });
    return [variable, new Map(present)] as const;
  });
  if (budget.weight < 0 && workWeight < ownWeight) {
    work.left = -1;
    return 'expected conditions that are decided at the same time to look at less in all, found more';
  }
  work.left -= Math.max((maxWeight - Math.max(budget.weight, 0)) * operations - FREE_WORK, 0);
  return budget.problem ?? Object.fromEntries(read);
}

function toCel(value: JsonValue, budget: Budget, depth: number): CelValue {
  budget.weight -= WEIGHT_OF_VALUE + (typeof value === 'string' ? value.length : 0);
  if (budget.weight < 0) {
    budget.problem = `expected values of less than ${budget.maxWeight} characters in all, found more`;
    return null;
  }
  if (depth === 0) {
    budget.problem = `expected values nested at most ${MAX_DEPTH} levels deep, found a deeper one`;
    return null;
  }
  if (Array.isArray(value)) return value.map((item) => toCel(item, budget, depth - 1));
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  return new Map(Object.entries(value).map(([name, inner]) => [name, toCel(inner, budget, depth - 1)]));
}
