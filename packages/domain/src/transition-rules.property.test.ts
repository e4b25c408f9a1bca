import { isDeepStrictEqual } from 'node:util';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { buildFlowGraph, type FlowStep } from './flow-graph.ts';
import { DEFAULT_JOIN_RULE, JOIN_RULES } from './join-rules.ts';
import { FAILURE_POLICIES, PIPELINE_MODES } from './pipeline-status.ts';
import { copyFlow, eventOf, makeStep, type Flow } from './testing-flow.ts';
import { applyEvents } from './testing-store.ts';
import { checkInvariants } from './testing-invariants.ts';
import {
  CALM,
  createSimulation,
  runSimulation,
  type Scenario,
  type Schedule,
  type ScriptedEnd,
} from './testing-simulator.ts';
import type { Changes, FlowEvent, TrackView } from './transition-types.ts';

const MAX_VERTICES = 12;
const RUNS = 2000;

const retry = fc.integer({ min: 0, max: 2 }).map((max) => {
  return max === 0 ? null : { max, delayMs: 5, factor: 2, maxDelayMs: 60, jitter: 0 };
});

const step: fc.Arbitrary<Omit<FlowStep, 'id' | 'name'>> = fc.record({
  join: fc.oneof({ weight: 2, arbitrary: fc.constant(DEFAULT_JOIN_RULE) }, fc.constantFrom(...JOIN_RULES)),
  retry,
  onLost: fc.constantFrom('fail', 'retry'),
  allowFailure: fc.boolean(),
  when: fc.constant(null),
  gate: fc.constant(null),
});

const end: fc.Arbitrary<ScriptedEnd> = fc.oneof(
  { weight: 5, arbitrary: fc.constant<ScriptedEnd>('ok') },
  fc.constantFrom<ScriptedEnd>('fail', 'timeout', 'lost', 'bad_choice'),
  fc.record({ choose: fc.nat({ max: 2 ** MAX_VERTICES - 1 }) }),
);

/** Edges go from lower to higher ids, so there is no cycle; as long a list of bits as there are pairs says which exist. */
const scenario: fc.Arbitrary<Scenario> = fc
  .record({
    vertices: fc.array(fc.record({ step, ends: fc.array(end, { minLength: 1, maxLength: 3 }) }), {
      minLength: 1,
      maxLength: MAX_VERTICES,
    }),
    density: fc.integer({ min: 1, max: 4 }),
    bits: fc.array(fc.nat({ max: 4 }), { minLength: 66, maxLength: 66 }),
    onFailure: fc.constantFrom(...FAILURE_POLICIES),
    mode: fc.oneof({ weight: 3, arbitrary: fc.constant('auto' as const) }, fc.constantFrom(...PIPELINE_MODES)),
  })
  .map(({ vertices, density, bits, onFailure, mode }) => {
    const pairs = vertices.flatMap((_, head) => vertices.slice(0, head).map((__, tail) => ({ tail, head })));
    const edges = pairs.filter((_, index) => (bits[index] as number) < density);
    return {
      graph: buildFlowGraph(
        vertices.map((vertex, index) => ({ ...makeStep(index + 1, `V${index + 1}`), ...vertex.step })),
        edges.map(({ tail, head }) => ({ tail: tail + 1, head: head + 1 })),
      ),
      ends: new Map(vertices.map(({ ends }, index) => [index + 1, ends])),
      onFailure,
      mode,
    };
  });

const schedule: fc.Arbitrary<Schedule> = fc.record({
  seed: fc.nat(),
  batchSize: fc.integer({ min: 1, max: 5 }),
  noise: fc.constantFrom(0, 0.4),
  cancelAfter: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, fc.integer({ min: 1, max: 20 })),
  pauses: fc.boolean(),
});

/** A flow that got so far. */
const halfWay = fc.record({ scenario, schedule, steps: fc.integer({ min: 0, max: 30 }) });

function goHalfWay(start: { scenario: Scenario; schedule: Schedule; steps: number }): Flow {
  const simulation = createSimulation(start.scenario, start.schedule);
  for (let done = 0; done < start.steps && simulation.step();) done += 1;
  return simulation.flow;
}

/** Everything that must not depend on the order; the reasons may: the first one found is told. */
function outcomeOf({ pipeline, tracks }: Flow): unknown {
  const { reason: _, ...rest } = pipeline;
  const states = [...tracks.values()].map(({ reason: __, elapsedMs: ___, ...track }) => track);
  return { pipeline: rest, states };
}

/** The matcher is slow and says what differs; it is asked only where something does. */
function expectSame(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected);
}

function check(property: fc.IPropertyWithHooks<unknown>): void {
  fc.assert(property as fc.IProperty<unknown>, { numRuns: RUNS });
}

test('no early start, no missed one, true counters and a reason to live after everything that happens; always an end', () => {
  check(
    fc.property(scenario, schedule, (given, when) => {
      const { pipeline, tracks } = runSimulation(createSimulation(given, when), checkInvariants);
      const views = [...tracks.values()];
      if (pipeline.state === 'RUNNING') expect(views.some(({ awaits }) => awaits !== null)).toBe(true);
      expect(views.filter(({ state }) => state === 'RUNNING')).toEqual([]);
      if (given.mode === 'auto' && given.onFailure !== 'hold') expect(pipeline.openTracks).toBe(0);
    }),
  );
});

test('under continue every order and every batching of the same ends comes to the same states', () => {
  check(
    fc.property(scenario, schedule, schedule, fc.constantFrom('continue', 'hold'), (given, one, other, onFailure) => {
      const flows = [one, other].map((when) => {
        return runSimulation(createSimulation({ ...given, onFailure }, { ...when, cancelAfter: null }));
      });
      expectSame(outcomeOf(flows[0] as Flow), outcomeOf(flows[1] as Flow));
    }),
  );
});

test('a completion that was delivered before is stale and changes nothing, whatever has happened since', () => {
  check(
    fc.property(scenario, schedule, (given, when) => {
      const simulation = createSimulation(given, when);
      runSimulation(simulation, (flow) => {
        const changes = applyEvents(copyFlow(flow), simulation.delivered.map(eventOf));
        const { tracks, attempts, cancelUnstarted, killRunning } = changes;
        expectSame({ tracks, attempts }, { tracks: [], attempts: [] });
        expectSame({ cancelUnstarted, killRunning }, { cancelUnstarted: null, killRunning: false });
        expectSame(
          changes.stale.map(({ completion }) => completion),
          simulation.delivered,
        );
        expectSame(changes.pipeline.after, changes.pipeline.before);
      });
    }),
  );
});

test('a batch does what its events do one by one, and what else is loaded makes no difference', () => {
  check(
    fc.property(scenario, schedule, fc.boolean(), (given, when, mixesIn) => {
      const onBatch = (flow: Flow, completions: readonly FlowEvent[]): void => {
        const isMixed = mixesIn && completions.length > 2;
        const events = isMixed ? completions.toSpliced(2, 0, { kind: 'cancel' }, { kind: 'recount' }) : completions;
        const [single, whole] = [copyFlow(flow), copyFlow(flow)];
        const each = events.map((event) => applyEvents(single, [event]));
        const all = applyEvents(whole, events, { alsoShown: flow.tracks.keys() });
        const batch = applyEvents(flow, events);
        expectSame(withoutSpentRequests(flow), withoutSpentRequests(single));
        expectSame(withoutSpentRequests(flow), withoutSpentRequests(whole));
        expectSame(historyOf([batch]), historyOf(each));
        expectSame(historyOf([all]), historyOf(each));
      };
      runSimulation(createSimulation(given, { ...when, batchSize: 6 }, onBatch));
    }),
  );
});

/** A request to kill a script that has ended means nothing any more; it stays only where it was written before the end. */
function withoutSpentRequests(flow: Flow): Flow {
  const tracks = [...flow.tracks].map(([id, track]): [number, TrackView] => {
    return [id, { ...track, cancelRequested: track.state === 'RUNNING' && track.cancelRequested }];
  });
  return { ...flow, tracks: new Map(tracks) };
}

/** What is kept of the attempts, and what is asked of the workers. */
function historyOf(changes: readonly Changes[]): unknown {
  return {
    attempts: changes.flatMap(({ attempts }) => attempts),
    stale: changes.flatMap(({ stale }) => stale),
    killRunning: changes.some(({ killRunning }) => killRunning),
    repairs: changes.reduce((sum, { repairs }) => sum + repairs, 0),
  };
}

test('a recount restores totals and counters from the states alone, whatever they were', () => {
  const wrong = fc.record({
    openTracks: fc.nat({ max: 20 }),
    failures: fc.nat({ max: 20 }),
    count: fc.nat({ max: 3 }),
  });
  check(
    fc.property(halfWay, wrong, (start, { openTracks, failures, count }) => {
      const flow = goHalfWay(start);
      const right = copyFlow(flow);
      flow.pipeline = { ...flow.pipeline, openTracks, failures };
      const isLive = flow.pipeline.state === 'RUNNING' || flow.pipeline.state === 'PAUSED';
      const waiting = isLive ? [...flow.tracks.values()].filter(({ state }) => state === 'WAITING') : [];
      let wrongCounts = 0;
      for (const track of waiting) {
        const counts = { succeeded: count, failed: 0, skipped: count, cancelled: 0, notTaken: 3 - count };
        if (!isDeepStrictEqual(counts, track.counts)) wrongCounts += 1;
        flow.tracks.set(track.vertexId, { ...track, counts });
      }
      const { repairs } = applyEvents(flow, [{ kind: 'recount' }]);
      expectSame(flow, right);
      const { pipeline } = right;
      const areTotalsRight = pipeline.openTracks === openTracks && pipeline.failures === failures;
      expect(repairs).toBe(wrongCounts + (areTotalsRight ? 0 : 1));
    }),
  );
});

test('a recount finds again what a lost transition should have done', () => {
  check(
    fc.property(halfWay, (start) => {
      const flow = goHalfWay(start);
      fc.pre(flow.pipeline.state === 'RUNNING' || flow.pipeline.state === 'PAUSED');
      const right = copyFlow(flow);
      const forgotten = [...flow.tracks.values()].filter(isMadePendingByTheFlow);
      for (const track of forgotten) flow.tracks.set(track.vertexId, { ...track, state: 'WAITING' });
      expect(applyEvents(flow, [{ kind: 'recount' }]).repairs).toBe(forgotten.length);
      expectSame(flow, right);
    }),
  );
});

function isMadePendingByTheFlow({ state, attempt }: TrackView): boolean {
  return state === 'PENDING' && attempt === 1;
}

test('a calm run of the simulator is a run: every vertex of a plain graph succeeds once', () => {
  const plain = scenario.map(({ graph, ...rest }): Scenario => ({
    ...rest,
    mode: 'auto',
    graph: { vertices: new Map([...graph.vertices].map(([id, v]) => [id, { ...v, join: DEFAULT_JOIN_RULE }])) },
    ends: new Map([...rest.ends.keys()].map((id) => [id, ['ok']])),
  }));
  check(
    fc.property(plain, fc.nat(), (given, seed) => {
      const { pipeline, tracks } = runSimulation(createSimulation(given, { ...CALM, seed }));
      expect(pipeline).toMatchObject({ state: 'FINISH', openTracks: 0, failures: 0 });
      expect([...tracks.values()].every(({ state, attempt }) => state === 'SUCCEED' && attempt === 1)).toBe(true);
    }),
  );
});
