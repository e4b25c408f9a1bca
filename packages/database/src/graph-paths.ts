import { setImmediate as nextTurn } from 'node:timers/promises';
import { EQUAL_PATHS, findRemainingPathsInParts, trackIdOf, vertexIdOf, type RemainingPaths } from '@baton/domain';
import type { Database } from './data-source.ts';
import type { StoredGraph } from './load-flow-graph.ts';
import { selectRows, type Runner } from './statements.ts';

/*
 * What is ahead of the vertices of a graph, by the times of its past runs: critical path first.
 *
 * It only orders queues, so it may be late and may be wrong. A graph that is loaded counts its vertices; the times are read
 * beside, on a connection of their own, never in a transaction and never waited for: a read that fails leaves what is known.
 * They are read again when tracks of the graph are enqueued and some time has gone by: soon at first, since what runs for the first time
 * ends soon, then ever less often. No end of a run writes anything for it.
 */

/** Of one graph in the memory of this process; it changes as runs end. */
export interface GraphPaths {
  readonly graph: PathGraph;
  remaining: RemainingPaths;
  /** By the monotonic clock, ms. */
  nextReadAt: number;
  /** From the next read to the one after that, ms. */
  waitMs: number;
  /** The pipelines that it was learnt from. */
  learntFrom: string;
  /** Where past runs are read. */
  readonly source: Runner;
}

type PathGraph = Pick<StoredGraph, 'graphId' | 'vertices'>;

const FIRST_WAIT_MS = 2000;
const WAIT_FACTOR = 4;
const MAX_WAIT_MS = 300_000;

/** Vertices or rows in one turn: of a large graph, too, other work of this process goes on in between. */
const AT_ONCE = 2000;

/** By the number of vertices ahead: nothing is read yet. */
export async function createGraphPaths(
  { dataSource }: Pick<Database, 'dataSource'>,
  graph: PathGraph,
): Promise<GraphPaths> {
  const remaining = await findPaths(graph, new Map());
  return { graph, remaining, nextReadAt: 0, waitMs: FIRST_WAIT_MS, learntFrom: '', source: dataSource };
}

/** Of the items of a map: they are alike, and nothing comes after them. */
export const PATHS_OF_ITEMS: GraphPaths = {
  graph: { graphId: 0, vertices: new Map() },
  remaining: EQUAL_PATHS,
  nextReadAt: Infinity,
  waitMs: Infinity,
  learntFrom: '',
  source: { query: () => Promise.resolve([]) },
};

/** Of memory, for each vertex. */
const PATH_BYTES = 12;

export function estimatePathBytes({ vertices, paths }: Pick<StoredGraph, 'vertices' | 'paths'>): number {
  return paths === undefined ? 0 : PATH_BYTES * vertices.size;
}

async function findPaths(graph: PathGraph, durations: ReadonlyMap<number, number>): Promise<RemainingPaths> {
  const parts = findRemainingPathsInParts(graph, durations, AT_ONCE);
  for (;;) {
    const { done, value } = parts.next();
    if (done === true) return value;
    if (graph.vertices.size > AT_ONCE) await nextTurn();
  }
}

/** Where past runs are being read: of one graph at a time, so that transactions keep their connections. */
const busy = new WeakSet<Runner>();

/** To be called whenever the paths are used: reads what past runs took, beside, where it is time for that. */
export function refreshPaths(paths: GraphPaths): void {
  const { source } = paths;
  const now = performance.now();
  if (now < paths.nextReadAt || busy.has(source)) return;
  paths.nextReadAt = now + paths.waitMs;
  paths.waitMs = Math.min(paths.waitMs * WAIT_FACTOR, MAX_WAIT_MS);
  busy.add(source);
  learnPaths(paths)
    .catch(() => {}) // the database is away, or is being closed: the next time will do
    .finally(() => busy.delete(source));
}

/** Reads what past runs took, where there are others than last time. */
export async function learnPaths(paths: GraphPaths): Promise<void> {
  const { graph, source } = paths;
  const pipelineIds = await findFinished(source, graph.graphId);
  const from = pipelineIds.join();
  if (from === paths.learntFrom) return;
  paths.remaining = await findPaths(graph, await readDurations(source, pipelineIds));
  paths.learntFrom = from;
}

/** So many past runs are looked at: one may have been out of the ordinary, and graphs change. */
const MAX_PIPELINES = 3;
/** Pipelines of the graph among which they are looked for, the latest. */
const MAX_LOOKED_AT = 500;
/** Attempts that are read of all of them: of a larger graph those of its first vertices stand for all. */
const MAX_ATTEMPTS = 20_000;

/** A map's items are a pipeline of the same graph. */
const SELECT_FINISHED = `SELECT f.id FROM (
    SELECT id, state, map_vertex_id FROM pipeline FORCE INDEX (ix_pipeline_graph) WHERE graph_id = ? ORDER BY id DESC LIMIT ?
  ) f WHERE f.state = 'FINISH' AND f.map_vertex_id IS NULL ORDER BY f.id DESC LIMIT ?`;

async function findFinished(runner: Runner, graphId: number): Promise<number[]> {
  const rows = await selectRows<{ id: number }>(runner, SELECT_FINISHED, [graphId, MAX_LOOKED_AT, MAX_PIPELINES]);
  return rows.map(({ id }) => id);
}

/** Of one pipeline: its tracks are a range of the primary key. */
const SELECT_DURATIONS = `SELECT track_id AS trackId, duration_ms AS durationMs FROM attempt FORCE INDEX (PRIMARY)
  WHERE track_id > ? AND track_id < ? ORDER BY track_id, attempt LIMIT ?`;

/** @returns how long the last attempts took on average, ms, by vertex id; vertices keep their ids over versions */
async function readDurations(runner: Runner, pipelineIds: readonly number[]): Promise<Map<number, number>> {
  const sums = new Map<number, { ms: number; runs: number }>();
  let left = MAX_ATTEMPTS;
  for (const pipelineId of pipelineIds) {
    const lasts = await readLastAttempts(runner, pipelineId, left);
    left -= lasts.size;
    for (const [trackId, durationMs] of lasts) {
      const sum = sums.get(vertexIdOf(trackId)) ?? { ms: 0, runs: 0 };
      sums.set(vertexIdOf(trackId), { ms: sum.ms + durationMs, runs: sum.runs + 1 });
    }
  }
  return new Map([...sums].map(([vertexId, { ms, runs }]) => [vertexId, ms / runs]));
}

/** @returns ms by track id; of so many tracks at most */
async function readLastAttempts(runner: Runner, pipelineId: number, limit: number): Promise<Map<number, number>> {
  const lasts = new Map<number, number>();
  const end = trackIdOf(pipelineId + 1, 0);
  for (let after = trackIdOf(pipelineId, 0); lasts.size < limit;) {
    const wanted = Math.min(AT_ONCE, limit - lasts.size);
    const rows = await selectRows<{ trackId: number; durationMs: number }>(runner, SELECT_DURATIONS, [
      after,
      end,
      wanted,
    ]);
    for (const { trackId, durationMs } of rows) lasts.set(trackId, durationMs);
    const last = rows.at(-1);
    if (last === undefined || rows.length < wanted) break;
    after = last.trackId;
  }
  return lasts;
}
