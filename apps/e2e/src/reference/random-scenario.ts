import { createRandom, type RandomSource } from '@baton/domain/testing';
import { randomCondition } from './random-conditions.ts';
import { JOIN_NAMES } from './reference-join.ts';
import type { AttemptPlan, EdgePlan, LateAction, Scenario, StartAction, VertexPlan } from './scenario.ts';

/** Random stories. Each draws first what kind of story it is, so that all mixtures occur, quiet ones and wild ones. */
export interface StoryKind {
  /** How many vertices at most; at least 4. */
  vertices: number;
  /** Only what a real system can be made to do within seconds. */
  isReal: boolean;
}

interface Mood {
  failures: number;
  skips: number;
  gates: number;
  conditions: number;
  oddJoins: number;
  undecided: number;
}

export function randomScenario(seed: number, kind: StoryKind): Scenario {
  const random = createRandom(seed);
  const level = (): number => random.pick([0, 0.1, 0.3]);
  const mood: Mood = {
    failures: random.pick([0, 0.1, 0.2, 0.4]),
    skips: level(),
    gates: level(),
    conditions: level(),
    oddJoins: random.pick([0, 0.4, 0.9]),
    undecided: random.pick([0, 0, 0.15]),
  };
  const count = 4 + random.below(random.chance(0.15) ? kind.vertices - 3 : Math.min(10, kind.vertices - 3));
  const order = random.some(
    Array.from({ length: count }, (_, index) => index + 1),
    count,
  );
  const named = order.map((id) => ({ id, name: random.chance(0.1) ? `my v${id}` : `v${id}` }));
  const bare = randomEdges(random, order);
  const ancestors = findAncestors(order, bare);
  const before = (id: number): number[] => [...(ancestors.get(id) ?? [])];
  const find = (ids: readonly number[]): { id: number; name: string }[] => named.filter(({ id }) => ids.includes(id));
  const edges = bare.map((edge): EdgePlan => {
    const visible = find([edge.tail, ...before(edge.tail)]);
    return random.chance(mood.conditions / 2) ? { ...edge, when: randomCondition(random, visible) } : edge;
  });
  const mode = random.chance(0.25) ? 'manual' : 'auto';
  const vertices = named.map(({ id, name }) => {
    const heads = find(bare.filter(({ tail }) => tail === id).map(({ head }) => head));
    const tails = bare.filter(({ head }) => head === id).map(({ tail }) => tail);
    const seen = random.chance(0.6) ? tails : before(id);
    const when = random.chance(mood.conditions) ? randomCondition(random, find(seen)) : null;
    return { ...randomVertex(random, mood, heads), id, name, when, join: randomJoin(random, mood, tails.length) };
  });
  vertices.sort((a, b) => a.id - b.id);
  const onFailure = random.pick(['stop', 'kill', 'continue', 'continue', 'hold', 'hold'] as const);
  const story: Scenario = {
    vertices,
    edges,
    mode,
    onFailure,
    seed,
    ...randomActions(random, count),
    cut: randomCut(random, count),
  };
  return kind.isReal ? keepReal(story) : story;
}

/**
 * What scripts and persons can do to a running system within seconds, and whose end does not depend on who was faster. A
 * script that names no successor has made no choice; and a gate asks the same each time.
 */
function keepReal(story: Scenario): Scenario {
  const endsAtFailure = story.onFailure === 'stop' || story.onFailure === 'kill';
  return {
    ...story,
    vertices: story.vertices.map((plan) => ({
      ...plan,
      attempts: plan.attempts.map((attempt): AttemptPlan => {
        const canBe = attempt.outcome === 'signal' || attempt.outcome === 'bad_output' || attempt.outcome === 'exited';
        const wrote = attempt.outcome === 'bad_output' ? {} : attempt.outputs;
        const next = attempt.next?.length === 0 ? null : attempt.next;
        return { ...attempt, next, outputs: wrote, outcome: canBe ? attempt.outcome : 'exited' };
      }),
      gateSteps: plan.gateSteps.slice(0, 1),
      retry: plan.retry?.totalMs === undefined ? plan.retry : { ...plan.retry, totalMs: 60_000 },
    })),
    atStart: [],
    afterwards: endsAtFailure ? [] : story.afterwards,
    cut: null,
  };
}

/** An acyclic graph whose tails come before their heads in this order; some vertices are joins of many. */
function randomEdges(random: RandomSource, order: readonly number[]): EdgePlan[] {
  const density = random.pick([1, 2, 3]);
  return order.flatMap((head, index) => {
    const earlier = order.slice(random.chance(0.3) ? 0 : Math.max(0, index - 5), index);
    const most = random.chance(0.1) ? 8 : density;
    const tails = random.chance(0.12) ? [] : random.some(earlier, 1 + random.below(most));
    return tails.map((tail) => ({ tail, head, when: null }));
  });
}

/** Everything before each vertex; tails come before their heads in this order. */
function findAncestors(order: readonly number[], edges: readonly EdgePlan[]): Map<number, ReadonlySet<number>> {
  const found = new Map<number, Set<number>>(order.map((id) => [id, new Set()]));
  for (const id of order) {
    for (const { tail } of edges.filter(({ head }) => head === id)) {
      for (const one of [tail, ...(found.get(tail) ?? [])]) found.get(id)?.add(one);
    }
  }
  return found;
}

function randomJoin(random: RandomSource, mood: Mood, tails: number): VertexPlan['join'] {
  const isOdd = tails > 0 && random.chance(mood.oddJoins);
  return isOdd ? random.pick(JOIN_NAMES) : 'none_failed_min_one_success';
}

type Head = { id: number; name: string };

function randomVertex(
  random: RandomSource,
  mood: Mood,
  heads: readonly Head[],
): Omit<VertexPlan, 'id' | 'name' | 'when' | 'join'> {
  const times = <T>(make: () => T): T[] => Array.from({ length: 1 + random.below(3) }, make);
  const orNobody =
    <T>(make: () => T) =>
    (): T | 'none' =>
      random.chance(mood.undecided) ? 'none' : make();
  const ids = heads.map(({ id }) => id);
  return {
    allowFailure: random.chance(0.25),
    retry: random.chance(0.25) ? randomRetry(random) : null,
    onLost: random.pick(['fail', 'retry']),
    gate: random.chance(mood.gates)
      ? { onExpiry: random.pick(['approve', 'reject']), onReject: random.pick(['skip', 'fail']) }
      : null,
    asks: random.chance(mood.gates / 3) ? (random.chance(mood.undecided) ? 'never' : 'given') : null,
    attempts: times(() => randomAttempt(random, mood, heads)),
    gateSteps: times(orNobody(() => random.pick(['approve', 'approve', 'approve', 'reject', 'expire'] as const))),
    choices: times(orNobody(() => random.some(ids, random.chance(0.1) ? 0 : 1 + random.below(ids.length + 1)))),
    decisions: [
      ...random.pick([[], [], ['retry'], ['retry', 'retry']] as const),
      orNobody(() => random.pick(['skip', 'succeed', 'give_up', 'give_up'] as const))(),
    ],
  };
}

function randomRetry(random: RandomSource): VertexPlan['retry'] {
  const limits = random.pick([
    {},
    {},
    { exitCodes: [3] },
    { reasons: ['timeout' as const, 'signal' as const] },
    { reasons: ['exit_code' as const] },
    { totalMs: 5 },
  ]);
  const delayMs = random.pick([0, 20]);
  return { max: 1 + random.below(2), delayMs, factor: 1, maxDelayMs: 1000, jitter: random.pick([0, 1]), ...limits };
}

function randomAttempt(random: RandomSource, mood: Mood, heads: readonly Head[]): AttemptPlan {
  const isBad = random.chance(mood.failures);
  const outcome = isBad
    ? random.pick(['exited', 'exited', 'exited', 'signal', 'timeout', 'spawn_error', 'lost', 'bad_output'] as const)
    : 'exited';
  const mayChoose = outcome === 'exited' && random.chance(mood.skips);
  const n = random.pick(['1', '5', null, null]);
  return {
    outcome,
    exitCode: isBad ? random.pick([1, 3]) : 0,
    next: mayChoose ? randomNext(random, mood, heads) : null,
    outputs: n === null ? {} : { n },
  };
}

/** Names and ids of successors; now and then none, one twice, or one that is none. */
function randomNext(random: RandomSource, mood: Mood, heads: readonly Head[]): string[] {
  const chosen = random.some(heads, random.below(heads.length + 1));
  const texts = chosen.map(({ id, name }) => (random.chance(0.3) ? String(id) : name));
  if (!random.chance(mood.failures)) return texts;
  const [first] = chosen;
  return first === undefined ? ['nobody'] : [...texts, random.chance(0.5) ? first.name : 'nobody'];
}

function randomActions(random: RandomSource, count: number): Pick<Scenario, 'atStart' | 'afterwards'> {
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  const few = random.pick([0, 0, 0, 1, 2]);
  const atStart = random.some(ids, few).map((vertexId): StartAction => ({
    kind: random.pick(['skip', 'succeed', 'cancel_track']),
    vertexId,
  }));
  const afterwards = Array.from({ length: random.pick([0, 0, 1, 1, 2, 3]) }, (): LateAction => {
    const kind = random.pick([
      'rerun',
      'rerun',
      'rerun',
      'skip',
      'succeed',
      'cancel_track',
      'give_up',
      'set_mode',
    ] as const);
    if (kind === 'set_mode') return { kind, mode: random.pick(['auto', 'manual']) };
    if (kind !== 'rerun') return { kind, vertexId: random.pick(ids) };
    const some = { vertexIds: random.some(ids, 1 + random.below(2)), descendants: random.chance(0.5) };
    return { kind, from: random.chance(0.5) ? 'failed' : some };
  });
  return { atStart, afterwards };
}

function randomCut(random: RandomSource, count: number): Scenario['cut'] {
  return random.chance(0.08) ? { kind: random.pick(['cancel', 'expire']), afterEnds: random.below(count) } : null;
}
