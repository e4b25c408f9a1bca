import type { Scenario } from './scenario.ts';

/** The story without those conditions whose answer would depend on when they are asked. */
export function withoutAmbiguity(scenario: Scenario, ambiguous: ReadonlySet<number>): Scenario {
  return {
    ...scenario,
    vertices: scenario.vertices.map((plan) => (ambiguous.has(plan.id) ? { ...plan, when: null } : plan)),
    edges: scenario.edges.map((edge) => (ambiguous.has(edge.tail) ? { ...edge, when: null } : edge)),
  };
}
