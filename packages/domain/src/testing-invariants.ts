/* istanbul ignore file -- what tests are made of is no rule; its refusals are there for rules that break */
import type { FlowVertex } from './flow-graph.ts';
import type { JoinDecision, PredecessorOutcome } from './join-rules.ts';
import { copyFlow, type Flow } from './testing-flow.ts';
import { referenceDecision } from './testing-join-reference.ts';
import { applyEvents } from './testing-store.ts';
import type { Awaited, TrackState } from './track-status.ts';
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
    checkRow(vertex, track);
    if (isLive) checkJoin(flow, vertex, track);
    else if (track.state === 'WAITING' || track.state === 'PENDING' || track.awaits !== null) {
      throw new Error(`${vertex.name} is still ${track.state} in a pipeline that is ${flow.pipeline.state}`);
    }
  }
  if (isLive && ![...flow.tracks.values()].some(isReasonToLive)) {
    throw new Error(`the pipeline is ${flow.pipeline.state} without anything that could go on`);
  }
  if (flow.pipeline.state === 'FINISH' && [...flow.tracks.values()].some(({ state }) => state === 'CANCELLED')) {
    throw new Error('the pipeline is FINISH, and a track of it CANCELLED');
  }
  checkRecount(flow);
}

function trackAt(flow: Flow, vertexId: number): TrackView {
  return flow.tracks.get(vertexId) as TrackView;
}

function isReasonToLive({ state, awaits }: TrackView): boolean {
  return state !== 'WAITING' && (state === 'PENDING' || state === 'RUNNING' || awaits !== null);
}

function isOpen({ state, awaits }: TrackView): boolean {
  return state === 'WAITING' || state === 'PENDING' || state === 'RUNNING' || awaits !== null;
}

const STATES_THAT_AWAIT: Record<Awaited, readonly TrackState[]> = {
  params: ['WAITING', 'PENDING'],
  approval: ['PENDING'],
  choice: ['SUCCEED', 'FAILED'],
  decision: ['FAILED', 'CANCELLED'],
};

/** What the database's constraints say of one row, and what the words of a track mean. */
function checkRow({ name, gate }: FlowVertex, track: TrackView): void {
  const { state, awaits, attempt, startedAttempt, budgetFromAttempt } = track;
  const wrong: string[] = [];
  if (awaits !== null && !STATES_THAT_AWAIT[awaits].includes(state)) wrong.push(`awaits ${awaits}`);
  if ((track.runId !== null) !== (state === 'RUNNING')) wrong.push(`is held by ${track.runId}`);
  if (startedAttempt > attempt || budgetFromAttempt > attempt) wrong.push(`is at attempt ${attempt}`);
  if (track.isExpired && state !== 'PENDING') wrong.push('is expired');
  const hasPassed = gate === null || track.gateDecision === 'approved';
  if (!hasPassed && startedAttempt === attempt) wrong.push('has passed its gate without a word');
  if (!hasPassed && state === 'PENDING' && awaits === null) wrong.push('may run without approval');
  if (wrong.length > 0) throw new Error(`${name} is ${state} and ${wrong.join(', ')}`);
}

/** No early start, no missed one, and nothing skipped or cancelled without its rule or a person saying so. */
function checkJoin(flow: Flow, vertex: FlowVertex, track: TrackView): void {
  const outcomes = vertex.predecessors.map((id) => outcomeFor(flow, id, vertex.id));
  checkCounts(vertex, track, outcomes);
  const actual = decisionShownBy(track);
  if (actual === null || (flow.isRewritten && actual !== 'wait')) return;
  const expected = referenceDecision(vertex.join, outcomes);
  if (actual === expected) return;
  throw new Error(`${vertex.name} (${vertex.join}) is ${track.state}, its rule says ${expected} of ${outcomes.join()}`);
}

function checkCounts(
  { name }: FlowVertex,
  { counts }: TrackView,
  outcomes: readonly (PredecessorOutcome | null)[],
): void {
  for (const [outcome, count] of Object.entries(counts)) {
    const ended = outcomes.filter((other) => other === outcome).length;
    if (count !== ended) throw new Error(`${name} counted ${count} of ${ended} predecessors that are ${outcome}`);
  }
}

function outcomeFor(flow: Flow, vertexId: number, successorId: number): PredecessorOutcome | null {
  const track = trackAt(flow, vertexId);
  if (isOpen(track)) return null;
  if (track.state === 'SKIPPED') return 'skipped';
  if (track.state === 'CANCELLED') return 'cancelled';
  if (track.chosen !== null && !track.chosen.includes(successorId)) return 'notTaken';
  return track.state === 'FAILED' && flow.graph.vertices.get(vertexId)?.allowFailure === false ? 'failed' : 'succeeded';
}

/** Null: it does not tell, a person moved it. */
function decisionShownBy({ state, reason }: TrackView): JoinDecision | null {
  if (state === 'WAITING') return 'wait';
  if (reason === 'skipped' || reason === 'forced' || reason === 'cancelled') return null;
  if (state === 'SKIPPED') return reason === 'not_chosen' || reason === 'join_not_met' ? 'skip' : 'run';
  return state === 'CANCELLED' && reason === 'upstream_failed' ? 'cancel' : 'run';
}

function checkTotals({ pipeline, tracks, graph }: Flow): void {
  const all = [...tracks.values()];
  const openTracks = all.filter(isOpen).length;
  const failures = all.filter(
    ({ state, reason, vertexId }) =>
      (state === 'FAILED' && graph.vertices.get(vertexId)?.allowFailure === false) ||
      (state === 'CANCELLED' && reason === 'cancelled'),
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
