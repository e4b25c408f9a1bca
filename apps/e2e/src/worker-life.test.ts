import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { waitForEnd, waitUntil } from './testing/call-api.ts';
import {
  findProcesses,
  openWorkerScene,
  uniqueSleep,
  waitForProcesses,
  type WorkerScene,
} from './testing/worker-scene.ts';

/** How a worker ends, and what is left when it does: each test has workers of its own, under a label of its own. */
const LEASE_MS = 5000;
const RECONCILE_MS = 500;
/** For a machine that is busy with other tests. */
const SLACK_MS = 6000;

let scene: WorkerScene;
beforeAll(async () => {
  scene = await openWorkerScene();
}, 120_000);
afterAll(() => scene.stack.stop());

test('SIGTERM: what runs ends by itself, what waits is left to others, the worker ends with 0', async () => {
  const labels = ['drain'];
  const worker = await scene.addWorker('drain', { BATON_CONCURRENCY: '1' });
  const script = [scene.note('drain started'), 'sleep 1', scene.note('drain ended')].join('\n');
  const id = await scene.start(['A', 'B'].map((name) => ({ name, labels, script })));
  await scene.waitForNotes('drain started');
  worker.kill('SIGTERM');
  expect(await worker.exited).toEqual({ code: 0, signal: null });
  expect(await scene.countNotes('drain ended')).toBe(1);
  // It waited until its report was applied.
  expect(await scene.listSpool(worker)).toEqual([]);

  await scene.addWorker('drain');
  expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FINISH' });
  expect(await scene.countNotes('drain started')).toBe(2);
  for (const vertex of ['A', 'B']) expect(await scene.getTrack(id, vertex)).toMatchObject({ attempt: 1 });
}, 60_000);

test('SIGTERM and a drain that takes too long: the scripts are killed, and lost as their vertices say', async () => {
  const labels = ['deadline'];
  const worker = await scene.addWorker('deadline', { BATON_DRAIN_MS: '200' });
  const sleep = uniqueSleep();
  const script = [scene.note('deadline started'), `[ "$BATON_ATTEMPT" != 1 ] || ${sleep}`].join('\n');
  const failing = await scene.start([{ name: 'A', labels, script }]);
  const retried = await scene.start([{ name: 'A', labels, script, onLost: 'retry' }]);
  await scene.waitForNotes('deadline started', 2);
  await waitForProcesses(sleep, 2);
  worker.kill('SIGTERM');
  expect(await worker.exited).toEqual({ code: 0, signal: null });
  expect(await findProcesses(sleep)).toEqual([]);

  // The worker itself said so: nobody had to wait for the lease.
  expect(await scene.getTrack(failing)).toMatchObject({ state: 'FAILED', attempts: [{ result: 'lost' }] });
  await scene.addWorker('deadline');
  expect(await waitForEnd(scene.api, retried)).toMatchObject({ state: 'FINISH' });
  expect(await scene.getTrack(retried)).toMatchObject({ attempts: [{ result: 'lost' }, { result: 'succeed' }] });
}, 60_000);

test('a claim that is granted after the drain’s deadline is given back unstarted, and the worker ends with 0', async () => {
  const labels = ['late'];
  const worker = await scene.addWorker('late', { BATON_DRAIN_MS: '200' });
  const sleep = uniqueSleep();
  const warmUp = await scene.start([{ name: 'A', labels, script: 'true' }]);
  await waitForEnd(scene.api, warmUp);
  worker.kill('SIGSTOP');
  const id = await scene.start([{ name: 'A', labels, script: sleep }]);
  scene.getProcess('api').kill('SIGSTOP');
  worker.kill('SIGCONT');
  await scene.waitForPulledEntry('late');
  worker.kill('SIGTERM');
  await waitUntil(
    () => readFile(worker.logPath, 'utf8'),
    (log) => log.includes('drain_timeout'),
  );
  scene.getProcess('api').kill('SIGCONT');
  expect(await worker.exited).toEqual({ code: 0, signal: null });
  expect(await findProcesses(sleep)).toEqual([]);
  expect(await scene.getTrack(id)).toMatchObject({ state: 'PENDING', attempt: 1, attempts: [] });
  await scene.addWorker('late');
  await waitForProcesses(sleep, 1);
  await scene.api.post(`/pipelines/${id}/cancel`);
  expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'CANCELLED' });
  await waitForProcesses(sleep, 0);
  expect(await scene.getTrack(id)).toMatchObject({ attempt: 1 });
}, 60_000);

test('kill -9: the scripts are gone at once, the track is lost with its lease, and runs again where it may', async () => {
  const labels = ['killed'];
  const worker = await scene.addWorker('killed');
  const sleep = uniqueSleep();
  const script = `[ "$BATON_ATTEMPT" != 1 ] || { setsid ${sleep} & ${sleep}; }`;
  const failing = await scene.start([{ name: 'A', labels, script }]);
  const retried = await scene.start([{ name: 'A', labels, script, onLost: 'retry' }]);
  await waitForProcesses(sleep, 4);
  worker.kill('SIGKILL');
  await worker.exited;
  const killedAt = performance.now();
  await waitForProcesses(sleep, 0);
  expect(performance.now() - killedAt).toBeLessThan(LEASE_MS);

  await scene.addWorker('killed');
  expect(await waitForEnd(scene.api, failing)).toMatchObject({ state: 'FAILED' });
  expect(await waitForEnd(scene.api, retried)).toMatchObject({ state: 'FINISH' });
  expect(performance.now() - killedAt).toBeLessThan(LEASE_MS + RECONCILE_MS + SLACK_MS);
  expect(await scene.getTrack(failing)).toMatchObject({ attempts: [{ result: 'lost' }] });
  expect(await scene.getTrack(retried)).toMatchObject({ attempts: [{ result: 'lost' }, { result: 'succeed' }] });
}, 60_000);

test('SIGSTOP for longer than the lease: the guard kills the script, and what the worker says later changes nothing', async () => {
  const labels = ['frozen'];
  const frozen = await scene.addWorker('frozen');
  const sleep = uniqueSleep();
  const script = [scene.note('frozen started'), `[ "$BATON_ATTEMPT" != 1 ] || ${sleep}`].join('\n');
  const id = await scene.start([{ name: 'A', labels, script, onLost: 'retry' }]);
  await waitForProcesses(sleep, 1);
  frozen.kill('SIGSTOP');
  const frozenAt = performance.now();
  await waitForProcesses(sleep, 0);
  expect(performance.now() - frozenAt).toBeLessThan(LEASE_MS);

  const other = await scene.addWorker('frozen');
  expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FINISH' });
  other.kill('SIGTERM');
  await other.exited;
  frozen.kill('SIGCONT');
  await waitUntil(
    () => scene.getTrack(id),
    ({ staleCompletions }) => staleCompletions === 1,
  );
  expect(await scene.getTrack(id)).toMatchObject({
    state: 'SUCCEED',
    attempt: 2,
    attempts: [{ result: 'lost' }, { result: 'succeed' }],
  });
  expect(await scene.countNotes('frozen started')).toBe(2);
  // And it works on.
  const next = await scene.start([{ name: 'A', labels, script: 'true' }]);
  expect(await waitForEnd(scene.api, next)).toMatchObject({ state: 'FINISH' });
}, 60_000);

test('an API that is away for less than a lease loses nothing', async () => {
  const labels = ['away'];
  await scene.addWorker('away');
  const api = scene.getProcess('api');
  const ticks = `i=0; while [ $i -lt 12 ]; do ${scene.note('tick')}; i=$((i + 1)); sleep 0.25; done`;
  const long = await scene.start([{ name: 'A', labels, script: `${ticks}\necho over` }]);
  await scene.waitForNotes('tick');
  api.kill('SIGSTOP');
  // Two seconds of it, as the script counts them: over a heartbeat, and under the lease less its margin.
  await scene.waitForNotes('tick', 9);
  api.kill('SIGCONT');
  expect(await waitForEnd(scene.api, long)).toMatchObject({ state: 'FINISH' });
  const track = await scene.getTrack(long);
  expect(track).toMatchObject({ attempt: 1, attempts: [{ result: 'succeed' }], staleCompletions: 0 });
  expect(await scene.countNotes('tick')).toBe(12);
  expect(await scene.api.get<string>(`/tracks/${track.id}/output`)).toBe('over\n');
}, 60_000);
