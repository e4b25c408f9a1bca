import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { listTracks, waitUntil } from '../testing/call-api.ts';
import { openFaultScene, type FaultScene } from './fault-scene.ts';

/** F28: every process is restarted in turn, as a deployment does it, while pipelines run: none of them notices. */
let scene: FaultScene;

beforeAll(async () => {
  scene = await openFaultScene({ apis: 2, orchestrators: 2, workers: 2, environment: { BATON_DRAIN_MS: '30000' } });
  const layers = ['A', 'B', 'C'].map((layer) => Array.from({ length: 4 }, (_, index) => `${layer}${index}`));
  await scene.putGraph(
    'layers',
    layers.flat().map((name) => scene.vertex(name, { lines: 'sleep 0.3' })),
    layers.slice(1).flatMap((heads, index) => {
      return heads.flatMap((head) => (layers[index] ?? []).map((tail) => [tail, head] as const));
    }),
  );
}, 120_000);

afterAll(() => scene.stack.stop());

test('every process is restarted in turn under load: nothing is lost, nothing starts twice', async () => {
  const ids: number[] = [];
  let isRestarting = true;
  const load = async (): Promise<void> => {
    while (isRestarting) {
      const name = `under-load-${ids.length}`;
      // Whoever asks an API that is away asks again, with the same key.
      const id = await waitUntil(
        () => scene.start('layers', name),
        () => true,
      );
      ids.push(id);
      await scene.waitForStarts(id, 1);
    }
  };
  const loaded = load();
  for (const process of scene.stack.processes) await process.restart();
  isRestarting = false;
  await loaded;
  expect(await scene.waitForEnds(ids, 90_000)).toEqual(ids.map(() => 'FINISH'));
  for (const id of ids) {
    const tracks = await listTracks(scene.api, id);
    expect(tracks.map(({ state, attempt }) => `${state} ${attempt}`)).toEqual(tracks.map(() => 'SUCCEED 1'));
  }
  expect(await scene.judge()).toEqual([]);
}, 150_000);
