/* istanbul ignore file -- what tests are made of is no rule; its refusals are there for rules that break */
import type { Completion } from './completion.ts';
import type { FlowGraph, FlowVertex } from './flow-graph.ts';
import type { FailurePolicy, PipelineMode } from './pipeline-status.ts';
import { claim, completionOf, eventOf, startGraph, type Flow } from './testing-flow.ts';
import { applyEvents } from './testing-store.ts';
import { vertexIdOf } from './track-id.ts';
import type { FlowEvent, TrackView } from './transition-types.ts';

/** How an attempt ends: `choose` names the successors whose bit is set. */
export type ScriptedEnd = 'ok' | 'fail' | 'timeout' | 'lost' | 'bad_choice' | { choose: number };

/** A graph and how the scripts in it end: attempt a of a vertex ends as `ends[(a - 1) % length]` says, whenever it runs. */
export interface Scenario {
  graph: FlowGraph;
  ends: ReadonlyMap<number, readonly ScriptedEnd[]>;
  onFailure: FailurePolicy;
  mode: PipelineMode;
}

/** Which of the possible next things happens. The same seed makes the same things happen. */
export interface Schedule {
  seed: number;
  /** Completions in one transaction at most. */
  batchSize: number;
  /** Share of completions that come more than once or under a foreign run id. */
  noise: number;
  /** The pipeline is cancelled after so many things happened; null: never. */
  cancelAfter: number | null;
  /** The pipeline is paused and resumed now and then. */
  pauses: boolean;
}

export const CALM: Omit<Schedule, 'seed'> = { batchSize: 1, noise: 0, cancelAfter: null, pauses: false };

/** One pipeline, its workers and its queue of completions, in memory. */
export interface Simulation {
  readonly flow: Flow;
  /** Completions that were delivered at least once. */
  readonly delivered: Completion[];
  /** Makes one thing happen. @returns false if nothing can happen any more */
  step(): boolean;
}

const MAX_STEPS = 5000;

/** @param onBatch applies a batch in place of the usual way */
export function createSimulation(
  scenario: Scenario,
  schedule: Schedule,
  onBatch: (flow: Flow, events: readonly FlowEvent[]) => void = (flow, events) => void applyEvents(flow, events),
): Simulation {
  const flow = startGraph(scenario.graph, { pipeline: { onFailure: scenario.onFailure, mode: scenario.mode } });
  const random = createRandom(schedule.seed);
  const mailbox: Completion[] = [];
  const delivered: Completion[] = [];
  const started = new Set<string>();
  let steps = 0;

  const startOne = (vertex: FlowVertex): void => {
    const { attempt } = flow.tracks.get(vertex.id) as TrackView;
    const key = `${vertex.name} attempt ${attempt}`;
    if (started.has(key)) throw new Error(`${key} started twice`);
    started.add(key);
    claim(flow, vertex.name);
    const completion = endAttempt(flow, vertex, scenario.ends.get(vertex.id) as readonly ScriptedEnd[]);
    mailbox.push(completion);
    while (random() < schedule.noise) {
      mailbox.push(random() < 0.5 ? completion : { ...completion, runId: 'a-run-that-is-not-its-own' });
    }
  };
  const deliverSome = (): void => {
    const size = 1 + Math.floor(random() * Math.min(schedule.batchSize, mailbox.length));
    const batch = Array.from({ length: size }, () => {
      const [completion] = mailbox.splice(Math.floor(random() * mailbox.length), 1);
      return asKilled(flow, completion as Completion);
    });
    delivered.push(...batch);
    onBatch(flow, batch.map(eventOf));
  };
  return {
    flow,
    delivered,
    step() {
      steps += 1;
      if (steps > MAX_STEPS) throw new Error(`this pipeline does not end: still ${flow.pipeline.state}`);
      if (steps === schedule.cancelAfter) onBatch(flow, [{ kind: 'cancel' }]);
      if (schedule.pauses && random() < 0.2) togglePause(flow);
      const pending = claimable(flow);
      if (flow.pipeline.state === 'PAUSED' && mailbox.length === 0) togglePause(flow);
      if (pending.length > 0 && (mailbox.length === 0 || random() < 0.5)) {
        startOne(pending[Math.floor(random() * pending.length)] as FlowVertex);
      } else if (mailbox.length > 0) {
        deliverSome();
      } else {
        return claimable(flow).length > 0;
      }
      return true;
    },
  };
}

/** Runs a simulation until nothing can happen any more. @param check is called after everything that happens */
export function runSimulation(simulation: Simulation, check: (flow: Flow) => void = () => undefined): Flow {
  while (simulation.step()) check(simulation.flow);
  check(simulation.flow);
  return simulation.flow;
}

function claimable({ pipeline, graph, tracks }: Flow): FlowVertex[] {
  if (pipeline.state !== 'RUNNING') return [];
  return [...graph.vertices.values()].filter(({ id }) => {
    const { state, awaits } = tracks.get(id) as TrackView;
    return state === 'PENDING' && awaits === null;
  });
}

function togglePause(flow: Flow): void {
  const { state } = flow.pipeline;
  if (state === 'RUNNING') flow.pipeline = { ...flow.pipeline, state: 'PAUSED' };
  else if (state === 'PAUSED') flow.pipeline = { ...flow.pipeline, state: 'RUNNING' };
}

function endAttempt(flow: Flow, vertex: FlowVertex, ends: readonly ScriptedEnd[]): Completion {
  const { attempt } = flow.tracks.get(vertex.id) as TrackView;
  const end = ends[(attempt - 1) % ends.length] as ScriptedEnd;
  const next = (chosen: string[]): Completion => completionOf(flow, vertex.name, { next: chosen });
  if (typeof end === 'object') {
    return next(vertex.successors.filter((_, index) => (end.choose >> index) % 2 === 1).map(String));
  }
  switch (end) {
    case 'ok':
      return completionOf(flow, vertex.name);
    case 'fail':
      return completionOf(flow, vertex.name, { exitCode: 1 });
    case 'bad_choice':
      return next(['no such vertex']);
    case 'timeout':
    case 'lost':
      return completionOf(flow, vertex.name, { outcome: end });
  }
}

/** A script that was to be killed, and had not ended by itself, ends cancelled; a lost worker tells nothing. */
function asKilled(flow: Flow, completion: Completion): Completion {
  const track = flow.tracks.get(vertexIdOf(completion.trackId)) as TrackView;
  if (!track.cancelRequested || completion.outcome === 'lost' || completion.attempt % 2 === 0) return completion;
  return { ...completion, outcome: 'cancelled', exitCode: null, next: null };
}

/** Uniform in [0, 1): a linear congruential generator, good enough to mix up what happens next. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
