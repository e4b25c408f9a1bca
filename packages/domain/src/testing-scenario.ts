/* istanbul ignore file -- what tests are made of is no rule */
import fc from 'fast-check';
import { buildFlowGraph, type FlowGraph, type FlowStep } from './flow-graph.ts';
import { DEFAULT_JOIN_RULE, JOIN_RULES } from './join-rules.ts';
import type { ParameterValues } from './parameters.ts';
import { FAILURE_POLICIES, PIPELINE_MODES, type FailurePolicy, type PipelineMode } from './pipeline-status.ts';
import { makeStep } from './testing-flow.ts';

/** For tests: graphs as fast-check makes them up, how the scripts in them end, and what persons answer when they are asked. */
export interface Scenario {
  graph: FlowGraph;
  /** Attempt a of a vertex ends as `ends[(a - 1) % length]` says, whenever it runs. */
  ends: ReadonlyMap<number, readonly ScriptedEnd[]>;
  answers: ReadonlyMap<number, Answer>;
  onFailure: FailurePolicy;
  mode: PipelineMode;
  /** By vertex name. */
  inputs: Readonly<Record<string, ParameterValues>>;
  /** Names of vertices whose parameter `n` a person has to give. */
  held: readonly string[];
}

/** How an attempt ends: `choose` names the successors whose bit is set. */
export type ScriptedEnd = 'ok' | 'fail' | 'timeout' | 'lost' | 'bad_choice' | { choose: number };

/** What a person answers, always the same for one vertex: so the end does not depend on when it is asked. */
export interface Answer {
  approves: boolean;
  decision: 'skip' | 'succeed' | 'give_up' | 'rerun';
  /** Bits of successors. */
  choice: number;
  /** The value of the parameter that was missing. */
  n: number;
}

const MAX_VERTICES = 12;
const PAIRS = (MAX_VERTICES * (MAX_VERTICES - 1)) / 2;

const retry = fc.integer({ min: 0, max: 2 }).map((max) => {
  return max === 0 ? null : { max, delayMs: 5, factor: 2, maxDelayMs: 60, jitter: 0 };
});

const gate = fc.record({
  onExpiry: fc.constantFrom('approve', 'reject'),
  onReject: fc.constantFrom('skip', 'fail'),
});

const step: fc.Arbitrary<Omit<FlowStep, 'id' | 'name' | 'when'>> = fc.record({
  join: fc.oneof({ weight: 2, arbitrary: fc.constant(DEFAULT_JOIN_RULE) }, fc.constantFrom(...JOIN_RULES)),
  retry,
  onLost: fc.constantFrom('fail', 'retry'),
  allowFailure: fc.boolean(),
  gate: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, gate),
});

const end: fc.Arbitrary<ScriptedEnd> = fc.oneof(
  { weight: 5, arbitrary: fc.constant<ScriptedEnd>('ok') },
  fc.constantFrom<ScriptedEnd>('fail', 'timeout', 'lost', 'bad_choice'),
  fc.record({ choose: fc.nat({ max: 2 ** MAX_VERTICES - 1 }) }),
);

const answer: fc.Arbitrary<Answer> = fc.record({
  approves: fc.boolean(),
  decision: fc.constantFrom('skip', 'succeed', 'give_up', 'rerun'),
  choice: fc.nat({ max: 2 ** MAX_VERTICES - 1 }),
  n: fc.integer({ min: 1, max: 2 }),
});

/**
 * `fixed` conditions answer the same whenever they are asked (or never have an answer); `open` ones look at what other
 * vertices are doing, and those need not have ended.
 */
type Conditions = 'fixed' | 'open';

interface ConditionSeed {
  kind: number;
  of: number;
}

const conditionSeed: fc.Arbitrary<ConditionSeed> = fc.record({ kind: fc.nat({ max: 23 }), of: fc.nat() });

/** @param upTo the highest vertex id that may be named; 0: none */
function conditionOf({ kind, of }: ConditionSeed, conditions: Conditions, upTo: number): string | null {
  const name = `V${1 + (of % Math.max(upTo, 1))}`;
  const open = conditions === 'open' && upTo > 0;
  const texts = ['true', 'false', 'params.n > 1', 'params.n <= 1'];
  if (open) texts.push(`states.${name} == "SUCCEED"`, `outputs.${name}.key == "1"`, `states.${name} != "FAILED"`);
  return texts[kind] ?? null;
}

const vertexSeed = fc.record({
  step,
  ends: fc.array(end, { minLength: 1, maxLength: 3 }),
  answer,
  when: conditionSeed,
  /** 0: has none. */
  n: fc.nat({ max: 2 }),
  asks: fc.nat({ max: 5 }).map((seed) => seed === 0),
});

/** Edges go from lower to higher ids, so there is no cycle; as long a list of bits as there are pairs says which exist. */
export function scenarioWith(conditions: Conditions): fc.Arbitrary<Scenario> {
  return fc
    .record({
      vertices: fc.array(vertexSeed, { minLength: 1, maxLength: MAX_VERTICES }),
      density: fc.integer({ min: 1, max: 4 }),
      bits: fc.array(fc.nat({ max: 4 }), { minLength: PAIRS, maxLength: PAIRS }),
      ways: fc.array(conditionSeed, { minLength: PAIRS, maxLength: PAIRS }),
      onFailure: fc.constantFrom(...FAILURE_POLICIES),
      mode: fc.oneof({ weight: 3, arbitrary: fc.constant('auto' as const) }, fc.constantFrom(...PIPELINE_MODES)),
    })
    .map(({ vertices, density, bits, ways, onFailure, mode }) => {
      const pairs = vertices.flatMap((_, head) => vertices.slice(0, head).map((__, tail) => ({ tail, head })));
      const edges = pairs.flatMap(({ tail, head }, index) => {
        if ((bits[index] as number) >= density) return [];
        const when = conditionOf(ways[index] as ConditionSeed, conditions, tail + 1);
        return [{ tail: tail + 1, head: head + 1, when }];
      });
      const steps = vertices.map((vertex, index) => ({
        ...makeStep(index + 1, `V${index + 1}`),
        ...vertex.step,
        when: conditionOf(vertex.when, conditions, index),
        asks: vertex.asks ? ['n'] : [],
      }));
      const named = vertices.map((vertex, index) => ({ ...vertex, name: `V${index + 1}` }));
      const known = named.filter(({ n, asks }) => n > 0 && !asks);
      return {
        graph: buildFlowGraph(steps, edges),
        ends: new Map(vertices.map(({ ends }, index) => [index + 1, ends])),
        answers: new Map(vertices.map((vertex, index) => [index + 1, vertex.answer])),
        onFailure,
        mode,
        inputs: Object.fromEntries(known.map(({ name, n }) => [name, { n }])),
        held: named.filter(({ asks }) => asks).map(({ name }) => name),
      };
    });
}

/** The same graph without anything that fails, asks or chooses. */
export function plainScenario(): fc.Arbitrary<Scenario> {
  return scenarioWith('fixed').map((scenario) => {
    const vertices = [...scenario.graph.vertices].map(([id, vertex]) => {
      const plain = { join: DEFAULT_JOIN_RULE, when: null, gate: null, asks: [], edgeConditions: new Map() };
      return [id, { ...vertex, ...plain }] as const;
    });
    return {
      ...scenario,
      mode: 'auto',
      held: [],
      graph: { vertices: new Map(vertices) },
      ends: new Map([...scenario.ends.keys()].map((id) => [id, ['ok' as const]])),
    };
  });
}
