import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTcpProxy, type TcpProxy } from './chaos/tcp-proxy.ts';
import { listTracks, waitForEnd, waitUntil } from './testing/call-api.ts';
import { openWorkerScene, type WorkerScene } from './testing/worker-scene.ts';

/*
 * A worker whose way to the API is long and whose scripts were short claims ahead. Then long scripts take its slots, and another
 * worker comes.
 */
const LABELS = ['ahead'];
/** Each way, ms: many times as long as a script that does nothing. */
const WAY_MS = 30;
const SLOTS = 4;

let scene: WorkerScene;
let way: TcpProxy;
beforeAll(async () => {
  scene = await openWorkerScene();
  const { hostname, port } = new URL(scene.stack.url);
  way = await createTcpProxy({ host: hostname, port: Number(port) });
  await way.setMode({ delayMs: WAY_MS });
}, 120_000);
afterAll(async () => {
  await scene.stack.stop();
  await way.close();
});

interface HistoryItem {
  kind: string;
  changes: { tracks?: { vertex: string }[] };
}

async function readReleased(pipelineId: number): Promise<string[]> {
  const { items } = await scene.api.get<{ items: HistoryItem[] }>(`/pipelines/${pipelineId}/history?limit=200`);
  const releases = items.filter(({ kind }) => kind === 'release');
  return releases.flatMap(({ changes }) => (changes.tracks ?? []).map(({ vertex }) => vertex));
}

test('what a worker claimed ahead of a slot that long scripts keep is run by another one, once, as its first attempt', async () => {
  await scene.addWorker('ahead', {
    BATON_CONCURRENCY: String(SLOTS),
    BATON_WORKER_NAME: 'far',
    BATON_API_URL: `http://127.0.0.1:${way.port}`,
  });
  const lesson = await scene.start(
    Array.from({ length: 40 }, (_, index) => ({ name: `T${index}`, script: ':', labels: LABELS })),
  );
  await waitForEnd(scene.api, lesson);

  const gate = join(scene.stack.directory, 'gate');
  const wait = `until [ -e '${gate}' ]; do sleep 0.05; done`;
  const long = Array.from({ length: SLOTS }, (_, index) => {
    return { name: `L${index}`, labels: LABELS, priority: 9, script: wait };
  });
  const shorts = ['A', 'B', 'C', 'D', 'E', 'F'].map((name) => ({ name, labels: LABELS, script: scene.note(name) }));
  // Asked for first of those for which there is no slot.
  const limited = [{ name: 'X', labels: LABELS, priority: 5, limit: 1, script: scene.note('X') }];
  const id = await scene.start([...long, ...shorts, ...limited]);
  await waitUntil(
    () => readReleased(id),
    (released) => released.length > 0,
  );
  await scene.addWorker('ahead', { BATON_CONCURRENCY: '1', BATON_WORKER_NAME: 'near' });
  await waitUntil(
    () => listTracks(scene.api, id),
    (tracks) => tracks.every(({ vertex, state }) => vertex.startsWith('L') || state === 'SUCCEED'),
  );
  expect(await scene.getTrack(id, 'L0')).toMatchObject({ state: 'RUNNING', attempt: 1 });
  await writeFile(gate, '');
  expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FINISH' });

  for (const { name } of [...shorts, ...limited]) expect([name, await scene.countNotes(name)]).toEqual([name, 1]);
  const attempts = (await listTracks(scene.api, id)).map(({ attempt }) => attempt);
  expect(attempts).toEqual(attempts.map(() => 1));
  const released = new Set(await readReleased(id));
  for (const { name } of limited) expect(released).not.toContain(name);
}, 90_000);
