import { z } from 'zod';
import { isParameterName } from './parameters-declaration.ts';
import { countCharacters } from './parameters-value.ts';
import { splitOutputReference } from './render-script-outputs.ts';

/** What graphs, vertices and everything that a graph names are called. */

export const MAX_NAME_LENGTH = 190;

/** Control characters, half surrogate pairs, line and paragraph separators, and marks that reverse the writing direction. */
const FORBIDDEN_IN_NAMES = /[\p{Control}\p{Surrogate}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

function isName(name: string): boolean {
  const isShort = name.length <= MAX_NAME_LENGTH || countCharacters(name) <= MAX_NAME_LENGTH;
  return isShort && name !== '' && name === name.trim() && !/^\d+$/.test(name) && !FORBIDDEN_IN_NAMES.test(name);
}

function isGraphName(name: string): boolean {
  return isName(name) && !/@\d+$/.test(name);
}

const NAME_RULE = '1 to 190 characters, no control characters, no white space around it, not only digits';

/** Not like `test1@3` either: `name@version` names one version of a graph. */
export const graphNameSchema = z
  .string(`expected a name: ${NAME_RULE}, not ending in @ and digits`)
  .refine(isGraphName, `expected a name: ${NAME_RULE}, not ending in @ and digits`)
  .meta({
    minLength: 1,
    maxLength: MAX_NAME_LENGTH,
    description: `A graph's name: ${NAME_RULE}, not ending in @ and digits`,
  });

export const vertexNameSchema = z
  .string(`expected a name: ${NAME_RULE}, no /`)
  .refine((name) => isName(name) && !name.includes('/'), `expected a name: ${NAME_RULE}, no /`)
  .meta({ minLength: 1, maxLength: MAX_NAME_LENGTH, description: `A vertex's name: ${NAME_RULE}, no /` });

/** Edges and `next` may name anything: whether there is such a vertex is the check's question. */
export const vertexReferenceSchema = z
  .string()
  .min(1)
  .max(2 * MAX_NAME_LENGTH);

/** One version of a graph, or its latest. */
export interface NamedVersion {
  name: string;
  /** Null: the latest. */
  version: number | null;
}

/** Splits `name` or `name@version`. */
export function splitGraphReference(reference: string): NamedVersion {
  const match = /^(.*)@([1-9]\d{0,8})$/s.exec(reference);
  return match === null ? { name: reference, version: null } : { name: match[1] as string, version: Number(match[2]) };
}

export const graphReferenceSchema = z
  .string('expected the name of a graph, or name@version')
  .refine((text) => isGraphName(splitGraphReference(text).name), 'expected the name of a graph, or name@version')
  .meta({ minLength: 1, maxLength: 2 * MAX_NAME_LENGTH });

/** `vertex.key`. */
export const outputReferenceSchema = z
  .string('expected an output, vertex.key')
  .max(2 * MAX_NAME_LENGTH)
  .refine((text) => splitOutputReference(text) !== null, 'expected an output, vertex.key');

export const parameterNameSchema = z
  .string()
  .refine(isParameterName, 'expected a name of letters, digits and _, not first a digit, at most 63');

/** Of labels, pools and roles. */
export const plainNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'expected a name of letters, digits, ".", "_" and "-", at most 63');
