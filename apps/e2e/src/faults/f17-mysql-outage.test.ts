import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readRounds } from '../config.ts';
import { listTracks } from '../testing/call-api.ts';
import { openServerScene, type ServerScene } from './server-scene.ts';

/**
 * F17: MySQL is away for longer than leases last (5 s here). No lease can be renewed, so workers end their scripts before anybody
 * else may start them again; when MySQL is back, what ran is lost, and each vertex's onLost says what follows.
 */
const ROUNDS = readRounds(1);
/** Longer than a lease and the outage together: only a worker that kills it keeps it from its end. */
const SCRIPT_SECONDS = 13;
const OUTAGE_MS = 8000;

let scene: ServerScene;
beforeAll(async () => {
  scene = await openServerScene();
  for (const onLost of ['fail', 'retry']) {
    await scene.makeGraph(onLost, { L: { seconds: SCRIPT_SECONDS, onLost }, after: { onLost } }, ['L->after']);
  }
}, 120_000);
afterAll(() => scene.stop(), 60_000);

test(
  'F17: MySQL stands still for longer than a lease: scripts are dead before it ends, and lost',
  async () => {
    for (let round = 0; round < ROUNDS; round += 1) await outlastLeases('SIGSTOP');
  },
  120_000 * ROUNDS,
);

// The same from the workers' side: only where there is time for it.
if (ROUNDS > 1) {
  test(
    'F17: MySQL is dead for longer than a lease: scripts are dead before it ends, and lost',
    async () => {
      for (let round = 0; round < ROUNDS; round += 1) await outlastLeases('SIGKILL');
    },
    120_000 * ROUNDS,
  );
}

async function outlastLeases(signal: 'SIGSTOP' | 'SIGKILL'): Promise<void> {
  const pids = scene.pids();
  const server = scene.stack.server('mysql');
  const [failing, retried] = [await scene.start('fail'), await scene.start('retry')];
  await scene.waitForLines('START', failing, 1);
  await scene.waitForLines('START', retried, 1);
  server.kill(signal);
  await sleep(OUTAGE_MS);
  if (signal === 'SIGKILL') await server.restart();
  else server.kill('SIGCONT');
  const settled = await scene.settle([failing, retried]);
  // The first attempt of each, the second of one, and what comes after that.
  expect(settled).toEqual({ states: ['FAILED', 'FINISH'], violations: [], startedTwice: [], starts: 4 });
  const [lost] = await listTracks(scene.stack.api, failing);
  expect(lost).toMatchObject({ vertex: 'L', state: 'FAILED', reason: 'lost' });
  const ends = (await scene.journal()).filter(({ kind, pipelineId }) => {
    return kind === 'END' && [failing, retried].includes(pipelineId);
  });
  expect(ends.map(({ pipelineId, vertex, attempt }) => [pipelineId, vertex, attempt])).toEqual([
    [retried, 'L', 2],
    [retried, 'after', 1],
  ]);
  expect(scene.pids()).toEqual(pids);
}
