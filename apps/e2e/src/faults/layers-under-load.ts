import { waitUntil } from '../testing/call-api.ts';
import type { FaultScene } from './fault-scene.ts';

/** Makes a graph, named layers, in which each vertex of a layer comes after all of the layer before it. */
export function putLayers(scene: FaultScene, { layers, width }: { layers: number; width: number }): Promise<void> {
  const names = Array.from({ length: layers }, (_, layer) =>
    Array.from({ length: width }, (__, index) => `L${layer}-${index}`),
  );
  return scene.putGraph(
    'layers',
    names.flat().map((name) => scene.vertex(name, { lines: 'sleep 0.3' })),
    names.slice(1).flatMap((heads, index) => {
      return heads.flatMap((head) => (names[index] ?? []).map((tail) => [tail, head] as const));
    }),
  );
}

/**
 * Starts pipelines of that graph for as long as something is done, each when the one before it has begun to run.
 * @param name of the pipelines, which is followed by a number
 * @returns their ids
 */
export async function startWhile(scene: FaultScene, name: string, act: () => Promise<void>): Promise<number[]> {
  const ids: number[] = [];
  let isDone = false;
  const load = async (): Promise<void> => {
    while (!isDone) {
      // Whoever asks an API that is away asks again, with the same key.
      const id = await waitUntil(
        () => scene.start('layers', `${name}-${ids.length}`),
        () => true,
      );
      ids.push(id);
      await scene.waitForLines('START', id, 1);
    }
  };
  const acted = act().finally(() => {
    isDone = true;
  });
  await Promise.all([acted, load()]);
  return ids;
}
