import { isDeepStrictEqual } from 'node:util';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readTestRounds } from '@baton/devstack/testing';
import { isPipelineEnded } from './pipeline-status.ts';
import { copyFlow, type Flow } from './testing-flow.ts';
import { checkInvariants } from './testing-invariants.ts';
import { scenarioWith } from './testing-scenario.ts';
import { createSimulation, runSimulation, type Schedule } from './testing-simulator.ts';
import { applyEvents } from './testing-store.ts';
import type { FlowEvent, TrackView } from './transition-types.ts';

/**
 * Persons who do anything at any time, reruns, expiries and cancels among it, in graphs with gates, with conditions that
 * look at what is still under way, and with choices by hand. After their meddling they answer what they are asked.
 */
/** `BATON_E2E_ROUNDS=1500 npm test -- property` tries more of them. */
const RUNS = readTestRounds() ?? 400;

const scenario = scenarioWith('open');

const schedule: fc.Arbitrary<Schedule> = fc.record({
  seed: fc.nat(),
  batchSize: fc.integer({ min: 1, max: 4 }),
  noise: fc.constantFrom(0, 0.3),
  cancelAfter: fc.constant(null),
  pauses: fc.boolean(),
  persons: fc.record({ meddling: fc.integer({ min: 1, max: 12 }) }),
});

function check(property: fc.IPropertyWithHooks<unknown>): void {
  fc.assert(property as fc.IProperty<unknown>, { numRuns: RUNS });
}

function expectSame(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected);
}

test('whatever persons do: true counters, no gate passed without a word, no attempt twice, and always an end', () => {
  check(
    fc.property(scenario, schedule, (given, when) => {
      const { pipeline, tracks } = runSimulation(createSimulation(given, when), checkInvariants);
      expect(isPipelineEnded(pipeline.state)).toBe(true);
      expect(pipeline.openTracks).toBe(0);
      expect([...tracks.values()].filter(({ state }) => state === 'RUNNING')).toEqual([]);
    }),
  );
});

test('what is said twice is done once', () => {
  check(
    fc.property(scenario, schedule, (given, when) => {
      const onBatch = (flow: Flow, events: readonly FlowEvent[]): void => {
        applyEvents(flow, events);
        const last = events.at(-1) as FlowEvent;
        if (last.kind === 'completion' || last.kind === 'expire_track') return;
        // What runs again and ends the pipeline at once may run again once more.
        if (last.kind === 'rerun' && isPipelineEnded(flow.pipeline.state)) return;
        const again = copyFlow(flow);
        const { verdicts } = applyEvents(again, [last]);
        if (last.kind !== 'rerun' && last.kind !== 'resume' && verdicts[0]?.kind === 'done') {
          expect([last.kind, flow.pipeline.state]).toEqual(['cancel', 'FAILED']);
        }
        expectSame(withoutSpentCounts(again), withoutSpentCounts(flow));
      };
      runSimulation(createSimulation(given, when, onBatch));
    }),
  );
});

/** An ended pipeline counts no ends any more; what goes on with it counts anew. */
function withoutSpentCounts(flow: Flow): unknown {
  if (!isPipelineEnded(flow.pipeline.state)) return { ...flow, isRewritten: false };
  const tracks = [...flow.tracks.values()].map((track) => ({ ...track, counts: null }));
  return { ...flow, tracks, isRewritten: false };
}

test('a batch does what its events do one by one, and what else is loaded makes no difference', () => {
  check(
    fc.property(scenario, schedule, (given, when) => {
      const onBatch = (flow: Flow, events: readonly FlowEvent[]): void => {
        const [single, whole] = [copyFlow(flow), copyFlow(flow)];
        const each = events.flatMap((event) => applyEvents(single, [event]).verdicts);
        const all = applyEvents(whole, events, { alsoShown: flow.tracks.keys() });
        const batch = applyEvents(flow, events);
        expectSame(comparable(flow), comparable(single));
        expectSame(comparable(flow), comparable(whole));
        expectSame([batch.verdicts, all.verdicts], [each, each]);
      };
      runSimulation(createSimulation(given, when, onBatch));
    }),
  );
});

/** A request to kill a script that has ended means nothing any more; it stays only where it was written before the end. */
function comparable(flow: Flow): Flow {
  const tracks = [...flow.tracks].map(([id, track]): [number, TrackView] => {
    return [id, { ...track, cancelRequested: track.state === 'RUNNING' && track.cancelRequested }];
  });
  return { ...flow, tracks: new Map(tracks), isRewritten: false };
}
