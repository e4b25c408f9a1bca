import { MAX_DETAIL_LENGTH } from './completion.ts';
import { newConditionWork, type ConditionWork } from './condition-values.ts';
import { vertexNamed, type FlowVertex } from './flow-graph.ts';
import type { ParameterValues } from './parameters.ts';
import { isPipelineEnded } from './pipeline-status.ts';
import { isTrackEnded } from './track-status.ts';
import type {
  AttemptEnd,
  Changes,
  NeedsTracks,
  PipelineView,
  StaleCompletion,
  TrackChange,
  TrackFacts,
  TrackView,
  TransitionContext,
  Verdict,
} from './transition-types.ts';

/**
 * The copy of a neighbourhood that the rules work on. Asking for a track or for facts that are not loaded answers null and
 * remembers it: the decision is then thrown away and made again with those loaded, which is safe because rules are pure.
 */
export interface WorkingSet {
  readonly pipeline: PipelineView;
  readonly random: number;
  readonly attempts: AttemptEnd[];
  readonly stale: StaleCompletion[];
  /** ms to wait before the next attempt, by vertex id. */
  readonly delays: Map<number, number>;
  readonly verdicts: Verdict[];
  /** Parameter values that tracks are given by these events, by vertex id. */
  readonly inputs: Map<number, ParameterValues>;
  /** Of the conditions that one event decides. */
  conditionWork: ConditionWork;
  cancelUnstarted: Changes['cancelUnstarted'];
  killRunning: boolean;
  repairs: number;
  vertex(vertexId: number): FlowVertex;
  vertices(): Iterable<FlowVertex>;
  /** Null: the graph has no vertex of this name. */
  vertexNamed(name: string): FlowVertex | null;
  track(vertexId: number): TrackView | null;
  /** Every track of the pipeline, by vertex id, in the graph's order; null while one of them is not loaded. */
  allTracks(): ReadonlyMap<number, TrackView> | null;
  /** With what these events gave; without outputs of an attempt that is no longer the track's. */
  facts(vertexId: number): TrackFacts | null;
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
  const missingFacts = new Set<number>();
  const closed: TrackView[] = [];
  let heard = 0;
  const work: WorkingSet = {
    pipeline: { ...context.pipeline },
    random: context.random,
    attempts: [],
    stale: [],
    delays: new Map(),
    verdicts: [],
    inputs: new Map(),
    conditionWork: context.conditionWork ?? newConditionWork(),
    cancelUnstarted: null,
    killRunning: false,
    repairs: 0,
    ...viewGraph(context),
    track(vertexId) {
      const track = after.get(vertexId);
      if (track === undefined) missing.add(vertexId);
      return track ?? null;
    },
    allTracks() {
      const tracks = new Map<number, TrackView>();
      for (const { id } of work.vertices()) {
        const track = work.track(id);
        if (track !== null) tracks.set(id, track);
      }
      return missing.size === 0 ? tracks : null;
    },
    facts(vertexId) {
      const facts = context.facts.get(vertexId);
      if (facts === undefined) missingFacts.add(vertexId);
      return facts === undefined ? null : currentFacts(facts, work.inputs.get(vertexId), isOtherAttempt(vertexId));
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
      if (missing.size + missingFacts.size > 0) {
        return { kind: 'needs_tracks', vertexIds: ascending(missing), factsOf: ascending(missingFacts) };
      }
      return toChanges(work, context, after);
    },
  };
  const isOtherAttempt = (vertexId: number): boolean =>
    after.get(vertexId)?.attempt !== context.tracks.get(vertexId)?.attempt;
  return work;
}

function viewGraph({ graph, pipeline }: TransitionContext): Pick<WorkingSet, 'vertex' | 'vertices' | 'vertexNamed'> {
  return {
    vertex(vertexId) {
      const vertex = graph.vertices.get(vertexId);
      if (vertex === undefined) throw new Error(`pipeline ${pipeline.id} has no vertex ${vertexId}`);
      return vertex;
    },
    vertices: () => graph.vertices.values(),
    vertexNamed: (name) => vertexNamed(graph, name),
  };
}

function ascending(ids: ReadonlySet<number>): number[] {
  return [...ids].sort((a, b) => a - b);
}

function currentFacts(facts: TrackFacts, given: ParameterValues | undefined, isOtherAttempt: boolean): TrackFacts {
  return { input: { ...facts.input, ...given }, outputs: isOtherAttempt ? {} : facts.outputs };
}

function toChanges(work: WorkingSet, context: TransitionContext, after: ReadonlyMap<number, TrackView>): Changes {
  return {
    kind: 'changes',
    pipeline: { before: context.pipeline, after: work.pipeline },
    tracks: changedTracks(context.tracks, after, work.delays),
    attempts: work.attempts,
    stale: work.stale,
    verdicts: work.verdicts,
    inputs: work.inputs,
    cancelUnstarted: work.cancelUnstarted,
    killRunning: work.killRunning,
    repairs: work.repairs,
  };
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
    changes.push({ before: old, after: track, delayMs: isForRetry ? (delays.get(vertexId) ?? 0) : 0 });
  }
  return changes.sort((a, b) => a.before.vertexId - b.before.vertexId);
}

function isSameTrack(a: TrackView, b: TrackView): boolean {
  return a.state === b.state && a.attempt === b.attempt && JSON.stringify(a) === JSON.stringify(b);
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

export const DONE: Verdict = { kind: 'done' };
export const UNCHANGED: Verdict = { kind: 'unchanged' };

/** @param message what was expected and what was found */
export function refuse(message: string): Verdict {
  return { kind: 'refused', message };
}

/** So that it fits its column; not within a surrogate pair. */
export function cutDetail(text: string): string {
  return text.slice(0, MAX_DETAIL_LENGTH).replace(/[\uD800-\uDBFF]$/, '');
}
