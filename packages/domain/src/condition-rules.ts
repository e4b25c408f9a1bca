import { newConditionWork } from './condition-values.ts';
import { evaluateCondition, readCondition } from './conditions.ts';
import type { FlowVertex } from './flow-graph.ts';
import type { TrackState } from './track-status.ts';
import { cutDetail, type WorkingSet } from './working-set.ts';

/**
 * Conditions of vertices and of edges: what they may look at is asked for here, and what their answers mean.
 * A condition without an answer (a missing key, say) is a problem that people are told, never a silent no.
 */
export type ConditionAnswer = { value: boolean } | { problem: string };

/** Which of its ways a track goes, by its edges' conditions. */
export interface TakenWays {
  /** Ids of successors, ascending: without a condition, or with one that holds. */
  taken: number[];
  /** The first edge whose condition has no answer; null: all have. */
  problem: string | null;
}

/**
 * May the vertex run, by its own condition?
 * @returns null while what it looks at is not loaded
 */
export function askVertexCondition(work: WorkingSet, vertex: FlowVertex): ConditionAnswer | null {
  if (vertex.when === null) return { value: true };
  return ask(work, vertex, { text: vertex.when });
}

/**
 * Which ways lead on from a track that ends in this state?
 * @returns null where no edge has a condition (all do), and while what they look at is not loaded
 */
export function findTakenWays(work: WorkingSet, vertex: FlowVertex, endsAs: TrackState): TakenWays | null {
  if (vertex.edgeConditions.size === 0) return null;
  const ways: TakenWays = { taken: [], problem: null };
  let isKnown = true;
  for (const successorId of vertex.successors) {
    const text = vertex.edgeConditions.get(successorId);
    const answer = text === undefined ? { value: true } : ask(work, vertex, { text, endsAs });
    if (answer === null) {
      isKnown = false;
    } else if ('problem' in answer) {
      const edge = `${vertex.name} -> ${work.vertex(successorId).name}`;
      ways.problem ??= cutDetail(`the condition of the edge ${edge} has no answer: ${answer.problem}`);
    } else if (answer.value) {
      ways.taken.push(successorId);
    }
  }
  return isKnown ? ways : null;
}

/** @param condition `endsAs`: the state in which the vertex's own track is about to end; absent: it has not run */
function ask(
  work: WorkingSet,
  vertex: FlowVertex,
  condition: { text: string; endsAs?: TrackState },
): ConditionAnswer | null {
  const own = work.facts(vertex.id);
  const outputs: Record<string, Readonly<Record<string, string>>> = Object.create(null);
  const states: Record<string, TrackState> = Object.create(null);
  let isLoaded = own !== null;
  for (const name of readCondition(condition.text).vertices) {
    const named = work.vertexNamed(name);
    if (named === null) continue;
    const [track, facts] = [work.track(named.id), work.facts(named.id)];
    if (track === null || facts === null) {
      isLoaded = false;
      continue;
    }
    outputs[name] = facts.outputs;
    states[name] = named.id === vertex.id && condition.endsAs !== undefined ? condition.endsAs : track.state;
  }
  if (own === null || !isLoaded) return null;
  const { conditionWork } = work;
  const key = [vertex.id, work.track(vertex.id)?.attempt, condition.endsAs, condition.text].join(' ');
  const { left } = conditionWork;
  const ownWork = conditionWork.counted.has(key) ? newConditionWork() : conditionWork;
  const answer = evaluateCondition(condition.text, { params: own.input, outputs, states }, ownWork);
  if (conditionWork.left >= 0 && conditionWork.left < left) conditionWork.counted.add(key);
  return answer;
}
