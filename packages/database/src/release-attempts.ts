import { isPipelineEnded, pipelineIdOf, vertexIdOf, type TrackToDispatch } from '@baton/domain';
import type { RunKey } from './claim-attempts.ts';
import { lockForClaims, type ClaimedPipeline, type ClaimedTrack, type FoundRows } from './claim-rows.ts';
import type { Database } from './data-source.ts';
import { createGroupedUpdates } from './grouped-updates.ts';
import { limitsOf } from './limit-keys.ts';
import type { GraphVertex, StoredGraph } from './load-flow-graph.ts';
import { pendingColumns } from './pending-columns.ts';
import { insertEvents, type EventToWrite, type TrackEntry } from './pipeline-events.ts';
import { describeTrack } from './track-to-dispatch.ts';
import { withTransaction } from './with-transaction.ts';

/**
 * The way back of a claim: a worker that has claimed ahead of its slots gives back what it did not come to. RUNNING ->
 * PENDING, the same attempt with a new queue entry, so that whoever is free takes it. Nothing of it was started: the worker
 * may not start it from before it asks on, unless the answer is that it keeps it.
 *
 * Guarantees. A compare-and-set under the run id that holds the attempt: what is asked late or twice finds another state and
 * changes nothing, so a worker may ask until it is answered. Kept is what PENDING would be wrong for: somebody wants it gone
 * (its worker says when it is), its pipeline has ended, or it holds the place of a limit.
 *
 * Locks: as those of a claim.
 */
export interface ReleasedAttempts {
  /** Run ids that are still the worker's. */
  kept: string[];
  /** To be enqueued now. */
  toDispatch: TrackToDispatch[];
}

export function releaseAttempts(
  database: Database,
  { workerId, runs }: { workerId: string; runs: readonly RunKey[] },
): Promise<ReleasedAttempts> {
  return withTransaction(
    database,
    async (runner) => {
      const found = await lockForClaims(runner, database, runs);
      const distinct = new Map(runs.map((run) => [run.runId, run]));
      const held = [...distinct.values()].flatMap((run) => findHeld(found, run, workerId));
      const released = held.filter((one) => !mustStay(one));
      const updates = createGroupedUpdates();
      for (const { track, vertex, pipeline, run } of released) {
        const isRunning = pipeline.state === 'RUNNING';
        const columns = pendingColumns({ vertex, awaits: null, isRunning, delayMs: 0, seq: track.seq });
        const set = [...UNCLAIMED, ...Object.entries(columns).map(([column, sql]) => `${column} = ${sql}`)];
        updates.add({ id: track.id, set, where: `state = 'RUNNING' AND attempt = ${run.attempt}`, values: [] });
      }
      await updates.flush(runner, 'track');
      await insertEvents(runner, toEvents(released));
      return {
        kept: held.filter(mustStay).map(({ run }) => run.runId),
        toDispatch: released.filter(({ pipeline }) => pipeline.state === 'RUNNING').map(toDispatch),
      };
    },
    { maxTries: 3 },
  );
}

/** When it was first started is of this claim, or of an earlier attempt. */
const UNCLAIMED = [
  `state = 'PENDING'`,
  'run_id = NULL',
  'worker_id = NULL',
  'first_started_at = IF(first_started_at = started_at, NULL, first_started_at)',
  'started_at = NULL',
];

interface Held {
  run: RunKey;
  track: ClaimedTrack;
  pipeline: ClaimedPipeline;
  graph: StoredGraph;
  vertex: GraphVertex;
}

/** Nothing where the attempt is not this run's (any more). */
function findHeld(found: FoundRows, run: RunKey, workerId: string): Held[] {
  const track = found.tracks.get(run.trackId);
  const pipeline = found.pipelines.get(pipelineIdOf(run.trackId));
  const graph = pipeline === undefined ? undefined : found.graphs.get(pipeline.id);
  const vertex = graph?.vertices.get(vertexIdOf(run.trackId));
  if (track === undefined || pipeline === undefined || graph === undefined || vertex === undefined) return [];
  const isHeld = track.state === 'RUNNING' && track.runId === run.runId && track.workerId === workerId;
  return isHeld && track.attempt === run.attempt ? [{ run, track, pipeline, graph, vertex }] : [];
}

function mustStay({ track, pipeline, graph, vertex }: Held): boolean {
  return track.isCancelled || isPipelineEnded(pipeline.state) || limitsOf(graph, vertex, pipeline.id).length > 0;
}

function toEvents(released: readonly Held[]): EventToWrite[] {
  const tracks = new Map<number, TrackEntry[]>();
  for (const { pipeline, vertex } of released) {
    const list = tracks.get(pipeline.id) ?? [];
    list.push({ vertexId: vertex.id, state: 'PENDING' });
    tracks.set(pipeline.id, list);
  }
  const common = { kind: 'release', actor: null, reason: null, actionId: null } as const;
  return [...tracks].map(([pipelineId, list]) => ({ ...common, pipelineId, body: { tracks: list } }));
}

function toDispatch({ track, pipeline, graph, vertex }: Held): TrackToDispatch {
  return describeTrack(graph, pipeline, { vertexId: vertex.id, attempt: track.attempt, seq: track.seq + 1 });
}
