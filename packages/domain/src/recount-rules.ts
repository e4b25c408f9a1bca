import { joinIfDecided, outcomeForSuccessors } from './propagation-rules.ts';
import type { TrackView } from './transition-types.ts';
import { isFailure, isPipelineLive, isTrackOpen, type WorkingSet } from './working-set.ts';

/**
 * Computes from the states alone what the counters must be, mends what differs, and lets run what should have run.
 * Asks for every track of the pipeline. Each thing mended counts as a repair: a correct system never makes one.
 */
export function recountPipeline(work: WorkingSet): void {
  const tracks = new Map<number, TrackView>();
  for (const vertex of work.vertices()) {
    const track = work.track(vertex.id);
    if (track !== null) tracks.set(vertex.id, track);
  }
  recountTotals(work, tracks);
  if (!isPipelineLive(work.pipeline)) return;
  const waiting = [...tracks.values()].filter((track) => track.state === 'WAITING');
  for (const track of waiting) recountPredecessors(work, track, tracks);
  for (const track of waiting) {
    joinIfDecided(work, track);
    if (track.state !== 'WAITING') work.repairs += 1;
  }
}

function recountTotals(work: WorkingSet, tracks: ReadonlyMap<number, TrackView>): void {
  let openTracks = 0;
  let failures = 0;
  for (const track of tracks.values()) {
    if (isTrackOpen(track)) openTracks += 1;
    if (isFailure(work.vertex(track.vertexId), track)) failures += 1;
  }
  const { pipeline } = work;
  if (pipeline.openTracks === openTracks && pipeline.failures === failures) return;
  pipeline.openTracks = openTracks;
  pipeline.failures = failures;
  work.repairs += 1;
}

function recountPredecessors(work: WorkingSet, track: TrackView, tracks: ReadonlyMap<number, TrackView>): void {
  const counts: TrackView['counts'] = { succeeded: 0, failed: 0, skipped: 0, cancelled: 0, notTaken: 0 };
  for (const predecessorId of work.vertex(track.vertexId).predecessors) {
    const predecessor = tracks.get(predecessorId);
    if (predecessor === undefined || isTrackOpen(predecessor)) continue;
    counts[outcomeForSuccessors(work.vertex(predecessorId), predecessor)(track.vertexId)] += 1;
  }
  if (JSON.stringify(counts) === JSON.stringify(track.counts)) return;
  track.counts = counts;
  work.repairs += 1;
}
