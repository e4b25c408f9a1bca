import { trackIdOf, type FlowEvent } from '@baton/domain';
import { LRUCache } from 'lru-cache';
import type { Database } from './data-source.ts';
import type { StoredGraph } from './load-flow-graph.ts';
import { findKnownGraph, type PipelineGraphKey } from './load-pipeline-graph.ts';
import {
  keepTrack,
  readPipelines,
  selectPipelines,
  selectTracks,
  tracksNeededFirst,
  type LockedPipeline,
  type PipelineRow,
  type TrackRow,
} from './load-transition-context.ts';
import { selectTogether, type Runner } from './statements.ts';

/*
 * Which tracks an event concerns says the graph of its pipeline, and which graph that is says the pipeline's row. So that
 * both can be locked and read in one round trip, a process remembers what the rows said when it last saw them. That is a
 * guess: the row that comes with the tracks says whether it was right. Where it was not, those tracks are left aside, and
 * the right ones are loaded behind them.
 *
 * The order of locks is that of any transition: pipelines by id, then tracks by id; each statement sees what was committed
 * before it had its locks.
 */

/** Pipelines of one database that a process remembers; the one not seen for the longest goes first. */
const MAX_REMEMBERED = 10_000;

const remembered = new WeakMap<Database['dataSource'], LRUCache<number, PipelineGraphKey>>();

function rememberedOf({ dataSource }: Database): LRUCache<number, PipelineGraphKey> {
  const known = remembered.get(dataSource);
  if (known !== undefined) return known;
  const made = new LRUCache<number, PipelineGraphKey>({ max: MAX_REMEMBERED });
  remembered.set(dataSource, made);
  return made;
}

/** What is to be decided about, by pipeline. */
export interface EventsToLockFor {
  events: ReadonlyMap<number, readonly FlowEvent[]>;
  /** Of one pipeline: more are not loaded here. */
  maxTracks: number;
}

/** Pipelines under their locks, by id; `loaded` are those of which the tracks needed first are loaded. */
export interface LockedForEvents {
  locked: Map<number, LockedPipeline>;
  loaded: ReadonlySet<number>;
}

/** Locks the pipelines of events like lockPipelines, and with the same round trip the tracks that it thinks are needed. */
export async function lockForEvents(
  runner: Runner,
  database: Database,
  wanted: EventsToLockFor,
): Promise<LockedForEvents> {
  const guesses = database.sendsTogether ? guessTracks(database, wanted) : new Map<number, Guess>();
  const pipelines = selectPipelines([...wanted.events.keys()]);
  const tracks = selectTracks([...guesses.values()].flatMap(({ trackIds }) => trackIds));
  const results = await selectTogether(runner, [...pipelines, ...tracks]);
  const rows = results.slice(0, pipelines.length).flat() as PipelineRow[];
  if (database.sendsTogether) rememberGraphs(database, rows);
  const locked = await readPipelines(runner, database, rows);
  const isRight = ([id, { graph }]: [number, Guess]): boolean => locked.get(id)?.graph === graph;
  const loaded = new Set([...guesses].filter(isRight).map(([id]) => id));
  for (const row of results.slice(pipelines.length).flat() as TrackRow[]) {
    if (loaded.has(row.pipelineId)) keepTrack(locked.get(row.pipelineId), row);
  }
  return { locked, loaded };
}

interface Guess {
  graph: StoredGraph;
  trackIds: number[];
}

function guessTracks(database: Database, { events, maxTracks }: EventsToLockFor): Map<number, Guess> {
  const known = rememberedOf(database);
  const guesses = new Map<number, Guess>();
  for (const [pipelineId, list] of events) {
    const key = known.get(pipelineId);
    const graph = key === undefined ? undefined : findKnownGraph(database, key);
    // Of runs that are thought to be lost some are not, and then none of their tracks is needed.
    if (graph === undefined || list.some(isDoubtful)) continue;
    const needed = tracksNeededFirst({ graph }, list);
    if (needed.size > maxTracks) continue;
    guesses.set(pipelineId, { graph, trackIds: [...needed].map((vertexId) => trackIdOf(pipelineId, vertexId)) });
  }
  return guesses;
}

function isDoubtful(event: FlowEvent): boolean {
  return event.kind === 'completion' && event.ifLeaseIsOver === true;
}

function rememberGraphs(database: Database, rows: readonly PipelineRow[]): void {
  const known = rememberedOf(database);
  for (const { id, versionId, mapVertexId, mapSize } of rows) known.set(id, { versionId, mapVertexId, mapSize });
}
