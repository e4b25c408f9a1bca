import { readCondition, type ReadCondition } from './conditions.ts';
import type { Problem } from './errors.ts';
import type { CheckedReference } from './graph-check-references.ts';
import { checkReferences } from './graph-check-references.ts';
import type { CheckContext } from './graph-check-structure.ts';
import type { EdgeDefinition, VertexDefinition } from './graph-definition.ts';
import { declarationsOf } from './parameters.ts';

/** Different conditions of one graph: compiling one takes about a tenth of a millisecond. */
const MAX_CONDITIONS = 20_000;
/** Of all patterns of one graph: a step may take a quarter of a millisecond to compile. */
const MAX_PATTERN_STEPS = 10_000;

/** A condition and where it stands. */
interface PlacedCondition {
  text: string;
  pointer: string;
  /** "the condition of A" */
  title: string;
  /** Names of the vertices concerned. */
  vertices: string[];
  /** Position of the vertex whose parameters it sees; undefined: there is no such vertex, which is told elsewhere. */
  at: number | undefined;
  /** Parameters that have their values when it is decided. */
  declared: ReadonlySet<string>;
  /** It is decided when the vertex has run. */
  isAfter: boolean;
}

/**
 * Problems of conditions, all bad_condition: no CEL, not true or false, vertices or parameters that are not there, vertices
 * that do not come before (an edge's condition may also look at the edge's tail).
 */
export function checkConditions(context: CheckContext, edges: readonly EdgeDefinition[]): Problem[] {
  const conditions = [...findVertexConditions(context), ...findEdgeConditions(context, edges)];
  const read = readAll(new Set(conditions.map(({ text }) => text)));
  if (typeof read === 'string') return [{ code: 'bad_condition', message: read, pointer: '' }];
  const references: CheckedReference[] = [];
  const problems = conditions.flatMap((condition) => {
    const { vertices, parameters, problem } = read.get(condition.text) as ReadCondition;
    if (problem !== null) return [explainAt(condition, `${condition.title}: ${problem}`)];
    for (const vertex of vertices) references.push(...referTo(vertex, condition));
    if (condition.at === undefined) return [];
    const unknown = parameters.filter((name) => !condition.declared.has(name));
    return unknown.map((name) => explainAt(condition, explainUnknown(name, condition)));
  });
  return [...problems, ...checkReferences(context, references)];
}

/** @returns a sentence where they are more than is read while others wait */
function readAll(texts: ReadonlySet<string>): ReadonlyMap<string, ReadCondition> | string {
  if (texts.size > MAX_CONDITIONS) {
    return `expected at most ${MAX_CONDITIONS} different conditions in one graph, found ${texts.size}`;
  }
  const read = new Map<string, ReadCondition>();
  let steps = 0;
  for (const text of texts) {
    const condition = readCondition(text);
    read.set(text, condition);
    steps += condition.patternSteps;
    if (steps > MAX_PATTERN_STEPS) {
      return `expected patterns of at most ${MAX_PATTERN_STEPS} steps in all conditions of one graph, found more`;
    }
  }
  return read;
}

function findVertexConditions({ vertices }: CheckContext): PlacedCondition[] {
  return vertices.flatMap((vertex, at) => {
    const { when, map } = vertex.policies;
    if (when === null) return [];
    const declared = new Set(Object.keys(vertex.input).filter((name) => name !== map?.as));
    const [title, pointer] = [`the condition of ${vertex.name}`, `/vertices/${at}/when`];
    return [{ text: when, pointer, title, vertices: [vertex.name], at, declared, isAfter: false }];
  });
}

function findEdgeConditions(
  { vertices, positions }: CheckContext,
  edges: readonly EdgeDefinition[],
): PlacedCondition[] {
  return edges.flatMap(({ tail, head, when }, index) => {
    if (when === null) return [];
    const at = positions.get(tail);
    const declared = new Set(at === undefined ? [] : parametersAfter(vertices[at] as VertexDefinition));
    const [title, pointer] = [`the condition of the edge ${tail} -> ${head}`, `/edges/${index}/when`];
    return [{ text: when, pointer, title, vertices: [tail, head], at, declared, isAfter: true }];
  });
}

/** A map's own track has no item. */
function parametersAfter(vertex: VertexDefinition): string[] {
  return Object.keys(declarationsOf(vertex)).filter((name) => name !== vertex.policies.map?.as);
}

function referTo(vertex: string, condition: PlacedCondition): CheckedReference[] {
  const { at, title, isAfter } = condition;
  if (at === undefined) return [];
  const whose = isAfter ? 'the tail, or a vertex before it' : 'a vertex before it';
  const explain = (reason: string): Problem => {
    const problem = explainAt(condition, `expected ${title} to look at ${whose}, found ${vertex}, ${reason}`);
    return { ...problem, vertices: [...new Set([...condition.vertices, vertex])] };
  };
  return [isAfter ? { vertex, at, mayBeItself: true, explain } : { vertex, at, explain }];
}

function explainUnknown(name: string, { title, declared }: PlacedCondition): string {
  const known = [...declared].slice(0, 20).join(', ') || 'none';
  return `expected ${title} to look at parameters that have their values by then (${known}), found params.${name}`;
}

function explainAt({ pointer, vertices }: PlacedCondition, message: string): Problem {
  return { code: 'bad_condition', message, pointer, vertices };
}
