import type { Problem } from './errors.ts';
import type { CheckedReference } from './graph-check-references.ts';
import { checkReferences } from './graph-check-references.ts';
import type { CheckContext } from './graph-check-structure.ts';
import { declarationsOf } from './parameters.ts';
import { checkPlaceholders, findPlaceholders } from './render-script.ts';
import { splitOutputReference } from './render-script-outputs.ts';

/** Problems of the scripts: placeholders in unsafe places, references to outputs of vertices that do not come before. */
export function checkScripts(context: CheckContext, edgeBudget?: number): Problem[] {
  const references: CheckedReference[] = [];
  const problems = context.vertices.flatMap((vertex, at) => {
    const { name, script, policies } = vertex;
    if (!script.includes('{')) return [];
    const hasVertex = (other: string): boolean => context.positions.has(other);
    const source = { script, shell: policies.shell, declarations: declarationsOf(vertex), hasVertex };
    const placeholders = findPlaceholders(source);
    const pointer = `/vertices/${at}/script`;
    for (const { place, declaration } of placeholders) {
      const output = declaration === null ? splitOutputReference(place.name) : null;
      if (output !== null) references.push(referTo(output.vertex, { text: place.name, at, name, pointer }));
    }
    return checkPlaceholders(source, placeholders).map((problem) => ({ ...problem, pointer, vertices: [name] }));
  });
  return [...problems, ...checkReferences(context, references, edgeBudget)];
}

function referTo(vertex: string, place: { text: string; at: number; name: string; pointer: string }): CheckedReference {
  const { text, at, name, pointer } = place;
  const explain = (reason: string): Problem => {
    const message = `expected {${text}} in ${name} to name an output of a vertex before it, found ${vertex}, ${reason}`;
    return { code: 'bad_output_reference', message, pointer, vertices: [name, vertex] };
  };
  return { vertex, at, explain };
}
