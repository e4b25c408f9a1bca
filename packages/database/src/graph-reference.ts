import type { GraphReference } from './find-graphs.ts';

/** Reads how people name a graph: an id (digits; a name is never only digits), a name, or `name@version`. */
export function parseGraphReference(text: string | number): GraphReference {
  if (typeof text === 'number') return { graph: text, version: null };
  const [, base = text, version] = /^(.+)@(\d{1,9})$/.exec(text) ?? [];
  const graph = /^\d{1,15}$/.test(base) ? Number(base) : base;
  return { graph, version: version === undefined ? null : Number(version) };
}
