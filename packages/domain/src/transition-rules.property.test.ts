import { isDeepStrictEqual } from 'node:util';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readTestRounds } from '@baton/devstack/testing';
import { copyFlow, eventOf, type Flow } from './testing-flow.ts';
import { checkInvariants } from './testing-invariants.ts';
import { plainScenario, scenarioWith, type Scenario } from './testing-scenario.ts';
import { CALM, createSimulation, runSimulation, type Schedule } from './testing-simulator.ts';
import { applyEvents } from './testing-store.ts';
import type { Changes, FlowEvent, TrackView } from './transition-types.ts';

/** `BATON_E2E_ROUNDS=2000 npm test -- property` tries more of them. */
const RUNS = readTestRounds() ?? 500;

const scenario = scenarioWith('fixed');

const schedule: fc.Arbitrary<Schedule> = fc.record({
  seed: fc.nat(),
  batchSize: fc.integer({ min: 1, max: 5 }),
  noise: fc.constantFrom(0, 0.4),
  cancelAfter: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, fc.integer({ min: 1, max: 20 })),
  pauses: fc.boolean(),
  persons: fc.constantFrom('none', 'answer'),
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
      if (when.persons !== 'none') expect(pipeline.openTracks).toBe(0);
    }),
  );
});

test('under continue every order and every batching of the same ends comes to the same states', () => {
  check(
    fc.property(scenario, schedule, schedule, fc.constantFrom('continue', 'hold'), (given, one, other, onFailure) => {
      const flows = [one, other].map((when) => {
        return runSimulation(
          createSimulation({ ...given, onFailure }, { ...when, persons: one.persons, cancelAfter: null }),
        );
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
  return { ...flow, tracks: new Map(tracks), isRewritten: false };
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
  check(
    fc.property(plainScenario(), fc.nat(), (given, seed) => {
      const { pipeline, tracks } = runSimulation(createSimulation(given, { ...CALM, seed }));
      expect(pipeline).toMatchObject({ state: 'FINISH', openTracks: 0, failures: 0 });
      expect([...tracks.values()].every(({ state, attempt }) => state === 'SUCCEED' && attempt === 1)).toBe(true);
    }),
  );
});
