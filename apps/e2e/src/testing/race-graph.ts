/** The graph that persons race about: two ways, and a join. */
export const VERTICES = ['A', 'B', 'C', 'D'] as const;
export type Name = (typeof VERTICES)[number];

export const EDGES: readonly (readonly [Name, Name])[] = [
  ['A', 'B'],
  ['A', 'C'],
  ['B', 'D'],
  ['C', 'D'],
];

export function tailsOf(vertex: Name): Name[] {
  return EDGES.filter(([, head]) => head === vertex).map(([tail]) => tail);
}

export function headsOf(vertex: Name): Name[] {
  return EDGES.filter(([tail]) => tail === vertex).map(([, head]) => head);
}

/** These and all that comes after them. */
export function findBelow(vertices: readonly Name[]): Set<Name> {
  const found = new Set(vertices);
  for (const vertex of found) for (const head of headsOf(vertex)) found.add(head);
  return found;
}
