/* istanbul ignore file -- what tests are made of is no rule */
import { buildFlowGraph, toFlowStep, type FlowGraph } from './flow-graph.ts';
import type { GraphDefinition } from './graph-definition.ts';
import type { SimulatedVertex } from './simulate-types.ts';

/**
 * For tests: a definition as the rules see a graph, with ids in the order of the document.
 * @param definition one that passes its check: names are there once, edges lead somewhere
 */
export function buildDefinedGraph(definition: GraphDefinition): FlowGraph<SimulatedVertex> {
  const idOf = new Map(definition.vertices.map(({ name }, index) => [name, index + 1]));
  const steps = definition.vertices.map((vertex, index) => toFlowStep({ ...vertex, id: index + 1 }));
  const edges = definition.edges.map(({ tail, head, when }) => {
    return { tail: idOf.get(tail) as number, head: idOf.get(head) as number, when };
  });
  return buildFlowGraph(steps, edges);
}
