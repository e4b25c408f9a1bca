import type { Completion } from './completion.ts';
import type { FlowVertex } from './flow-graph.ts';
import type { FailureReason } from './retry-policy.ts';
import type { StaleCompletion, TrackView } from './transition-types.ts';

/** What an attempt's end means for its track. */
export type TrackEnd =
  { result: 'succeed'; chosen: readonly number[] | null } | { result: 'cancelled' | FailureReason; chosen: null };

/**
 * Is this completion the word of the claim that holds the track now?
 * @returns null if it is; else why it changes nothing (SPEC section 2, automatic transition, rule 1)
 */
export function findStaleness(track: TrackView, completion: Completion): StaleCompletion['why'] | null {
  if (completion.attempt < track.attempt) return 'already_applied';
  if (completion.attempt > track.attempt) return 'other_attempt';
  if (track.state !== 'RUNNING')
    return track.state === 'WAITING' || track.state === 'PENDING' ? 'not_running' : 'already_applied';
  return completion.runId === track.runId ? null : 'other_run';
}

/**
 * What the end of an attempt means.
 * @param successors the direct successors, for a choice by script: ids by name and by id as text
 */
export function endOf(completion: Completion, successors: readonly Pick<FlowVertex, 'id' | 'name'>[]): TrackEnd {
  if (completion.outcome !== 'exited') return { result: completion.outcome, chosen: null };
  if (completion.exitCode === null) return { result: 'signal', chosen: null };
  if (completion.exitCode !== 0) return { result: 'exit_code', chosen: null };
  if (completion.next === null) return { result: 'succeed', chosen: null };
  const chosen = findChosen(completion.next, successors);
  return chosen === null ? { result: 'bad_choice', chosen: null } : { result: 'succeed', chosen };
}

/**
 * The successors that a script or a person named.
 * @param names vertex names or ids as text
 * @returns their ids ascending; null where one is no direct successor or is named twice
 */
export function findChosen(
  names: readonly string[],
  successors: readonly Pick<FlowVertex, 'id' | 'name'>[],
): number[] | null {
  // One map does for both: a vertex's name is never only digits (graph-definition.ts), so none is another vertex's id.
  const byName = new Map<string, number>();
  for (const { id, name } of successors) byName.set(name, id).set(String(id), id);
  const chosen = new Set<number>();
  for (const name of names) {
    const id = byName.get(name);
    if (id === undefined || chosen.has(id)) return null;
    chosen.add(id);
  }
  return [...chosen].sort((a, b) => a - b);
}
