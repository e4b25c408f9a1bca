import type { Problem } from './errors.ts';
import type { CheckContext } from './graph-check-structure.ts';
import { findUnreached } from './graph-check-structure.ts';

/** Edges that the search for "comes before" looks at in one check: enough for every graph that people and programs draw. */
const REACHABILITY_BUDGET = 200_000_000;

/** A vertex looks at what another one, which must come before it, has done. */
export interface CheckedReference {
  /** Name of the other one. */
  vertex: string;
  /** Position of the vertex that looks. */
  at: number;
  /** It may look at itself: what happens after it has run does. */
  mayBeItself?: true;
  /** @param reason ends a sentence: "found <vertex>, <reason>" */
  explain: (reason: string) => Problem;
}

/** Problems of references to vertices that are not there, or do not come before. */
export function checkReferences(
  { positions, structure }: CheckContext,
  references: readonly CheckedReference[],
  edgeBudget = REACHABILITY_BUDGET,
): Problem[] {
  const budget = { edges: edgeBudget };
  const targetsBySource = new Map<number, Set<number>>();
  for (const { vertex, at } of references) {
    const source = positions.get(vertex);
    if (source === undefined) continue;
    targetsBySource.set(source, (targetsBySource.get(source) ?? new Set()).add(at));
  }
  const unreachedBySource = new Map<number, ReadonlySet<number> | null>();
  for (const [source, targets] of targetsBySource) {
    unreachedBySource.set(source, findUnreached(structure, source, { targets, budget }));
  }
  return references.flatMap(({ vertex, at, mayBeItself, explain }) => {
    const source = positions.get(vertex);
    if (source === undefined) return [explain('which is no vertex of this graph')];
    if (source === at && mayBeItself === true) return [];
    const unreached = unreachedBySource.get(source);
    if (unreached?.has(at) === false) return [];
    return [
      explain(unreached === null ? 'too far away to be found in the time of a check' : 'which does not come before it'),
    ];
  });
}
