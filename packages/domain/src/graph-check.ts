import type { Problem } from './errors.ts';
import { checkConditions } from './graph-check-conditions.ts';
import { checkPolicies } from './graph-check-policies.ts';
import { checkScripts } from './graph-check-scripts.ts';
import type { CheckableGraph, CheckContext } from './graph-check-structure.ts';
import { buildStructure, findComponents, findShortestCycle, successorsOf } from './graph-check-structure.ts';
import type { EdgeDefinition, VertexDefinition } from './graph-definition.ts';
import { readGraphDocument } from './graph-definition-parse.ts';
import { RULES_THAT_NEED_A_PREDECESSOR } from './join-rules.ts';

/** A cycle's message spells out at most so many names; its `vertices` are always complete. */
const MAX_NAMES_IN_MESSAGE = 50;

/**
 * The check: everything that keeps a graph from running, all at once, in an order that depends on the document alone.
 * Time and memory are linear in the size of the graph; nothing recurses.
 * @returns problems with the codes no_vertex, duplicate_vertex, unknown_vertex, self_loop, duplicate_edge, cycle,
 *   bad_next, impossible_join, unsafe_placeholder, bad_output_reference, bad_gate, bad_map, bad_pipeline, bad_condition;
 *   each with its vertices. Empty: it may run, if the graphs and pools that it names are there (unknown_graph,
 *   sub_pipeline_cycle, unknown_pool are found where graphs are stored).
 */
export function checkGraph(graph: CheckableGraph): Problem[] {
  const { vertices } = graph;
  const positions = new Map<string, number>();
  const problems: Problem[] = [];
  if (vertices.length === 0) {
    problems.push({ code: 'no_vertex', message: 'expected at least one vertex, found none', pointer: '/vertices' });
  }
  vertices.forEach(({ name }, index) => {
    if (!positions.has(name)) positions.set(name, index);
    else problems.push(duplicateVertex(name, index));
  });
  const edges = findSoundEdges(graph.edges, positions, problems);
  const structure = buildStructure(edges, positions, vertices.length);
  const context = { vertices, positions, structure };
  for (const check of [findCycles, checkNext, checkJoins, checkScripts, checkPolicies]) {
    for (const problem of check(context)) problems.push(problem);
  }
  for (const problem of checkConditions(context, graph.edges)) problems.push(problem);
  return problems;
}

/**
 * Checks a document's value in one go: the problems of its form and, of whatever could be read, those of checkGraph.
 */
export function checkGraphDocument(document: unknown): Problem[] {
  const { definition, problems } = readGraphDocument(document);
  return [...problems, ...checkGraph(definition)];
}

function duplicateVertex(name: string, index: number): Problem {
  const message = `expected each vertex name once, found ${name} again`;
  return { code: 'duplicate_vertex', message, pointer: `/vertices/${index}`, vertices: [name] };
}

function findSoundEdges(
  edges: readonly EdgeDefinition[],
  positions: ReadonlyMap<string, number>,
  problems: Problem[],
): EdgeDefinition[] {
  const seen = new Set<number>();
  return edges.filter(({ tail, head }, index) => {
    const refuse = (code: string, message: string, names: string[]): false => {
      problems.push({
        code,
        message: `${message} in the edge ${tail} -> ${head}`,
        pointer: `/edges/${index}`,
        vertices: names,
      });
      return false;
    };
    const from = positions.get(tail);
    const to = positions.get(head);
    if (from === undefined || to === undefined) {
      const unknown = [...new Set([tail, head])].filter((name) => !positions.has(name));
      return refuse(
        'unknown_vertex',
        `expected names of vertices, found the unknown ${unknown.join(' and ')}`,
        unknown,
      );
    }
    if (from === to) return refuse('self_loop', 'expected two vertices, found the same one twice', [tail]);
    const key = from * positions.size + to;
    if (seen.has(key)) return refuse('duplicate_edge', 'expected each edge once, found it again', [tail, head]);
    seen.add(key);
    return true;
  });
}

/** One problem a strongly connected component: a shortest cycle through its first vertex of the document. */
function findCycles({ vertices, structure }: CheckContext): Problem[] {
  const { componentOf, cyclic } = findComponents(structure);
  return cyclic.map((members) => {
    const cycle = findShortestCycle(structure, componentOf, members[0] as number);
    const names = cycle.map((position) => nameAt(vertices, position));
    const message = `expected no cycle, found ${spellOut(names)}`;
    return { code: 'cycle', message, pointer: `/vertices/${members[0]}`, vertices: names };
  });
}

function spellOut(names: readonly string[]): string {
  if (names.length <= MAX_NAMES_IN_MESSAGE) return names.join(' -> ');
  const left = names.length - MAX_NAMES_IN_MESSAGE;
  return [...names.slice(0, MAX_NAMES_IN_MESSAGE - 1), `(${left} more)`, ...names.slice(-1)].join(' -> ');
}

function nameAt(vertices: CheckContext['vertices'], position: number): string {
  return (vertices[position] as VertexDefinition).name;
}

/** Every entry names a direct successor, by id or by name, and none is named twice. */
function checkNext({ vertices, positions, structure }: CheckContext): Problem[] {
  const positionOfId = new Map(vertices.map(({ id }, index) => [id ?? index + 1, index]));
  return vertices.flatMap(({ name, next }, index) => {
    if (next.length === 0) return [];
    const successors = new Set(successorsOf(structure, positions.get(name) as number));
    const named = new Set<number>();
    return next.flatMap((entry, place) => {
      const position = typeof entry === 'number' ? positionOfId.get(entry) : positions.get(entry);
      const reason = explainBadNext(position, successors, named);
      if (position !== undefined) named.add(position);
      if (reason === null) return [];
      const found = typeof entry === 'number' ? `id ${entry}` : JSON.stringify(entry);
      const message = `expected next of ${name} to name direct successors, each once; found ${found}, ${reason}`;
      return [{ code: 'bad_next', message, pointer: `/vertices/${index}/next/${place}`, vertices: [name] }];
    });
  });
}

function explainBadNext(
  position: number | undefined,
  successors: ReadonlySet<number>,
  named: ReadonlySet<number>,
): string | null {
  if (position === undefined) return 'which is no vertex of this graph';
  if (named.has(position)) return 'which is named already';
  return successors.has(position) ? null : 'to which no edge leads from it';
}

/** A rule that waits for a predecessor of some kind can never hold where there is none. */
function checkJoins({ vertices, structure }: CheckContext): Problem[] {
  return vertices.flatMap(({ name, policies: { join } }, index) => {
    if (structure.inDegrees[index] !== 0 || !RULES_THAT_NEED_A_PREDECESSOR.has(join)) return [];
    const message = `expected a predecessor for the join rule ${join} of ${name}, found none: it could never hold`;
    return [{ code: 'impossible_join', message, pointer: `/vertices/${index}/join`, vertices: [name] }];
  });
}
