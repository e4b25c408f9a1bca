import { isPipelineEnded, pipelineIdOf, servesLabels, vertexIdOf, type JsonValue } from '@baton/domain';
import {
  keepWaiting,
  lockForClaims,
  prolongClaims,
  writeClaims,
  type ClaimedPipeline,
  type ClaimedTrack,
  type FoundRows,
  type KeptTrack,
} from './claim-rows.ts';
import type { Database } from './data-source.ts';
import { isLockWait } from './database-errors.ts';
import { takePlaces, withLimitKeys, type PlaceRequest } from './limit-holders.ts';
import { limitsOf, rankOf } from './limit-keys.ts';
import type { GraphVertex, StoredGraph } from './load-flow-graph.ts';
import { insertEvents, type EventToWrite, type TrackEntry } from './pipeline-events.ts';
import { inChunks, type Runner } from './statements.ts';
import { runsPipeline } from './track-to-dispatch.ts';
import { withTransaction } from './with-transaction.ts';

/**
 * The claim: the one change that lets a worker start an attempt. A compare-and-set PENDING -> RUNNING under the worker's
 * random run id, many at a time.
 *
 * Guarantees. At most one run id holds an attempt, and another one only after it was given back unstarted (release-attempts),
 * whatever the queue delivers twice: rows are locked, the state and the attempt are compared, and two claims of one track in
 * one call are told apart by their run ids. The same run id asking again (its reply was lost) is granted again. No claim is
 * granted once its pipeline has ended or is paused: the pipeline's row is share-locked first, so such a change is either seen
 * or has to wait. When MySQL goes away in the middle the worker asks again with the same run id; when the worker goes away the
 * lease runs out.
 *
 * Locks, in this order: pipelines (shared), tracks, limits (limit-holders says what limits promise).
 */
export interface ClaimRequest {
  workerId: string;
  /** What the worker serves. */
  labels: readonly string[];
  leaseMs: number;
  claims: readonly ClaimedKey[];
  /** Present: the claims are for tracks that run pipelines; it makes those, in the claim's transaction. */
  startChildren?: (runner: Runner, won: readonly WonClaim[]) => Promise<void>;
}

/** One run of one attempt. */
export interface RunKey {
  trackId: number;
  attempt: number;
  runId: string;
}

/** @property isAhead its worker has no free slot for it yet: whoever starts it may only do so later, and it must cost nobody a place */
export type ClaimedKey = RunKey & { isAhead?: boolean | undefined };

export type ClaimRefusal =
  | 'unknown_track'
  | 'not_pending'
  | 'other_attempt'
  | 'held'
  | 'paused'
  | 'ended'
  | 'labels'
  /** The time of a delayed attempt has not come. */
  | 'not_yet'
  /** It has waited longer than it may: the reconcile loop ends it. */
  | 'expired'
  /** It runs another graph, or one track an item: not a worker's to run. */
  | 'no_script'
  /** As many as a limit allows are running: it is enqueued again when there is a place. */
  | 'limit'
  /** It has a limit, whose place it would take without running: ask again when there is a slot for it. */
  | 'needs_slot'
  /** Another transaction keeps the pipeline or the track locked: ask again soon. */
  | 'busy';

export type ClaimResult =
  | { runId: string; granted: false; why: ClaimRefusal }
  | (RunKey & {
      granted: true;
      pipelineId: number;
      /** The pipeline's name. */
      pipeline: string;
      graph: StoredGraph;
      vertex: GraphVertex;
      /** Where the outputs of the vertices before it are: for an item of a map, around the map. */
      scope: OutputScope;
      /** From being ready to this claim, ms; null: it was claimed before. */
      waitedMs: number | null;
      /** Parameter values of this track. */
      input: Record<string, JsonValue>;
    });

/** A vertex of a pipeline, and the graph that it is in. */
export interface OutputScope {
  graph: StoredGraph;
  pipelineId: number;
  vertexId: number;
}

const PIPELINES_AT_ONCE = 8;

/**
 * A pipeline that somebody keeps locked does not hold up the claims of others: then each pipeline's claims are made apart.
 * @returns one result a claim, in the order asked
 */
export async function claimAttempts(database: Database, request: ClaimRequest): Promise<ClaimResult[]> {
  try {
    return await claimTogether(database, request);
  } catch (error) {
    if (!isLockWait(error)) throw error;
  }
  const groups = new Map<number, ClaimedKey[]>();
  for (const claim of request.claims) {
    const pipelineId = pipelineIdOf(claim.trackId);
    groups.set(pipelineId, [...(groups.get(pipelineId) ?? []), claim]);
  }
  if (groups.size === 1) return request.claims.map(refuseBusy);
  const results = new Map<string, ClaimResult>();
  for (const chunk of inChunks([...groups.values()], PIPELINES_AT_ONCE)) {
    const answers = await Promise.all(chunk.map((claims) => claimAttempts(database, { ...request, claims })));
    for (const answer of answers.flat()) results.set(answer.runId, answer);
  }
  return request.claims.map((claim) => results.get(claim.runId) ?? refuseBusy(claim));
}

function refuseBusy({ runId }: RunKey): ClaimResult {
  return { runId, granted: false, why: 'busy' };
}

/** What becomes of a claim, before limits are asked. */
type Decision = { kind: 'refused'; claim: ClaimedKey; why: ClaimRefusal } | Won;
type Won = { kind: 'won' | 'repeated'; claim: ClaimedKey; track: ClaimedTrack } & Owner;
/** A claim that was just made. */
export type WonClaim = Omit<Won, 'kind'>;

/** What a claimed track belongs to. */
interface Owner {
  pipeline: ClaimedPipeline;
  graph: StoredGraph;
  vertex: GraphVertex;
}

async function claimTogether(database: Database, request: ClaimRequest): Promise<ClaimResult[]> {
  const transact = async (runner: Runner): Promise<ClaimResult[]> => {
    const found = await lockForClaims(runner, database, request.claims);
    const decided = request.claims.map((claim) => decide(claim, request, found));
    const fitting = ofKind(decided, 'won');
    // What the same run holds already it holds under its limits: only new runs ask for places.
    const full = await takePlaces(runner, fitting.map(toPlaceRequest));
    const won = fitting.filter(({ claim }) => !full.has(claim.runId));
    const repeated = ofKind(decided, 'repeated');
    await writeClaims(runner, request, won.map(claimOf));
    await request.startChildren?.(runner, won);
    await prolongClaims(runner, request, repeated.map(claimOf));
    await keepWaiting(
      runner,
      fitting.flatMap((decision) => toKeptTrack(decision, full.get(decision.claim.runId))),
    );
    await insertEvents(runner, toEvents(won, request.workerId));
    return decided.map((decision) => toResult(decision, full));
  };
  const options = { maxTries: 3, retriesLockWaits: false };
  return withLimitKeys(database, () => withTransaction(database, transact, options));
}

/** A track that is won counts as RUNNING for the claims after it. */
function decide(claim: ClaimedKey, request: ClaimRequest, found: FoundRows): Decision {
  const track = found.tracks.get(claim.trackId);
  const pipeline = found.pipelines.get(pipelineIdOf(claim.trackId));
  const graph = pipeline === undefined ? undefined : found.graphs.get(pipeline.id);
  const vertex = graph?.vertices.get(vertexIdOf(claim.trackId));
  if (track === undefined || pipeline === undefined || graph === undefined || vertex === undefined) {
    return { kind: 'refused', claim, why: 'unknown_track' };
  }
  const owner = { pipeline, graph, vertex };
  const isRepeat =
    track.state === 'RUNNING' &&
    track.attempt === claim.attempt &&
    track.runId === claim.runId &&
    track.workerId === request.workerId &&
    // The run id of a pipeline is no secret: what it has is for those who start pipelines.
    runsPipeline(vertex) === (request.startChildren !== undefined);
  if (isRepeat) return { kind: 'repeated', claim, track, ...owner };
  const why = findRefusal(claim, { ...owner, track, request });
  if (why !== null) return { kind: 'refused', claim, why };
  Object.assign(track, { state: 'RUNNING', runId: claim.runId, workerId: request.workerId });
  return { kind: 'won', claim, track, ...owner };
}

function findRefusal(
  claim: ClaimedKey,
  found: Owner & { track: ClaimedTrack; request: ClaimRequest },
): ClaimRefusal | null {
  const { pipeline, track, graph, vertex, request } = found;
  if (track.attempt !== claim.attempt) return 'other_attempt';
  if (track.state !== 'PENDING') return 'not_pending';
  if (isPipelineEnded(pipeline.state)) return 'ended';
  if (pipeline.state === 'PAUSED') return 'paused';
  if (track.awaits !== null) return 'held';
  if (track.isEarly) return 'not_yet';
  if (track.isExpired) return 'expired';
  if (runsPipeline(vertex)) return request.startChildren === undefined ? 'no_script' : null;
  if (!servesLabels(request.labels, vertex.policies.labels)) return 'labels';
  return claim.isAhead === true && limitsOf(graph, vertex, pipeline.id).length > 0 ? 'needs_slot' : null;
}

function ofKind(decided: readonly Decision[], kind: Won['kind']): Won[] {
  return decided.filter((decision): decision is Won => decision.kind === kind);
}

const claimOf = ({ claim }: Won): RunKey => claim;

function toPlaceRequest({ claim, pipeline, graph, vertex }: Won): PlaceRequest {
  return { trackId: claim.trackId, runId: claim.runId, limits: limitsOf(graph, vertex, pipeline.id) };
}

function toKeptTrack({ claim, pipeline, vertex }: Won, key: string | undefined): KeptTrack[] {
  return key === undefined ? [] : [{ trackId: claim.trackId, key, rank: rankOf(pipeline, vertex) }];
}

/** One event a pipeline. */
function toEvents(won: readonly Won[], worker: string): EventToWrite[] {
  const tracks = new Map<number, TrackEntry[]>();
  for (const { claim, pipeline, vertex } of won) {
    const list = tracks.get(pipeline.id) ?? [];
    list.push({ vertexId: vertex.id, state: 'RUNNING', attempt: claim.attempt, runId: claim.runId, worker });
    tracks.set(pipeline.id, list);
  }
  const common = { kind: 'claim', actor: null, reason: null, actionId: null } as const;
  return [...tracks].map(([pipelineId, list]) => ({ ...common, pipelineId, body: { tracks: list } }));
}

function toResult(decision: Decision, full: ReadonlyMap<string, string>): ClaimResult {
  const { claim } = decision;
  if (decision.kind === 'refused') return { runId: claim.runId, granted: false, why: decision.why };
  if (full.has(claim.runId)) return { runId: claim.runId, granted: false, why: 'limit' };
  const { pipeline, graph, vertex, track } = decision;
  const { id: pipelineId, name } = pipeline;
  const scope = scopeOf(decision);
  const waitedMs = decision.kind === 'won' ? track.waitedMs : null;
  const { trackId, attempt, runId } = claim;
  return {
    trackId,
    attempt,
    runId,
    granted: true,
    pipelineId,
    pipeline: name,
    graph,
    vertex,
    scope,
    waitedMs,
    input: track.input,
  };
}

/** The outputs that an item of a map may name are those of the vertices before its map. */
export function scopeOf({
  graph,
  pipeline,
  vertex,
}: Pick<WonClaim, 'graph' | 'vertex'> & { pipeline: Pick<ClaimedPipeline, 'id' | 'parentTrackId'> }): OutputScope {
  const { map } = graph;
  if (map === undefined || pipeline.parentTrackId === null) {
    return { graph, pipelineId: pipeline.id, vertexId: vertex.id };
  }
  return { graph: map.of, pipelineId: pipelineIdOf(pipeline.parentTrackId), vertexId: map.vertexId };
}
