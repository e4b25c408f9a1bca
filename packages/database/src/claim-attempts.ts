import {
  isPipelineEnded,
  pipelineIdOf,
  vertexIdOf,
  type JsonValue,
  type PipelineState,
  type TrackState,
} from '@baton/domain';
import type { Database } from './data-source.ts';
import { isLockWait } from './database-errors.ts';
import { loadFlowGraph, type GraphVertex, type StoredGraph } from './load-flow-graph.ts';
import { execute, inChunks, selectRows, type Runner } from './statements.ts';
import { withTransaction } from './with-transaction.ts';

/**
 * The claim: the one change that lets a worker start an attempt. A compare-and-set PENDING -> RUNNING under the worker's
 * random run id, many at a time.
 *
 * Guarantees. At most one run id ever wins an attempt, whatever the queue delivers twice: rows are locked, the state and
 * the attempt are compared, and two claims of one track in one call are told apart by their run ids. The same run id
 * asking again (its reply was lost) is granted again. No claim is granted once its pipeline has ended or is paused: the
 * pipeline's row is share-locked first, so such a change is either seen or has to wait. When MySQL goes away in the middle
 * the worker asks again with the same run id; when the worker goes away the lease runs out.
 */
export interface ClaimRequest {
  workerId: string;
  /** What the worker serves. */
  labels: readonly string[];
  leaseMs: number;
  claims: readonly RunKey[];
}

/** One run of one attempt. */
export interface RunKey {
  trackId: number;
  attempt: number;
  runId: string;
}

export type ClaimRefusal =
  | 'unknown_track'
  | 'not_pending'
  | 'other_attempt'
  | 'held'
  | 'paused'
  | 'ended'
  | 'labels'
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
      /** Parameter values of this track. */
      input: Record<string, JsonValue>;
    });

interface PipelineRow {
  id: number;
  name: string;
  state: PipelineState;
  versionId: number;
}

interface TrackRow {
  id: number;
  state: TrackState;
  attempt: number;
  awaits: string | null;
  runId: string | null;
  workerId: string | null;
  input: string | null;
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
  const groups = new Map<number, RunKey[]>();
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

async function claimTogether(database: Database, request: ClaimRequest): Promise<ClaimResult[]> {
  const pipelineIds = [...new Set(request.claims.map(({ trackId }) => pipelineIdOf(trackId)))];
  return withTransaction(
    database,
    async (runner) => {
      const pipelines = await lockPipelines(runner, pipelineIds);
      const graphs = await loadGraphs(runner, database, pipelines);
      const tracks = await lockTracks(
        runner,
        request.claims.map(({ trackId }) => trackId),
      );
      const results: ClaimResult[] = [];
      const won: RunKey[] = [];
      const repeated: RunKey[] = [];
      for (const claim of request.claims) {
        const track = tracks.get(claim.trackId);
        const pipeline = pipelines.get(pipelineIdOf(claim.trackId));
        const graph = pipeline === undefined ? undefined : graphs.get(pipeline.versionId);
        const vertex = graph?.vertices.get(vertexIdOf(claim.trackId));
        if (track === undefined || pipeline === undefined || graph === undefined || vertex === undefined) {
          results.push({ runId: claim.runId, granted: false, why: 'unknown_track' });
          continue;
        }
        const isRepeat =
          track.state === 'RUNNING' &&
          track.attempt === claim.attempt &&
          track.runId === claim.runId &&
          track.workerId === request.workerId;
        const why = isRepeat ? null : findRefusal(claim, { pipeline, track, vertex, labels: request.labels });
        if (why !== null) {
          results.push({ runId: claim.runId, granted: false, why });
          continue;
        }
        (isRepeat ? repeated : won).push(claim);
        Object.assign(track, { state: 'RUNNING', runId: claim.runId, workerId: request.workerId });
        const input = track.input === null ? {} : (JSON.parse(track.input) as Record<string, JsonValue>);
        results.push({
          ...claim,
          granted: true,
          pipelineId: pipeline.id,
          pipeline: pipeline.name,
          graph,
          vertex,
          input,
        });
      }
      await writeClaims(runner, request, won);
      await prolongClaims(runner, request, repeated);
      return results;
    },
    { maxTries: 3, retriesLockWaits: false },
  );
}

function findRefusal(
  claim: RunKey,
  found: { pipeline: PipelineRow; track: TrackRow; vertex: GraphVertex; labels: readonly string[] },
): ClaimRefusal | null {
  const { pipeline, track, vertex, labels } = found;
  if (track.attempt !== claim.attempt) return 'other_attempt';
  if (track.state !== 'PENDING') return 'not_pending';
  if (isPipelineEnded(pipeline.state)) return 'ended';
  if (pipeline.state === 'PAUSED') return 'paused';
  if (track.awaits !== null) return 'held';
  const wanted = vertex.policies.labels.length === 0 ? ['default'] : vertex.policies.labels;
  return wanted.every((label) => labels.includes(label)) ? null : 'labels';
}

async function lockPipelines(runner: Runner, ids: readonly number[]): Promise<Map<number, PipelineRow>> {
  const rows = await selectRows<PipelineRow>(
    runner,
    'SELECT id, name, state, version_id AS versionId FROM pipeline WHERE id IN (?) ORDER BY id LOCK IN SHARE MODE',
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

async function loadGraphs(
  runner: Runner,
  database: Database,
  pipelines: ReadonlyMap<number, PipelineRow>,
): Promise<Map<number, StoredGraph>> {
  const graphs = new Map<number, StoredGraph>();
  for (const versionId of new Set([...pipelines.values()].map((pipeline) => pipeline.versionId))) {
    graphs.set(versionId, await loadFlowGraph(runner, database, versionId));
  }
  return graphs;
}

async function lockTracks(runner: Runner, ids: readonly number[]): Promise<Map<number, TrackRow>> {
  const rows = await selectRows<TrackRow>(
    runner,
    `SELECT id, state, attempt, awaits, run_id AS runId, worker_id AS workerId, input
       FROM track WHERE id IN (?) ORDER BY id FOR UPDATE`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/** @throws Error where a row is not as it was read under its lock: the transaction is rolled back, nobody starts */
async function writeClaims(runner: Runner, request: ClaimRequest, won: readonly RunKey[]): Promise<void> {
  if (won.length === 0) return;
  const { affectedRows } = await execute(
    runner,
    `UPDATE track SET state = 'RUNNING', worker_id = ?, run_id = CASE id ${'WHEN ? THEN ? '.repeat(won.length)}END,
       started_at = UTC_TIMESTAMP(6), first_started_at = COALESCE(first_started_at, UTC_TIMESTAMP(6)),
       due_at = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND, reason = NULL, exit_code = NULL
     WHERE id IN (?) AND state = 'PENDING'`,
    [
      request.workerId,
      ...won.flatMap(({ trackId, runId }) => [trackId, runId]),
      request.leaseMs * 1000,
      won.map(({ trackId }) => trackId),
    ],
  );
  if (affectedRows !== won.length) throw new Error(`claimed ${affectedRows} of ${won.length} locked PENDING tracks`);
}

/** A repeated claim was asked for anew: its lease counts from now, as the worker believes. */
async function prolongClaims(runner: Runner, request: ClaimRequest, repeated: readonly RunKey[]): Promise<void> {
  if (repeated.length === 0) return;
  await execute(
    runner,
    `UPDATE track SET due_at = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND WHERE id IN (?) AND state = 'RUNNING'`,
    [request.leaseMs * 1000, repeated.map(({ trackId }) => trackId)],
  );
}
