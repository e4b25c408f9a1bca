import type { FlowVertex } from './flow-graph.ts';
import { isPipelineEnded } from './pipeline-status.ts';
import { isTrackEnded } from './track-status.ts';
import type {
  AttemptEnd,
  Changes,
  NeedsTracks,
  PipelineView,
  StaleCompletion,
  TrackChange,
  TrackView,
  TransitionContext,
} from './transition-types.ts';

/**
 * The copy of a neighbourhood that the rules work on. Asking for a track that is not loaded answers null and remembers
 * it: the decision is then thrown away and made again with those tracks loaded, which is safe because rules are pure.
 */
export interface WorkingSet {
  readonly pipeline: PipelineView;
  readonly random: number;
  readonly attempts: AttemptEnd[];
  readonly stale: StaleCompletion[];
  /** ms to wait before the next attempt, by vertex id. */
  readonly delays: Map<number, number>;
  cancelUnstarted: Changes['cancelUnstarted'];
  killRunning: boolean;
  repairs: number;
  vertex(vertexId: number): FlowVertex;
  vertices(): Iterable<FlowVertex>;
  track(vertexId: number): TrackView | null;
  /** Those that are loaded, in the order of loading. */
  loaded(): Iterable<TrackView>;
  /** The track ended and awaits nobody: it no longer keeps the pipeline open, and its successors are to hear of it. */
  close(track: TrackView): void;
  nextClosed(): TrackView | undefined;
  result(): Changes | NeedsTracks;
}

export function createWorkingSet(context: TransitionContext): WorkingSet {
  const after = new Map<number, TrackView>();
  for (const [vertexId, track] of context.tracks) after.set(vertexId, { ...track, counts: { ...track.counts } });
  const missing = new Set<number>();
  const closed: TrackView[] = [];
  let heard = 0;
  const work: WorkingSet = {
    pipeline: { ...context.pipeline },
    random: context.random,
    attempts: [],
    stale: [],
    delays: new Map(),
    cancelUnstarted: null,
    killRunning: false,
    repairs: 0,
    vertex(vertexId) {
      const vertex = context.graph.vertices.get(vertexId);
      if (vertex === undefined) throw new Error(`pipeline ${context.pipeline.id} has no vertex ${vertexId}`);
      return vertex;
    },
    vertices: () => context.graph.vertices.values(),
    track(vertexId) {
      const track = after.get(vertexId);
      if (track === undefined) missing.add(vertexId);
      return track ?? null;
    },
    loaded: () => after.values(),
    close(track) {
      work.pipeline.openTracks -= 1;
      closed.push(track);
    },
    nextClosed() {
      const next = closed[heard];
      if (next !== undefined) heard += 1;
      return next;
    },
    result() {
      if (missing.size > 0) return { kind: 'needs_tracks', vertexIds: [...missing].sort((a, b) => a - b) };
      return {
        kind: 'changes',
        pipeline: { before: context.pipeline, after: work.pipeline },
        tracks: changedTracks(context.tracks, after, work.delays),
        attempts: work.attempts,
        stale: work.stale,
        cancelUnstarted: work.cancelUnstarted,
        killRunning: work.killRunning,
        repairs: work.repairs,
      };
    },
  };
  return work;
}

function changedTracks(
  before: ReadonlyMap<number, TrackView>,
  after: ReadonlyMap<number, TrackView>,
  delays: ReadonlyMap<number, number>,
): TrackChange[] {
  const changes: TrackChange[] = [];
  for (const [vertexId, old] of before) {
    const track = after.get(vertexId) as TrackView;
    if (isSameTrack(old, track)) continue;
    const isForRetry = track.state === 'PENDING' && track.attempt > old.attempt;
    changes.push({ before: old, after: track, delayMs: isForRetry ? (delays.get(vertexId) as number) : 0 });
  }
  return changes.sort((a, b) => a.before.vertexId - b.before.vertexId);
}

function isSameTrack(a: TrackView, b: TrackView): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Still keeps its pipeline open: it has not ended, or it ended and awaits a person's word. */
export function isTrackOpen(track: TrackView): boolean {
  return !isTrackEnded(track.state) || track.awaits !== null;
}

export function isPipelineLive(pipeline: PipelineView): boolean {
  return !isPipelineEnded(pipeline.state);
}

/** Ended badly and counts as such: FAILED and not allowed to, or CANCELLED by a person while the pipeline was alive. */
export function isFailure(vertex: Pick<FlowVertex, 'allowFailure'>, track: TrackView): boolean {
  if (track.state === 'FAILED') return !vertex.allowFailure;
  return track.state === 'CANCELLED' && track.reason === 'cancelled';
}
