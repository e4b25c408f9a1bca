import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { listTracks } from '../../testing/call-api.ts';
import { openFaultScene, type FaultScene } from '../fault-scene.ts';
import { putLayers, startWhile } from '../layers-under-load.ts';
import { inRounds, ROUNDS } from '../rounds.ts';

/** F28: every process is restarted in turn, as a deployment does it, while pipelines run: none of them notices. */
let scene: FaultScene;

beforeAll(async () => {
  scene = await openFaultScene({ apis: 2, orchestrators: 2, workers: 2, environment: { BATON_DRAIN_MS: '30000' } });
  await putLayers(scene, { layers: 3, width: 4 });
}, 120_000);

afterAll(() => scene.stack.stop());

test(
  'every process is restarted in turn under load: nothing is lost, nothing starts twice',
  inRounds(async (round) => {
    const ids = await startWhile(scene, `under-load-${round}`, async () => {
      for (const process of scene.stack.processes) await process.restart();
    });
    expect(await scene.waitForEnds(ids, 90_000)).toEqual(ids.map(() => 'FINISH'));
    for (const id of ids) {
      const tracks = await listTracks(scene.api, id);
      expect(tracks.map(({ state, attempt }) => `${state} ${attempt}`)).toEqual(tracks.map(() => 'SUCCEED 1'));
    }
    expect(await scene.judge()).toEqual([]);
  }),
  150_000 * ROUNDS,
);
