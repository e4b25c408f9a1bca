import type { FlowVertex } from './flow-graph.ts';

/**
 * Critical path first: among tracks of equal priority those go first of which the longest time is still ahead, through their
 * successors to the end. What is long begins early, and what is short fills the gaps.
 *
 * A vertex is expected to take as long as in past runs; one that never ran, as long as the others on average; where none ever
 * ran, each the same: then the number of vertices ahead decides.
 */
export interface RemainingPaths {
  /** Of the whole graph, ms. */
  readonly longestMs: number;
  /** From the start of this vertex to the end of the longest path through its successors, ms; 0 where there is no such vertex. */
  of(vertexId: number): number;
}

type PathVertex = Pick<FlowVertex, 'successors' | 'predecessors'>;

interface PathGraph {
  vertices: ReadonlyMap<number, PathVertex>;
}

/** Of what nothing is known: it counts vertices, and weighs next to nothing beside a time that was measured. */
const UNKNOWN_MS = 1;

/**
 * Linear in vertices and edges (but for sorting the ids), and without recursion: a graph may be 100,000 vertices deep.
 * @param durations of past runs by vertex id, ms; of vertices that the graph does not have (any more) as well
 */
export function findRemainingPaths(graph: PathGraph, durations: ReadonlyMap<number, number>): RemainingPaths {
  const parts = findRemainingPathsInParts(graph, durations, Number.MAX_SAFE_INTEGER);
  for (;;) {
    const { done, value } = parts.next();
    if (done === true) return value;
  }
}

/** As findRemainingPaths, but it pauses after so many vertices: of 100,000 it takes a tenth of a second. */
export function* findRemainingPathsInParts(
  { vertices }: PathGraph,
  durations: ReadonlyMap<number, number>,
  size: number,
): Generator<undefined, RemainingPaths> {
  const ids = Uint32Array.from(vertices.keys()).sort();
  const otherwise = averageOf([...ids].flatMap((id) => durations.get(id) ?? []));
  // Never 0, so that a vertex comes before its successors even where they took no time.
  const paths = Float64Array.from(ids, (id) => Math.max(durations.get(id) ?? otherwise, UNKNOWN_MS));
  yield;
  const found = Array.from(ids, (id) => vertices.get(id) as PathVertex);
  let done = 0;
  for (const _ of addWhatFollows(found, (id) => findPlace(ids, id), paths)) if ((done += 1) % size === 0) yield;
  return keepPaths(ids, paths);
}

/** Kept as long as its graph: twelve bytes a vertex, and nothing of what they were computed from. */
function keepPaths(ids: Uint32Array, paths: Float64Array): RemainingPaths {
  const longestMs = paths.reduce((longest, path) => Math.max(longest, path), 0);
  return { longestMs, of: (vertexId) => paths[findPlace(ids, vertexId)] ?? 0 };
}

/**
 * From the ends to the beginnings, one at a time: a vertex's turn comes when all its successors are through.
 * @param paths of each vertex how long it takes by itself; afterwards with what follows
 */
function* addWhatFollows(
  vertices: readonly PathVertex[],
  placeOf: (id: number) => number,
  paths: Float64Array,
): Generator<undefined, void> {
  const ahead = new Float64Array(paths.length);
  const left = Uint32Array.from(vertices, ({ successors }) => successors.length);
  const next = [...vertices.keys()].filter((place) => left[place] === 0);
  for (let place = next.pop(); place !== undefined; place = next.pop()) {
    const path = (paths[place] as number) + (ahead[place] as number);
    paths[place] = path;
    for (const id of (vertices[place] as PathVertex).predecessors) {
      const before = placeOf(id);
      ahead[before] = Math.max(ahead[before] as number, path);
      const count = (left[before] as number) - 1;
      left[before] = count;
      if (count === 0) next.push(before);
    }
    yield;
  }
}

function averageOf(durations: readonly number[]): number {
  return durations.length === 0 ? UNKNOWN_MS : durations.reduce((sum, one) => sum + one, 0) / durations.length;
}

/** Where all vertices are alike and none follows another: the items of a map. */
export const EQUAL_PATHS: RemainingPaths = { longestMs: 0, of: () => 0 };

/** Ids may be far apart, and a graph has to fit into little memory. @returns -1 where it is none of them */
function findPlace(ids: Uint32Array, wanted: number): number {
  let low = 0;
  let high = ids.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const id = ids[middle] as number;
    if (id === wanted) return middle;
    if (id < wanted) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** So long the start of a pipeline counts, ms, and twice as long as its longest path. */
const PATIENCE_MS = 60_000;

/**
 * Whose turn it is: the lower, the sooner. The time at which its pipeline was started, less what is ahead of the track: within a
 * pipeline the longest path goes first, and among pipelines a long path counts as if it had been started that much earlier.
 * So whoever waits is overtaken by less and less: what is started later has a later time.
 *
 * A pipeline that has been under way for long (there are too few slots for it, or it runs again) counts as one that was
 * started not quite as long ago: otherwise one of 100,000 tracks would keep every later one waiting until it has ended.
 * @param times ms since 1970: when the pipeline was started, and now, which is when the track may run
 * @returns ms since 1970
 */
export function findTurn(
  paths: RemainingPaths,
  vertexId: number,
  { startedAtMs, nowMs }: { startedAtMs: number; nowMs: number },
): number {
  const patienceMs = Math.max(2 * paths.longestMs, PATIENCE_MS);
  return Math.max(startedAtMs, nowMs - patienceMs) - paths.of(vertexId);
}
