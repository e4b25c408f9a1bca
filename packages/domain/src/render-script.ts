import type { Problem } from './errors.ts';
import { BatonError } from './errors.ts';
import { findLineStarts, positionAt } from './graph-document.ts';
import type { ParameterValues } from './parameters.ts';
import { parameterVariable } from './parameters.ts';
import type { ParameterDeclaration, JsonValue } from './parameters-value.ts';
import { formatValue } from './parameters-value.ts';
import type { ParameterDeclarations } from './parameters-declaration.ts';
import { findDialect } from './render-script-dialect.ts';
import type { OutputReference } from './render-script-outputs.ts';
import { outputVariable, splitOutputReference } from './render-script-outputs.ts';
import { findPlaces } from './shell-lexer.ts';
import type { Place } from './shell-lexer-scan.ts';
import { placeholderAt, UncertainScript } from './shell-lexer-scan.ts';

/**
 * Placeholders in scripts. `{name}` stands for a declared parameter, `{vertex.key}` for an output of a vertex of the graph.
 * `${name}`, a `{` after a backslash outside single quotes, and braces around anything else are the script's own.
 *
 * A parameter can never become code. A value made only of letters, digits and `_ - . / : , @ % +` is put in as it is where
 * nothing around it can change how it is read (a leading `-` is data too: what an option does is the command's business);
 * any other becomes a reference to its environment variable, quoted for its place. Where the shell or a command would
 * evaluate the value (see shell-lexer), only integers, numbers and booleans are taken: their text holds no code. In quoted
 * heredocs, other interpreters, and where the lexer is not certain, nothing is. Secrets and outputs are only ever references.
 */

/** A placeholder that is not refused, or the reason why it is. */
export interface Placeholder {
  place: Place;
  declaration: ParameterDeclaration | null;
  /** Null where it may stand there. */
  refusal: string | null;
}

export interface ScriptSource {
  script: string;
  /** The vertex's `shell`; null: `/bin/sh`, or what the `#!` line says. */
  shell: string | null;
  declarations: ParameterDeclarations;
  /** Whether there is a vertex of this name: `{vertex.key}` stands for an output then. */
  hasVertex?: (name: string) => boolean;
}

/** Values of one start of a script. */
export interface RenderRequest extends ScriptSource {
  values: Readonly<ParameterValues>;
  /** Texts of the outputs that the script names, by `vertex.key`. */
  outputs?: ReadonlyMap<string, string>;
}

export interface RenderedScript {
  script: string;
  /** PARAM_<name> of every declared parameter (empty where it has no value), OUTPUT_... of every output that is named. */
  environment: Record<string, string>;
}

/** Where the lexer was not certain; null where it was. */
type Uncertainty = { offset: number; reason: string } | null;

/** Characters that no shell treats specially in any place where a literal may stand. */
const HARMLESS = /^[A-Za-z0-9_./:@%+,-]+$/;
const NUMERIC = /^(?:-?\d+(?:\.\d+)?(?:e[+-]\d+)?|true|false)$/;

/**
 * Finds the placeholders of a script.
 * @returns each with its place and, where it cannot stand there, the reason
 */
export function findPlaceholders(source: ScriptSource): Placeholder[] {
  const { script, shell, declarations, hasVertex = () => false } = source;
  const isDeclared = (name: string): boolean => {
    if (Object.hasOwn(declarations, name)) return true;
    const output = splitOutputReference(name);
    return output !== null && hasVertex(output.vertex);
  };
  const dialect = findDialect(script, shell);
  const { places, uncertainty } = findPlacesOrAll(script, isDeclared);
  return places.map((place) => {
    const declaration = Object.hasOwn(declarations, place.name)
      ? (declarations[place.name] as ParameterDeclaration)
      : null;
    const isNumeric = declaration !== null && ['integer', 'number', 'boolean'].includes(declaration.type);
    const refusal =
      dialect === 'other'
        ? 'in a script of another interpreter than a shell'
        : uncertainty !== null
          ? describeUncertainty(script, uncertainty)
          : dialect === 'numbers_only' && !isNumeric
            ? 'in a script for a shell whose rules are not checked (sh, dash and bash are)'
            : refusePlace(place, declaration, isNumeric);
    return { place, declaration, refusal };
  });
}

function findPlacesOrAll(
  script: string,
  isDeclared: (name: string) => boolean,
): { places: Place[]; uncertainty: Uncertainty } {
  const all = findEveryPlace(script, isDeclared);
  if (all.length === 0) return { places: [], uncertainty: null };
  try {
    return { places: findPlaces(script, isDeclared), uncertainty: null };
  } catch (error) {
    if (!(error instanceof UncertainScript)) throw error;
    return { places: all, uncertainty: { offset: error.offset, reason: error.message } };
  }
}

/** All that could be placeholders, whatever stands around them. */
function findEveryPlace(script: string, isDeclared: (name: string) => boolean): Place[] {
  return [...script.matchAll(/\{/g)].flatMap(({ index: start }) => {
    const name = placeholderAt({ text: script, isDeclared, limit: script.length }, start);
    if (name === null) return [];
    const end = start + name.length + 2;
    return [{ name, start, end, context: 'opaque', hazard: null, takesLiteral: false } as const];
  });
}

function describeUncertainty(script: string, { offset, reason }: NonNullable<Uncertainty>): string {
  const { line, column } = positionAt(findLineStarts(script), offset);
  return `in a script that cannot be read with certainty (${reason}, line ${line}, column ${column})`;
}

function refusePlace(place: Place, declaration: ParameterDeclaration | null, isNumeric: boolean): string | null {
  if (place.context === 'quoted_heredoc') return 'in a heredoc whose delimiter is quoted';
  if (place.hazard === null) return null;
  const where = `in ${place.hazard}`;
  if (!isNumeric || declaration === null) return where;
  if (declaration.secret)
    return `${where}, where its value would have to be written into the script, though it is secret`;
  const isCertain = declaration.required || declaration.default !== undefined;
  return isCertain ? null : `${where}, though it may be without a value (make it required, or give it a default)`;
}

/** The check's problems of one script, with line and column inside it. */
export function checkPlaceholders(source: ScriptSource, placeholders = findPlaceholders(source)): Problem[] {
  const refused = placeholders.filter(({ refusal }) => refusal !== null);
  if (refused.length === 0) return [];
  const lineStarts = findLineStarts(source.script);
  return refused.map(({ place, refusal }) => {
    const { line, column } = positionAt(lineStarts, place.start);
    const output = Object.hasOwn(source.declarations, place.name) ? null : splitOutputReference(place.name);
    const variable = output === null ? parameterVariable(place.name) : outputVariable(output);
    const advice = `use the environment variable ${variable} there`;
    const message = `expected {${place.name}} where a value is only data, found it at line ${line}, column ${column} of the script ${refusal}; ${advice}`;
    return { code: 'unsafe_placeholder', message };
  });
}

/**
 * Puts values into a script. The values are of their declared types (resolveParameters gives such).
 * @throws BatonError invalid_graph where a placeholder stands in an unsafe place: the check refuses such graphs
 */
export function renderScript(request: RenderRequest): RenderedScript {
  const { script, declarations, values, outputs = new Map<string, string>() } = request;
  const placeholders = findPlaceholders(request);
  const problems = checkPlaceholders(request, placeholders);
  if (problems.length > 0)
    throw new BatonError('invalid_graph', problems.map(({ message }) => message).join('; '), { problems });
  const environment: Record<string, string> = Object.create(null);
  for (const name of Object.keys(declarations)) environment[parameterVariable(name)] = textOf(values[name]);
  const pieces: string[] = [];
  let end = 0;
  for (const { place, declaration } of placeholders) {
    pieces.push(script.slice(end, place.start));
    end = place.end;
    if (declaration === null) {
      const variable = outputVariable(splitOutputReference(place.name) as OutputReference);
      environment[variable] = outputs.get(place.name) ?? '';
      pieces.push(referTo(place, variable));
    } else pieces.push(renderParameter(place, declaration, values[place.name]));
  }
  return { script: [...pieces, script.slice(end)].join(''), environment };
}

function textOf(value: JsonValue | undefined): string {
  return value === undefined ? '' : formatValue(value);
}

function renderParameter(place: Place, declaration: ParameterDeclaration, value: JsonValue | undefined): string {
  const text = textOf(value);
  const isHarmless = HARMLESS.test(text) && !declaration.secret;
  if (place.context === 'comment') return isHarmless ? text : `{${place.name}}`;
  if (place.hazard === null)
    return isHarmless && place.takesLiteral ? text : referTo(place, parameterVariable(place.name));
  if (!NUMERIC.test(text)) {
    throw new BatonError('invalid_parameters', `expected a number or a boolean for ${place.name}, found another value`);
  }
  if (place.context === 'arithmetic') return formatArithmetic(text);
  const takesReference = ['word', 'double_quotes', 'heredoc'].includes(place.context);
  return takesReference && !place.takesLiteral ? referTo(place, parameterVariable(place.name)) : text;
}

/** To arithmetic `true` is the name of a variable; a minus after another minus would read as one operator. */
function formatArithmetic(text: string): string {
  if (text === 'true' || text === 'false') return text === 'true' ? '1' : '0';
  return text.startsWith('-') ? `(${text})` : text;
}

/** A reference that is one word of data in its place. */
function referTo({ context, name }: Place, variable: string): string {
  switch (context) {
    case 'word':
      return `"\${${variable}}"`;
    case 'single_quotes':
      return `'"\${${variable}}"'`;
    case 'comment':
      return `{${name}}`;
    default:
      return `\${${variable}}`;
  }
}
