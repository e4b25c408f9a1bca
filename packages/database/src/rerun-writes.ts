import { trackIdOf, type JsonValue } from '@baton/domain';
import type { DecidedPipeline } from './apply-changes.ts';
import { createGroupedUpdates } from './grouped-updates.ts';
import { insertWaitingTracks } from './insert-tracks.ts';
import type { GraphVertex, StoredGraph } from './load-flow-graph.ts';
import type { PipelineEntry, TrackEntry } from './pipeline-events.ts';
import type { RerunValues } from './rerun-values.ts';
import { sealVersion } from './seal-version.ts';
import { execute, type Runner } from './statements.ts';
import { toStoredJson } from './stored-json.ts';
import { countPredecessorsLeft } from './track-updates.ts';

/** A rerun that was looked at with the pipeline on the version, and with the values, that it is to have. */
export interface PreparedRerun {
  /** The version before. */
  from: StoredGraph;
  /** The version from now on, where no pipeline has used it yet. */
  toSeal: StoredGraph | null;
  /** Vertices that are new in it. */
  added: GraphVertex[];
  values: RerunValues;
  /** Of the pipeline, and those to be added to them. */
  params: { known: Record<string, JsonValue>; given: Record<string, JsonValue> };
}

/**
 * Writes what a rerun changes besides what the rules decided, before that is written: the version, the tracks of new
 * vertices, the parameters.
 * @returns what the rules decided, with the values that tracks are given
 */
export async function writeRerun(
  runner: Runner,
  decided: DecidedPipeline,
  prepared: PreparedRerun,
): Promise<DecidedPipeline> {
  const { added, values, toSeal } = prepared;
  const { id } = decided.locked.pipeline;
  if (toSeal !== null) await sealVersion(runner, toSeal);
  const awaitsOf = (vertex: GraphVertex): 'params' | null => (values.held.has(vertex.id) ? 'params' : null);
  const tracks = added.map((vertex) => ({ pipelineId: id, vertex, input: undefined, awaits: awaitsOf(vertex) }));
  await insertWaitingTracks(runner, tracks);
  const pipeline = await writePipeline(runner, decided, prepared);
  await countUnchangedAnew(runner, decided, prepared);
  const held = tracks.flatMap(({ vertex, awaits }): TrackEntry[] =>
    awaits === null ? [] : [{ vertexId: vertex.id, awaits }],
  );
  const inputs = new Map([...decided.changes.inputs, ...values.changed]);
  return { ...decided, changes: { ...decided.changes, inputs }, written: { pipeline, tracks: held } };
}

/**
 * A track that ends again as it had ended is no change for the rules. Where the version has other edges to it, others are
 * left of those before it all the same, and they will be counted down.
 */
async function countUnchangedAnew(
  runner: Runner,
  { locked, changes }: DecidedPipeline,
  { from }: PreparedRerun,
): Promise<void> {
  if (locked.graph.versionId === from.versionId) return;
  const changed = new Set(changes.tracks.map(({ after }) => after.vertexId));
  const updates = createGroupedUpdates();
  for (const { id: vertexId, predecessors } of from.vertices.values()) {
    const track = locked.tracks.get(vertexId);
    const isSame = predecessors.length === locked.graph.vertices.get(vertexId)?.predecessors.length;
    if (isSame || track === undefined || changed.has(vertexId)) continue;
    const id = trackIdOf(locked.pipeline.id, vertexId);
    const values = [countPredecessorsLeft(locked, track)];
    updates.add({ id, set: ['predecessors_left = ?'], where: `state = '${track.state}'`, values });
  }
  await updates.flush(runner, 'track');
}

async function writePipeline(
  runner: Runner,
  { locked: { graph, pipeline } }: DecidedPipeline,
  { from, params: { known, given } }: PreparedRerun,
): Promise<PipelineEntry> {
  const entry: PipelineEntry = {};
  if (graph.versionId !== from.versionId) {
    Object.assign(entry, { versionId: graph.versionId, totalTracks: graph.vertices.size });
    const sql = 'UPDATE pipeline SET version_id = ?, total_tracks = ? WHERE id = ?';
    await execute(runner, sql, [graph.versionId, graph.vertices.size, pipeline.id]);
  }
  if (Object.keys(given).length > 0) {
    entry.params = given;
    const merged = toStoredJson({ ...known, ...given });
    await execute(runner, 'UPDATE pipeline SET params = ? WHERE id = ?', [merged, pipeline.id]);
  }
  return entry;
}
