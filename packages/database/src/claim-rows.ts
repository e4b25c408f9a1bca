import { pipelineIdOf, type JsonValue, type PipelineState, type TrackState } from '@baton/domain';
import type { ClaimRequest, RunKey } from './claim-attempts.ts';
import type { Database } from './data-source.ts';
import type { StoredGraph } from './load-flow-graph.ts';
import { loadPipelineGraph, PIPELINE_GRAPH_COLUMNS, type PipelineGraphKey } from './load-pipeline-graph.ts';
import { addWrite, selectRows, type Runner } from './statements.ts';

/** The statements of the claim's transaction, in the order in which they lock. */

export interface ClaimedPipeline extends PipelineGraphKey {
  id: number;
  name: string;
  state: PipelineState;
  priority: number;
  createdAt: Date;
  createdBy: string;
  /** How many pipelines are above it. */
  depth: number;
  /** Of the track that runs it; null: a pipeline of its own. */
  parentTrackId: number | null;
}

export interface ClaimedTrack {
  id: number;
  state: TrackState;
  attempt: number;
  awaits: string | null;
  runId: string | null;
  workerId: string | null;
  /** A delayed attempt whose time has not come. */
  isEarly: boolean;
  /** It has waited longer than it may. */
  isExpired: boolean;
  /** Somebody wants it gone. */
  isCancelled: boolean;
  /** Queue entries that its attempt has had. */
  seq: number;
  /** Since it is PENDING, ms. */
  waitedMs: number;
  input: Record<string, JsonValue>;
}

/** What is found of the claims, by id. */
export interface FoundRows {
  pipelines: ReadonlyMap<number, ClaimedPipeline>;
  /** By pipeline. */
  graphs: ReadonlyMap<number, StoredGraph>;
  tracks: ReadonlyMap<number, ClaimedTrack>;
}

/** Locks the pipelines against ending and pausing, then the tracks against everything; each in the order of their ids. */
export async function lockForClaims(runner: Runner, database: Database, claims: readonly RunKey[]): Promise<FoundRows> {
  const pipelines = await lockPipelines(runner, [...new Set(claims.map(({ trackId }) => pipelineIdOf(trackId)))]);
  const graphs = new Map<number, StoredGraph>();
  for (const pipeline of pipelines.values()) {
    graphs.set(pipeline.id, await loadPipelineGraph(runner, database, pipeline));
  }
  const trackIds = claims.map(({ trackId }) => trackId);
  return { pipelines, graphs, tracks: await lockTracks(runner, trackIds) };
}

async function lockPipelines(runner: Runner, ids: readonly number[]): Promise<Map<number, ClaimedPipeline>> {
  const rows = await selectRows<ClaimedPipeline>(
    runner,
    `SELECT p.id, p.name, p.state, p.priority, p.created_at AS createdAt, p.created_by AS createdBy, p.depth, p.parent_track_id AS parentTrackId,
       ${PIPELINE_GRAPH_COLUMNS} FROM pipeline p
     WHERE p.id IN (?) ORDER BY p.id LOCK IN SHARE MODE`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

type TrackRow = Omit<ClaimedTrack, 'input' | 'isEarly' | 'isExpired' | 'isCancelled'> & {
  input: string | null;
  isEarly: number | null;
  isExpired: number | null;
  isCancelled: number;
};

async function lockTracks(runner: Runner, ids: readonly number[]): Promise<Map<number, ClaimedTrack>> {
  const rows = await selectRows<TrackRow>(
    runner,
    `SELECT id, state, attempt, awaits, run_id AS runId, worker_id AS workerId, input,
       dispatch_seq AS seq,
       TIMESTAMPDIFF(MICROSECOND, GREATEST(pending_at, COALESCE(not_before, pending_at)), UTC_TIMESTAMP(6)) DIV 1000 AS waitedMs, cancel_requested_at IS NOT NULL AS isCancelled, not_before > UTC_TIMESTAMP(6) AS isEarly, expires_at <= UTC_TIMESTAMP(6) AS isExpired
     FROM track WHERE id IN (?) ORDER BY id FOR UPDATE`,
    [ids],
  );
  return new Map(
    rows.map(({ input, isEarly, isExpired, isCancelled, ...row }) => {
      const values = input === null ? {} : (JSON.parse(input) as ClaimedTrack['input']);
      const is = { isEarly: isEarly === 1, isExpired: isExpired === 1, isCancelled: isCancelled === 1 };
      return [row.id, { ...row, input: values, ...is }];
    }),
  );
}

/** @throws Error where a row is not as it was read under its lock: the transaction is rolled back, nobody starts */
export async function writeClaims(
  runner: Runner,
  request: Pick<ClaimRequest, 'workerId' | 'leaseMs'>,
  won: readonly RunKey[],
): Promise<void> {
  if (won.length === 0) return;
  await addWrite(runner, {
    sql: `UPDATE track FORCE INDEX (PRIMARY) SET state = 'RUNNING', worker_id = ?, run_id = CASE id ${'WHEN ? THEN ? '.repeat(won.length)}END,
       started_attempt = attempt, started_at = UTC_TIMESTAMP(6),
       first_started_at = COALESCE(first_started_at, UTC_TIMESTAMP(6)),
       due_at = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND, reason = NULL, exit_code = NULL,
       not_before = NULL, expires_at = NULL, waits_for = NULL, waits_rank = NULL, waits_since = NULL
     WHERE id IN (?) AND state = 'PENDING'`,
    values: [
      request.workerId,
      ...won.flatMap(({ trackId, runId }) => [trackId, runId]),
      request.leaseMs * 1000,
      won.map(({ trackId }) => trackId),
    ],
    check(affectedRows) {
      if (affectedRows === won.length) return;
      throw new Error(`claimed ${affectedRows} of ${won.length} locked PENDING tracks`);
    },
  });
}

/** A repeated claim was asked for anew: its lease counts from now, as the worker believes. */
export async function prolongClaims(runner: Runner, request: ClaimRequest, repeated: readonly RunKey[]): Promise<void> {
  if (repeated.length === 0) return;
  await addWrite(runner, {
    sql: `UPDATE track FORCE INDEX (PRIMARY) SET due_at = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND
     WHERE id IN (?) AND state = 'RUNNING'`,
    values: [request.leaseMs * 1000, repeated.map(({ trackId }) => trackId)],
  });
}

/** A PENDING track that a limit keeps, with its place among those that wait for the same. */
export interface KeptTrack {
  trackId: number;
  key: string;
  rank: number;
}

/** Should nobody wake a waiting track, it is enqueued again after so long: a net under the net, for nothing that is known. */
const ASKED_AGAIN_AFTER_MS = 300_000;

/** Its queue entry is used up. It is woken when the limit has a place for it (limit-waiters). */
export async function keepWaiting(runner: Runner, kept: readonly KeptTrack[]): Promise<void> {
  if (kept.length === 0) return;
  const cases = 'WHEN ? THEN ? '.repeat(kept.length);
  await addWrite(runner, {
    sql: `UPDATE track FORCE INDEX (PRIMARY) SET waits_for = CASE id ${cases}END, waits_rank = CASE id ${cases}END, waits_since = pending_at,
       due_at = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND
     WHERE id IN (?) AND state = 'PENDING'`,
    values: [
      ...kept.flatMap(({ trackId, key }) => [trackId, key]),
      ...kept.flatMap(({ trackId, rank }) => [trackId, rank]),
      ASKED_AGAIN_AFTER_MS * 1000,
      kept.map(({ trackId }) => trackId),
    ],
  });
}
