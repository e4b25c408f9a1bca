import { execa } from 'execa';
import type { Contender } from './contender.ts';
import type { Workload } from './workloads.ts';

/** What the peer's process is told. */
export interface PeerWorkload extends Pick<Workload, 'graph' | 'copies'> {
  /** By FlowProducer; else vertex by vertex. */
  asTree: boolean;
}

const MAX_ARGUMENT_BYTES = 100_000;

/** BullMQ and execa and nothing else: the floor of the engine. Each run is a process of its own, small as they are at first. */
export function findBullmq(options: { peer: string; redisUrl: string; asTree: boolean }): Contender {
  const { peer, redisUrl, asTree } = options;
  return {
    name: asTree ? 'BullMQ FlowProducer' : 'BullMQ + execa',
    description: asTree
      ? 'a tree of jobs, execa for each script, one process, 8 at once'
      : 'a job and execa for each script, one process, 8 at once; what follows what is in its memory',
    // A tree has one way to its root: what has more successors than one cannot be said.
    canRun: ({ graph, copies }) =>
      JSON.stringify({ graph, copies }).length < MAX_ARGUMENT_BYTES && (!asTree || isTree(graph)),
    async run({ graph, copies }) {
      const workload: PeerWorkload = { graph, copies, asTree };
      const { stdout } = await execa('node', [peer, redisUrl, JSON.stringify(workload)]);
      return { ms: Number(stdout) };
    },
    stop: () => Promise.resolve(),
  };
}

function isTree({ edges }: Workload['graph']): boolean {
  return new Set(edges.map(([tail]) => tail)).size === edges.length;
}
