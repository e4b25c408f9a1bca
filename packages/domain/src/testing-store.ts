/* istanbul ignore file -- what tests are made of is no rule; its refusals are there for rules that break */
import { isDeepStrictEqual } from 'node:util';
import { isPipelineEnded, mayPipelineBecome } from './pipeline-status.ts';
import type { Flow } from './testing-flow.ts';
import { vertexIdOf } from './track-id.ts';
import { isTrackEnded, mayTrackBecome, TRACK_STATES, type TrackState, type TransitionCause } from './track-status.ts';
import { decideChanges } from './transition-rules.ts';
import type { Changes, FlowEvent, TrackFacts, TrackView } from './transition-types.ts';

/**
 * For tests: what the database does for the rules. It hands them the smallest neighbourhood and more only when they ask,
 * and it refuses a change whose `before` is not what is stored or that the tables of allowed transitions do not have.
 */
export interface DecideOptions {
  /** For the jitter of retries. */
  random?: number;
  /** Vertex ids that are shown although nobody asked; the decision must not depend on them. */
  alsoShown?: Iterable<number>;
}

/** Decides and stores, as one transaction does. */
export function applyEvents(flow: Flow, events: readonly FlowEvent[], options: DecideOptions = {}): Changes {
  const changes = decideFor(flow, events, options);
  if (changes.verdicts.length !== events.filter(isByPerson).length) throw new Error('each person is to get a verdict');
  store(flow, changes, events);
  return changes;
}

function isByPerson({ kind }: FlowEvent): boolean {
  return kind !== 'completion' && kind !== 'recount' && kind !== 'expire' && kind !== 'expire_track';
}

/** Shows the rules the tracks that the events name, and then what they ask for. */
function decideFor(flow: Flow, events: readonly FlowEvent[], { random = 0, alsoShown = [] }: DecideOptions): Changes {
  const tracks = new Map<number, TrackView>();
  const facts = new Map<number, TrackFacts>();
  const show = (vertexId: number): void => void tracks.set(vertexId, flow.tracks.get(vertexId) as TrackView);
  for (const event of events) {
    if (event.kind === 'completion') show(vertexIdOf(event.completion.trackId));
    if ('vertexId' in event) show(event.vertexId);
  }
  for (const vertexId of alsoShown) show(vertexId);
  for (;;) {
    const { graph, pipeline } = flow;
    const decided = decideChanges({ graph, pipeline, tracks, facts, random }, events);
    if (decided.kind === 'changes') return decided;
    const { vertexIds, factsOf } = decided;
    if (vertexIds.length + factsOf.length === 0) throw new Error('the rules ask for nothing');
    const again = [...vertexIds.filter((id) => tracks.has(id)), ...factsOf.filter((id) => facts.has(id))];
    if (again.length > 0) throw new Error(`the rules ask again for what they have of ${again.join(', ')}`);
    vertexIds.forEach(show);
    for (const vertexId of factsOf) facts.set(vertexId, factsOfTrack(flow, vertexId));
  }
}

function factsOfTrack(flow: Flow, vertexId: number): TrackFacts {
  const { attempt } = flow.tracks.get(vertexId) as TrackView;
  return { input: flow.inputs.get(vertexId) ?? {}, outputs: flow.outputs.get(`${vertexId}.${attempt}`) ?? {} };
}

function store(flow: Flow, changes: Changes, events: readonly FlowEvent[]): void {
  const cause: TransitionCause = changes.verdicts.some(({ kind }) => kind === 'done') ? 'person' : 'flow';
  const { before, after } = changes.pipeline;
  if (before !== flow.pipeline) throw new Error('the change is not of the stored pipeline');
  // A pipeline that goes on and has nothing left to do ends again in the same decision.
  const isReopened = cause === 'person' && isPipelineEnded(before.state);
  if (before.state !== after.state && !mayPipelineBecome(isReopened ? 'RUNNING' : before.state, after.state)) {
    if (!isReopened || after.state !== 'RUNNING') {
      throw new Error(`a pipeline may not go from ${before.state} to ${after.state}`);
    }
  }
  flow.isRewritten ||= changes.verdicts.length > 0 && rewrites(flow, changes, events);
  flow.pipeline = after;
  for (const change of changes.tracks) {
    const { vertexId } = change.before;
    if (!isDeepStrictEqual(flow.tracks.get(vertexId), change.before)) {
      throw new Error(`the guard of vertex ${vertexId} is not what is stored`);
    }
    const [from, to] = [change.before.state, change.after.state];
    if (!isReachable(from, to, cause)) throw new Error(`a track may not go from ${from} to ${to} by the ${cause}`);
    flow.tracks.set(vertexId, change.after);
  }
  for (const [vertexId, values] of changes.inputs) {
    flow.inputs.set(vertexId, { ...flow.inputs.get(vertexId), ...values });
  }
  for (const track of flow.tracks.values()) storeForWholePipeline(flow, track, changes);
}

/** One decision may move a track more than once; never through RUNNING, that is the claim's. */
function isReachable(from: TrackState, to: TrackState, cause: TransitionCause): boolean {
  const reached = new Set([from]);
  for (const state of reached) {
    for (const next of TRACK_STATES) if (next !== 'RUNNING' && mayTrackBecome(state, next, cause)) reached.add(next);
  }
  return reached.has(to);
}

function rewrites(flow: Flow, { verdicts }: Changes, events: readonly FlowEvent[]): boolean {
  return events.filter(isByPerson).some((event, index) => {
    if (verdicts[index]?.kind !== 'done') return false;
    if (event.kind === 'rerun') return true;
    if (event.kind !== 'skip' && event.kind !== 'succeed') return false;
    const { state, awaits } = flow.tracks.get(event.vertexId) as TrackView;
    return events.length > 1 || (isTrackEnded(state) && awaits === null);
  });
}

/** What the database does to the tracks that the rules did not load. */
function storeForWholePipeline(flow: Flow, track: TrackView, { cancelUnstarted, killRunning }: Changes): void {
  const { vertexId, state } = track;
  if (cancelUnstarted !== null && (state === 'WAITING' || state === 'PENDING')) {
    const cancelled = { state: 'CANCELLED', reason: cancelUnstarted, awaits: null, isExpired: false } as const;
    flow.tracks.set(vertexId, { ...track, ...cancelled });
    flow.pipeline = { ...flow.pipeline, openTracks: flow.pipeline.openTracks - 1 };
  } else if (cancelUnstarted !== null && track.awaits !== null) {
    flow.tracks.set(vertexId, { ...track, awaits: null });
    flow.pipeline = { ...flow.pipeline, openTracks: flow.pipeline.openTracks - 1 };
  } else if (killRunning && state === 'RUNNING') {
    flow.tracks.set(vertexId, { ...track, cancelRequested: true });
  }
}
