import {
  isTrackEnded,
  waitingTrack,
  type FlowGraph,
  type JsonValue,
  type ParameterValues,
  type TrackView,
} from '@baton/domain';
import type { AttemptEntry, EventBody, PipelineEntry, TrackEntry } from './pipeline-events.ts';

/** A pipeline as its history says that it is: what its tables hold but leases, dispatch hints and times. */
export interface RebuiltPipeline {
  pipeline: Required<PipelineEntry>;
  /** By vertex id. */
  tracks: Map<number, RebuiltTrack>;
  /** In the order of their ends. */
  attempts: AttemptEntry[];
}

/** The rules' view of a track, and what its row has besides. */
export type RebuiltTrack = Omit<TrackView, 'elapsedMs' | 'isExpired'> & {
  input: ParameterValues;
  childPipelineId: number | null;
  predecessorsLeft: number;
};

/**
 * Folds a pipeline from its whole history.
 * @param events all of them, oldest first, with values
 * @param graphs the graph versions that the pipeline ran on, by id: they never change, so its history only names them
 * @throws Error where the history does not begin with the start, or names a version that is not given
 */
export function rebuildPipeline(
  events: readonly { kind: string; body: EventBody }[],
  graphs: ReadonlyMap<number, FlowGraph>,
): RebuiltPipeline {
  const [first] = events;
  if (first?.kind !== 'start') throw new Error(`expected a history from its start, found it from ${first?.kind}`);
  // Set as a whole by the start event.
  const rebuilt: RebuiltPipeline = {
    pipeline: { params: {} } as Required<PipelineEntry>,
    tracks: new Map(),
    attempts: [],
  };
  for (const { body } of events) foldEvent(rebuilt, body, graphs);
  return rebuilt;
}

function foldEvent(rebuilt: RebuiltPipeline, body: EventBody, graphs: ReadonlyMap<number, FlowGraph>): void {
  const { params = {}, ...pipeline } = body.pipeline ?? {};
  Object.assign(rebuilt.pipeline, pipeline);
  Object.assign(rebuilt.pipeline.params, params);
  const { versionId } = rebuilt.pipeline;
  const graph = graphs.get(versionId);
  if (graph === undefined) throw new Error(`expected the graph version ${versionId}, found none`);
  if (pipeline.versionId !== undefined) addTracks(rebuilt, graph);
  for (const entry of body.tracks ?? []) foldTrack(rebuilt, entry);
  for (const attempt of body.attempts ?? []) rebuilt.attempts.push(attempt);
  for (const track of rebuilt.tracks.values()) {
    if (body.cancelUnstarted !== undefined) cancelUnstarted(track, body.cancelUnstarted);
    if (body.killRunning === true && track.state === 'RUNNING') track.cancelRequested = true;
    const total = graph.vertices.get(track.vertexId)?.predecessors.length ?? 0;
    track.predecessorsLeft = Object.values(track.counts).reduce((left, count) => left - count, total);
  }
}

function addTracks({ tracks }: RebuiltPipeline, graph: FlowGraph): void {
  for (const vertexId of graph.vertices.keys()) {
    if (tracks.has(vertexId)) continue;
    const { elapsedMs: _elapsedMs, isExpired: _isExpired, ...track } = waitingTrack(vertexId);
    tracks.set(vertexId, { ...track, input: {}, childPipelineId: null, predecessorsLeft: 0 });
  }
}

function foldTrack({ tracks }: RebuiltPipeline, entry: TrackEntry): void {
  const track = tracks.get(entry.vertexId);
  if (track === undefined) throw new Error(`expected a vertex of the graph, found ${entry.vertexId}`);
  const { counts = {}, input = {}, worker: _worker, ...plain } = entry;
  const isClaimed = plain.state === 'RUNNING';
  Object.assign(track, plain);
  Object.assign(track.counts, counts);
  Object.assign(track.input, input as Record<string, JsonValue>);
  if (isClaimed) Object.assign(track, { startedAttempt: track.attempt, exitCode: null, reason: null });
  if (track.state !== 'RUNNING') track.runId = null;
}

function cancelUnstarted(track: RebuiltTrack, reason: NonNullable<EventBody['cancelUnstarted']>): void {
  if (!isTrackEnded(track.state) && track.state !== 'RUNNING') Object.assign(track, { state: 'CANCELLED', reason });
  track.awaits = null;
}
