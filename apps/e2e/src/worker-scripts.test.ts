import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { listTracks, waitForEnd, waitUntil } from './testing/call-api.ts';
import {
  findProcesses,
  openWorkerScene,
  uniqueSleep,
  waitForProcesses,
  type WorkerScene,
} from './testing/worker-scene.ts';

/** What a worker does with a script that misbehaves, prints much, or belongs elsewhere. */
let scene: WorkerScene;
beforeAll(async () => {
  scene = await openWorkerScene();
  await Promise.all([scene.addWorker('default'), scene.addWorker('gpu')]);
}, 120_000);
afterAll(() => scene.stack.stop());

test('cancel: a track is CANCELLED only when its script and what escaped from it are gone', async () => {
  const sleep = uniqueSleep();
  const stubborn = `trap '' TERM HUP\n(setsid sh -c 'trap "" TERM HUP; ${sleep}; :' &)\nwhile :; do ${sleep} || :; done`;
  const id = await scene.start([{ name: 'A', labels: [], script: stubborn, graceMs: 1500 }]);
  await waitForProcesses(sleep, 2);
  await scene.api.post(`/pipelines/${id}/cancel`);
  // The processes are counted after the state was read: a track that says CANCELLED too early is found out.
  const seen = await waitUntil(
    async () => ({ state: (await scene.getTrack(id)).state, processes: await findProcesses(sleep) }),
    ({ state }) => state === 'CANCELLED',
  );
  expect(seen.processes).toEqual([]);
  expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'CANCELLED' });
  expect(await scene.getTrack(id)).toMatchObject({ attempts: [{ result: 'cancelled', signal: 'KILL' }] });
}, 60_000);

test('timeoutMs: the script is ended, all of it, and the track is FAILED for that reason', async () => {
  const sleep = uniqueSleep();
  const script = `setsid --fork ${sleep}\n${sleep}`;
  const id = await scene.start([{ name: 'A', labels: [], script, timeoutMs: 700 }]);
  expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FAILED' });
  expect(await findProcesses(sleep)).toEqual([]);
  const track = await scene.getTrack(id);
  expect(track).toMatchObject({ state: 'FAILED', attempts: [{ result: 'timeout', detail: `line 2: ${sleep}` }] });
  expect(track.attempts[0]?.durationMs).toBeGreaterThanOrEqual(700);
}, 60_000);

test('5 MB of output arrive whole and in order, more than the cap with a mark where it was cut', async () => {
  const script = 'seq -f "line %.0f" 1 450000';
  const id = await scene.start([
    { name: 'whole', labels: [], script },
    { name: 'capped', labels: [], script, maxOutputBytes: 100_000 },
  ]);
  expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FINISH' });
  const wanted = Array.from({ length: 450_000 }, (_, index) => `line ${index + 1}\n`).join('');
  const [whole, capped] = await Promise.all(['whole', 'capped'].map((vertex) => scene.getTrack(id, vertex)));
  expect(wanted.length).toBeGreaterThan(5_000_000);
  const text = await scene.api.get<string>(`/tracks/${whole?.id}/output`);
  expect(text.length).toBe(wanted.length);
  expect(text === wanted).toBe(true);
  expect(whole).toMatchObject({ attempts: [{ outputBytes: wanted.length, cutBytes: 0 }] });

  const cutBytes = wanted.length - 100_000;
  expect(capped).toMatchObject({ attempts: [{ outputBytes: wanted.length, cutBytes }] });
  const cut = await scene.api.get<string>(`/tracks/${capped?.id}/output`);
  const mark = `\n[baton: ${cutBytes} bytes of output were cut here]\n`;
  expect(cut === `${wanted.slice(0, 75_000)}${mark}${wanted.slice(-25_000)}`).toBe(true);
}, 60_000);

test('each vertex runs on a worker that serves its labels, and waits where there is none', async () => {
  const vertices = Array.from({ length: 8 }, (_, index) => ({
    name: `v${index}`,
    script: 'true',
    labels: index % 2 === 0 ? [] : ['gpu'],
  }));
  const id = await scene.start([...vertices, { name: 'both', script: 'true', labels: ['gpu', 'default'] }]);
  await waitUntil(
    () => listTracks(scene.api, id),
    (tracks) => tracks.filter(({ state }) => state === 'SUCCEED').length === 8,
  );
  for (const { vertex, state, worker } of await listTracks(scene.api, id)) {
    if (vertex === 'both') expect({ state, worker }).toEqual({ state: 'PENDING', worker: null });
    else expect(worker).toBe(Number(vertex.slice(1)) % 2 === 0 ? 'worker of default' : 'worker of gpu');
  }

  await scene.addWorker('gpu,default');
  expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FINISH' });
  expect(await scene.getTrack(id, 'both')).toMatchObject({ worker: 'worker of gpu,default' });
}, 60_000);
