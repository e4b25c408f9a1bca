import type { Client, Declarations, ParameterValues, Vertex } from '@baton/client';
import { CliError } from './cli-error.ts';
import type { Terminal } from './command-context.ts';
import { EXIT } from './exit-codes.ts';
import { printable } from './format.ts';

type DeclaringVertex = Pick<Vertex, 'name' | 'input' | 'map'>;

/** A parameter as the command line needs it; the server judges the values. */
interface Declared {
  name: string;
  type: string;
  isRequired: boolean;
  hasDefault: boolean;
  isSecret: boolean;
  choices: unknown[];
  description: string | null;
  /** Names of the vertices that declare it. */
  vertices: string[];
}

/** Splits `name=value`; the value may be empty and may hold further `=`. @throws CliError */
export function parseAssignments(words: readonly string[]): Map<string, string> {
  const assignments = new Map<string, string>();
  for (const word of words) {
    const at = word.indexOf('=');
    if (at < 1) {
      throw new CliError(`expected -p name=value or -p vertex.name=value, found ${JSON.stringify(word)}`, EXIT.usage);
    }
    const name = word.slice(0, at);
    if (assignments.has(name)) throw new CliError(`expected each parameter once, found ${name} again`, EXIT.usage);
    assignments.set(name, word.slice(at + 1));
  }
  return assignments;
}

/** What a person can give to a vertex: all that it takes, but the parameter that gets a map's item. */
export function declarationsFor({ input, map }: Pick<DeclaringVertex, 'input' | 'map'>): Declarations {
  if (typeof input !== 'object' || input === null) return {};
  return Object.fromEntries(Object.entries(input).filter(([name]) => name !== map?.as));
}

/** Every parameter of a graph once, in the order of the vertices; one declared by several vertices is one. */
function findDeclared(vertices: readonly DeclaringVertex[]): Declared[] {
  const found = new Map<string, Declared>();
  for (const vertex of vertices) {
    for (const [name, declaration] of Object.entries(declarationsFor(vertex))) {
      const known = found.get(name);
      const isRequired = declaration.required === true;
      const hasDefault = declaration.default !== undefined;
      if (known === undefined) {
        const { type = 'string', secret = false, choices, description = null } = declaration;
        const rest = { isSecret: secret, choices: choices ?? [], description, vertices: [vertex.name] };
        found.set(name, { name, type, isRequired: isRequired && !hasDefault, hasDefault, ...rest });
      } else {
        known.vertices.push(vertex.name);
        known.isRequired ||= isRequired && !hasDefault;
      }
    }
  }
  return [...found.values()];
}

/** Those without a value that cannot do without one. */
function findMissing(declared: readonly Declared[], given: ReadonlyMap<string, string>): Declared[] {
  return declared.filter(
    ({ name, isRequired, vertices }) =>
      isRequired && !given.has(name) && !vertices.every((vertex) => given.has(`${vertex}.${name}`)),
  );
}

/** A question in the words of the declaration: `ip (str, the address to ping): `. */
function composeQuestion({ name, type, choices, description }: Declared): string {
  const facts = [type, ...(choices.length > 0 ? [`one of ${choices.map(String).join(', ')}`] : [])];
  if (description !== null) facts.push(description);
  return `${printable(name)} (${printable(facts.join('; '))}): `;
}

/**
 * The parameters of a start. What is missing is asked for where somebody can be asked; else the server's refusal names it.
 */
export async function collectParams(
  client: Client,
  start: { graph: string; assignments: ReadonlyMap<string, string> },
  terminal: Pick<Terminal, 'ask'>,
): Promise<ParameterValues> {
  const [, graph = start.graph, version] = /^(.+)@(\d+)$/.exec(start.graph) ?? [];
  const { vertices } = await client.getGraph(graph, version === undefined ? undefined : Number(version));
  return completeValues(vertices, start.assignments, terminal);
}

/**
 * Values by parameter. Texts go out as they are and the server converts them by their types; only a `json` parameter takes
 * every JSON value as it is, so its text is read here. Required ones without a value are asked for where somebody can be.
 */
export async function completeValues(
  vertices: readonly DeclaringVertex[],
  assignments: ReadonlyMap<string, string>,
  { ask }: Pick<Terminal, 'ask'>,
): Promise<ParameterValues> {
  const declared = findDeclared(vertices);
  const values = new Map(assignments);
  const missing = ask === null ? [] : findMissing(declared, values);
  if (ask !== null && missing.length > 0) {
    const given = await ask(missing.map((one) => ({ text: composeQuestion(one), isSecret: one.isSecret })));
    missing.forEach(({ name }, index) => values.set(name, given[index] ?? ''));
  }
  const jsonNames = new Set(declared.filter(({ type }) => type === 'json').map(({ name }) => name));
  const params: ParameterValues = {};
  for (const [key, value] of values) params[key] = jsonNames.has(afterLastDot(key)) ? readJson(value) : value;
  return params;
}

/** Parameter names hold no dot, vertex names may. */
function afterLastDot(key: string): string {
  return key.slice(key.lastIndexOf('.') + 1);
}

function readJson(text: string): ParameterValues[string] {
  try {
    return JSON.parse(text) as ParameterValues[string];
  } catch {
    // A bare word for a json parameter is that text.
    return text;
  }
}
