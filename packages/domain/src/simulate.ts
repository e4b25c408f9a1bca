/**
 * What if? A pipeline runs in memory, under a clock of its own and the very rules of real ones (decideChanges): given how
 * some vertices end and what persons say, it tells every track's final state and the timeline. Nothing is run or written.
 *
 * Time goes from event to event: ends of attempts, answers of persons, ends of waits. Scripts that may start do so in the
 * order of a queue: highest priority first, then of whom the longest path is ahead, as if past runs had taken as long, then who
 * has waited longest, as far as there are slots. A worker takes a track the moment it may run; a killed script is gone at once. Vertices that run other graphs or lists are one script each.
 */
import type { Completion } from './completion.ts';
import { BatonError } from './errors.ts';
import { findRemainingPaths, type RemainingPaths } from './remaining-paths.ts';
import { createSimulatedFlow, isOver, trackIdIn, type SimulatedFlow } from './simulate-flow.ts';
import { findCriticalPath } from './simulate-path.ts';
import { answerFor } from './simulate-persons.ts';
import { createTimeQueue, type TimeQueue } from './simulate-queue.ts';
import type {
  AttemptOutcome,
  SimulatedAttempt,
  SimulatedVertex,
  Simulation,
  SimulationRequest,
} from './simulate-types.ts';
import type { Changes, TrackView } from './transition-types.ts';

const DEFAULT_DURATION_MS = 1000;
/** Attempts in one simulation at most: a retry policy of thousands on thousands of vertices is no question. */
const MAX_SIMULATED_ATTEMPTS = 30_000;

/** What is under way: the flow, the clock, who runs and who may. */
interface Stage {
  request: SimulationRequest;
  flow: SimulatedFlow;
  nowMs: number;
  events: TimeQueue<() => void>;
  /** Null where there are slots for all. */
  paths: RemainingPaths | null;
  /** Vertex ids that may start, in the order of the queue. */
  ready: TimeQueue<number>;
  running: Map<number, SimulatedAttempt>;
  timeline: SimulatedAttempt[];
  /** When the first attempt of a retry budget started, by vertex id. */
  budgets: Map<number, { fromAttempt: number; startMs: number }>;
}

/** @throws BatonError invalid_request where it takes more than MAX_SIMULATED_ATTEMPTS attempts, or its conditions too long */
export function simulate(request: SimulationRequest): Simulation {
  const stage: Stage = {
    request,
    flow: createSimulatedFlow(request),
    nowMs: 0,
    events: createTimeQueue(),
    paths: request.slots === null ? null : findRemainingPaths(request.graph, expectDurations(request)),
    ready: createTimeQueue(),
    running: new Map(),
    timeline: [],
    budgets: new Map(),
  };
  for (const vertexId of request.graph.vertices.keys()) react(stage, vertexId, 0);
  if (request.timeoutMs !== null) at(stage, request.timeoutMs, () => settle(stage, stage.flow.expire()));
  startReady(stage);
  let isDone = isOver(stage.flow);
  for (let next = stage.events.take(); next !== undefined && !isDone; next = stage.events.take()) {
    [stage.nowMs] = next.key as [number];
    next.value();
    startReady(stage);
    isDone = isOver(stage.flow) && stage.running.size === 0;
  }
  if (stage.flow.conditionWork.left < 0) {
    const detail = 'expected the conditions of what is simulated to look at less in all, found more';
    throw new BatonError('invalid_request', detail);
  }
  return describe(stage);
}

function expectDurations(request: SimulationRequest): Map<number, number> {
  const vertices = [...request.graph.vertices.values()];
  return new Map(vertices.map(({ id, name }) => [id, outcomeOf(request, name, 1).durationMs ?? DEFAULT_DURATION_MS]));
}

function at(stage: Stage, delayMs: number, run: () => void): void {
  stage.events.add([stage.nowMs + delayMs], run);
}

/** After every event: whoever was moved by it may start, asks a person, or begins to wait. */
function settle(stage: Stage, changes: Changes): void {
  for (const { after, delayMs } of changes.tracks) react(stage, after.vertexId, delayMs);
  if (!changes.killRunning) return;
  for (const [vertexId, run] of stage.running) {
    stage.flow.patch(vertexId, { cancelRequested: true });
    run.result = 'cancelled';
    endAttempt(stage, run, {});
  }
}

function react(stage: Stage, vertexId: number, delayMs: number): void {
  const track = trackIn(stage, vertexId);
  if (track.awaits !== null) ask(stage, track);
  else if (track.state === 'PENDING' && delayMs === 0) enqueue(stage, track);
  else if (track.state === 'PENDING') at(stage, delayMs, () => enqueue(stage, track));
}

/** Asks the person; where nobody answers, the gate may expire. */
function ask(stage: Stage, track: TrackView): void {
  const vertex = vertexIn(stage, track.vertexId);
  const answer = answerFor(stage.request, track, vertex);
  if (answer !== null) at(stage, answer.afterMs, () => settle(stage, stage.flow.apply(answer.event)));
  const { gate } = vertex.policies;
  if (track.awaits !== 'approval' || gate === null || gate.expiresMs === null) return;
  at(stage, gate.expiresMs, () => expireIfSame(stage, track));
}

function enqueue(stage: Stage, track: TrackView): void {
  if (!isSame(stage, track)) return;
  const { priority, queueTimeoutMs } = vertexIn(stage, track.vertexId).policies;
  const aheadMs = stage.paths?.of(track.vertexId) ?? 0;
  stage.ready.add([-priority, -aheadMs, stage.nowMs, track.vertexId], track.vertexId);
  if (queueTimeoutMs !== null) at(stage, queueTimeoutMs, () => expireIfSame(stage, track));
}

function expireIfSame(stage: Stage, track: TrackView): void {
  if (!isSame(stage, track)) return;
  stage.flow.patch(track.vertexId, { isExpired: true });
  settle(stage, stage.flow.apply({ kind: 'expire_track', vertexId: track.vertexId }));
}

/** It still waits for what it waited for then. */
function isSame(stage: Stage, { vertexId, state, awaits, attempt }: TrackView): boolean {
  const now = trackIn(stage, vertexId);
  return now.state === state && now.awaits === awaits && now.attempt === attempt;
}

function startReady(stage: Stage): void {
  const slots = stage.request.slots ?? Number.POSITIVE_INFINITY;
  while (stage.running.size < slots) {
    const next = stage.ready.take();
    if (next === undefined) return;
    const track = trackIn(stage, next.value);
    if (track.state === 'PENDING' && track.awaits === null) startAttempt(stage, track);
  }
}

function startAttempt(stage: Stage, { vertexId, attempt, budgetFromAttempt }: TrackView): void {
  if (stage.timeline.length >= MAX_SIMULATED_ATTEMPTS) {
    throw new BatonError('invalid_request', `expected at most ${MAX_SIMULATED_ATTEMPTS} attempts, found more`);
  }
  const { name, policies } = vertexIn(stage, vertexId);
  const outcome = outcomeOf(stage.request, name, attempt);
  const durationMs = outcome.durationMs ?? DEFAULT_DURATION_MS;
  const limitMs = policies.timeoutMs ?? durationMs;
  const run: SimulatedAttempt = {
    vertexId,
    vertex: name,
    attempt,
    startMs: stage.nowMs,
    endMs: stage.nowMs + Math.min(durationMs, limitMs),
    result: durationMs > limitMs ? 'timeout' : (outcome.result ?? 'succeed'),
  };
  stage.flow.patch(vertexId, { state: 'RUNNING', runId: runIdOf(run), startedAttempt: attempt });
  stage.running.set(vertexId, run);
  if (stage.budgets.get(vertexId)?.fromAttempt !== budgetFromAttempt) {
    stage.budgets.set(vertexId, { fromAttempt: budgetFromAttempt, startMs: stage.nowMs });
  }
  stage.timeline.push(run);
  // Only what ends the whole pipeline ends it earlier, and then the clock stops.
  at(stage, run.endMs - run.startMs, () => endAttempt(stage, run, outcome));
}

function endAttempt(stage: Stage, run: SimulatedAttempt, outcome: AttemptOutcome): void {
  const { vertexId } = run;
  stage.running.delete(vertexId);
  run.endMs = stage.nowMs;
  stage.flow.setOutputs(vertexId, outcome.outputs ?? {});
  const startMs = stage.budgets.get(vertexId)?.startMs as number;
  stage.flow.patch(vertexId, { elapsedMs: stage.nowMs - startMs });
  settle(stage, stage.flow.apply({ kind: 'completion', completion: completionOf(run, outcome) }));
}

/** Attempt by attempt; the last that is given holds for all that follow. */
function outcomeOf({ outcomes }: SimulationRequest, name: string, attempt: number): AttemptOutcome {
  const outcome = outcomes.get(name) ?? {};
  return outcome.attempts?.[Math.min(attempt, outcome.attempts.length) - 1] ?? outcome;
}

function completionOf(run: SimulatedAttempt, { exitCode = 1, chosen }: AttemptOutcome): Completion {
  const { result } = run;
  const isExit = result === 'succeed' || result === 'fail';
  return {
    trackId: trackIdIn(run.vertexId),
    attempt: run.attempt,
    runId: runIdOf(run),
    workerId: 'simulated',
    outcome: isExit ? 'exited' : result,
    exitCode: isExit ? (result === 'fail' ? exitCode : 0) : null,
    signal: null,
    detail: null,
    durationMs: run.endMs - run.startMs,
    outputBytes: 0,
    cutBytes: 0,
    next: chosen ?? null,
  };
}

function runIdOf({ vertexId, attempt }: Pick<SimulatedAttempt, 'vertexId' | 'attempt'>): string {
  return `simulated-run-${vertexId}-${attempt}`;
}

function trackIn({ flow }: Stage, vertexId: number): TrackView {
  return flow.tracks.get(vertexId) as TrackView;
}

function vertexIn({ request }: Stage, vertexId: number): SimulatedVertex {
  return request.graph.vertices.get(vertexId) as SimulatedVertex;
}

function describe(stage: Stage): Simulation {
  const { flow, timeline, request } = stage;
  const tracks = [...flow.tracks.values()].map(({ vertexId, state, reason, detail, awaits, startedAttempt }) => {
    const vertex = vertexIn(stage, vertexId).name;
    return { vertexId, vertex, state, reason, detail, awaits, attempts: startedAttempt };
  });
  const waitsFor = tracks.flatMap(({ vertex, awaits }) => (awaits === null ? [] : [{ vertex, awaits }]));
  return {
    state: flow.pipeline.state,
    reason: flow.pipeline.reason,
    makespanMs: timeline.reduce((last, { endMs }) => Math.max(last, endMs), 0),
    tracks,
    timeline,
    criticalPath: findCriticalPath(request.graph, timeline),
    waitsFor: isOver(flow) ? [] : waitsFor,
  };
}
