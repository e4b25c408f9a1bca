import { findBelow, headsOf, tailsOf, VERTICES, type Name } from './race-graph.ts';

/**
 * A tiny model of one pipeline, A -> B, A -> C, B -> D, C -> D, written from SPEC section 2 and the rules of docs/states.md.
 * Nothing is incremental and nothing is shared with the product: after each step what waits is decided anew from all states.
 * No retries, gates, parameters or conditions; every join is the default one.
 */

interface ModelTrack {
  state: 'WAITING' | 'PENDING' | 'RUNNING' | 'SUCCEED' | 'FAILED' | 'SKIPPED' | 'CANCELLED';
  /** Claims so far. */
  started: number;
  awaits: 'choice' | 'decision' | null;
  chosen: string[] | null;
  /** CANCELLED by a person, not by its pipeline's end or a failure above it. */
  byPerson: boolean;
  /** CANCELLED or waiting no more because its pipeline ended. */
  byPipeline: boolean;
  toBeKilled: boolean;
  /** Its end was passed on to those after it; not where its pipeline had ended. */
  wentOn: boolean;
}

export interface Model {
  state: 'RUNNING' | 'PAUSED' | 'FINISH' | 'FAILED' | 'CANCELLED';
  mode: 'auto' | 'manual';
  onFailure: 'stop' | 'kill' | 'continue' | 'hold';
  tracks: Record<Name, ModelTrack>;
}

export type ModelAnswer = 'done' | 'unchanged' | 'refused';

export type ModelAction =
  | { kind: 'pause' | 'resume' | 'cancel' | 'rerun' | 'auto' }
  | { kind: 'retry' | 'retry_below' | 'cancel_track' | 'skip' | 'succeed' | 'give_up'; vertex: Name }
  | { kind: 'choose'; vertex: Name; next: string[] };

const WAITING: ModelTrack = {
  state: 'WAITING',
  started: 0,
  awaits: null,
  chosen: null,
  byPerson: false,
  byPipeline: false,
  toBeKilled: false,
  wentOn: false,
};

export function startModel(mode: Model['mode'], onFailure: Model['onFailure']): Model {
  const tracks = { A: { ...WAITING }, B: { ...WAITING }, C: { ...WAITING }, D: { ...WAITING } };
  return settle({ state: 'RUNNING', mode, onFailure, tracks });
}

const ENDED = new Set(['SUCCEED', 'FAILED', 'SKIPPED', 'CANCELLED']);

function isLive({ state }: Model): boolean {
  return state === 'RUNNING' || state === 'PAUSED';
}

/** Decides all that waits, and the end of the pipeline. Changes its argument. */
function settle(model: Model): Model {
  if (!isLive(model)) return model;
  for (const vertex of VERTICES) {
    const track = model.tracks[vertex];
    if (ENDED.has(track.state) && track.awaits === null) track.wentOn = true;
    if (track.state !== 'WAITING') continue;
    const before = tailsOf(vertex).map((tail) => ({ tail, ...model.tracks[tail] }));
    const ended = before.filter(({ state, awaits }) => ENDED.has(state) && awaits === null);
    const isBad = ended.some(({ state }) => state === 'FAILED' || state === 'CANCELLED');
    const leadsOn = ended.some(
      ({ state, chosen }) => state === 'SUCCEED' && (chosen === null || chosen.includes(vertex)),
    );
    if (isBad) track.state = 'CANCELLED';
    else if (ended.length < before.length) continue;
    else track.state = before.length === 0 || leadsOn ? 'PENDING' : 'SKIPPED';
    if (track.state !== 'PENDING') track.wentOn = true;
  }
  const all = Object.values(model.tracks);
  if (all.some(({ state, awaits }) => !ENDED.has(state) || awaits !== null)) return model;
  model.state = all.every(({ state }) => state === 'SUCCEED' || state === 'SKIPPED') ? 'FINISH' : 'FAILED';
  return model;
}

function endPipeline(model: Model, state: 'FAILED' | 'CANCELLED'): void {
  model.state = state;
  for (const track of Object.values(model.tracks)) {
    if (track.state === 'WAITING' || track.state === 'PENDING') {
      Object.assign(track, { state: 'CANCELLED', byPipeline: true });
    }
    track.awaits = null;
  }
}

function killRunning(model: Model): void {
  for (const track of Object.values(model.tracks)) if (track.state === 'RUNNING') track.toBeKilled = true;
}

/** The track ended badly. */
function fail(model: Model, track: ModelTrack): void {
  if (!isLive(model)) return;
  if (model.onFailure === 'hold') track.awaits = 'decision';
  if (model.onFailure !== 'stop' && model.onFailure !== 'kill') return;
  endPipeline(model, 'FAILED');
  if (model.onFailure === 'kill') killRunning(model);
}

function succeed(model: Model, vertex: Name): void {
  const track = model.tracks[vertex];
  track.state = 'SUCCEED';
  if (isLive(model) && model.mode === 'manual' && headsOf(vertex).length > 0) track.awaits = 'choice';
}

/** What the flow may do by itself next: a worker takes a track, a script ends, a worker has killed one. */
export function stepsOf(model: Model, exitCodes: (vertex: string, attempt: number) => number): Model[] {
  const next: Model[] = [];
  const step = (change: (copy: Model) => void): void => {
    const copy = structuredClone(model);
    change(copy);
    next.push(settle(copy));
  };
  for (const vertex of VERTICES) {
    const { state, toBeKilled, started } = model.tracks[vertex];
    if (state === 'PENDING' && model.state === 'RUNNING') {
      step(({ tracks }) => Object.assign(tracks[vertex], { state: 'RUNNING', started: started + 1 }));
    }
    if (state !== 'RUNNING') continue;
    step((copy) => {
      copy.tracks[vertex].toBeKilled = false;
      if (exitCodes(vertex, started) === 0) return succeed(copy, vertex);
      copy.tracks[vertex].state = 'FAILED';
      fail(copy, copy.tracks[vertex]);
    });
    if (!toBeKilled) continue;
    step((copy) => {
      const byPerson = isLive(copy);
      Object.assign(copy.tracks[vertex], { state: 'CANCELLED', toBeKilled: false, byPerson, byPipeline: !byPerson });
      fail(copy, copy.tracks[vertex]);
    });
  }
  return next;
}

/** What a person's action does. @returns the model after it, and the answer */
export function actOn(model: Model, action: ModelAction): { answer: ModelAnswer; after: Model } {
  const after = structuredClone(model);
  const answer = act(after, action);
  if (answer !== 'done') return { answer, after: model };
  return { answer, after: settle(after) };
}

function act(model: Model, action: ModelAction): ModelAnswer {
  switch (action.kind) {
    case 'pause':
      if (model.state === 'PAUSED') return 'unchanged';
      if (model.state !== 'RUNNING') return 'refused';
      model.state = 'PAUSED';
      return 'done';
    case 'resume':
      if (model.state !== 'PAUSED') return 'refused';
      model.state = 'RUNNING';
      return 'done';
    case 'cancel':
      return cancel(model);
    case 'auto':
      if (model.mode === 'auto') return 'unchanged';
      if (!isLive(model)) return 'refused';
      model.mode = 'auto';
      for (const track of Object.values(model.tracks)) if (track.awaits === 'choice') track.awaits = null;
      return 'done';
    case 'rerun':
      return rerun(model, findFailed(model));
    case 'retry':
      return rerun(model, new Set([action.vertex]));
    case 'retry_below':
      return rerun(model, findBelow([action.vertex]));
    default:
      return actOnTrack(model, model.tracks[action.vertex], action);
  }
}

function cancel(model: Model): ModelAnswer {
  if (model.state === 'FINISH') return 'refused';
  const isNew = Object.values(model.tracks).some(({ state, toBeKilled }) => state === 'RUNNING' && !toBeKilled);
  if (isLive(model)) endPipeline(model, 'CANCELLED');
  else if (!isNew) return 'unchanged';
  killRunning(model);
  return 'done';
}

type TrackAction = Exclude<
  ModelAction,
  { kind: 'pause' | 'resume' | 'cancel' | 'rerun' | 'auto' } | { kind: 'retry' | 'retry_below' }
>;

function actOnTrack(model: Model, track: ModelTrack, action: TrackAction): ModelAnswer {
  const failed = track.state === 'FAILED' || (track.state === 'CANCELLED' && track.byPerson);
  switch (action.kind) {
    case 'choose':
      if (track.awaits === 'choice') {
        Object.assign(track, { awaits: null, chosen: action.next });
        return 'done';
      }
      return ENDED.has(track.state) && track.chosen?.toSorted().join() === action.next.toSorted().join()
        ? 'unchanged'
        : 'refused';
    case 'cancel_track':
      if (track.state === 'RUNNING') {
        if (track.toBeKilled) return 'unchanged';
        track.toBeKilled = true;
        return 'done';
      }
      if (ENDED.has(track.state)) return track.byPerson ? 'unchanged' : 'refused';
      Object.assign(track, { state: 'CANCELLED', byPerson: true });
      fail(model, track);
      return 'done';
    case 'give_up':
      if (track.awaits !== 'decision') return failed ? 'unchanged' : 'refused';
      track.awaits = null;
      return 'done';
    default:
      return replace(model, action.vertex, action.kind === 'skip' ? 'SKIPPED' : 'SUCCEED');
  }
}

/** A person skips a track, or forces its success. */
function replace(model: Model, vertex: Name, to: 'SKIPPED' | 'SUCCEED'): ModelAnswer {
  const track = model.tracks[vertex];
  if (track.state === to) return 'unchanged';
  const isBad = track.state === 'FAILED' || track.state === 'CANCELLED';
  const isOpen = track.state === 'PENDING' || (track.state === 'WAITING' && to === 'SKIPPED');
  if (!isBad && !isOpen) return 'refused';
  if (isBad && track.awaits === null) {
    if (isBeingKilled(model)) return 'refused';
    const reach = findBelow([vertex]);
    const again = VERTICES.filter((name) => {
      const other = model.tracks[name];
      if (name === vertex || other.state !== 'CANCELLED' || other.byPerson) return false;
      return isLive(model) ? reach.has(name) && !other.byPipeline : true;
    });
    // Its end was never passed on as this one.
    Object.assign(track, { wentOn: false });
    reset(model, again);
  }
  Object.assign(track, { awaits: null, byPerson: false, byPipeline: false });
  if (to === 'SUCCEED') succeed(model, vertex);
  else track.state = 'SKIPPED';
  return 'done';
}

function isBeingKilled(model: Model): boolean {
  return (
    !isLive(model) && Object.values(model.tracks).some(({ state, toBeKilled }) => state === 'RUNNING' && toBeKilled)
  );
}

function findFailed(model: Model): Set<Name> {
  const failed = VERTICES.filter((vertex) => {
    const { state, byPerson } = model.tracks[vertex];
    return state === 'FAILED' || (state === 'CANCELLED' && byPerson);
  });
  const cancelled = VERTICES.filter((vertex) => model.tracks[vertex].state === 'CANCELLED');
  return new Set([...findBelow(failed), ...cancelled]);
}

function rerun(model: Model, scope: ReadonlySet<Name>): ModelAnswer {
  const tracks = [...scope].map((vertex) => model.tracks[vertex]);
  if (tracks.some(({ state }) => state === 'PENDING' || state === 'RUNNING')) return 'refused';
  const ended = [...scope].filter((vertex) => ENDED.has(model.tracks[vertex].state));
  if (ended.length === 0 || isBeingKilled(model)) return 'refused';
  reset(model, ended);
  return 'done';
}

/** These run again; where nobody could choose for a success, because its pipeline had ended, somebody may now. */
function reset(model: Model, vertices: readonly Name[]): void {
  for (const vertex of vertices) {
    model.tracks[vertex] = { ...WAITING, started: model.tracks[vertex].started };
  }
  if (!isLive(model)) model.state = 'RUNNING';
  for (const vertex of VERTICES) {
    const { state, wentOn, chosen } = model.tracks[vertex];
    if (state === 'SUCCEED' && !wentOn && chosen === null) succeed(model, vertex);
  }
}
