import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { listTracks } from '../../testing/call-api.ts';
import { inRounds, ROUNDS } from '../rounds.ts';
import { openServerScene, type ServerScene } from '../server-scene.ts';
import { readLastSign, showSigns } from '../worker-faults.ts';

/**
 * F17: MySQL is away for longer than leases last (5 s here). No lease can be renewed, so workers end their scripts before anybody
 * else may start them again; when MySQL is back, what ran is lost, and each vertex's onLost says what follows.
 */
/** Of the scene. */
const LEASE_MS = 5000;
const OUTAGE_MS = 8000;

let scene: ServerScene;
beforeAll(async () => {
  scene = await openServerScene();
  for (const onLost of ['fail', 'retry']) {
    const lines = showSigns(signsOf('$BATON_PIPELINE_ID'));
    await scene.makeGraph(onLost, { L: { lines, onLost }, after: { onLost } }, ['L->after']);
  }
}, 120_000);
afterAll(() => scene.stop(), 60_000);

/** Where the first script of a pipeline shows that it lives. */
const signsOf = (pipelineId: number | string): string => join(scene.stack.directory, `signs-${pipelineId}`);

test.each<[string, 'SIGSTOP' | 'SIGKILL']>([
  ['F17: MySQL stands still for longer than a lease: scripts are dead before it ends, and lost', 'SIGSTOP'],
  ['F17: MySQL is dead for longer than a lease: scripts are dead before it ends, and lost', 'SIGKILL'],
])(
  '%s',
  inRounds((_round, _title: string, signal: 'SIGSTOP' | 'SIGKILL') => outlastLeases(signal)),
  120_000 * ROUNDS,
);

async function outlastLeases(signal: 'SIGSTOP' | 'SIGKILL'): Promise<void> {
  const pids = scene.pids();
  const server = scene.stack.server('mysql');
  const [failing, retried] = [await scene.start('fail'), await scene.start('retry')];
  await scene.waitForLines('START', failing, 1);
  await scene.waitForLines('START', retried, 1);
  server.kill(signal);
  const awayAt = Date.now();
  await sleep(OUTAGE_MS);
  if (signal === 'SIGKILL') await server.restart();
  else server.kill('SIGCONT');
  const settled = await scene.settle([failing, retried]);
  // The first attempt of each, the second of one, and what comes after that.
  expect(settled).toEqual({ states: ['FAILED', 'FINISH'], violations: [], starts: 4 });
  // No lease was renewed any more.
  for (const id of [failing, retried]) expect(await readLastSign(signsOf(id))).toBeLessThan(awayAt + LEASE_MS);
  const [lost] = await listTracks(scene.stack.api, failing);
  expect(lost).toMatchObject({ vertex: 'L', state: 'FAILED', reason: 'lost' });
  const ends = (await scene.readJournal()).filter(({ kind, pipelineId }) => {
    return kind === 'END' && [failing, retried].includes(pipelineId);
  });
  expect(ends.map(({ pipelineId, vertex, attempt }) => [pipelineId, vertex, attempt])).toEqual([
    [retried, 'L', 2],
    [retried, 'after', 1],
  ]);
  expect(scene.pids()).toEqual(pids);
}
