import { join } from 'node:path';
import { createRandom, type RandomSource } from '@baton/domain/testing';
import { ROOT } from '../read-sources.ts';
import { randomScenario } from '../reference/random-scenario.ts';
import { tellStory } from '../reference/reference-story.ts';
import { toGraphDocument } from '../reference/scenario-document.ts';
import type { AttemptPlan, EdgePlan, Scenario, VertexPlan } from '../reference/scenario.ts';
import { withoutAmbiguity } from '../reference/without-ambiguity.ts';
import { readWorkflow } from '../testing/read-workflow.ts';
import { journalLine } from './journal.ts';

/** A pipeline of the mix: what it is asked to do, and where the reference can tell that this leads. */
export interface ChaosPlan {
  name: string;
  scenario: Scenario;
  /** For POST /graphs: its scripts write the journal, take their time and end as planned. */
  document: Record<string, unknown>;
  /** Plans of the graphs that it runs. */
  children: readonly ChaosPlan[];
}

export interface ChaosPlanOptions {
  /** Where its scripts write. */
  journalPath: string;
  /** No graph is larger; 300 unless given. */
  maxTracks?: number;
}

const WORKFLOWS = [
  'helloworld-chain-5-chameleon',
  'helloworld-forkjoin-10-chameleon',
  '1000genome-chameleon-2ch-100k-001',
  'smrnaseq-dirt02-001',
  'epigenomics-chameleon-hep-2seq-50k-001',
];
const MANUAL_VERTICES = 20;

const LARGEST = 300;
const LARGEST_CHILD = 25;

/** The plan of one pipeline, the same for the same seed. */
export function makeChaosPlan(seed: number, options: ChaosPlanOptions): ChaosPlan {
  const random = createRandom(seed);
  const name = `chaos ${seed}`;
  if (random.chance(0.15)) return makeFamily(random, { seed, name }, options);
  return makePlan({ seed, name, scenario: drawSettled(random, seed, options.maxTracks ?? LARGEST) }, options);
}

function drawSettled(random: RandomSource, seed: number, maxTracks: number): Scenario {
  return withOneAnswer(settle(drawScenario(random, seed, maxTracks), random));
}

interface Told {
  seed: number;
  name: string;
  scenario: Scenario;
}

function makePlan({ seed, name, scenario }: Told, { journalPath }: ChaosPlanOptions): ChaosPlan {
  const lines = (kind: 'START' | 'END'): string => journalLine(kind, journalPath);
  const document = toGraphDocument(scenario, name, (work, { vertexId, attempt }) => {
    const pause = drawPauseMs(createRandom(seed * 1_000_003 + vertexId * 101 + attempt));
    const before = work.slice(0, -1);
    const last = work.slice(-1);
    return [lines('START'), `sleep ${(pause / 1000).toFixed(2)}`, ...before, lines('END'), ...last];
  });
  return { name, scenario, document, children: [] };
}

/**
 * A pipeline of pipelines: between two scripts another graph, then a list of items. Nothing runs beside a child, so that
 * nothing but itself ends it.
 */
function makeFamily(
  random: RandomSource,
  { seed, name }: Omit<Told, 'scenario'>,
  options: ChaosPlanOptions,
): ChaosPlan {
  const inner = drawSettled(random, seed, Math.min(options.maxTracks ?? LARGEST, LARGEST_CHILD));
  // A child is started in mode auto, and with the policy of its graph.
  const scenario: Scenario = { ...inner, mode: 'auto' };
  const child = makePlan({ seed, name: `${name} child`, scenario: withOneAnswer(scenario) }, options);
  Object.assign(child.document, { onFailure: scenario.onFailure });
  const names = ['before', 'run', 'list', 'after'];
  const edges = [1, 2, 3].map((tail): EdgePlan => ({ tail, head: tail + 1, when: null }));
  const plan = makePlan({ seed, name, scenario: settle(makePlain(random, seed, { names, edges }), random) }, options);
  const items = Array.from({ length: 1 + random.below(6) }, (_, index) => `item ${index}`);
  const [before, run, list, after] = plan.document['vertices'] as Record<string, unknown>[];
  const { script: _, ...policies } = run ?? {};
  const input = { items: { type: 'json', default: items }, item: { type: 'string' } };
  const vertices = [
    before,
    { ...policies, pipeline: { graph: child.name } },
    { ...list, input, map: { over: 'items', concurrency: 1 + random.below(4) } },
    after,
  ];
  return { ...plan, document: { ...plan.document, vertices }, children: [child] };
}

/** Without one condition another may be asked, at another time. */
function withOneAnswer(scenario: Scenario): Scenario {
  const { ambiguous } = tellStory(scenario);
  return ambiguous.size === 0 ? scenario : withOneAnswer(withoutAmbiguity(scenario, ambiguous));
}

/** Most are short; now and then one lasts longer than a fault, and than a lease that nobody renews. */
function drawPauseMs(random: RandomSource): number {
  const share = random.share();
  if (share < 0.7) return 20 + random.below(250);
  if (share < 0.95) return 300 + random.below(1200);
  return share < 0.98 ? 3000 + random.below(3000) : 6000 + random.below(6000);
}

function drawScenario(random: RandomSource, seed: number, maxTracks: number): Scenario {
  const small = Math.min(maxTracks, 40);
  const kind = random.share();
  if (kind < 0.62) return randomScenario(seed, { vertices: small, isReal: true });
  if (kind < 0.72) return randomScenario(seed, { vertices: Math.min(maxTracks, 300), isReal: true });
  if (kind < 0.84) return makeLayered(random, seed, 4 + random.below(maxTracks - 3));
  const { vertices, edges } = readWorkflow(join(ROOT, `examples/wfinstances/${random.pick(WORKFLOWS)}.json`));
  if (vertices.length > maxTracks) return makeLayered(random, seed, maxTracks);
  const idOf = new Map(vertices.map((name, index) => [name, index + 1]));
  const edgeOf = ([tail, head]: [string, string]): EdgePlan => {
    return { tail: idOf.get(tail) ?? 0, head: idOf.get(head) ?? 0, when: null };
  };
  return makePlain(random, seed, { names: vertices, edges: edges.map(edgeOf) });
}

/** Layers of which each vertex waits for some of the layer before: many joins that become ready at one moment. */
function makeLayered(random: RandomSource, seed: number, count: number): Scenario {
  const width = 2 + Math.floor(count / 25) + random.below(8);
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  const edges = ids.flatMap((head) => {
    const first = Math.floor((head - 1) / width - 1) * width + 1;
    if (first < 1) return [];
    const layer = Array.from({ length: width }, (_, index) => first + index);
    return random.some(layer, 1 + random.below(4)).map((tail) => ({ tail, head, when: null }));
  });
  return makePlain(random, seed, { names: ids.map((id) => `layered ${id}`), edges });
}

/** Scripts that mostly work: some need several attempts, and in some graphs one or two fail for good. */
function makePlain(
  random: RandomSource,
  seed: number,
  { names, edges }: { names: readonly string[]; edges: readonly EdgePlan[] },
): Scenario {
  const failing = random.chance(0.4) ? random.some([...names.keys()], 1 + random.below(2)) : [];
  const attempt = (exitCode: number): AttemptPlan => ({ outcome: 'exited', exitCode, next: null, outputs: {} });
  return {
    vertices: names.map((name, index): VertexPlan => {
      const failures = failing.includes(index) ? 9 : random.chance(0.08) ? 1 + random.below(2) : 0;
      const work = Array.from({ length: Math.min(failures, 3) }, () => attempt(7));
      return {
        id: index + 1,
        name,
        join: 'none_failed_min_one_success',
        allowFailure: false,
        onLost: 'retry',
        when: null,
        gate: null,
        asks: null,
        gateSteps: ['approve'],
        choices: [[]],
        decisions: random.pick([['give_up'], ['skip'], ['succeed'], ['retry', 'give_up']] as const),
        retry: failures === 0 ? null : { max: 2, delayMs: 50, factor: 2, maxDelayMs: 1000, jitter: 0 },
        attempts: failures === 9 ? [attempt(7)] : [...work, attempt(0)],
      };
    }),
    edges,
    mode: 'auto',
    onFailure: random.pick(['stop', 'kill', 'continue', 'hold'] as const),
    atStart: [],
    afterwards: [],
    cut: null,
    seed,
  };
}

/**
 * Nobody stays silent, so that every pipeline ends; nothing depends on how long a fault lasts; and as a rule a lost attempt is
 * made again.
 */
function settle(scenario: Scenario, random: RandomSource): Scenario {
  const mayLose = random.chance(0.15);
  return {
    ...scenario,
    mode: scenario.vertices.length > MANUAL_VERTICES ? 'auto' : scenario.mode,
    afterwards: [],
    vertices: scenario.vertices.map((plan): VertexPlan => {
      const { totalMs: _, ...retry } = plan.retry ?? { max: 0, delayMs: 0, factor: 1, maxDelayMs: 0, jitter: 0 };
      return {
        ...plan,
        onLost: mayLose ? plan.onLost : 'retry',
        retry: plan.retry === null ? null : retry,
        asks: plan.asks === null ? null : 'given',
        gateSteps: plan.gateSteps.map((step) => (step === 'none' ? 'approve' : step)),
        choices: plan.choices.map((choice) => (choice === 'none' ? [] : choice)),
        decisions: plan.decisions.map((decision) => (decision === 'none' ? 'give_up' : decision)),
      };
    }),
  };
}
