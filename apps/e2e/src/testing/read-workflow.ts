import { readFileSync } from 'node:fs';

/** What the verifier needs of a WfFormat 1.5 file, read apart from the product's own import. */
export interface Workflow {
  vertices: string[];
  edges: [string, string][];
  /** Seconds, by vertex. */
  runtimes: Map<string, number>;
}

interface WfFormat {
  workflow: {
    specification: { tasks: { id: string; parents: string[]; children: string[] }[] };
    execution: { tasks: { id: string; runtimeInSeconds: number }[] };
  };
}

/** Two tasks are joined by an edge where either names the other. */
export function readWorkflow(path: string): Workflow {
  const { workflow } = JSON.parse(readFileSync(path, 'utf8')) as WfFormat;
  const edges = new Map<string, [string, string]>();
  for (const { id, parents, children } of workflow.specification.tasks) {
    for (const parent of parents) edges.set(`${parent} ${id}`, [parent, id]);
    for (const child of children) edges.set(`${id} ${child}`, [id, child]);
  }
  return {
    vertices: workflow.specification.tasks.map(({ id }) => id),
    edges: [...edges.values()],
    runtimes: new Map(workflow.execution.tasks.map(({ id, runtimeInSeconds }) => [id, runtimeInSeconds])),
  };
}

/** A graph document whose scripts write a journal and sleep for their measured time, scaled. */
export function journalGraph(
  workflow: Workflow,
  options: { name: string; journal: string; timeScale: number; policies?: Record<string, unknown> },
): Record<string, unknown> {
  return {
    name: options.name,
    vertices: workflow.vertices.map((name) => {
      const seconds = ((workflow.runtimes.get(name) ?? 0) * options.timeScale).toFixed(3);
      const line = (kind: string): string =>
        `printf '%s\\n' "${kind} $BATON_VERTEX $BATON_ATTEMPT $BATON_RUN_ID" >> '${options.journal}'`;
      return { name, script: [line('START'), `sleep ${seconds}`, line('END')].join('\n'), ...options.policies };
    }),
    edges: workflow.edges,
  };
}
