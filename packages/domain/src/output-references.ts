import { findPlaceholders, type ScriptSource } from './render-script.ts';
import { splitOutputReference, type OutputReference } from './render-script-outputs.ts';

/**
 * The outputs whose values a script needs: each `{vertex.key}` of it once, but not those that stand in comments alone.
 * @param source `hasVertex` says for which names `{vertex.key}` is an output
 */
export function findOutputReferences(source: ScriptSource): OutputReference[] {
  const references = new Map<string, OutputReference>();
  for (const { place, declaration } of findPlaceholders(source)) {
    const output = declaration === null ? splitOutputReference(place.name) : null;
    if (output !== null && place.context !== 'comment') references.set(place.name, output);
  }
  return [...references.values()];
}
