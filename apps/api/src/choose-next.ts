import type { GraphVertex, StoredGraph } from '@baton/database';
import { BatonError, errorOfProblems, pipelineIdOf, type Problem } from '@baton/domain';
import { applyAction, type ActionDeps } from './apply-action.ts';
import { findVertex } from './find-vertex.ts';
import type { RepeatableAction } from './person-action.ts';
import { loadTrack } from './show-track.ts';

/** What somebody chooses: names or ids of successors. */
export type ChoiceRequest = string | number | readonly (string | number)[];

/** So many successors a refusal lists. */
const MAX_LISTED = 20;

/**
 * Lets a track's flow go on with the successors that a person names; none: with none of them.
 * @throws BatonError track_not_found; invalid_choice naming every entry that is unknown, no successor, or named twice;
 *   state_conflict where it awaits no choice, or another one was made; idempotency_key_reused
 */
export async function chooseNext(
  deps: ActionDeps,
  { trackId, next }: { trackId: number; next: ChoiceRequest },
  action: RepeatableAction,
): Promise<void> {
  const { graph, vertex } = await loadTrack(deps.database, trackId);
  const { chosen, problems } = readChoice(graph, vertex, next);
  if (problems.length > 0) throw invalidChoice(graph, vertex, problems);
  const names = chosen.map(({ name }) => name);
  const event = { kind: 'choose', vertexId: vertex.id, names } as const;
  await applyAction(deps, { pipelineId: pipelineIdOf(trackId), event }, action);
}

function readChoice(
  graph: StoredGraph,
  vertex: GraphVertex,
  next: ChoiceRequest,
): { chosen: GraphVertex[]; problems: Problem[] } {
  const entries = typeof next === 'string' || typeof next === 'number' ? [next] : next;
  const successors = new Set(vertex.successors);
  const chosen = new Map<number, GraphVertex>();
  const problems: Problem[] = [];
  for (const [index, entry] of entries.entries()) {
    const found = findVertex(graph, entry);
    const pointer = entries === next ? `/next/${index}` : '/next';
    const code = found === undefined ? 'unknown_vertex' : successors.has(found.id) ? null : 'not_a_successor';
    if (found !== undefined && code === null && !chosen.has(found.id)) {
      chosen.set(found.id, found);
      continue;
    }
    problems.push(describeProblem(code ?? 'duplicate_choice', { vertex, entry, pointer }));
  }
  return { chosen: [...chosen.values()], problems };
}

function describeProblem(
  code: 'unknown_vertex' | 'not_a_successor' | 'duplicate_choice',
  { vertex, entry, pointer }: { vertex: GraphVertex; entry: string | number; pointer: string },
): Problem {
  const found = {
    unknown_vertex: `${JSON.stringify(entry)}, which is no vertex of this graph`,
    not_a_successor: `${JSON.stringify(entry)}, which is none`,
    duplicate_choice: `${JSON.stringify(entry)} twice`,
  };
  const message = `expected direct successors of ${JSON.stringify(vertex.name)}, each once, found ${found[code]}`;
  return { code, message, pointer, vertices: [vertex.name] };
}

function invalidChoice(graph: StoredGraph, vertex: GraphVertex, problems: Problem[]): BatonError {
  const names = vertex.successors
    .slice(0, MAX_LISTED)
    .map((id) => JSON.stringify(graph.vertices.get(id)?.name ?? String(id)));
  const listed = names.length === 0 ? 'it has none' : names.join(', ');
  const more = vertex.successors.length > MAX_LISTED ? ', ...' : '';
  return errorOfProblems(
    'invalid_choice',
    `expected a choice among the successors of ${JSON.stringify(vertex.name)} (${listed}${more})`,
    problems,
  );
}
