/* istanbul ignore file -- what tests are made of is no rule; its refusals are there for rules that break */
import type { FlowVertex } from './flow-graph.ts';
import type { JoinDecision, PredecessorOutcome } from './join-rules.ts';
import { applyEvents, copyFlow, type Flow } from './testing-flow.ts';
import { referenceDecision } from './testing-join-reference.ts';
import type { TrackView } from './transition-types.ts';

/**
 * For tests: what holds between any two transitions, computed anew from the states and from the table of join rules
 * in testing-join-reference.ts, by none of the rules' own code.
 * @throws Error that names the vertex and what is wrong with it
 */
export function checkInvariants(flow: Flow): void {
  const isLive = flow.pipeline.state === 'RUNNING' || flow.pipeline.state === 'PAUSED';
  checkTotals(flow);
  for (const vertex of flow.graph.vertices.values()) {
    const track = trackAt(flow, vertex.id);
    if (isLive) checkJoin(flow, vertex, track);
    else if (track.state === 'WAITING' || track.state === 'PENDING' || track.awaits !== null) {
      throw new Error(`${vertex.name} is still ${track.state} in a pipeline that is ${flow.pipeline.state}`);
    }
  }
  if (isLive && ![...flow.tracks.values()].some(isReasonToLive)) {
    throw new Error(`the pipeline is ${flow.pipeline.state} without anything that could go on`);
  }
  checkRecount(flow);
}

function trackAt(flow: Flow, vertexId: number): TrackView {
  return flow.tracks.get(vertexId) as TrackView;
}

function isReasonToLive({ state, awaits }: TrackView): boolean {
  return state === 'PENDING' || state === 'RUNNING' || awaits !== null;
}

function isOpen({ state, awaits }: TrackView): boolean {
  return state === 'WAITING' || state === 'PENDING' || state === 'RUNNING' || awaits !== null;
}

/** No early start, no missed one, and nothing skipped or cancelled without its rule saying so. */
function checkJoin(flow: Flow, vertex: FlowVertex, track: TrackView): void {
  const outcomes = vertex.predecessors.map((id) => outcomeFor(flow, id, vertex.id));
  const expected = referenceDecision(vertex.join, outcomes);
  const actual = decisionShownBy(track);
  if (actual !== expected) {
    throw new Error(
      `${vertex.name} (${vertex.join}) is ${track.state}, its rule says ${expected} of ${outcomes.join()}`,
    );
  }
  if (track.state !== 'WAITING') return;
  const counted = Object.values(track.counts).reduce((sum, count) => sum + count, 0);
  const ended = outcomes.filter((outcome) => outcome !== null).length;
  if (counted !== ended) throw new Error(`${vertex.name} counted ${counted} of ${ended} ended predecessors`);
}

function outcomeFor(flow: Flow, vertexId: number, successorId: number): PredecessorOutcome | null {
  const track = trackAt(flow, vertexId);
  if (isOpen(track)) return null;
  if (track.state === 'SKIPPED') return 'skipped';
  if (track.state === 'CANCELLED') return 'cancelled';
  if (track.state === 'FAILED')
    return flow.graph.vertices.get(vertexId)?.allowFailure === true ? 'succeeded' : 'failed';
  return track.chosen === null || track.chosen.includes(successorId) ? 'succeeded' : 'notTaken';
}

function decisionShownBy({ state, reason }: TrackView): JoinDecision {
  if (state === 'WAITING') return 'wait';
  if (state === 'SKIPPED') return 'skip';
  return state === 'CANCELLED' && reason === 'upstream_failed' ? 'cancel' : 'run';
}

function checkTotals({ pipeline, tracks, graph }: Flow): void {
  const all = [...tracks.values()];
  const openTracks = all.filter(isOpen).length;
  const failures = all.filter(
    ({ state, reason, vertexId }) =>
      (state === 'FAILED' && graph.vertices.get(vertexId)?.allowFailure === false) || reason === 'cancelled',
  ).length;
  if (pipeline.openTracks !== openTracks || pipeline.failures !== failures) {
    throw new Error(
      `${pipeline.openTracks} open and ${pipeline.failures} failed are counted, ${openTracks} and ${failures} there are`,
    );
  }
}

function checkRecount(flow: Flow): void {
  const changes = applyEvents(copyFlow(flow), [{ kind: 'recount' }]);
  const { before, after } = changes.pipeline;
  if (changes.repairs !== 0 || changes.tracks.length > 0 || before.state !== after.state) {
    throw new Error(`a recount finds ${changes.repairs} things to mend in ${changes.tracks.length} tracks`);
  }
}
