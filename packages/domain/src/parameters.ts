import type { Problem } from './errors.ts';
import type { VertexDefinition } from './graph-definition.ts';
import { describeFound, escapePointer } from './graph-definition-problems.ts';
import { readMapItems } from './map-items.ts';
import type { ParameterDeclarations } from './parameters-declaration.ts';
import type { JsonValue, ParameterDeclaration } from './parameters-value.ts';
import { convertValue, findBrokenRules } from './parameters-value.ts';

/** What a form holds before anybody fills it in; without a prototype. */
export function defaultsOf(declarations: ParameterDeclarations): ParameterValues {
  const values: ParameterValues = Object.create(null);
  for (const [name, { default: value }] of Object.entries(declarations)) if (value !== undefined) values[name] = value;
  return values;
}

/** What resolving needs of a vertex. */
export interface ParameterisedVertex {
  name: string;
  input: ParameterDeclarations;
  policies: Pick<VertexDefinition['policies'], 'onMissing'> & Partial<Pick<VertexDefinition['policies'], 'map'>>;
}

/** What a vertex's script may name: its input, and from its gate's approval on what the approver filled in. */
export function declarationsOf({
  input,
  policies,
}: Pick<VertexDefinition, 'input'> & { policies: Pick<VertexDefinition['policies'], 'gate'> }): ParameterDeclarations {
  const { gate } = policies;
  return gate === null ? input : Object.assign(Object.create(null), gate.form, input);
}

/** Values by parameter name; without a prototype. */
export type ParameterValues = Record<string, JsonValue>;

/** Shared by all vertices that declare nothing. */
const NO_VALUES: ParameterValues = Object.freeze(Object.create(null));

export interface ResolvedParameters {
  /** By vertex name; every vertex has an entry. */
  values: Map<string, ParameterValues>;
  /** Vertices with `onMissing: "ask"` that lack a required value, in document order, with the names they lack. */
  held: Map<string, string[]>;
  /** unknown_parameter, invalid_parameter, missing_parameter, invalid_map: all at once. Where there are any, nothing may start. */
  problems: Problem[];
}

/**
 * Gives each vertex its values: from `{"A.ip": ...}` (only vertex A), else from `{"ip": ...}` (every vertex that declares
 * it), else its default. Parameter names hold no dot, so that a key is split at its last dot, whatever the vertex's name.
 * The fields of a gate's form come with the approval, a map's item with each item: neither is given here.
 * @param given `params` of the start request
 * @param pointer where they stand in the request
 */
export function resolveParameters(
  vertices: readonly ParameterisedVertex[],
  given: Readonly<Record<string, unknown>>,
  pointer = '/params',
): ResolvedParameters {
  const resolved: ResolvedParameters = {
    values: new Map(),
    held: new Map(),
    problems: findUnknown(vertices, given, pointer),
  };
  const missing = new Map<string, string[]>();
  // Several vertices may refuse the same plain value, each for a rule of its own: a sentence is said once.
  const said = new Set<string>();
  for (const vertex of vertices) {
    const declarations = startDeclarationsOf(vertex);
    const values: ParameterValues = declarations.length === 0 ? NO_VALUES : Object.create(null);
    for (const [name, declaration] of declarations) {
      const key = keyOf(vertex, name, given);
      if (key === undefined) {
        if (declaration.default !== undefined) values[name] = declaration.default;
        else if (declaration.required) noteMissing({ vertex, name, missing, held: resolved.held });
        continue;
      }
      const read = readParameter(declaration, given[key], { key, pointer });
      if (read.ok) values[name] = read.value;
      for (const problem of read.problems) {
        if (!said.has(problem.message)) resolved.problems.push({ ...problem, vertices: [vertex.name] });
        said.add(problem.message);
      }
    }
    resolved.values.set(vertex.name, values);
    if (vertex.policies.map) resolved.problems.push(...checkList(vertex, values, { given, pointer }));
  }
  for (const [name, names] of missing) resolved.problems.push(missingParameter(name, names, pointer));
  return resolved;
}

/**
 * Reads the values that a person gives to one held track.
 * @param given the new values by plain name; they are added to `values`, and may replace them
 * @returns all values, what is still missing, and the problems (then nothing may change)
 */
export function completeParameters(
  vertex: ParameterisedVertex,
  values: Readonly<ParameterValues>,
  given: Readonly<Record<string, unknown>>,
): { values: ParameterValues; missing: string[]; problems: Problem[] } {
  const problems = findUnknown([vertex], given, '/params');
  const completed: ParameterValues = Object.assign(Object.create(null), values);
  const declarations = startDeclarationsOf(vertex);
  for (const [name, declaration] of declarations) {
    const key = keyOf(vertex, name, given);
    if (key === undefined) continue;
    const read = readParameter(declaration, given[key], { key, pointer: '/params' });
    if (read.ok) completed[name] = read.value;
    problems.push(...read.problems.map((problem) => ({ ...problem, vertices: [vertex.name] })));
  }
  if (vertex.policies.map) problems.push(...checkList(vertex, completed, { given, pointer: '/params' }));
  // What was given in a wrong form is told as that, not as missing.
  const missing = missingParameters(vertex, completed).filter((name) => keyOf(vertex, name, given) === undefined);
  return { values: completed, missing, problems };
}

/** The names of what a vertex requires from whoever starts or completes it, and has no value yet. */
export function missingParameters(vertex: ParameterisedVertex, values: Readonly<ParameterValues>): string[] {
  return startDeclarationsOf(vertex).flatMap(([name, { required }]) =>
    required && !Object.hasOwn(values, name) ? [name] : [],
  );
}

/** The environment variable that carries a parameter. */
export function parameterVariable(name: string): string {
  return `PARAM_${name}`;
}

function takesAtStart({ input, policies: { map } }: ParameterisedVertex, name: string): boolean {
  return Object.hasOwn(input, name) && name !== map?.as;
}

/** All but the parameter that gets a map's item. */
function startDeclarationsOf(vertex: ParameterisedVertex): [string, ParameterDeclaration][] {
  return Object.entries(vertex.input).filter(([name]) => takesAtStart(vertex, name));
}

function keyOf(
  vertex: ParameterisedVertex,
  name: string,
  given: Readonly<Record<string, unknown>>,
): string | undefined {
  return [`${vertex.name}.${name}`, name].find((candidate) => Object.hasOwn(given, candidate));
}

/** A map over a parameter needs a list; where the parameter's value is missing or of a wrong form, that is told already. */
function checkList(
  vertex: ParameterisedVertex,
  values: Readonly<ParameterValues>,
  { given, pointer }: { given: Readonly<Record<string, unknown>>; pointer: string },
): Problem[] {
  const { map } = vertex.policies;
  const declaration = map && vertex.input[map.over];
  if (!map || !declaration) return [];
  const key = keyOf(vertex, map.over, given);
  const value = values[map.over];
  if (value === undefined && (declaration.required || key !== undefined)) return [];
  const read = readMapItems(vertex, map, { value });
  const at = `${pointer}/${escapePointer(key ?? map.over)}`;
  return read.ok ? [] : read.problems.map((problem) => ({ ...problem, pointer: at }));
}

function findUnknown(
  vertices: readonly ParameterisedVertex[],
  given: Readonly<Record<string, unknown>>,
  pointer: string,
): Problem[] {
  // Of nothing nothing is unknown: a graph of 100,000 vertices is not looked through for it.
  if (Object.keys(given).length === 0) return [];
  const byName = new Map(vertices.map((vertex) => [vertex.name, vertex]));
  const declared = new Set(vertices.flatMap((vertex) => startDeclarationsOf(vertex).map(([name]) => name)));
  const known = [...declared].slice(0, 20).join(', ') || 'none';
  return Object.keys(given).flatMap((key) => {
    const dot = key.lastIndexOf('.');
    const name = key.slice(dot + 1);
    const vertex = byName.get(key.slice(0, Math.max(dot, 0)));
    const isKnown = dot === -1 ? declared.has(key) : vertex !== undefined && takesAtStart(vertex, name);
    if (isKnown) return [];
    const message = `expected a declared parameter (${known}) or "vertex.parameter", found ${describeFound(key)}`;
    return [{ code: 'unknown_parameter', message, pointer: `${pointer}/${escapePointer(key)}` }];
  });
}

type ReadParameter = { ok: true; value: JsonValue; problems: [] } | { ok: false; problems: Problem[] };

/** A secret's value is never repeated in a problem. */
function readParameter(
  declaration: ParameterDeclaration,
  given: unknown,
  place: { key: string; pointer: string },
): ReadParameter {
  const converted = convertValue(declaration.type, given);
  const expected = converted.ok ? findBrokenRules(declaration, converted.value) : [converted.expected];
  if (converted.ok && expected.length === 0) return { ok: true, value: converted.value, problems: [] };
  const found = declaration.secret ? 'another value' : describeFound(given);
  const pointer = `${place.pointer}/${escapePointer(place.key)}`;
  const problems = expected.map((rule) => {
    return { code: 'invalid_parameter', message: `expected ${place.key} to be ${rule}, found ${found}`, pointer };
  });
  return { ok: false, problems };
}

interface Missing {
  vertex: ParameterisedVertex;
  name: string;
  missing: Map<string, string[]>;
  held: Map<string, string[]>;
}

function noteMissing({ vertex, name, missing, held }: Missing): void {
  const asks = vertex.policies.onMissing === 'ask';
  const list = asks ? held : missing;
  const key = asks ? vertex.name : name;
  const entry = asks ? name : vertex.name;
  const entries = list.get(key);
  if (entries === undefined) list.set(key, [entry]);
  else entries.push(entry);
}

function missingParameter(name: string, vertices: string[], pointer: string): Problem {
  const named = vertices.slice(0, 20).join(', ') + (vertices.length > 20 ? ', ...' : '');
  const message = `expected a value for the required parameter ${name} of ${named}, found none`;
  return { code: 'missing_parameter', message, pointer: `${pointer}/${name}`, vertices };
}
