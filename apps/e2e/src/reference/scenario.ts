import type { RetryPolicy } from '@baton/domain';
import type { JoinName } from './reference-join.ts';

/**
 * One whole story: a graph, how each attempt of each vertex would end, and what persons decide wherever they are asked.
 * It leaves open only in which order things happen; `seed` picks one.
 */
export interface Scenario {
  vertices: readonly VertexPlan[];
  edges: readonly EdgePlan[];
  mode: 'auto' | 'manual';
  onFailure: 'stop' | 'kill' | 'continue' | 'hold';
  /** Before anything runs, in this order. */
  atStart: readonly StartAction[];
  /** Each when nothing can go on by itself any more. */
  afterwards: readonly LateAction[];
  /** Ends the pipeline when so many attempts have ended; null: nobody does. */
  cut: { kind: 'cancel' | 'expire'; afterEnds: number } | null;
  seed: number;
}

/** A list says what happens the first time, the second time, ...; its last entry stands for all further times. */
export interface VertexPlan {
  id: number;
  name: string;
  join: JoinName;
  allowFailure: boolean;
  retry: RetryPolicy | null;
  onLost: 'fail' | 'retry';
  when: Condition | null;
  gate: { onExpiry: 'approve' | 'reject'; onReject: 'skip' | 'fail' } | null;
  /** A required parameter without a value: a person gives it, or nobody does; null: there is none. */
  asks: 'given' | 'never' | null;
  attempts: readonly AttemptPlan[];
  /** At its gate; `none`: nobody says anything. */
  gateSteps: readonly ('approve' | 'reject' | 'expire' | 'none')[];
  /** In manual mode: ids of successors, or `none`: nobody chooses. */
  choices: readonly (readonly number[] | 'none')[];
  /** When it is held as failed; `none`: nobody decides. */
  decisions: readonly ('retry' | 'skip' | 'succeed' | 'give_up' | 'none')[];
}

export interface AttemptPlan {
  outcome: 'exited' | 'signal' | 'timeout' | 'spawn_error' | 'lost' | 'bad_output' | 'child_failed';
  exitCode: number;
  /** What the script writes to $BATON_NEXT; null: nothing. */
  next: readonly string[] | null;
  outputs: Readonly<Record<string, string>>;
}

export const PLAIN_ATTEMPT: AttemptPlan = { outcome: 'exited', exitCode: 0, next: null, outputs: {} };

/** A vertex that says nothing, and at which nobody is asked. */
export const PLAIN_VERTEX: Omit<VertexPlan, 'id' | 'name'> = {
  join: 'none_failed_min_one_success',
  allowFailure: false,
  retry: null,
  onLost: 'fail',
  when: null,
  gate: null,
  asks: null,
  attempts: [PLAIN_ATTEMPT],
  gateSteps: ['approve'],
  choices: ['none'],
  decisions: ['none'],
};

export interface EdgePlan {
  tail: number;
  head: number;
  when: Condition | null;
}

/** A condition as the product gets it (`text`, CEL) and as the reference understands it. */
export interface Condition {
  text: string;
  /** The vertices that it looks at. */
  vertexIds: readonly number[];
  /** Null: it has no answer. */
  isTrue: (facts: Facts) => boolean | null;
}

interface Facts {
  states: (vertexId: number) => string;
  outputs: (vertexId: number) => Readonly<Record<string, string>>;
  params: Readonly<Record<string, string>>;
}

/** The parameters of every vertex; `asked` also where a person is asked for it. */
export const PARAMS: Readonly<Record<string, string>> = { env: 'prod', level: '3' };

export type StartAction = { kind: 'skip' | 'succeed' | 'cancel_track'; vertexId: number };

export type LateAction =
  | { kind: 'skip' | 'succeed' | 'cancel_track' | 'give_up'; vertexId: number }
  | { kind: 'set_mode'; mode: 'auto' | 'manual' }
  | { kind: 'rerun'; from: 'failed' | { vertexIds: readonly number[]; descendants: boolean } };

/** @returns the entry for the given time, counted from 0 */
export function takeStep<T>(steps: readonly T[], time: number): T {
  const step = steps[Math.min(time, steps.length - 1)];
  if (step === undefined) throw new Error('a list of a scenario needs at least one entry');
  return step;
}

/** The graph of a scenario, to walk along. */
export interface Shape {
  plans: ReadonlyMap<number, VertexPlan>;
  /** Tails before heads. */
  order: readonly VertexPlan[];
  before: ReadonlyMap<number, readonly EdgePlan[]>;
  after: ReadonlyMap<number, readonly EdgePlan[]>;
  hasConditions: boolean;
}

const shapes = new WeakMap<Scenario, Shape>();

export function shapeOf(scenario: Scenario): Shape {
  const shape = shapes.get(scenario) ?? findShape(scenario);
  shapes.set(scenario, shape);
  return shape;
}

function findShape({ vertices, edges }: Scenario): Shape {
  const before = new Map<number, EdgePlan[]>(vertices.map(({ id }) => [id, []]));
  const after = new Map<number, EdgePlan[]>(vertices.map(({ id }) => [id, []]));
  for (const edge of edges) {
    before.get(edge.head)?.push(edge);
    after.get(edge.tail)?.push(edge);
  }
  const placed = new Set<number>();
  const order: VertexPlan[] = [];
  while (order.length < vertices.length) {
    const ready = vertices.filter(
      ({ id }) => !placed.has(id) && (before.get(id) ?? []).every(({ tail }) => placed.has(tail)),
    );
    if (ready.length === 0) throw new Error('the graph of a scenario has a cycle');
    for (const plan of ready) placed.add(plan.id);
    order.push(...ready);
  }
  const hasConditions = [...vertices, ...edges].some(({ when }) => when !== null);
  return { plans: new Map(vertices.map((plan) => [plan.id, plan])), order, before, after, hasConditions };
}

/** Everything behind these vertices, without themselves unless they are behind one another. */
export function findDescendants(shape: Shape, vertexIds: Iterable<number>): Set<number> {
  const found = new Set<number>();
  const open = [...vertexIds];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const { head } of shape.after.get(id) ?? []) {
      if (found.has(head)) continue;
      found.add(head);
      open.push(head);
    }
  }
  return found;
}
