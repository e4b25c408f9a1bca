import {
  PLAIN_ATTEMPT,
  PLAIN_VERTEX,
  type AttemptPlan,
  type Condition,
  type EdgePlan,
  type Scenario,
  type VertexPlan,
} from './scenario.ts';

/** Stories by hand: only what matters is said. Vertices are numbered from 1 in the order given. */
type Told = Partial<Omit<VertexPlan, 'id' | 'name' | 'attempts'>> & {
  attempts?: readonly (Partial<AttemptPlan> | number)[];
};

export function buildScenario(
  vertices: Readonly<Record<string, Told>>,
  edges: readonly (readonly [tail: string, head: string, when?: Condition])[],
  options: Partial<Omit<Scenario, 'vertices' | 'edges'>> = {},
): Scenario {
  const names = Object.keys(vertices);
  const idOf = (name: string): number => names.indexOf(name) + 1;
  return {
    mode: 'auto',
    onFailure: 'continue',
    atStart: [],
    afterwards: [],
    cut: null,
    seed: 1,
    ...options,
    vertices: names.map((name) => buildVertex(idOf(name), name, vertices[name] ?? {})),
    edges: edges.map(([tail, head, when = null]): EdgePlan => ({ tail: idOf(tail), head: idOf(head), when })),
  };
}

/** A number says the exit code of an attempt. */
function buildVertex(id: number, name: string, { attempts = [0], ...told }: Told): VertexPlan {
  return {
    ...PLAIN_VERTEX,
    ...told,
    id,
    name,
    attempts: attempts.map((attempt) => ({
      ...PLAIN_ATTEMPT,
      ...(typeof attempt === 'number' ? { exitCode: attempt } : attempt),
    })),
  };
}
