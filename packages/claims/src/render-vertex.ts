import type { GraphVertex, StoredGraph } from '@baton/database';
import {
  BatonError,
  declarationsOf,
  findOutputReferences,
  renderScript,
  type JsonValue,
  type OutputReference,
  type RenderedScript,
  type ScriptSource,
} from '@baton/domain';

/** What a worker gets to run a vertex, and a person sees of it beforehand. */
export interface VertexToRender {
  graph: StoredGraph;
  vertex: GraphVertex;
  /** Parameter values by name. */
  input: Readonly<Record<string, JsonValue>>;
}

/** Graphs are kept in memory and immutable: what is read from one is kept with it. */
const vertexIds = new WeakMap<StoredGraph, Map<string, number>>();
const outputReferences = new WeakMap<GraphVertex, OutputReference[]>();

/**
 * @param outputs texts of the outputs that the script names, by `vertex.key`; to look at a script they are not needed, as
 *   it holds references to them alone
 * @throws BatonError invalid_graph where a placeholder stands in an unsafe place: graphs that start have passed the check */
export function renderVertex(
  { graph, vertex, input }: VertexToRender,
  outputs: ReadonlyMap<string, string> = new Map(),
): RenderedScript {
  return renderScript({ ...sourceOf(graph, vertex), values: input, outputs });
}

/** The outputs that a vertex's script names. */
export function outputReferencesOf(graph: StoredGraph, vertex: GraphVertex): OutputReference[] {
  const known = outputReferences.get(vertex);
  if (known !== undefined) return known;
  const references = findOutputReferences(sourceOf(graph, vertex));
  outputReferences.set(vertex, references);
  return references;
}

/** @returns null where the graph has no vertex of this name */
export function findVertexId(graph: StoredGraph, name: string): number | null {
  return idsOf(graph).get(name) ?? null;
}

/** The script for people to see. Where it cannot be rendered, because values are still missing, it is as the graph has it. */
export function previewScript(toRender: VertexToRender): string {
  const { vertex, input } = toRender;
  const declared = Object.entries(declarationsOf(vertex));
  const missing = declared.some(([name, { required }]) => required && !Object.hasOwn(input, name));
  if (missing) return vertex.script;
  try {
    return renderVertex(toRender).script;
  } catch (error) {
    // The claim will report it, and the track ends with the reason; to look at the pipeline must work all the same.
    if (error instanceof BatonError) return vertex.script;
    throw error;
  }
}

function sourceOf(graph: StoredGraph, vertex: GraphVertex): ScriptSource {
  const { script, policies } = vertex;
  // The script of a map's item names outputs of the vertices before its map.
  const hasVertex = (name: string): boolean => idsOf(graph.map?.of ?? graph).has(name);
  return { script, shell: policies.shell, declarations: declarationsOf(vertex), hasVertex };
}

function idsOf(graph: StoredGraph): Map<string, number> {
  const known = vertexIds.get(graph);
  if (known !== undefined) return known;
  const ids = new Map([...graph.vertices.values()].map(({ id, name }) => [name, id]));
  vertexIds.set(graph, ids);
  return ids;
}
