import { isPipelineEnded, isTrackEnded, groupBy, type Violation } from './evidence.ts';
import type { EventRow, Rows } from './read-rows.ts';

/**
 * The history of each pipeline, event by event: what Baton says that it committed, in the order in which it did. Events say
 * values as they are afterwards, so each claim is seen beside what was so at that moment.
 */
export interface Claim {
  pipelineId: number;
  vertexId: number;
  attempt: number;
  runId: string;
  atMs: number;
  /** Of the pipeline, when it was made. */
  pipelineState: string;
  /** Of the tracks, by vertex; a track of which nothing was said is WAITING. */
  tracks: ReadonlyMap<number, TrackMoment>;
}

interface TrackMoment {
  state: string;
  awaits: string | null;
  chosen: readonly number[] | null;
}

interface AppliedEnd {
  pipelineId: number;
  vertexId: number;
  attempt: number;
  runId: string;
  result: string;
}

export interface History {
  /** Those that were not given back. */
  claims: readonly Claim[];
  /** Given back before anything was started, as Baton says. */
  released: readonly Claim[];
  ends: readonly AppliedEnd[];
  /** What was given back and was nobody's (I2), and ended things that changed although nobody asked for it (I5). */
  violations: readonly Violation[];
}

interface Moment {
  state: string;
  /** The pipeline has been run again: what had ended may start over. */
  tracks: Map<number, TrackMoment>;
  /** By vertex: what runs, or waits for its worker to start it. */
  held: Map<number, Claim>;
}

const WAITING: TrackMoment = { state: 'WAITING', awaits: null, chosen: null };
/** A person's word may change what has ended; and the ways of a held track are decided after its end. */
const PERSONS_KINDS = new Set(['rerun', 'retry', 'skip', 'succeed', 'give_up', 'choose', 'cancel_track']);

export function replayHistory({ events }: Rows): History {
  const claims = new Set<Claim>();
  const released: Claim[] = [];
  const ends: AppliedEnd[] = [];
  const violations: Violation[] = [];
  for (const [pipelineId, own] of groupBy(events, (event) => event.pipelineId)) {
    const moment: Moment = { state: 'RUNNING', tracks: new Map(), held: new Map() };
    for (const event of own) {
      const { body } = event;
      for (const { vertexId, attempt, runId, result } of body.attempts ?? []) {
        ends.push({ pipelineId, vertexId, attempt, runId, result });
        moment.held.delete(vertexId);
      }
      for (const claim of event.kind === 'claim' ? readClaims(event, moment) : []) {
        claims.add(claim);
        moment.held.set(claim.vertexId, claim);
      }
      for (const claim of event.kind === 'release' ? readReleases(event, { moment, violations }) : []) {
        claims.delete(claim);
        released.push(claim);
      }
      violations.push(...applyEvent(moment, event));
    }
  }
  return { claims: [...claims], released, ends, violations };
}

function readClaims({ pipelineId, atMs, body }: EventRow, moment: Moment): Claim[] {
  const claimed = body.tracks ?? [];
  // Claims change only tracks of their own: one copy stands for all of this event.
  const tracks = new Map(moment.tracks);
  return claimed.flatMap(({ vertexId, attempt, runId }) =>
    attempt === undefined || runId === undefined
      ? []
      : [{ pipelineId, vertexId, attempt, runId, atMs, pipelineState: moment.state, tracks }],
  );
}

/** @returns what was given back; where it was nobody's, that is a violation */
function readReleases(
  { pipelineId, body }: EventRow,
  { moment, violations }: { moment: Moment; violations: Violation[] },
): Claim[] {
  return (body.tracks ?? []).flatMap(({ vertexId }) => {
    const claim = moment.held.get(vertexId);
    if (moment.held.delete(vertexId) && claim !== undefined && !isPipelineEnded(moment.state)) return [claim];
    const what = `pipeline ${pipelineId}: the track of vertex ${vertexId} was given back, and nobody held it or might`;
    violations.push({ invariant: 'I2', what });
    return [];
  });
}

function applyEvent(moment: Moment, { pipelineId, kind, body }: EventRow): Violation[] {
  const violations: Violation[] = [];
  const isByPerson = PERSONS_KINDS.has(kind);
  const note = (what: string): void =>
    void violations.push({ invariant: 'I5', what: `pipeline ${pipelineId}: ${what}` });
  const before = moment.state;
  moment.state = body.pipeline?.state ?? before;
  if (isPipelineEnded(before) && moment.state !== before && !isByPerson) {
    note(`${before} became ${moment.state} by ${kind}`);
  }
  for (const { vertexId, state, awaits, chosen } of body.tracks ?? []) {
    const was = moment.tracks.get(vertexId) ?? WAITING;
    const is = {
      state: state ?? was.state,
      awaits: awaits === undefined ? was.awaits : awaits,
      chosen: chosen === undefined ? was.chosen : chosen,
    };
    if (isTrackEnded(was.state) && is.state !== was.state && !isByPerson) {
      note(`the track of vertex ${vertexId} was ${was.state} and became ${is.state} by ${kind}`);
    }
    moment.tracks.set(vertexId, is);
  }
  if (body.cancelUnstarted !== undefined) {
    for (const [vertexId, track] of moment.tracks) {
      const isUnstarted = track.state === 'WAITING' || track.state === 'PENDING';
      moment.tracks.set(vertexId, { ...track, awaits: null, ...(isUnstarted ? { state: 'CANCELLED' } : {}) });
    }
  }
  return violations;
}
