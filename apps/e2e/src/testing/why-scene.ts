import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrackWhy } from '@baton/client';
import { waitUntil } from './call-api.ts';
import { openWorkerScene, type WorkerScene } from './worker-scene.ts';

/** A stack with a worker `free` that has slots for whatever comes, and a worker `busy` that has a single one. */
export interface WhyScene extends WorkerScene {
  /** Vertices are of the label `free` and do nothing unless they say otherwise. @returns the graph's name */
  makeGraph(vertices: readonly WhyVertex[], edges?: readonly [string, string][]): Promise<string>;
  /** Starts a pipeline of a graph that is there. @returns its id */
  startGraph(graph: string, options?: object): Promise<number>;
  /** A graph of its own, and a pipeline of it. */
  startNew(
    vertices: readonly WhyVertex[],
    options?: { edges?: readonly [string, string][]; start?: object },
  ): Promise<number>;
  /** A script that says `here is <name>` and goes on when the test lets it. */
  holding(name: string): { script: string; letGo(): Promise<void> };
  why(pipelineId: number, vertex: string): Promise<TrackWhy>;
  /** Waits until this is the first that holds the track. */
  waitForBlocker(pipelineId: number, vertex: string, kind: TrackWhy['blockers'][number]['kind']): Promise<TrackWhy>;
}

interface WhyVertex {
  name: string;
  [field: string]: unknown;
}

export async function openWhyScene(): Promise<WhyScene> {
  const scene = await openWorkerScene();
  await scene.addWorker('free', { BATON_CONCURRENCY: '8' });
  await scene.addWorker('busy', { BATON_CONCURRENCY: '1' });
  let made = 0;
  const makeGraph: WhyScene['makeGraph'] = async (vertices, edges = []) => {
    made += 1;
    const graph = `why-${made}`;
    const whole = vertices.map((vertex) => ({
      labels: ['free'],
      ...('pipeline' in vertex ? {} : { script: 'true' }),
      ...vertex,
    }));
    await scene.api.post('/graphs', { name: graph, vertices: whole, edges });
    return graph;
  };
  const startGraph: WhyScene['startGraph'] = async (graph, options = {}) =>
    (await scene.api.post<{ id: number }>('/pipelines', { graph, ...options })).id;
  const why: WhyScene['why'] = async (pipelineId, vertex) => {
    const { id } = await scene.getTrack(pipelineId, vertex);
    return scene.api.get<TrackWhy>(`/tracks/${id}/why`);
  };
  return {
    ...scene,
    makeGraph,
    startGraph,
    startNew: async (vertices, { edges, start } = {}) => startGraph(await makeGraph(vertices, edges), start),
    holding(name) {
      const file = join(scene.stack.directory, `go-${name}`);
      const script = `echo 'here is ${name}'\nuntil [ -e '${file}' ]; do sleep 0.05; done`;
      return { script, letGo: () => writeFile(file, '') };
    },
    why,
    waitForBlocker: (pipelineId, vertex, kind) =>
      waitUntil(
        () => why(pipelineId, vertex),
        ({ blockers }) => blockers[0]?.kind === kind,
        20_000,
      ),
  };
}
