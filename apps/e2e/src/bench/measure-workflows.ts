import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readWorkflow, type Workflow } from '../testing/read-workflow.ts';
import { SLOTS } from './baton-contender.ts';
import { findMake } from './make-contender.ts';
import type { Figure, MeasuredBaton, Measurement } from './measurement.ts';
import { spreadOf } from './summarize-rounds.ts';
import { waitForEnds } from './wait-for-ends.ts';
import type { BenchGraph, Workload } from './workloads.ts';

const MEAN_MS = 50;
const BAR = { atMost: 1.15 };

export interface TimedWorkload extends Workload {
  /** No order of its tasks on so many slots takes less: its longest path, or all its work shared out. */
  leastMs: number;
}

/**
 * Real workflows whose tasks sleep for as long as they took, scaled to a mean of 50 ms: how much longer than they must they take?
 * @param directories of the workflows (WfFormat), and for make's files
 */
export function measureWorkflows(directories: { workflows: string; make: string }): Measurement {
  const files = readdirSync(directories.workflows).filter((name) => name.endsWith('.json'));
  return {
    id: 'W6',
    title: `${files.length} real workflows with tasks of ${MEAN_MS} ms in the mean, ${SLOTS} slots: makespan by the least that is possible`,
    async measure(baton) {
      const make = await findMake(directories.make, SLOTS);
      const figures: Figure[] = [];
      const [ratios, peerRatios]: [number[], number[]] = [[], []];
      for (const file of files) {
        const workload = scaleWorkflow(file.replace(/\.json$/, ''), readWorkflow(join(directories.workflows, file)));
        const { leastMs, graph } = workload;
        const ratio = (await runOnBaton(baton, workload)) / leastMs;
        ratios.push(ratio);
        figures.push({ name: `${file} (${graph.vertices.length})`, value: ratio, unit: 'x' });
        if (make === null) continue;
        const peerRatio = (await make.run(workload)).ms / leastMs;
        peerRatios.push(peerRatio);
        figures.push({ name: `${file} by ${make.name}`, value: peerRatio, unit: 'x' });
      }
      figures.push({ name: 'median of the workflows', value: spreadOf(ratios).median, unit: 'x', bar: BAR });
      if (make === null) return figures;
      return [...figures, { name: `median by ${make.name}`, value: spreadOf(peerRatios).median, unit: 'x' }];
    },
  };
}

async function runOnBaton({ api, database, saveGraph }: MeasuredBaton, { graph }: Workload): Promise<number> {
  await saveGraph(graph);
  const beganAt = Date.now();
  const { id } = await api.post<{ id: number }>('/pipelines', { graph: graph.name });
  return (await waitForEnds(database, [id])) - beganAt;
}

/** @param name of the workflow */
export function scaleWorkflow(name: string, { vertices, edges, runtimes }: Workflow): TimedWorkload {
  const total = vertices.reduce((sum, vertex) => sum + (runtimes.get(vertex) ?? 0), 0);
  const scale = total === 0 ? 0 : (MEAN_MS * vertices.length) / total;
  // Whole milliseconds, so that the bound is that of what really sleeps.
  const sleeps = new Map(vertices.map((vertex) => [vertex, Math.round((runtimes.get(vertex) ?? 0) * scale)]));
  const graph: BenchGraph = {
    name: `bench-${name}`,
    vertices: vertices.map((vertex) => ({
      name: vertex,
      script: `sleep ${((sleeps.get(vertex) ?? 0) / 1000).toFixed(3)}`,
    })),
    edges,
  };
  const work = [...sleeps.values()].reduce((sum, ms) => sum + ms, 0);
  const leastMs = Math.max(findLongestPath(sleeps, edges), work / SLOTS);
  return { id: name, title: name, graph, copies: 1, leastMs };
}

/** @returns the ms of the path that takes longest */
function findLongestPath(sleeps: ReadonlyMap<string, number>, edges: readonly [string, string][]): number {
  const before = new Map<string, string[]>([...sleeps.keys()].map((vertex) => [vertex, []]));
  for (const [tail, head] of edges) before.get(head)?.push(tail);
  const ends = new Map<string, number>();
  const endOf = (vertex: string): number => {
    const known = ends.get(vertex);
    if (known !== undefined) return known;
    const start = (before.get(vertex) ?? []).reduce((latest, tail) => Math.max(latest, endOf(tail)), 0);
    ends.set(vertex, start + (sleeps.get(vertex) ?? 0));
    return ends.get(vertex) ?? 0;
  };
  return [...sleeps.keys()].reduce((longest, vertex) => Math.max(longest, endOf(vertex)), 0);
}
