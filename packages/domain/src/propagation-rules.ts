import type { FlowVertex } from './flow-graph.ts';
import { decideJoin, type PredecessorOutcome } from './join-rules.ts';
import { closeTrack, moveTrack, skipTrack } from './ending-rules.ts';
import { letRun } from './gate-rules.ts';
import type { TrackView } from './transition-types.ts';
import { isPipelineLive, type WorkingSet } from './working-set.ts';

/** Passes ends on to the successors until nothing moves any more. An ended pipeline passes nothing on. */
export function propagateEnds(work: WorkingSet): void {
  for (let ended = work.nextClosed(); ended !== undefined; ended = work.nextClosed()) {
    if (!isPipelineLive(work.pipeline)) continue;
    const vertex = work.vertex(ended.vertexId);
    const outcomeFor = outcomeForSuccessors(vertex, ended);
    for (const successorId of vertex.successors) {
      const successor = work.track(successorId);
      if (successor === null) continue;
      successor.counts[outcomeFor(successorId)] += 1;
      joinIfDecided(work, successor);
    }
  }
}

/** How a closed track counts for each of its successors. */
export function outcomeForSuccessors(
  vertex: Pick<FlowVertex, 'allowFailure'>,
  track: TrackView,
): (successorId: number) => PredecessorOutcome {
  if (track.state === 'SKIPPED') return () => 'skipped';
  if (track.state === 'CANCELLED') return () => 'cancelled';
  const taken = track.state === 'FAILED' && !vertex.allowFailure ? 'failed' : 'succeeded';
  if (track.chosen === null) return () => taken;
  const chosen = new Set(track.chosen);
  return (successorId) => (chosen.has(successorId) ? taken : 'notTaken');
}

/** Applies the join rule to a track that waits for it; others are left as they are. */
export function joinIfDecided(work: WorkingSet, track: TrackView): void {
  if (track.state !== 'WAITING') return;
  const vertex = work.vertex(track.vertexId);
  switch (decideJoin(vertex.join, { ...track.counts, total: vertex.predecessors.length })) {
    case 'wait':
      return;
    case 'run':
      return letRun(work, track);
    case 'skip':
      return skipTrack(work, track, track.counts.notTaken > 0 ? 'not_chosen' : 'join_not_met');
    case 'cancel':
      moveTrack(track, 'CANCELLED');
      track.reason = 'upstream_failed';
      closeTrack(work, track);
  }
}
