import { isParameterName } from './parameters-declaration.ts';
import type { JsonValue } from './parameters-value.ts';
import { formatValue } from './parameters-value.ts';
import { splitOutputReference } from './render-script-outputs.ts';

/**
 * Values with placeholders, as a vertex passes them to the graph that it runs: `{parameter}` and `{vertex.key}` in texts,
 * at any depth of the value. Nothing is evaluated, the result is data. Braces around anything else stand for themselves.
 */

/** What placeholders stand for. */
export interface TemplateValues {
  params: Readonly<Record<string, JsonValue>>;
  /** By vertex name, then by key. */
  outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * `absent`: the whole is one placeholder of a parameter without a value. `problem`: an output that is named is not there.
 */
export type FilledTemplate =
  { kind: 'value'; value: JsonValue } | { kind: 'absent' } | { kind: 'problem'; problem: string };

const PLACEHOLDER = /\{([^{}]+)\}/g;

/** The names in the placeholders of a value, each once. */
export function findTemplateNames(value: JsonValue): string[] {
  const names = new Set<string>();
  const left: JsonValue[] = [value];
  for (let inner = left.pop(); inner !== undefined; inner = left.pop()) {
    if (typeof inner === 'string') for (const name of namesIn(inner)) names.add(name);
    else if (typeof inner === 'object' && inner !== null) left.push(...Object.values(inner).toReversed());
  }
  return [...names];
}

function namesIn(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].map(([, name]) => name as string).filter(isTemplateName);
}

function isTemplateName(name: string): boolean {
  return isParameterName(name) || splitOutputReference(name) !== null;
}

/**
 * Puts values into a template. A text that is one placeholder and nothing else becomes the value as it is, of whatever type;
 * within a longer text it is the form that scripts see, and nothing where a parameter has no value.
 */
export function fillTemplate(template: JsonValue, values: TemplateValues): FilledTemplate {
  const problem = findTemplateNames(template)
    .map((name) => explainMissing(name, values))
    .find((sentence) => sentence !== null);
  if (problem !== undefined && problem !== null) return { kind: 'problem', problem };
  const value = fill(template, values);
  return value === undefined ? { kind: 'absent' } : { kind: 'value', value };
}

function explainMissing(name: string, { outputs }: TemplateValues): string | null {
  const output = isParameterName(name) ? null : splitOutputReference(name);
  if (output === null || ownOf(ownOf(outputs, output.vertex), output.key) !== undefined) return null;
  return `expected an output ${output.key} of ${output.vertex} for {${name}}, found none`;
}

/** Documents and requests bound the depth of values. */
function fill(template: JsonValue, values: TemplateValues): JsonValue | undefined {
  if (typeof template === 'string') return fillText(template, values);
  if (Array.isArray(template)) return template.map((item) => fill(item, values) ?? null);
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([key, item]) => [key, fill(item, values) ?? null]));
}

function fillText(text: string, values: TemplateValues): JsonValue | undefined {
  const [first] = text.matchAll(PLACEHOLDER);
  if (first?.[0] === text && isTemplateName(first[1] as string)) return valueOf(first[1] as string, values);
  return text.replaceAll(PLACEHOLDER, (whole, name: string) => {
    if (!isTemplateName(name)) return whole;
    const value = valueOf(name, values);
    return value === undefined ? '' : formatValue(value);
  });
}

function valueOf(name: string, { params, outputs }: TemplateValues): JsonValue | undefined {
  if (isParameterName(name)) return ownOf(params, name);
  const { vertex, key } = splitOutputReference(name) as { vertex: string; key: string };
  return ownOf(ownOf(outputs, vertex), key);
}

function ownOf<T>(values: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return values !== undefined && Object.hasOwn(values, name) ? values[name] : undefined;
}
