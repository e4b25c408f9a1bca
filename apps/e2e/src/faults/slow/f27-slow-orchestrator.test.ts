import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { listTracks, waitUntil } from '../../testing/call-api.ts';
import { linkOf, openFaultScene, type FaultScene } from '../fault-scene.ts';
import { inRounds, ROUNDS } from '../rounds.ts';

/**
 * F27: completions are applied ten times slower than they are made, for longer than a lease. They pile up, their runs' leases
 * are renewed until they are applied, and the pile is worked off.
 */
let scene: FaultScene;

const TRACKS = 48;
const LEASE_MS = 3000;
/** A transaction is three round trips, so each batch takes about a second. */
const DELAY_MS = 150;
const BATCH = 4;

beforeAll(async () => {
  const environment = {
    BATON_COMPLETION_BATCH: String(BATCH),
    BATON_LEASE_MS: String(LEASE_MS),
    BATON_HEARTBEAT_MS: '500',
  };
  scene = await openFaultScene({ workers: 1, slots: 16, environment });
  const names = Array.from({ length: TRACKS }, (_, index) => `V${index}`);
  await scene.putGraph(
    'wide',
    [...names, 'last'].map((name) => scene.vertex(name)),
    names.map((name) => [name, 'last'] as const),
  );
}, 120_000);

afterAll(() => scene.stack.stop());

test(
  'completions that are applied far slower than they are made pile up and are worked off; no lease expires',
  inRounds(async (round) => {
    const link = linkOf(scene.stack.process('orchestrator'), 'mysql');
    await link.setMode({ delayMs: DELAY_MS });
    const id = await scene.start('wide', `wide-${round}`);
    await scene.waitForLines('END', id, TRACKS);
    await sleep(LEASE_MS + 1000);
    expect(await countApplied(id)).toBeLessThan(TRACKS);
    // Half of the pile is worked off as slowly as it was made.
    await waitUntil(
      () => countApplied(id),
      (applied) => applied >= TRACKS / 2,
    );
    await link.setMode('pass');
    expect(await scene.waitForEnds([id])).toEqual(['FINISH']);
    expect(await scene.judge()).toEqual([]);
  }),
  120_000 * ROUNDS,
);

async function countApplied(pipelineId: number): Promise<number> {
  return (await listTracks(scene.api, pipelineId)).filter(({ state }) => state === 'SUCCEED').length;
}
