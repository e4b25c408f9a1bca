import { joinIfDecided, outcomeForSuccessors } from './propagation-rules.ts';
import type { PipelineView, TrackView } from './transition-types.ts';
import { isFailure, isPipelineLive, isTrackOpen, type WorkingSet } from './working-set.ts';
import { noCounts } from './waiting-track.ts';

/**
 * Computes from the states alone what the counters must be, mends what differs, and lets run what should have run.
 * Asks for every track of the pipeline. Each thing mended counts as a repair: a correct system never makes one.
 */
export function recountPipeline(work: WorkingSet): void {
  const tracks = work.allTracks();
  if (tracks === null) return;
  recountTotals(work, tracks);
  if (!isPipelineLive(work.pipeline)) return;
  const waiting = [...tracks.values()].filter((track) => track.state === 'WAITING');
  const counts = countPredecessors(work, tracks);
  for (const track of waiting) mendCounts(work, track, counts.get(track.vertexId) as TrackView['counts']);
  for (const track of waiting) {
    joinIfDecided(work, track);
    if (track.state !== 'WAITING') work.repairs += 1;
  }
}

function recountTotals(work: WorkingSet, tracks: ReadonlyMap<number, TrackView>): void {
  const { pipeline } = work;
  const { openTracks, failures } = countTotals(work, tracks);
  if (pipeline.openTracks === openTracks && pipeline.failures === failures) return;
  pipeline.openTracks = openTracks;
  pipeline.failures = failures;
  work.repairs += 1;
}

/** @param tracks every track of the pipeline by vertex id */
export function countTotals(
  work: Pick<WorkingSet, 'vertex'>,
  tracks: ReadonlyMap<number, TrackView>,
): Pick<PipelineView, 'openTracks' | 'failures'> {
  let openTracks = 0;
  let failures = 0;
  for (const track of tracks.values()) {
    if (isTrackOpen(track)) openTracks += 1;
    if (isFailure(work.vertex(track.vertexId), track)) failures += 1;
  }
  return { openTracks, failures };
}

function mendCounts(work: WorkingSet, track: TrackView, counts: TrackView['counts']): void {
  if (JSON.stringify(counts) === JSON.stringify(track.counts)) return;
  track.counts = counts;
  work.repairs += 1;
}

/** How the predecessors of each track ended, from their states. @param tracks every track of the pipeline by vertex id */
export function countPredecessors(
  work: Pick<WorkingSet, 'vertex'>,
  tracks: ReadonlyMap<number, TrackView>,
): ReadonlyMap<number, TrackView['counts']> {
  const counts = new Map<number, TrackView['counts']>();
  for (const vertexId of tracks.keys()) counts.set(vertexId, noCounts());
  for (const track of tracks.values()) {
    if (isTrackOpen(track)) continue;
    const vertex = work.vertex(track.vertexId);
    const outcomeFor = outcomeForSuccessors(vertex, track);
    for (const successorId of vertex.successors) {
      (counts.get(successorId) as TrackView['counts'])[outcomeFor(successorId)] += 1;
    }
  }
  return counts;
}
