/* istanbul ignore file -- what tests are made of is no rule; its refusals are there for rules that break */
import type { Completion } from './completion.ts';
import type { FlowVertex } from './flow-graph.ts';
import { answersTo, forgetTime, letTimeRunOut, meddle } from './testing-crowd.ts';
import { act, claim, completionOf, eventOf, handOn, startGraph, type Flow } from './testing-flow.ts';
import { createRandom, type RandomSource } from './testing-random.ts';
import type { Scenario, ScriptedEnd } from './testing-scenario.ts';
import { applyEvents } from './testing-store.ts';
import { vertexIdOf } from './track-id.ts';
import type { FlowEvent, TrackView } from './transition-types.ts';

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
  /** Nobody answers, persons answer what they are asked, or they also do what they like, so many times. */
  persons: 'none' | 'answer' | { meddling: number };
}

export const CALM: Omit<Schedule, 'seed'> = {
  batchSize: 1,
  noise: 0,
  cancelAfter: null,
  pauses: false,
  persons: 'answer',
};

/** One pipeline, its workers and its queue of completions, in memory. */
export interface Simulation {
  readonly flow: Flow;
  /** Completions that were delivered at least once. */
  readonly delivered: Completion[];
  /** Makes one thing happen. @returns false if nothing can happen any more */
  step(): boolean;
}

const MAX_STEPS = 1000;

/** @param onBatch applies a batch in place of the usual way */
export function createSimulation(
  scenario: Scenario,
  schedule: Schedule,
  onBatch: (flow: Flow, events: readonly FlowEvent[]) => void = (flow, events) => void applyEvents(flow, events),
): Simulation {
  const { onFailure, mode, inputs, held } = scenario;
  const flow = startGraph(scenario.graph, { pipeline: { onFailure, mode }, inputs, held });
  const random = createRandom(schedule.seed);
  const world: World = { flow, scenario, schedule, random, mailbox: [], started: new Set() };
  const delivered: Completion[] = [];
  let meddlingLeft = typeof schedule.persons === 'object' ? schedule.persons.meddling : 0;
  let steps = 0;
  const interfere = (): FlowEvent => {
    meddlingLeft -= 1;
    const event = meddle(flow, random);
    letTimeRunOut(flow, event);
    return event;
  };
  const possible = (): (() => void)[] => {
    const things: (() => void)[] = [];
    const pending = claimable(flow);
    const asked = schedule.persons === 'none' ? [] : answersTo(flow, scenario);
    if (pending.length > 0) things.push(() => startOne(world, random.pick(pending)));
    if (world.mailbox.length > 0) {
      things.push(() => {
        const batch = takeSome(world);
        delivered.push(...batch);
        const others =
          meddlingLeft > 0 && random.chance(0.3) ? [interfere()] : asked.slice(0, random.chance(0.2) ? 1 : 0);
        onBatch(flow, [...batch.map(eventOf), ...others]);
      });
    }
    if (asked.length > 0) things.push(() => onBatch(flow, [random.pick(asked)]));
    if (things.length === 0 && flow.pipeline.state === 'PAUSED') things.push(() => togglePause(flow));
    return things;
  };
  return {
    flow,
    delivered,
    step() {
      steps += 1;
      if (steps > MAX_STEPS) throw new Error(`this pipeline does not end: still ${flow.pipeline.state}`);
      if (steps === schedule.cancelAfter) onBatch(flow, [{ kind: 'cancel' }]);
      if (schedule.pauses && random.chance(0.2)) togglePause(flow);
      if (meddlingLeft > 0 && random.chance(0.4)) {
        onBatch(flow, [interfere()]);
        forgetTime(flow);
        return true;
      }
      const things = possible();
      things[random.below(things.length)]?.();
      forgetTime(flow);
      return things.length > 0 || meddlingLeft > 0;
    },
  };
}

interface World {
  flow: Flow;
  scenario: Scenario;
  schedule: Schedule;
  random: RandomSource;
  mailbox: Completion[];
  /** Every attempt that was started. */
  started: Set<string>;
}

function startOne({ flow, scenario, schedule, random, mailbox, started }: World, vertex: FlowVertex): void {
  const { attempt } = flow.tracks.get(vertex.id) as TrackView;
  const key = `${vertex.name} attempt ${attempt}`;
  if (started.has(key)) throw new Error(`${key} started twice`);
  if (vertex.asks?.some((name) => !Object.hasOwn(flow.inputs.get(vertex.id) ?? {}, name)) === true) {
    throw new Error(`${key} started without its parameters`);
  }
  started.add(key);
  claim(flow, vertex.name);
  handOn(flow, vertex.name, attempt % 2 === 0 ? {} : { key: String(vertex.id % 2) });
  const completion = endAttempt(flow, vertex, scenario.ends.get(vertex.id) as readonly ScriptedEnd[]);
  mailbox.push(completion);
  while (random.chance(schedule.noise)) {
    mailbox.push(random.chance(0.5) ? completion : { ...completion, runId: 'a-run-that-is-not-its-own' });
  }
}

function takeSome({ flow, schedule, random, mailbox }: World): Completion[] {
  const size = 1 + random.below(Math.min(schedule.batchSize, mailbox.length));
  return Array.from({ length: size }, () => {
    const [completion] = mailbox.splice(random.below(mailbox.length), 1);
    return asKilled(flow, completion as Completion);
  });
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
  if (state === 'RUNNING') act(flow, { kind: 'pause' });
  else if (state === 'PAUSED') act(flow, { kind: 'resume' });
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
