import { endPipelineIfDone } from './ending-rules.ts';
import { startsAtOnce, type FlowGraph, type FlowVertex } from './flow-graph.ts';
import type { ParameterValues } from './parameters.ts';
import { joinIfDecided, propagateEnds } from './propagation-rules.ts';
import type { PipelineView, TrackFacts, TrackView } from './transition-types.ts';
import { waitingTrack } from './waiting-track.ts';
import { createWorkingSet } from './working-set.ts';

export interface StartRequest {
  mode: PipelineView['mode'];
  onFailure: PipelineView['onFailure'];
  /** Resolved parameter values by vertex name. */
  inputs: ReadonlyMap<string, ParameterValues>;
  /** Names of vertices that lack a parameter which a person is to be asked for. */
  held: ReadonlySet<string>;
}

export interface StartedPipeline {
  pipeline: Pick<PipelineView, 'state' | 'openTracks' | 'failures' | 'reason'>;
  /** By vertex id. A track that is not in it is plainly WAITING, with nothing counted. */
  tracks: ReadonlyMap<number, TrackView>;
}

/**
 * What a new pipeline looks like. Every track is WAITING, and those whose turn it is at once move by the same rules as
 * later: held for parameters, ended by their own condition, held by their gate, or PENDING. A pipeline all of whose tracks
 * are skipped so is FINISH, one whose condition has no answer may be FAILED at once: then no track of it is to be enqueued.
 *
 * Cost: linear in the tracks that do not plainly wait; only where a vertex that begins has a condition, in all of them.
 */
export function decideStart(graph: FlowGraph, request: StartRequest): StartedPipeline {
  const vertices = [...graph.vertices.values()];
  const first = vertices.filter(startsAtOnce);
  const mayEnd = first.some(({ when }) => when !== null);
  const isPlain = ({ name, gate }: FlowVertex): boolean => !mayEnd && gate === null && !request.held.has(name);
  const concerned = mayEnd
    ? vertices
    : vertices.filter((v) => request.held.has(v.name) || (startsAtOnce(v) && !isPlain(v)));
  const work = createWorkingSet({
    graph,
    pipeline: newPipeline(request, vertices.length),
    tracks: new Map(concerned.map((vertex) => [vertex.id, newTrack(request, vertex)])),
    facts: new Map(mayEnd ? vertices.map(({ id, name }) => [id, newFacts(request, name)]) : []),
    random: 0,
  });
  const tracks = new Map<number, TrackView>();
  for (const vertex of first) {
    if (isPlain(vertex)) tracks.set(vertex.id, { ...waitingTrack(vertex.id), state: 'PENDING' });
    else joinIfDecided(work, work.track(vertex.id) as TrackView);
  }
  // By then every track is loaded that one of them could end.
  propagateEnds(work);
  endPipelineIfDone(work);
  const { state, openTracks, failures, reason } = work.pipeline;
  for (const track of work.loaded()) tracks.set(track.vertexId, track);
  return { pipeline: { state, openTracks, failures, reason }, tracks };
}

function newPipeline({ mode, onFailure }: StartRequest, openTracks: number): PipelineView {
  return { id: 0, state: 'RUNNING', mode, onFailure, openTracks, failures: 0, reason: null, isExpired: false };
}

function newTrack({ held }: StartRequest, { id, name }: FlowVertex): TrackView {
  return { ...waitingTrack(id), awaits: held.has(name) ? 'params' : null };
}

function newFacts({ inputs }: StartRequest, name: string): TrackFacts {
  return { input: inputs.get(name) ?? {}, outputs: {} };
}
