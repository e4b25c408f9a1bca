import { endPipelineIfDone } from './ending-rules.ts';
import { startsAtOnce, type FlowGraph } from './flow-graph.ts';
import type { ParameterValues } from './parameters.ts';
import { joinIfDecided, propagateEnds } from './propagation-rules.ts';
import type { PipelineView, TrackFacts, TrackView } from './transition-types.ts';
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
  const concerned = mayEnd ? vertices : vertices.filter((v) => startsAtOnce(v) || request.held.has(v.name));
  const work = createWorkingSet({
    graph,
    pipeline: newPipeline(request, vertices.length),
    tracks: new Map(concerned.map(({ id, name }) => [id, newTrack(id, request.held.has(name) ? 'params' : null)])),
    facts: new Map(mayEnd ? vertices.map(({ id, name }) => [id, newFacts(request, name)]) : []),
    random: 0,
  });
  for (const { id } of first) joinIfDecided(work, work.track(id) as TrackView);
  propagateEnds(work);
  endPipelineIfDone(work);
  const { state, openTracks, failures, reason } = work.pipeline;
  return {
    pipeline: { state, openTracks, failures, reason },
    tracks: new Map([...work.loaded()].map((track) => [track.vertexId, track])),
  };
}

function newPipeline({ mode, onFailure }: StartRequest, openTracks: number): PipelineView {
  return { id: 0, state: 'RUNNING', mode, onFailure, openTracks, failures: 0, reason: null, isExpired: false };
}

function newFacts({ inputs }: StartRequest, name: string): TrackFacts {
  return { input: inputs.get(name) ?? {}, outputs: {} };
}

function newTrack(vertexId: number, awaits: TrackView['awaits']): TrackView {
  return {
    vertexId,
    state: 'WAITING',
    attempt: 1,
    startedAttempt: 0,
    budgetFromAttempt: 1,
    lostAttempts: 0,
    elapsedMs: 0,
    runId: null,
    awaits,
    gateDecision: null,
    isExpired: false,
    cancelRequested: false,
    counts: { succeeded: 0, failed: 0, skipped: 0, cancelled: 0, notTaken: 0 },
    chosen: null,
    exitCode: null,
    reason: null,
    detail: null,
  };
}
