/**
 * Running again what has ended, and putting another end in the place of one.
 *
 * Guarantees. No attempt number is used twice: what runs again goes on behind the last attempt that was claimed. Whoever
 * runs again waits first, and passes its join rule, parameters, condition and gate anew. Tracks that are not named keep
 * their end, even where those before them end otherwise now. These are the decisions that look at all tracks: afterwards
 * every counter is computed anew from the states, and every waiting track that is decided moves. A person's decision that
 * only concerns an open track costs no more than a completion.
 */
import {
  awaitsChoice,
  closeTrack,
  decideWays,
  describeFailure,
  goOn,
  LEFT_CANCELLED,
  moveTrack,
} from './ending-rules.ts';
import type { FlowGraph, FlowVertex } from './flow-graph.ts';
import { describeTrack } from './gate-rules.ts';
import { joinIfDecided } from './propagation-rules.ts';
import { countPredecessors, countTotals } from './recount-rules.ts';
import { isTrackEnded } from './track-status.ts';
import type { RerunScope, TrackView, Verdict } from './transition-types.ts';
import { DONE, isFailure, isPipelineLive, refuse, UNCHANGED, type WorkingSet } from './working-set.ts';

type Tracks = ReadonlyMap<number, TrackView>;

/** @returns refused where one of them is under way, where there is none, and while an ended pipeline's tracks are killed */
export function rerunTracks(work: WorkingSet, from: RerunScope): Verdict {
  const tracks = work.allTracks();
  if (tracks === null) return UNCHANGED;
  const scope = [...findScope(work, tracks, from)].map((vertexId) => tracks.get(vertexId) as TrackView);
  const busy = scope.filter(({ state }) => state === 'PENDING' || state === 'RUNNING');
  if (busy.length > 0) return refuse(`expected what is to run again to have ended, found ${listTracks(work, busy)}`);
  const ended = scope.filter(({ state }) => isTrackEnded(state));
  if (ended.length === 0) {
    const expected = from === 'failed' ? 'a track that failed or was cancelled' : 'something that has ended';
    return refuse(`expected ${expected}, to run again, found none`);
  }
  const killed = findKilled(work, tracks);
  if (killed !== null) return killed;
  runAgain(work, tracks, { toReset: ended });
  return DONE;
}

/**
 * The ended tracks that a rerun would run again, if nothing of what it is about is under way.
 * @param tracks every track of the pipeline by vertex id
 * @returns their vertex ids, ascending
 */
export function findTracksToRerun(graph: FlowGraph, tracks: Tracks, from: RerunScope): number[] {
  const vertex = (id: number): FlowVertex => graph.vertices.get(id) as FlowVertex;
  const ended = [...findScope({ vertex }, tracks, from)].filter((id) => {
    const track = tracks.get(id);
    return track !== undefined && isTrackEnded(track.state);
  });
  return ended.sort((a, b) => a - b);
}

/** The tracks that a rerun is about, those that still wait included. */
function findScope(work: Pick<WorkingSet, 'vertex'>, tracks: Tracks, from: RerunScope): Set<number> {
  if (from !== 'failed') {
    return from.descendants ? withDescendants(work, from.vertexIds) : new Set(from.vertexIds);
  }
  const failed = [...tracks.values()].filter((track) => isFailure(work.vertex(track.vertexId), track));
  const scope = withDescendants(
    work,
    failed.map(({ vertexId }) => vertexId),
  );
  for (const { vertexId, state } of tracks.values()) if (state === 'CANCELLED') scope.add(vertexId);
  return scope;
}

function withDescendants(work: Pick<WorkingSet, 'vertex'>, vertexIds: readonly number[]): Set<number> {
  const found = new Set(vertexIds);
  for (const vertexId of found) for (const successorId of work.vertex(vertexId).successors) found.add(successorId);
  return found;
}

/** Their workers would still report them as cancelled, in a pipeline that is alive again. */
function findKilled(work: WorkingSet, tracks: Tracks): Verdict | null {
  if (isPipelineLive(work.pipeline)) return null;
  const killed = [...tracks.values()].filter(
    ({ state, cancelRequested }) => state === 'RUNNING' && (cancelRequested || work.killRunning),
  );
  return killed.length === 0
    ? null
    : refuse(`expected all to be gone that is killed, found ${listTracks(work, killed)}`);
}

function listTracks(work: WorkingSet, tracks: readonly TrackView[]): string {
  const named = tracks.slice(0, 10).map((track) => `${work.vertex(track.vertexId).name} ${describeTrack(track)}`);
  return named.join(', ') + (tracks.length > named.length ? `, and ${tracks.length - named.length} more` : '');
}

const REASONS = { SKIPPED: 'skipped', SUCCEED: 'forced' } as const;

/** A person skips a track or forces its success: before it runs, or in the place of a bad end. */
export function replaceEnd(work: WorkingSet, track: TrackView, to: 'SKIPPED' | 'SUCCEED'): Verdict {
  if (track.state === to) return UNCHANGED;
  const endedBadly = track.state === 'FAILED' || track.state === 'CANCELLED';
  if (endedBadly && track.awaits === null) return replaceClosed(work, track, to);
  if (!endedBadly && track.state !== 'PENDING' && !(track.state === 'WAITING' && to === 'SKIPPED')) {
    const { name } = work.vertex(track.vertexId);
    const expected = to === 'SKIPPED' ? 'not to have started' : 'to have its turn';
    return refuse(`expected ${name} ${expected}, or to have ended badly, found it ${describeTrack(track)}`);
  }
  setEnd(work, track, to);
  if (to === 'SUCCEED') goOn(work, track);
  else closeTrack(work, track);
  return DONE;
}

function setEnd(work: WorkingSet, track: TrackView, to: 'SKIPPED' | 'SUCCEED'): void {
  if (isFailure(work.vertex(track.vertexId), track)) forgetFailure(work, track);
  moveTrack(track, to, 'person');
  track.reason = REASONS[to];
  track.detail = null;
}

function forgetFailure(work: WorkingSet, track: TrackView): void {
  const { pipeline } = work;
  pipeline.failures -= 1;
  if (pipeline.reason === describeFailure(work.vertex(track.vertexId), track)) pipeline.reason = null;
}

/** Those after it have heard of the bad end: what had been CANCELLED because of it runs after all. */
function replaceClosed(work: WorkingSet, track: TrackView, to: 'SKIPPED' | 'SUCCEED'): Verdict {
  const tracks = work.allTracks();
  if (tracks === null) return UNCHANGED;
  const killed = findKilled(work, tracks);
  if (killed !== null) return killed;
  const toReset = findCancelledBecauseOf(work, tracks, track);
  setEnd(work, track, to);
  track.chosen = null;
  runAgain(work, tracks, { toReset, replaced: track });
  return DONE;
}

/** What persons cancelled themselves stays so. */
function findCancelledBecauseOf(work: WorkingSet, tracks: Tracks, track: TrackView): TrackView[] {
  const below = isPipelineLive(work.pipeline) ? withDescendants(work, [track.vertexId]) : null;
  return [...tracks.values()].filter((other) => {
    if (other === track || other.state !== 'CANCELLED' || other.reason === 'cancelled') return false;
    return below === null || below.has(other.vertexId);
  });
}

/** What is to run again, and whose bad end a person has just replaced. */
interface Again {
  toReset: readonly TrackView[];
  replaced?: TrackView;
}

function runAgain(work: WorkingSet, tracks: Tracks, again: Again): void {
  const { pipeline } = work;
  for (const track of again.toReset) resetTrack(work, track);
  const isReopened = !isPipelineLive(pipeline);
  if (isReopened) reopenPipeline(work);
  const isSomeLeft = [...tracks.values()].some(({ state, awaits }) => state === 'CANCELLED' && awaits === null);
  pipeline.reason = isSomeLeft ? LEFT_CANCELLED : null;
  for (const track of findThoseToLeadOn(work, tracks, { ...again, isReopened })) {
    if (!isFailure(work.vertex(track.vertexId), track) && awaitsChoice(work, track)) track.awaits = 'choice';
    else decideWays(work, track);
  }
  const counts = countPredecessors(work, tracks);
  for (const track of tracks.values()) track.counts = counts.get(track.vertexId) as TrackView['counts'];
  Object.assign(pipeline, countTotals(work, tracks));
  for (const track of tracks.values()) joinIfDecided(work, track);
}

function resetTrack(work: WorkingSet, track: TrackView): void {
  moveTrack(track, 'WAITING', 'person');
  track.attempt = track.startedAttempt + 1;
  track.budgetFromAttempt = track.attempt;
  Object.assign(track, FRESH);
  work.delays.delete(track.vertexId);
  const asks = work.vertex(track.vertexId).asks ?? [];
  if (asks.length === 0) return;
  const facts = work.facts(track.vertexId);
  if (facts !== null && asks.some((name) => !Object.hasOwn(facts.input, name))) track.awaits = 'params';
}

const FRESH: Partial<TrackView> = {
  lostAttempts: 0,
  elapsedMs: 0,
  gateDecision: null,
  cancelRequested: false,
  chosen: null,
  exitCode: null,
  reason: null,
  detail: null,
};

function reopenPipeline(work: WorkingSet): void {
  work.pipeline.state = 'RUNNING';
  work.pipeline.isExpired = false;
  // Every track is loaded: those that an earlier event of the same batch ended have been ended one by one.
  work.cancelUnstarted = null;
}

/**
 * Ended tracks of which nothing says which ways they went, and that somebody waits to hear of who runs again: their pipeline
 * ended first, or their end has just been replaced. In manual mode a person says it, also for those that went on by
 * themselves before the mode was manual; else the conditions of their edges do.
 */
function findThoseToLeadOn(
  work: WorkingSet,
  tracks: Tracks,
  { toReset, replaced, isReopened }: Again & { isReopened: boolean },
): TrackView[] {
  const reset = new Set(toReset);
  // In a pipeline that had ended nothing waited: what waits now runs again, or its vertex is new in the graph.
  const runs = (other: TrackView): boolean => isReopened || reset.has(other);
  return [...tracks.values()].filter((track) => {
    if (track.awaits !== null || (track.state !== 'SUCCEED' && track.state !== 'FAILED')) return false;
    const after = work.vertex(track.vertexId).successors.map((id) => tracks.get(id) as TrackView);
    return after.some((other) => other.state === 'WAITING' && (track === replaced || runs(other)));
  });
}
