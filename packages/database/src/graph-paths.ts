import {
  EQUAL_PATHS,
  findRemainingPaths,
  trackIdOf,
  TRACKS_PER_PIPELINE,
  vertexIdOf,
  type RemainingPaths,
} from '@baton/domain';
import type { Database } from './data-source.ts';
import type { StoredGraph } from './load-flow-graph.ts';
import { selectRows, type Runner } from './statements.ts';

/*
 * What is ahead of the vertices of a graph, by the times of its past runs: critical path first.
 *
 * It only orders queues, so it may be late and may be wrong. A graph that is loaded counts its vertices; the times are read
 * beside, on a connection of their own, never in a transaction and never waited for: a read that fails leaves what is known.
 * They are read again when the graph is used and some time has gone by: soon at first, since what runs for the first time
 * ends soon, then ever less often. No end of a run writes anything for it.
 */

/** Of one graph in the cache of this process; it changes as runs end. */
export interface GraphPaths {
  remaining: RemainingPaths;
  /** By the monotonic clock, ms. */
  nextReadAt: number;
  /** From the next read to the one after that, ms. */
  waitMs: number;
  /** The pipelines that it was learnt from. */
  learntFrom: string;
}

const FIRST_WAIT_MS = 2000;
const WAIT_FACTOR = 4;
const MAX_WAIT_MS = 300_000;

export function createGraphPaths(graph: Parameters<typeof findRemainingPaths>[0]): GraphPaths {
  return { remaining: findRemainingPaths(graph, new Map()), nextReadAt: 0, waitMs: FIRST_WAIT_MS, learntFrom: '' };
}

/** Of the items of a map: they are alike, and nothing comes after them. */
export const PATHS_OF_ITEMS: GraphPaths = {
  remaining: EQUAL_PATHS,
  nextReadAt: Infinity,
  waitMs: Infinity,
  learntFrom: '',
};

type LearningGraph = Pick<StoredGraph, 'graphId' | 'vertices' | 'paths'>;

/** Databases of which past runs are being read: one graph at a time, so that transactions keep their connections. */
const busy = new WeakSet<Database['dataSource']>();

/** To be called whenever a graph is used: reads what past runs took, beside, where it is time for that. */
export function refreshPaths({ dataSource }: Pick<Database, 'dataSource'>, graph: LearningGraph): void {
  const { paths } = graph;
  const now = performance.now();
  if (paths === undefined || now < paths.nextReadAt || busy.has(dataSource)) return;
  paths.nextReadAt = now + paths.waitMs;
  paths.waitMs = Math.min(paths.waitMs * WAIT_FACTOR, MAX_WAIT_MS);
  busy.add(dataSource);
  learnPaths(dataSource, graph)
    .catch(() => {}) // the database is away, or is being closed: the next time will do
    .finally(() => busy.delete(dataSource));
}

/** Reads what past runs took, where there are others than last time. */
export async function learnPaths(runner: Runner, graph: LearningGraph): Promise<void> {
  const { paths } = graph;
  if (paths === undefined) return;
  const pipelineIds = await findFinished(runner, graph.graphId);
  const from = pipelineIds.join();
  if (from === paths.learntFrom) return;
  paths.remaining = findRemainingPaths(graph, await readDurations(runner, pipelineIds));
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
  WHERE track_id >= ? AND track_id < ? ORDER BY track_id, attempt LIMIT ?`;

/** @returns how long the last attempts took on average, ms, by vertex id; vertices keep their ids over versions */
async function readDurations(runner: Runner, pipelineIds: readonly number[]): Promise<Map<number, number>> {
  const sums = new Map<number, { ms: number; runs: number }>();
  let left = MAX_ATTEMPTS;
  for (const pipelineId of pipelineIds) {
    const first = trackIdOf(pipelineId, 0);
    const rows = await selectRows<{ trackId: number; durationMs: number }>(runner, SELECT_DURATIONS, [
      first,
      first + TRACKS_PER_PIPELINE,
      left,
    ]);
    for (const [trackId, durationMs] of new Map(rows.map((row) => [row.trackId, row.durationMs]))) {
      const sum = sums.get(vertexIdOf(trackId)) ?? { ms: 0, runs: 0 };
      sums.set(vertexIdOf(trackId), { ms: sum.ms + durationMs, runs: sum.runs + 1 });
    }
    left -= rows.length;
    if (left === 0) break;
  }
  return new Map([...sums].map(([vertexId, { ms, runs }]) => [vertexId, ms / runs]));
}
