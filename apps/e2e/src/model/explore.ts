/** One thing that happens. */
export interface Step<S> {
  describe(): string;
  /** A fault, or what a person may do: it need not happen, so whether an end can be reached is asked without it. */
  isOptional: boolean;
  /** The name of the invariant that it breaks, if any. */
  broken: string | null;
  to: S;
}

export interface Model<S> {
  start: S;
  keyOf(state: S): string;
  stepsFrom(state: S): Step<S>[];
  /** The name of the invariant that a state breaks, if any. */
  findBroken(state: S): string | null;
  isEnd(state: S): boolean;
}

export interface Exploration {
  states: number;
  steps: number;
  /** The first invariant that breaks, and the shortest way there. */
  broken: { invariant: string; path: string[] } | null;
}

/** The name of what every model promises: from every state an end can be reached without another fault. */
export const NEVER_STUCK = 'no pipeline is stuck';

const MAX_STATES = 2_000_000;

/**
 * Visits every state that can be reached, breadth first, so that the way to the first broken invariant is a shortest one.
 * Whether something is stuck is asked at the end, when all states are known.
 * @throws Error beyond two million states: the bounds are too wide to be exhaustive
 */
export function explore<S>(model: Model<S>): Exploration {
  const found = new Map<string, number>([[model.keyOf(model.start), 0]]);
  const open: (S | null)[] = [model.start];
  /** Of each state the one before it, and which of its steps leads here. */
  const cameFrom = [{ from: -1, nth: -1 }];
  const edges: Edges = { from: [], to: [] };
  const ends: number[] = [];
  let steps = 0;
  const result = (broken: Exploration['broken']): Exploration => ({ states: found.size, steps, broken });
  for (let from = 0; from < open.length; from += 1) {
    const state = open[from] as S;
    open[from] = null; // its key is enough from now on
    const invariant = model.findBroken(state);
    if (invariant !== null) return result({ invariant, path: describePath(model, cameFrom, from) });
    if (model.isEnd(state)) ends.push(from);
    for (const [nth, step] of model.stepsFrom(state).entries()) {
      steps += 1;
      if (step.broken !== null) {
        const path = [...describePath(model, cameFrom, from), step.describe()];
        return result({ invariant: step.broken, path });
      }
      const key = model.keyOf(step.to);
      const index = found.get(key) ?? open.length;
      if (index === open.length) {
        if (index === MAX_STATES) throw new Error(`expected at most ${MAX_STATES} states, found more`);
        found.set(key, index);
        open.push(step.to);
        cameFrom.push({ from, nth });
      }
      if (step.isOptional) continue;
      edges.from.push(from);
      edges.to.push(index);
    }
  }
  const stuck = findStuck(open.length, edges, ends);
  return result(stuck === null ? null : { invariant: NEVER_STUCK, path: describePath(model, cameFrom, stuck) });
}

interface Edges {
  from: number[];
  to: number[];
}

/** Walks from the start once more, to say what happened on the way. */
function describePath<S>(model: Model<S>, cameFrom: readonly { from: number; nth: number }[], index: number): string[] {
  const turns: number[] = [];
  for (let at = cameFrom[index]; at !== undefined && at.from >= 0; at = cameFrom[at.from]) turns.unshift(at.nth);
  let state = model.start;
  return turns.map((nth) => {
    const step = model.stepsFrom(state)[nth];
    if (step === undefined) throw new Error('expected the same steps from the same state, found others');
    state = step.to;
    return step.describe();
  });
}

/** @returns the first state, in the order of finding, from which no end can be reached; null: there is none */
function findStuck(count: number, edges: Edges, ends: readonly number[]): number | null {
  const { offsets, tails } = sortByHead(count, edges);
  const canEnd = new Uint8Array(count);
  const open = [...ends];
  for (const end of ends) canEnd[end] = 1;
  for (let head = open.pop(); head !== undefined; head = open.pop()) {
    for (let at = offsets[head] ?? 0; at < (offsets[head + 1] ?? 0); at += 1) {
      const tail = tails[at] ?? 0;
      if (canEnd[tail] === 1) continue;
      canEnd[tail] = 1;
      open.push(tail);
    }
  }
  const stuck = canEnd.indexOf(0);
  return stuck === -1 ? null : stuck;
}

/** The tails of all edges, those with the same head together. */
function sortByHead(count: number, { from, to }: Edges): Record<'offsets' | 'tails', Uint32Array> {
  const offsets = new Uint32Array(count + 1);
  for (const head of to) offsets[head + 1] = (offsets[head + 1] ?? 0) + 1;
  for (let at = 1; at <= count; at += 1) offsets[at] = (offsets[at] ?? 0) + (offsets[at - 1] ?? 0);
  const next = offsets.slice();
  const tails = new Uint32Array(to.length);
  to.forEach((head, edge) => {
    tails[next[head] ?? 0] = from[edge] ?? 0;
    next[head] = (next[head] ?? 0) + 1;
  });
  return { offsets, tails };
}
