import { PLAIN_VERTEX, type Scenario, type VertexPlan } from './scenario.ts';

/** Makes a story smaller as long as it still shows what it showed: the smallest case is what people want to read. */
export function shrinkScenario(scenario: Scenario, stillShows: (smaller: Scenario) => boolean): Scenario {
  let smallest = scenario;
  for (let found = true; found;) {
    const smaller = listSmaller(smallest).map(dropStrayChoices).find(stillShows);
    found = smaller !== undefined;
    smallest = smaller ?? smallest;
  }
  return smallest;
}

function listSmaller(scenario: Scenario): Scenario[] {
  const { vertices, edges, atStart, afterwards } = scenario;
  return [
    ...vertices.map(({ id }) => withoutVertex(scenario, id)).filter((smaller) => smaller !== null),
    ...edges.map((edge) => ({ ...scenario, edges: edges.filter((other) => other !== edge) })),
    ...edges
      .filter(({ when }) => when !== null)
      .map((edge) => ({
        ...scenario,
        edges: edges.map((other) => (other === edge ? { ...edge, when: null } : other)),
      })),
    ...atStart.map((action) => ({ ...scenario, atStart: atStart.filter((other) => other !== action) })),
    ...afterwards.map((action) => ({ ...scenario, afterwards: afterwards.filter((other) => other !== action) })),
    ...(scenario.cut === null ? [] : [{ ...scenario, cut: null }]),
    ...(scenario.mode === 'auto' ? [] : [{ ...scenario, mode: 'auto' as const }]),
    ...(scenario.seed < 8 ? [] : [1, 2, 3, 4, 5, 6, 7].map((seed) => ({ ...scenario, seed }))),
    ...vertices.flatMap((plan) =>
      listPlainer(plan).map((plainer) => ({
        ...scenario,
        vertices: vertices.map((other) => (other === plan ? plainer : other)),
      })),
    ),
  ];
}

/** One policy less, or one entry of a list less. */
function listPlainer(plan: VertexPlan): VertexPlan[] {
  const entries = Object.entries(PLAIN_VERTEX) as [keyof VertexPlan, unknown][];
  const plainer = entries
    .filter(([key, value]) => JSON.stringify(plan[key]) !== JSON.stringify(value))
    .map(([key, value]): VertexPlan => ({ ...plan, [key]: value }));
  const lists = (['attempts', 'gateSteps', 'choices', 'decisions'] as const).filter((key) => plan[key].length > 1);
  return [...plainer, ...lists.map((key): VertexPlan => ({ ...plan, [key]: plan[key].slice(0, 1) }))];
}

/** A person chooses successors only. */
function dropStrayChoices(scenario: Scenario): Scenario {
  const leads = (tail: number, head: number): boolean =>
    scenario.edges.some((edge) => edge.tail === tail && edge.head === head);
  const vertices = scenario.vertices.map((plan) => ({
    ...plan,
    choices: plan.choices.map((choice) => (choice === 'none' ? choice : choice.filter((head) => leads(plan.id, head)))),
  }));
  return { ...scenario, vertices };
}

/** Without a vertex, where no condition looks at it. */
function withoutVertex(scenario: Scenario, id: number): Scenario | null {
  const edges = scenario.edges.filter(({ tail, head }) => tail !== id && head !== id);
  const vertices = scenario.vertices.filter((plan) => plan.id !== id);
  const conditions = [...edges, ...vertices].map(({ when }) => when);
  if (conditions.some((when) => when?.vertexIds.includes(id))) return null;
  const isOther = (action: object): boolean => !('vertexId' in action && action.vertexId === id);
  return {
    ...scenario,
    edges,
    vertices,
    atStart: scenario.atStart.filter(isOther),
    afterwards: scenario.afterwards.filter(isOther).map((action) => {
      if (action.kind !== 'rerun' || action.from === 'failed') return action;
      return { ...action, from: { ...action.from, vertexIds: action.from.vertexIds.filter((one) => one !== id) } };
    }),
  };
}
