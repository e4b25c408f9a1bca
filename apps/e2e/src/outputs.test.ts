import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { HOSTILE_VALUES } from '@baton/domain/testing';
import { connectRedis } from '@baton/queue';
import { listTracks, waitForEnd, waitUntil } from './testing/call-api.ts';
import { openWorkerScene, type WorkerScene } from './testing/worker-scene.ts';
import { watchRedis } from './testing/watch-redis.ts';

/** What scripts hand on, through the real programs. The lease is long, so that within it a worker can die and come back. */
let scene: WorkerScene;
beforeAll(async () => {
  scene = await openWorkerScene({ BATON_LEASE_MS: '60000' });
}, 120_000);
afterAll(() => scene.stack.stop());

interface Vertex {
  name: string;
  script: string;
  [policy: string]: unknown;
}

/** A pipeline of vertices in a row. @returns its id */
async function start(vertices: Vertex[], options: object = {}): Promise<number> {
  const graph = `outputs-${randomBytes(4).toString('hex')}`;
  const edges = vertices.slice(1).map(({ name }, index) => [vertices[index]?.name, name]);
  await scene.api.post('/graphs', { name: graph, vertices, edges });
  return (await scene.api.post<{ id: number }>('/pipelines', { graph, ...options })).id;
}

async function printedBy(pipelineId: number, vertex: string): Promise<string> {
  const { id } = await scene.getTrack(pipelineId, vertex);
  return scene.api.get<string>(`/tracks/${id}/output`);
}

async function outputsOf(pipelineId: number, vertex: string): Promise<Record<string, string>> {
  const { id } = await scene.getTrack(pipelineId, vertex);
  return (await scene.api.get<{ outputs: Record<string, string> }>(`/tracks/${id}/outputs`)).outputs;
}

describe('with a worker', () => {
  beforeAll(() => scene.addWorker('default'));

  test('hostile values go from script to script as data, by name and in $BATON_INPUTS', async () => {
    const values = Object.fromEntries(HOSTILE_VALUES.map((value, index) => [`v${index}`, value]));
    const blocks = Object.entries(values).map(([key, value]) => `${key}<<-- end --\n${value}\n-- end --\n`);
    const encoded = Buffer.from(blocks.join('')).toString('base64');
    const see = `see() { for seen do printf '<%s>' "$seen"; done; }\n`;
    const names = Object.keys(values).map((key) => `see {A.${key}} "{A.${key}}" '{A.${key}}'`);
    const id = await start([
      { name: 'A', script: `echo ${encoded} | base64 -d >"$BATON_OUTPUT"` },
      { name: 'B', script: `${see}${names.join('\n')}\nls -A` },
      { name: 'C', shell: 'bash', script: `${see}${names.join('\n')}\nls -A` },
      {
        name: 'D',
        input: { ip: { default: '10.0.0.1' } },
        script: 'cat "$BATON_INPUTS"; echo more=1 >>"$BATON_OUTPUT"',
      },
    ]);
    expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FINISH' });
    const printed = HOSTILE_VALUES.map((value) => `<${value}><${value}><${value}>`).join('');
    expect([await printedBy(id, 'B'), await printedBy(id, 'C')]).toEqual([printed, printed]);
    expect(JSON.parse(await printedBy(id, 'D'))).toEqual({ params: { ip: '10.0.0.1' }, outputs: { A: values } });
    expect(await outputsOf(id, 'A')).toEqual(values);
    expect(await outputsOf(id, 'D')).toEqual({ more: '1' });
  }, 60_000);

  test('no value is in Redis or in a log', async () => {
    const canary = `canary-${randomBytes(8).toString('hex')}`;
    const flag = `end-${randomBytes(8).toString('hex')}`;
    const redis = connectRedis({ url: scene.stack.servers.redisUrl, prefix: 'unused' }, 'consumer', () => {});
    const watched = await watchRedis(scene.stack.servers.redisUrl);
    // The canary is written in two halves, so that the script itself does not hold it.
    const halves = [canary.slice(0, 12), canary.slice(12)].map((half) => `"${half}"`).join('');
    const id = await start([
      { name: 'A', script: `echo key=${halves} >>"$BATON_OUTPUT"` },
      { name: 'B', script: `test {A.key} = ${halves}; echo ${halves} >>"$BATON_OUTPUT"` },
    ]);
    expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FAILED' });
    expect(await scene.getTrack(id, 'B')).toMatchObject({ state: 'FAILED', reason: 'bad_output' });
    await redis.get(flag);
    await waitUntil(
      async () => watched.read().includes(flag),
      (isSeen) => isSeen,
    );
    watched.stop();
    redis.disconnect();
    expect(watched.read()).toContain(String.raw`\"outcome\":\"bad_output\"`);
    expect(watched.read()).not.toContain(canary);
    const logs = await readLogs();
    expect(logs).toContain('track_ended');
    expect(logs).not.toContain(canary);
  }, 60_000);

  test('what cannot be used fails the track, and says every problem with its line', async () => {
    const id = await start([
      { name: 'A', script: 'echo a=1 >$BATON_OUTPUT; echo nonsense >>$BATON_OUTPUT' },
      { name: 'B', script: 'true' },
    ]);
    expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FAILED' });
    const detail = expect.stringMatching(/line 2: expected key=value or key<<MARK/);
    expect(await scene.getTrack(id)).toMatchObject({
      state: 'FAILED',
      reason: 'bad_output',
      exitCode: 0,
      attempts: [{ result: 'bad_output', detail }],
    });
    expect(await outputsOf(id, 'A')).toEqual({});
  }, 60_000);

  test('an output that is not there fails the track that names it, with the reason', async () => {
    const id = await start([
      { name: 'A', script: 'true' },
      { name: 'B', script: 'echo {A.key}' },
    ]);
    expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FAILED' });
    const detail = 'the script names an output that no script handed on: {A.key} (A is SUCCEED)';
    expect(await scene.getTrack(id, 'B')).toMatchObject({
      state: 'FAILED',
      attempts: [{ result: 'spawn_error', detail }],
    });
  }, 60_000);

  test('of a vertex that was tried again the last attempt counts; what a failed script wrote is kept', async () => {
    const retry = { max: 1, delayMs: 0 };
    const script = 'echo "key=attempt $BATON_ATTEMPT" >>"$BATON_OUTPUT"; [ "$BATON_ATTEMPT" -eq 2 ]';
    const id = await start([
      { name: 'A', script, retry },
      { name: 'B', script: 'echo {A.key}' },
    ]);
    expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FINISH' });
    expect(await printedBy(id, 'B')).toBe('attempt 2\n');
    const { id: trackId } = await scene.getTrack(id, 'A');
    expect(await scene.api.get(`/tracks/${trackId}/outputs?attempt=1`)).toMatchObject({
      outputs: { key: 'attempt 1' },
    });
  }, 60_000);
});

test('a worker that is killed between the end of a script and its report sends values and completion in its next life', async () => {
  const worker = await scene.addWorker('mortal');
  const api = scene.getProcess('api');
  const id = await start([
    { name: 'A', labels: ['mortal'], script: `echo key=survived >>"$BATON_OUTPUT"\n${scene.note('before')}\nsleep 2` },
    { name: 'B', labels: ['mortal'], script: `echo {A.key}\n${scene.note('after')}` },
  ]);
  await scene.waitForNotes('before');
  // Killed, not stopped: a stopped one would still take the values of the first life once it goes on.
  api.kill('SIGKILL');
  await waitUntil(
    () => scene.listSpool(worker),
    (files) => files.length === 1,
  );
  worker.kill('SIGKILL');
  await worker.exited;
  await api.restart();
  await worker.restart();
  expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FINISH' });
  expect(await printedBy(id, 'B')).toBe('survived\n');
  expect((await listTracks(scene.api, id)).map(({ attempt }) => attempt)).toEqual([1, 1]);
  expect(await scene.countNotes('before')).toBe(1);
  expect(await scene.countNotes('after')).toBe(1);
}, 120_000);

async function readLogs(): Promise<string> {
  const texts = await Promise.all(scene.stack.processes.map(({ logPath }) => readFile(logPath, 'utf8')));
  return texts.join('');
}
