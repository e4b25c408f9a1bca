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
}

const WORKFLOWS = [
  'helloworld-chain-5-chameleon',
  'helloworld-forkjoin-10-chameleon',
  '1000genome-chameleon-2ch-100k-001',
  'smrnaseq-dirt02-001',
  'epigenomics-chameleon-hep-2seq-50k-001',
];
const MANUAL_VERTICES = 20;

/**
 * The plan of one pipeline, the same for the same seed.
 * @param options journalPath: where its scripts write; maxTracks: no graph is larger, 300 unless given
 */
export function makeChaosPlan(seed: number, options: { journalPath: string; maxTracks?: number }): ChaosPlan {
  const random = createRandom(seed);
  const drawn = settle(drawScenario(random, seed, options.maxTracks ?? 300), random);
  const scenario = withOneAnswer(drawn);
  const name = `chaos ${seed}`;
  const lines = (kind: 'START' | 'END'): string => journalLine(kind, options.journalPath);
  const document = toGraphDocument(scenario, name, (work, { vertexId, attempt }) => {
    const pause = drawPauseMs(createRandom(seed * 1_000_003 + vertexId * 101 + attempt));
    const before = work.slice(0, -1);
    const last = work.slice(-1);
    return [lines('START'), `sleep ${(pause / 1000).toFixed(2)}`, ...before, lines('END'), ...last];
  });
  return { name, scenario, document };
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
