import type { Problem } from './errors.ts';
import type { MapPolicy, VertexDefinition } from './graph-definition.ts';
import { MAX_MAP_ITEMS } from './graph-definition.ts';
import { describeFound } from './graph-definition-problems.ts';
import { scanJson } from './graph-document-json.ts';
import type { JsonValue, ParameterDeclaration } from './parameters-value.ts';
import { convertValue, findBrokenRules, PLAIN_DECLARATION } from './parameters-value.ts';

/** Problems of items that are told one by one; how many more there are is told in one. */
const MAX_PROBLEMS = 100;

/** What a map goes over: the value of a parameter, or the text of an output. */
export type MapSource = { value: JsonValue | undefined } | { text: string | undefined };

export type MapItems = { ok: true; items: JsonValue[] } | { ok: false; problems: Problem[] };

/** Where the parameter is not declared beside the list, as in the form of a gate: anything is taken. */
const ANYTHING: ParameterDeclaration = { ...PLAIN_DECLARATION, type: 'json' };

/**
 * Reads the items of a map, converted to the type of the parameter that gets them.
 * @returns the items in order, or every problem (`invalid_map`) with the index of its item, from 0
 */
export function readMapItems(
  { name, input }: Pick<VertexDefinition, 'name' | 'input'>,
  { over, as }: Pick<MapPolicy, 'over' | 'as'>,
  source: MapSource,
): MapItems {
  const title = `${over} of the map ${name}`;
  const list = readList(title, source);
  if (typeof list === 'string') return { ok: false, problems: [invalidMap(list, name)] };
  const declaration = input[as] ?? ANYTHING;
  const items: JsonValue[] = [];
  const problems: Problem[] = [];
  let bad = 0;
  list.forEach((given, index) => {
    const converted = convertValue(declaration.type, given);
    const expected = converted.ok ? findBrokenRules(declaration, converted.value) : [converted.expected];
    if (converted.ok) items.push(converted.value);
    if (expected.length === 0) return;
    bad += 1;
    if (bad > MAX_PROBLEMS) return;
    const found = declaration.secret ? 'another value' : describeFound(given);
    problems.push(
      invalidMap(`expected item ${index} of ${title} to be ${expected.join(', and ')}, found ${found}`, name),
    );
  });
  if (bad > MAX_PROBLEMS) {
    problems.push(
      invalidMap(`expected all items of ${title} to fit, found ${bad - MAX_PROBLEMS} more that do not`, name),
    );
  }
  return bad === 0 ? { ok: true, items } : { ok: false, problems };
}

/** @returns the list, or a sentence that says why there is none */
function readList(title: string, source: MapSource): JsonValue[] | string {
  const value = 'text' in source ? readText(source.text) : source.value;
  if (!Array.isArray(value)) return `expected ${title} to be a list, found ${describeKind(value)}`;
  return value.length <= MAX_MAP_ITEMS
    ? value
    : `expected ${title} to be a list of at most ${MAX_MAP_ITEMS} items, found ${value.length}`;
}

/** Undefined where it is no JSON: then it is no list either. */
function readText(text: string | undefined): JsonValue | undefined {
  if (text === undefined || scanJson(text) !== null) return undefined;
  return JSON.parse(text) as JsonValue;
}

/** The value itself may be a secret. */
function describeKind(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing, or a text that is no JSON';
  return value === null ? 'null' : `a value of another type (${typeof value})`;
}

function invalidMap(message: string, vertex: string): Problem {
  return { code: 'invalid_map', message, vertices: [vertex] };
}
