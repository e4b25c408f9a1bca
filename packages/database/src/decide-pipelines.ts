import { decideChanges, type FlowEvent } from '@baton/domain';
import type { DecidedPipeline } from './apply-changes.ts';
import { loadFacts, loadTracks, tracksNeededFirst, type LockedPipeline } from './load-transition-context.ts';
import type { Runner } from './statements.ts';

/** What is to happen to one locked pipeline, and how its history calls it. */
export interface PipelineEvents {
  locked: LockedPipeline;
  events: readonly FlowEvent[];
  cause: DecidedPipeline['cause'];
  /** The tracks that are needed first were loaded with the pipeline. */
  isLoaded?: boolean;
}

/** What is to happen to a pipeline concerns more of its tracks than the caller wants to wait for; nothing was written. */
export class LargeDecision extends Error {
  readonly pipelineId: number;

  constructor({ pipeline }: LockedPipeline, maxTracks: number) {
    super(`expected to decide about at most ${maxTracks} tracks of pipeline ${pipeline.id}, found more`);
    this.pipelineId = pipeline.id;
  }
}

/**
 * Loads what the rules ask for, until they decide. Nothing is written.
 * @param maxTracks of one pipeline
 * @throws LargeDecision
 */
export async function decidePipelines(
  runner: Runner,
  pipelines: readonly PipelineEvents[],
  maxTracks = Infinity,
): Promise<DecidedPipeline[]> {
  const needed = pipelines.map(({ locked, events }) => ({ locked, vertexIds: tracksNeededFirst(locked, events) }));
  for (const { locked, vertexIds } of needed) refuseMore(locked, vertexIds.size, maxTracks);
  const missing = needed.filter((_, index) => pipelines[index]?.isLoaded !== true);
  await loadTracks(runner, missing);
  const decided: DecidedPipeline[] = [];
  for (const { locked, events, cause } of pipelines) {
    let result = decideChanges(locked, events);
    while (result.kind === 'needs_tracks') {
      refuseMore(locked, locked.tracks.size + result.vertexIds.length, maxTracks);
      const loaded = locked.tracks.size + locked.facts.size;
      await loadTracks(runner, [{ locked, vertexIds: withDescendants(locked, result.vertexIds) }]);
      await loadFacts(runner, locked, result.factsOf);
      if (locked.tracks.size + locked.facts.size === loaded) throw missingTracks(locked, result);
      result = decideChanges(locked, events);
    }
    // Those that have not started are cancelled without being loaded.
    if (result.cancelUnstarted !== null) refuseMore(locked, locked.pipeline.openTracks, maxTracks);
    const mends = events.some(({ kind }) => kind === 'recount');
    const countsAnew = (mends && result.repairs > 0) || events.some(({ kind }) => kind === 'rerun');
    decided.push({ locked, changes: result, countsAnew, mends, cause });
  }
  return decided;
}

function refuseMore(locked: LockedPipeline, tracks: number, maxTracks: number): void {
  if (tracks > maxTracks) throw new LargeDecision(locked, maxTracks);
}

/**
 * What the rules asked for, and as much below it as is loaded already: an end that goes down a long chain is decided anew
 * a few times, not once a track.
 */
function withDescendants(locked: LockedPipeline, asked: readonly number[]): Set<number> {
  const wanted = new Set(asked);
  const limit = Math.max(asked.length, locked.tracks.size);
  for (const vertexId of wanted) {
    for (const successorId of locked.graph.vertices.get(vertexId)?.successors ?? []) {
      if (wanted.size >= limit) return wanted;
      if (!locked.tracks.has(successorId)) wanted.add(successorId);
    }
  }
  return wanted;
}

function missingTracks(
  { pipeline }: LockedPipeline,
  { vertexIds, factsOf }: { vertexIds: readonly number[]; factsOf: readonly number[] },
): Error {
  const missing = [...vertexIds, ...factsOf].slice(0, 10);
  return new Error(`pipeline ${pipeline.id} has no tracks of its vertices ${missing.join(', ')}`);
}
