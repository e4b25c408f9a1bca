import type { Problem } from './errors.ts';
import type { CheckContext } from './graph-check-structure.ts';
import { findUnreached } from './graph-check-structure.ts';
import { checkPlaceholders, findPlaceholders } from './render-script.ts';
import type { OutputReference } from './render-script-outputs.ts';
import { splitOutputReference } from './render-script-outputs.ts';

/** Edges that the search for "comes before" looks at in one check: enough for every graph that people and programs draw. */
const REACHABILITY_BUDGET = 200_000_000;

/** `{A.key}` in the script of a vertex. */
interface Reference extends OutputReference {
  /** Position of the vertex whose script it is. */
  at: number;
}

/** Problems of the scripts: placeholders in unsafe places, references to outputs of vertices that do not come before. */
export function checkScripts(context: CheckContext, edgeBudget = REACHABILITY_BUDGET): Problem[] {
  const references: Reference[] = [];
  const problems = context.vertices.flatMap(({ name, script, input, policies: { shell } }, at) => {
    if (!script.includes('{')) return [];
    const source = { script, shell, declarations: input, hasVertex: (other: string) => context.positions.has(other) };
    const placeholders = findPlaceholders(source);
    for (const { place, declaration } of placeholders) {
      const output = declaration === null ? splitOutputReference(place.name) : null;
      if (output !== null) references.push({ ...output, at });
    }
    return checkPlaceholders(source, placeholders).map((problem) => {
      return { ...problem, pointer: `/vertices/${at}/script`, vertices: [name] };
    });
  });
  return [...problems, ...checkReferences(context, references, { edges: edgeBudget })];
}

function checkReferences(
  context: CheckContext,
  references: readonly Reference[],
  budget: { edges: number },
): Problem[] {
  const targetsBySource = new Map<string, Set<number>>();
  for (const { vertex, at } of references) {
    const targets = targetsBySource.get(vertex) ?? new Set();
    targetsBySource.set(vertex, targets.add(at));
  }
  const unreachedBySource = new Map<string, ReadonlySet<number> | null>();
  for (const [vertex, targets] of targetsBySource) {
    const source = context.positions.get(vertex) as number;
    unreachedBySource.set(vertex, findUnreached(context.structure, source, { targets, budget }));
  }
  return references.flatMap(({ vertex, key, at }) => {
    const unreached = unreachedBySource.get(vertex);
    if (unreached?.has(at) === false) return [];
    const name = context.vertices[at]?.name as string;
    const reason =
      unreached === null ? 'too far away to be found in the time of a check' : 'which does not come before it';
    const message = `expected {${vertex}.${key}} in ${name} to name an output of a vertex before it, found ${vertex}, ${reason}`;
    return [{ code: 'bad_output_reference', message, pointer: `/vertices/${at}/script`, vertices: [name, vertex] }];
  });
}
