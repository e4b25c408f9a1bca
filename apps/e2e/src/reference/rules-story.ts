import { isPipelineEnded, type Changes, type FlowEvent, type Verdict } from '@baton/domain';
import { createRandom, type RandomSource } from '@baton/domain/testing';
import { addStep, type CutStep, type CutTrace, type Trace } from './reference-cut.ts';
import { NO_PAST, type Past } from './reference-vertex.ts';
import { openRulesFlow, trackOf, type RulesFlow } from './rules-flow.ts';
import {
  shapeOf,
  takeStep,
  type AttemptPlan,
  type LateAction,
  type Scenario,
  type StartAction,
  type VertexPlan,
} from './scenario.ts';

/** What the product did with a story, in one of the orders in which things can happen. */
export interface PlayedStory {
  /** After the start, and after each action before anything runs. */
  beginning: PlayedChapter[];
  chapters: PlayedChapter[];
  /** How it stood at some moments in between. */
  moments: Moment[];
  events: number;
}

export interface PlayedChapter {
  action: StartAction | LateAction | null;
  verdict: Verdict['kind'] | null;
  trace: Trace;
  end: Standing;
}

interface Moment {
  chapter: number;
  past: ReadonlyMap<number, Past>;
  standing: Standing;
}

interface Standing {
  pipeline: RulesFlow['pipeline'];
  tracks: ReadonlyMap<number, ReturnType<typeof trackOf>['view']>;
}

interface Play {
  scenario: Scenario;
  random: RandomSource;
  flow: RulesFlow;
  past: Map<number, Past>;
  trace: CutTrace | null;
  moments: Moment[];
  chapter: number;
  ends: number;
  isCut: boolean;
  events: number;
}

/** So many moves at most in one chapter: more is a flow that never rests. */
const MOST_MOVES = 5000;

export function playStory(scenario: Scenario): PlayedStory {
  const random = createRandom(scenario.seed);
  const flow = openRulesFlow(scenario);
  const past = new Map(scenario.vertices.map(({ id }) => [id, NO_PAST]));
  const play: Play = {
    scenario,
    random,
    flow,
    past,
    trace: null,
    moments: [],
    chapter: 0,
    ends: 0,
    isCut: false,
    events: 0,
  };
  const beginning: PlayedChapter[] = [chapterOf(play, null, null)];
  for (const action of scenario.atStart) {
    const { state } = trackOf(flow, action.vertexId).view;
    // Those that have ended by now are left alone: later actions are about them.
    const mayAct = !isPipelineEnded(flow.pipeline.state) && (state === 'WAITING' || state === 'PENDING');
    const verdict = mayAct ? act(play, action, []) : 'refused';
    beginning.push(chapterOf(play, action, verdict));
  }
  play.trace = null;
  rest(play);
  const chapters: PlayedChapter[] = [chapterOf(play, null, null)];
  for (const action of scenario.afterwards) {
    play.chapter += 1;
    play.trace = null;
    const verdict = act(play, action, []);
    rest(play);
    chapters.push(chapterOf(play, action, verdict));
  }
  return { beginning, chapters, moments: play.moments, events: play.events };
}

function chapterOf(
  { flow, trace: cut }: Play,
  action: PlayedChapter['action'],
  verdict: PlayedChapter['verdict'],
): PlayedChapter {
  const tracks = [...flow.tracks.values()].map(({ view }) => view);
  const cancelled = tracks.filter(({ reason }) => reason === 'pipeline_failed').map(({ vertexId }) => vertexId);
  return { action, verdict, trace: { cut, cancelled: new Set(cancelled) }, end: standingOf(flow) };
}

function standingOf(flow: RulesFlow): Standing {
  return { pipeline: flow.pipeline, tracks: new Map([...flow.tracks].map(([id, { view }]) => [id, view])) };
}

/** Moves until there is nothing left to move: whatever can happen happens, in random order. */
function rest(play: Play): void {
  for (let moves = 0; moves < MOST_MOVES; moves += 1) {
    disturb(play);
    const possible = listMoves(play);
    if (possible.length === 0) return;
    if (play.flow.pipeline.state === 'RUNNING' && play.random.chance(0.08)) remember(play);
    play.random.pick(possible.some((move) => move.isCut) ? possible.filter((move) => move.isCut) : possible).make();
  }
  throw new Error('the flow never rests');
}

function remember({ flow, past, moments, chapter }: Play): void {
  moments.push({ chapter, past: new Map(past), standing: standingOf(flow) });
}

interface Move {
  isCut?: boolean;
  make(): void;
}

function listMoves(play: Play): Move[] {
  const { scenario, flow } = play;
  const running = [...flow.tracks.values()]
    .filter(({ view }) => view.state === 'RUNNING')
    .map(({ view }) => view.vertexId);
  const moves: Move[] = scenario.vertices.flatMap((plan) => listTrackMoves(play, plan));
  if (running.length > 0) moves.push({ make: () => endAttempts(play, running) });
  const isLive = !isPipelineEnded(flow.pipeline.state);
  if (isLive && !play.isCut && scenario.cut !== null && play.ends >= scenario.cut.afterEnds) {
    const { kind } = scenario.cut;
    moves.push({ isCut: true, make: () => cutPipeline(play, kind) });
  }
  if (flow.pipeline.state === 'PAUSED') moves.push({ make: () => void act(play, { kind: 'resume' }, []) });
  return moves;
}

function listTrackMoves(play: Play, plan: VertexPlan): Move[] {
  const { view } = trackOf(play.flow, plan.id);
  const past = play.past.get(plan.id) ?? NO_PAST;
  const { id: vertexId } = plan;
  const step = (kind: CutStep['kind']): CutStep[] => [{ vertexId, kind }];
  if (view.state === 'PENDING' && view.awaits === null && play.flow.pipeline.state === 'RUNNING') {
    return [{ make: () => play.flow.claim(vertexId) }];
  }
  if (view.awaits === 'params' && view.state === 'PENDING' && plan.asks === 'given') {
    return [{ make: () => void act(play, { kind: 'give_params', vertexId, values: { asked: 'x' } }, step('params')) }];
  }
  if (view.awaits === 'approval') {
    const decision = takeStep(plan.gateSteps, past.gates);
    return decision === 'none' ? [] : [{ make: () => decideGate(play, vertexId, decision) }];
  }
  if (view.awaits === 'choice') {
    const choice = takeStep(plan.choices, past.choices);
    if (choice === 'none') return [];
    const names = choice.map((id) => nameOf(play, id));
    return [{ make: () => void act(play, { kind: 'choose', vertexId, names }, step('choice')) }];
  }
  if (view.awaits === 'decision') {
    const decision = takeStep(plan.decisions, past.decisions);
    return decision === 'none' ? [] : [{ make: () => decideHeld(play, vertexId, decision) }];
  }
  return [];
}

function nameOf({ scenario, random }: Play, id: number): string {
  return random.chance(0.3) ? String(id) : (shapeOf(scenario).plans.get(id)?.name ?? '');
}

function decideGate(play: Play, vertexId: number, decision: 'approve' | 'reject' | 'expire'): void {
  const steps: CutStep[] = [{ vertexId, kind: 'gate' }];
  if (decision === 'approve') return void act(play, { kind: 'approve', vertexId, values: {} }, steps);
  if (decision === 'reject') return void act(play, { kind: 'reject', vertexId }, steps);
  const track = trackOf(play.flow, vertexId);
  track.view = { ...track.view, isExpired: true };
  apply(play, [{ kind: 'expire_track', vertexId }], steps);
}

function decideHeld(play: Play, vertexId: number, decision: 'retry' | 'skip' | 'succeed' | 'give_up'): void {
  const past = play.past.get(vertexId) ?? NO_PAST;
  play.past.set(vertexId, { ...past, decisions: past.decisions + 1 });
  if (decision === 'retry') act(play, { kind: 'rerun', from: { vertexIds: [vertexId], descendants: false } }, []);
  else act(play, { kind: decision, vertexId }, []);
}

/** One attempt, or several whose completions come together. */
function endAttempts(play: Play, running: readonly number[]): void {
  const isKill = play.scenario.onFailure === 'kill';
  const ended = play.random.some(running, isKill || play.random.chance(0.5) ? 1 : 4);
  const events = ended.map((vertexId): FlowEvent => {
    const { view } = trackOf(play.flow, vertexId);
    const plan = takeStep(shapeOf(play.scenario).plans.get(vertexId)?.attempts ?? [], view.attempt - 1);
    const isKilled = view.cancelRequested;
    if (!isKilled) play.flow.store(vertexId, plan.outputs);
    return { kind: 'completion', completion: play.flow.completionOf(vertexId, isKilled ? KILLED : reportOf(plan)) };
  });
  play.ends += ended.length;
  apply(
    play,
    events,
    ended.map((vertexId) => ({ vertexId, kind: 'attempt' })),
  );
  if (play.random.chance(0.1)) expectNothing(play, events);
}

type Report = Parameters<RulesFlow['completionOf']>[1];

const KILLED: Report = { outcome: 'cancelled', exitCode: null, signal: 'SIGKILL', next: null };

function reportOf({ outcome, exitCode, next }: AttemptPlan): Report {
  const list = next === null ? null : [...next];
  if (outcome === 'exited') return { outcome, exitCode, signal: null, next: list };
  if (outcome === 'signal') return { outcome: 'exited', exitCode: null, signal: 'SIGSEGV', next: null };
  if (outcome === 'bad_output') return { outcome, exitCode: 0, signal: null, next: null };
  return { outcome, exitCode: null, signal: null, next: null };
}

function cutPipeline(play: Play, kind: 'cancel' | 'expire'): void {
  play.isCut = true;
  const running = runningIn(play.flow);
  play.trace = { kind, before: new Map(play.past), steps: [], running };
  if (kind === 'expire') play.flow.pipeline = { ...play.flow.pipeline, isExpired: true };
  play.events += 1;
  play.flow.apply([{ kind }]);
  play.flow.pipeline = { ...play.flow.pipeline, isExpired: false };
}

function runningIn(flow: RulesFlow): Set<number> {
  return new Set(
    [...flow.tracks.values()].filter(({ view }) => view.state === 'RUNNING').map(({ view }) => view.vertexId),
  );
}

function act(play: Play, event: FlowEvent, steps: CutStep[]): Verdict['kind'] {
  const [verdict] = apply(play, [event], steps).verdicts;
  if (verdict === undefined) throw new Error(`no verdict for ${event.kind}`);
  return verdict.kind;
}

function apply(play: Play, events: FlowEvent[], steps: CutStep[]): Changes {
  const before = new Map(play.past);
  const running = runningIn(play.flow);
  const wasLive = !isPipelineEnded(play.flow.pipeline.state);
  play.events += events.length;
  const changes = play.flow.apply(events);
  for (const { vertexId, kind } of steps) play.past.set(vertexId, addStep(play.past.get(vertexId) ?? NO_PAST, kind));
  if (wasLive && isPipelineEnded(play.flow.pipeline.state)) play.trace = { kind: 'failure', before, steps, running };
  return changes;
}

/** What must change nothing: the same again, a recount, a pause and its end. */
function disturb(play: Play): void {
  const { flow, random } = play;
  if (flow.pipeline.state === 'RUNNING' && random.chance(0.02)) act(play, { kind: 'pause' }, []);
  if (!isPipelineEnded(flow.pipeline.state) && random.chance(0.02)) expectNothing(play, [{ kind: 'recount' }]);
}

function expectNothing(play: Play, events: FlowEvent[]): void {
  const before = JSON.stringify([...standingOf(play.flow).tracks, play.flow.pipeline]);
  const { repairs } = play.flow.apply(events);
  const after = JSON.stringify([...standingOf(play.flow).tracks, play.flow.pipeline]);
  if (before !== after || repairs > 0)
    throw new Error(`${events[0]?.kind} changed something, with ${repairs} repairs: ${before} became ${after}`);
}
