import { isPipelineEnded, waitingTrack } from '@baton/domain';
import type { GraphVertex, StoredGraph } from './load-flow-graph.ts';
import type { LockedPipeline } from './load-transition-context.ts';

/*
 * A rerun on another version of the graph. What is kept was run by the old version and counts in the new one: so no vertex
 * may be gone, and what is kept must have the same vertices before it. What was secret stays secret: its values are shown
 * by the declarations of the version that the pipeline is on.
 */

const MAX_NAMED = 10;

/** @returns why the pipeline cannot go over to a version at all; none: it can */
export function findVersionObstacles({ graph, pipeline }: LockedPipeline, to: StoredGraph): string[] {
  const obstacles: string[] = [];
  if (!isPipelineEnded(pipeline.state)) {
    obstacles.push(`expected a pipeline that has ended, to change its version, found it in ${pipeline.state}`);
  }
  const vertices = [...graph.vertices.values()];
  const gone = vertices.filter(({ id }) => !to.vertices.has(id));
  if (gone.length > 0)
    obstacles.push(`expected all vertices in version ${to.version}, found none of ${listNames(gone)}`);
  const revealed = vertices.flatMap((vertex) => findRevealed(vertex, to.vertices.get(vertex.id)));
  if (revealed.length > 0) {
    const names = revealed.slice(0, MAX_NAMED).join(', ');
    obstacles.push(`expected secret parameters to stay secret in version ${to.version}, found otherwise ${names}`);
  }
  return obstacles;
}

function findRevealed(old: GraphVertex, vertex: GraphVertex | undefined): string[] {
  if (vertex === undefined) return [];
  const declarations = { ...vertex.input, ...vertex.policies.gate?.form };
  return Object.entries({ ...old.input, ...old.policies.gate?.form })
    .filter(([name, { secret }]) => secret && declarations[name]?.secret !== true)
    .map(([name]) => `${old.name}.${name}`);
}

/** @returns why what is not run again cannot be kept on another version; none: it can */
export function findKeptObstacles(from: StoredGraph, to: StoredGraph, again: ReadonlySet<number>): string[] {
  const moved = [...from.vertices.values()].filter(({ id, predecessors }) => {
    return !again.has(id) && predecessors.join() !== to.vertices.get(id)?.predecessors.join();
  });
  if (moved.length === 0) return [];
  return [
    `expected the same vertices before what is kept, found others in version ${to.version} before ${listNames(moved)}`,
  ];
}

function listNames(vertices: readonly GraphVertex[]): string {
  const names = vertices.slice(0, MAX_NAMED).map(({ name }) => name);
  return names.join(', ') + (vertices.length > MAX_NAMED ? `, and ${vertices.length - MAX_NAMED} more` : '');
}

/**
 * Lets the rules see a locked pipeline on another version. Nothing is written.
 * @returns the vertices that are new in it: their tracks wait
 */
export function showOnVersion(locked: LockedPipeline, to: StoredGraph): GraphVertex[] {
  const added = [...to.vertices.values()].filter(({ id }) => !locked.graph.vertices.has(id));
  locked.graph = to;
  for (const { id } of added) {
    locked.tracks.set(id, waitingTrack(id));
    locked.runs.set(id, { workerId: null, pendingAt: null, startedAt: null, dispatchSeq: 0 });
  }
  return added;
}
