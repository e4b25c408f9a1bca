import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient, type PipelineWhy, type TrackWhy } from '@baton/client';
import { connectRedis, createTrackQueue } from '@baton/queue';
import { waitForEnd, waitUntil } from './testing/call-api.ts';
import { runCli } from './testing/run-cli.ts';
import { openWorkerScene, type WorkerScene } from './testing/worker-scene.ts';

/** Why is it not running? Each thing that can hold a track is brought about on a real stack, and has to be named. */
let scene: WorkerScene;
beforeAll(async () => {
  scene = await openWorkerScene();
  // One that has slots for whatever comes, one that has a single slot.
  await scene.addWorker('free', { BATON_CONCURRENCY: '8' });
  await scene.addWorker('busy', { BATON_CONCURRENCY: '1' });
}, 120_000);
afterAll(() => scene.stack.stop());

let made = 0;

interface Vertex {
  name: string;
  [field: string]: unknown;
}

/** @returns the graph's name */
async function makeGraph(vertices: Vertex[], edges: [string, string][] = []): Promise<string> {
  made += 1;
  const graph = `why-${made}`;
  const whole = vertices.map((vertex) => ({
    labels: ['free'],
    ...('pipeline' in vertex ? {} : { script: 'true' }),
    ...vertex,
  }));
  await scene.api.post('/graphs', { name: graph, vertices: whole, edges });
  return graph;
}

async function start(graph: string, options: object = {}): Promise<number> {
  return (await scene.api.post<{ id: number }>('/pipelines', { graph, ...options })).id;
}

async function startNew(
  vertices: Vertex[],
  options: { edges?: [string, string][]; start?: object } = {},
): Promise<number> {
  return start(await makeGraph(vertices, options.edges), options.start);
}

/** A script that says a word and goes on when the test lets it. */
function holding(name: string): { script: string; letGo(): Promise<void> } {
  const file = join(scene.stack.directory, `go-${name}`);
  return {
    script: `echo 'here is ${name}'\nuntil [ -e '${file}' ]; do sleep 0.05; done`,
    letGo: () => writeFile(file, ''),
  };
}

async function why(pipelineId: number, vertex: string): Promise<TrackWhy> {
  const { id } = await scene.getTrack(pipelineId, vertex);
  return scene.api.get<TrackWhy>(`/tracks/${id}/why`);
}

/** Waits until this is the first that holds the track. */
function waitForBlocker(
  pipelineId: number,
  vertex: string,
  kind: TrackWhy['blockers'][number]['kind'],
): Promise<TrackWhy> {
  return waitUntil(
    () => why(pipelineId, vertex),
    ({ blockers }) => blockers[0]?.kind === kind,
    20_000,
  );
}

test('what waits for others names those that really hold it, and those say where they run', async () => {
  const hold = holding('running');
  const vertices = [{ name: 'A', script: hold.script }, { name: 'B' }, { name: 'C' }, { name: 'D' }];
  const id = await startNew(vertices, {
    edges: [
      ['A', 'B'],
      ['B', 'C'],
      ['D', 'C'],
    ],
  });
  await waitUntil(
    () => why(id, 'A'),
    ({ blockers: [first] }) => first?.kind === 'running' && first.lastLine !== null,
  );
  await waitUntil(
    () => scene.getTrack(id, 'D'),
    ({ state }) => state === 'SUCCEED',
  );
  const running = await why(id, 'A');
  expect(running).toMatchObject({ state: 'RUNNING', vertex: 'A', pipelineId: id });
  expect(running.blockers).toMatchObject([
    { kind: 'running', worker: 'worker of free', attempt: 1, lastLine: 'here is running', cancelRequestedAt: null },
  ]);
  const [{ leaseUntil } = { leaseUntil: null }] = running.blockers as { leaseUntil: string | null }[];
  expect(Date.parse(leaseUntil ?? '')).toBeGreaterThan(Date.now() - 5000);

  const waiting = await why(id, 'C');
  expect(waiting.sentence).toMatch(
    /^C is WAITING: waits for B \(WAITING\), 1 of 2 predecessors have ended; what holds it is A: attempt 1 runs on worker of free/,
  );
  expect(waiting.blockers).toMatchObject([
    {
      kind: 'predecessors',
      join: 'none_failed_min_one_success',
      needs: 'the ends of all 2 predecessors',
      unfinished: [{ vertex: 'B', state: 'WAITING' }],
      roots: [{ vertex: 'A', kind: 'running', trackId: running.trackId }],
      isComplete: true,
    },
  ]);
  const { stdout } = await runCli(scene.stack, ['why', `${id}/C`]);
  expect(stdout).toMatch(/^C \(track \d+ of pipeline \d+\) is WAITING\n {2}predecessors: waits for B/);
  expect(stdout).toContain(`A (track ${running.trackId}, RUNNING): attempt 1 runs`);
  await hold.letGo();
  expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FINISH' });
}, 60_000);

test('what waits for a slot knows its place in the queue, and what a paused pipeline holds says who paused it', async () => {
  const hold = holding('busy');
  const labels = ['busy'];
  const first = await startNew([{ name: 'A', labels, script: hold.script }]);
  await waitForBlocker(first, 'A', 'running');
  const next = await startNew([{ name: 'A', labels }]);
  const last = await startNew([{ name: 'A', labels }]);
  expect((await waitForBlocker(next, 'A', 'queue')).blockers).toMatchObject([
    { kind: 'queue', labels, position: 1, length: 2, before: [], slots: 1, freeSlots: 0 },
  ]);
  const { id: nextTrack } = await scene.getTrack(next);
  expect((await why(last, 'A')).blockers).toMatchObject([
    { kind: 'queue', position: 2, length: 2, before: [nextTrack] },
  ]);
  expect((await why(last, 'A')).sentence).toBe(
    'A is PENDING: waits in the queue for a worker: place 2 of 2; 0 of 1 slot of 1 worker free',
  );

  await scene.api.post(`/pipelines/${next}/pause`, { reason: 'a look first' });
  expect((await why(next, 'A')).blockers).toMatchObject([{ kind: 'paused', by: 'admin', reason: 'a look first' }]);
  const whole = await scene.api.get<PipelineWhy>(`/pipelines/${next}/why`);
  expect(whole.sentence).toMatch(/PAUSED: 1 track waits because the pipeline is paused by admin \(a look first\): A$/);
  await scene.api.post(`/pipelines/${next}/resume`);
  await hold.letGo();
  for (const id of [first, next, last]) expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FINISH' });
}, 60_000);

test('what Redis has lost is not in its queue, and is enqueued again by itself', async () => {
  const hold = holding('lost');
  const labels = ['busy'];
  const first = await startNew([{ name: 'A', labels, script: hold.script }]);
  await waitForBlocker(first, 'A', 'running');
  const lost = await startNew([{ name: 'A', labels }]);
  await waitForBlocker(lost, 'A', 'queue');
  const redis = connectRedis(
    { url: scene.stack.servers.redisUrl, prefix: scene.stack.redisPrefix },
    'consumer',
    () => {},
  );
  const queue = createTrackQueue(redis, scene.stack.redisPrefix);
  await queue.queueOf('busy').drain();
  await queue.close();
  redis.disconnect();
  const { blockers } = await why(lost, 'A');
  expect(blockers).toMatchObject([{ kind: 'not_queued', isRedisReady: true, enqueuedAt: expect.any(String) }]);
  await waitForBlocker(lost, 'A', 'queue');
  await hold.letGo();
  expect(await waitForEnd(scene.api, lost)).toMatchObject({ state: 'FINISH' });
}, 60_000);

test('what no worker serves says what each worker lacks', async () => {
  const id = await startNew([{ name: 'A', labels: ['gpu', 'free'] }]);
  const [blocker] = (await waitForBlocker(id, 'A', 'no_worker')).blockers;
  expect(blocker).toMatchObject({
    labels: ['gpu', 'free'],
    workers: [
      { name: 'worker of busy', lacks: ['gpu', 'free'], isDraining: false },
      { name: 'worker of free', lacks: ['gpu'] },
    ],
  });
  expect(blocker?.sentence).toBe(
    'needs a worker that serves gpu, free: of 2 workers none does (worker of busy lacks gpu, free, worker of free lacks gpu)',
  );
  // It is in its queue all the same, and that is told after it.
  expect((await why(id, 'A')).blockers.map(({ kind }) => kind)).toEqual(['no_worker', 'queue']);
  await scene.api.post(`/pipelines/${id}/cancel`);
}, 60_000);

test('what waits for a person says for whom, and the pipeline names all of them', async () => {
  const gate = { approvers: ['role:release'], message: 'Ship it?', expiresMs: 3_600_000 };
  const id = await startNew(
    [
      { name: 'held', script: 'ping {ip}', input: { ip: { required: true } }, onMissing: 'ask' },
      { name: 'gated', gate },
      { name: 'choosing', next: 'left' },
      { name: 'left' },
      { name: 'right' },
      { name: 'failing', script: 'exit 3' },
      { name: 'after' },
    ],
    {
      edges: [
        ['choosing', 'left'],
        ['choosing', 'right'],
        ['failing', 'after'],
      ],
      start: { mode: 'manual', onFailure: 'hold' },
    },
  );
  expect((await waitForBlocker(id, 'held', 'params')).blockers).toMatchObject([{ kind: 'params', names: ['ip'] }]);
  expect((await why(id, 'gated')).blockers).toMatchObject([
    {
      kind: 'approval',
      approvers: ['role:release'],
      message: 'Ship it?',
      onExpiry: 'reject',
      expiresAt: expect.any(String),
    },
  ]);
  expect((await waitForBlocker(id, 'choosing', 'choice')).blockers).toMatchObject([
    { kind: 'choice', offered: ['left'], successors: ['left', 'right'] },
    { kind: 'ended', reason: null },
  ]);
  expect((await waitForBlocker(id, 'failing', 'decision')).blockers).toMatchObject([
    { kind: 'decision', reason: 'exit_code', exitCode: 3 },
    { kind: 'ended' },
  ]);
  expect((await why(id, 'right')).blockers).toMatchObject([
    { kind: 'predecessors', roots: [{ vertex: 'choosing', kind: 'choice', state: 'SUCCEED' }] },
  ]);
  expect((await why(id, 'after')).blockers).toMatchObject([{ roots: [{ vertex: 'failing', kind: 'decision' }] }]);
  const { groups } = await scene.api.get<PipelineWhy>(`/pipelines/${id}/why`);
  expect(groups.map(({ kind, count, tracks }) => [kind, count, tracks[0]?.vertex])).toEqual([
    ['params', 1, 'held'],
    ['approval', 1, 'gated'],
    ['choice', 1, 'choosing'],
    ['decision', 1, 'failing'],
  ]);
  const { stdout } = await runCli(scene.stack, ['why', String(id)]);
  expect(stdout).toContain('approval: 1 track waits for the approval of role:release: gated');
  await scene.api.post(`/pipelines/${id}/cancel`);
}, 60_000);

test('what a limit keeps names the tracks that have its places, and a pipeline counts what waits', async () => {
  const hold = holding('limit');
  const graph = await makeGraph([{ name: 'A', limit: 1, script: hold.script }]);
  const holder = await start(graph);
  await waitForBlocker(holder, 'A', 'running');
  const kept = await start(graph);
  const { id: holderTrack } = await scene.getTrack(holder);
  const answer = await waitForBlocker(kept, 'A', 'limit');
  expect(answer.blockers).toMatchObject([
    {
      kind: 'limit',
      key: expect.stringMatching(/^vertex:/),
      capacity: 1,
      running: 1,
      waiting: 1,
      holders: [{ trackId: holderTrack, vertex: 'A', pipelineId: holder }],
    },
  ]);
  expect(answer.sentence).toBe(
    `A is PENDING: waits for the limit of vertex A: 1 of 1 place taken, by A of pipeline ${holder}; 1 track waits for it`,
  );
  await createClient({ url: scene.stack.url, token: scene.stack.token }).setPool('why-gpu', 0);
  const many = await startNew(Array.from({ length: 60 }, (_, index) => ({ name: `V${index}`, pools: ['why-gpu'] })));
  const whole = await waitUntil(
    () => scene.api.get<PipelineWhy>(`/pipelines/${many}/why`),
    ({ groups: [group] }) => group?.kind === 'limit' && group.count === 60,
  );
  expect(whole.groups).toHaveLength(1);
  expect(whole.groups[0]?.sentence).toMatch(/^60 tracks wait for pool why-gpu: V0, V1, V2 and 57 more$/);
  expect(whole.groups[0]?.tracks).toHaveLength(10);
  expect((await why(many, 'V7')).sentence).toContain('waits for pool why-gpu: it is closed; 60 tracks wait');
  await scene.api.post(`/pipelines/${many}/cancel`);
  await hold.letGo();
  expect(await waitForEnd(scene.api, kept)).toMatchObject({ state: 'FINISH' });
}, 60_000);

test('what is tried again says when', async () => {
  const id = await startNew([{ name: 'A', script: 'false', retry: { max: 1, delayMs: 3_600_000 } }]);
  const { blockers } = await waitForBlocker(id, 'A', 'retry');
  expect(blockers).toMatchObject([{ kind: 'retry', attempt: 2 }]);
  const [{ at } = { at: '' }] = blockers as { at: string }[];
  expect(Date.parse(at) - Date.now()).toBeGreaterThan(3_000_000);
  await scene.api.post(`/pipelines/${id}/cancel`);
}, 60_000);

test('what runs a pipeline says why that one has not ended', async () => {
  const inner = await makeGraph([{ name: 'inside', gate: { approvers: ['role:release'] } }]);
  const id = await startNew([{ name: 'outer', pipeline: { graph: inner } }, { name: 'after' }], {
    edges: [['outer', 'after']],
  });
  const { blockers } = await waitForBlocker(id, 'outer', 'child');
  expect(blockers).toMatchObject([
    {
      kind: 'child',
      pipelineState: 'RUNNING',
      reasons: ['1 track waits for the approval of role:release: inside'],
    },
  ]);
  const after = await why(id, 'after');
  expect(after.sentence).toMatch(
    /outer.*runs pipeline \d+.*RUNNING: 1 track waits for the approval of role:release: inside/,
  );
  await scene.api.post(`/pipelines/${id}/cancel`);
}, 60_000);

test('what has ended says how, by whose doing, and which tracks above were the cause', async () => {
  const failed = await startNew([{ name: 'A', script: 'exit 7' }, { name: 'B' }, { name: 'C' }], {
    edges: [
      ['A', 'B'],
      ['B', 'C'],
    ],
    start: { onFailure: 'continue' },
  });
  expect(await waitForEnd(scene.api, failed)).toMatchObject({ state: 'FAILED' });
  expect((await why(failed, 'A')).sentence).toMatch(
    /^A is FAILED: ended at .* UTC for exit_code 7 \(line 1: exit 7\)$/,
  );
  expect((await why(failed, 'C')).blockers).toMatchObject([
    { kind: 'ended', reason: 'upstream_failed', because: [{ vertex: 'A', state: 'FAILED' }] },
  ]);
  const skipped = await startNew([{ name: 'A', gate: {} }]);
  const { id: trackId } = await scene.getTrack(skipped);
  await scene.api.post(`/tracks/${trackId}/skip`, { reason: 'not today' });
  expect((await why(skipped, 'A')).blockers).toMatchObject([
    { kind: 'ended', reason: 'skipped', actor: 'admin', comment: 'not today' },
  ]);
  const cancelled = await startNew([{ name: 'A', gate: {} }]);
  await scene.api.post(`/pipelines/${cancelled}/cancel`, { reason: 'a mistake' });
  expect((await why(cancelled, 'A')).blockers).toMatchObject([
    { kind: 'ended', reason: 'pipeline_cancelled', actor: 'admin', comment: 'a mistake' },
  ]);
  expect((await scene.api.get<PipelineWhy>(`/pipelines/${cancelled}/why`)).sentence).toMatch(
    /CANCELLED: ended at .* by admin \(a mistake\)/,
  );
}, 60_000);
