import type { GraphVertex, StoredGraph } from '@baton/database';
import { BatonError, renderScript, type JsonValue, type RenderedScript } from '@baton/domain';

/** What a worker gets to run a vertex, and a person sees of it beforehand. */
export interface VertexToRender {
  graph: StoredGraph;
  vertex: GraphVertex;
  /** Parameter values by name. */
  input: Readonly<Record<string, JsonValue>>;
}

/** Graphs are kept in memory and immutable: what is read from one is kept with it. */
const vertexNames = new WeakMap<StoredGraph, Set<string>>();

/** @throws BatonError invalid_graph where a placeholder stands in an unsafe place: graphs that start have passed the check */
export function renderVertex({ graph, vertex, input }: VertexToRender): RenderedScript {
  return renderScript({
    script: vertex.script,
    shell: vertex.policies.shell,
    declarations: vertex.input,
    hasVertex: (name) => namesOf(graph).has(name),
    values: input,
  });
}

/** The script for people to see. Where it cannot be rendered, because values are still missing, it is as the graph has it. */
export function previewScript(toRender: VertexToRender): string {
  const { vertex, input } = toRender;
  const missing = Object.entries(vertex.input).some(([name, { required }]) => required && !Object.hasOwn(input, name));
  if (missing) return vertex.script;
  try {
    return renderVertex(toRender).script;
  } catch (error) {
    // The claim will report it, and the track ends with the reason; to look at the pipeline must work all the same.
    if (error instanceof BatonError) return vertex.script;
    throw error;
  }
}

function namesOf(graph: StoredGraph): Set<string> {
  const known = vertexNames.get(graph);
  if (known !== undefined) return known;
  const names = new Set([...graph.vertices.values()].map(({ name }) => name));
  vertexNames.set(graph, names);
  return names;
}
