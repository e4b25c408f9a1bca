import { appendFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { completionOf } from '@baton/database/testing';
import { signCompletion, type Queue } from '@baton/queue';
import { listTracks, waitUntil, type TrackAnswer } from '../testing/call-api.ts';
import { countInLogs, openFaultScene, readMetrics, type FaultScene } from './fault-scene.ts';
import { openQueueScene, WORKER_ID, type QueueScene } from './queue-scene.ts';
import { inRounds, ROUNDS } from './rounds.ts';

/**
 * F10, F26 and F30: what comes through the queues is repeated, late, in another order, forged, or not of ours at all. The
 * tables say what it means.
 */
let scene: FaultScene;
let queues: QueueScene;

/** Vertices without edges. */
const MANY = Array.from({ length: 10 }, (_, index) => `V${index}`);

beforeAll(async () => {
  scene = await openFaultScene({ orchestrators: 2, environment: { BATON_LEASE_MS: '20000' } });
  queues = await openQueueScene(scene.stack);
  const { vertex } = scene;
  // Nobody but a test serves the label.
  const first = { name: 'A', script: 'true', labels: ['nobody'], retry: { max: 1, delayMs: 0 } };
  await scene.putGraph('claimed', [first, vertex('B')], [['A', 'B']]);
  await scene.putGraph('plain', [vertex('A'), vertex('B')], [['A', 'B']]);
  await scene.putGraph(
    'many',
    MANY.map((name) => vertex(name)),
  );
}, 120_000);

afterAll(async () => {
  await queues.close();
  await scene.stack.stop();
});

async function getTrack(pipelineId: number, vertex: string): Promise<TrackAnswer> {
  const track = (await listTracks(scene.api, pipelineId)).find((one) => one.vertex === vertex);
  if (track === undefined) throw new Error(`pipeline ${pipelineId} has no track of ${vertex}`);
  return track;
}

test(
  'F10: completions that are repeated, late, forged or of nobody change nothing',
  inRounds(async (round) => {
    const parkedBefore = await queues.completions.getFailedCount();
    const id = await scene.start('claimed', `claimed-${round}`);
    const { id: trackId } = await getTrack(id, 'A');
    // This test is the script, and writes as one.
    const write = (kind: string, { attempt, runId }: { attempt: number; runId: string }): Promise<void> =>
      appendFile(scene.journalPath, `${kind} ${id} A ${attempt} ${runId} ${process.pid} ${Date.now()}000000\n`);
    const one = await queues.claim({ trackId, attempt: 1 });

    await write('START', one);
    // Before its end: of a run that nobody claimed, and signed by who has not claimed it.
    const other = { ...one, runId: `${one.runId.slice(0, -4)}AAAA` };
    await queues.report({ trackId, attempt: 1, runId: other.runId }, {}, 3);
    await queues.report({ ...one, key: 'guessed' }, {}, 3);
    await queues.report(other);
    // Of tracks that are not there, or are not started.
    await queues.report({ ...one, key: undefined, trackId: 4_194_304 * 999_999 } as never);
    await queues.report({ trackId: (await getTrack(id, 'B')).id, attempt: 1, runId: one.runId });
    await queues.waitUntilHandled();
    expect(await getTrack(id, 'A')).toMatchObject({ state: 'RUNNING', attempt: 1 });
    expect(await getTrack(id, 'B')).toMatchObject({ state: 'WAITING' });
    expect((await queues.completions.getFailedCount()) - parkedBefore).toBe(4);

    await write('END', one);
    await queues.report(one, { exitCode: 7 }, 10);
    await queues.waitUntilHandled();
    const two = await queues.claim({ trackId, attempt: 2 });
    await write('START', two);
    // Delayed past the next attempt: the same once more, and one that says otherwise.
    await queues.report(one, {}, 10);
    await queues.report(one, { exitCode: 7 }, 10);
    await queues.waitUntilHandled();
    expect(await getTrack(id, 'A')).toMatchObject({ state: 'RUNNING', attempt: 2 });

    await write('END', two);
    await queues.report(two, {}, 10);
    expect(await scene.waitForEnds([id])).toEqual(['FINISH']);
    await queues.report(two, { exitCode: 7 }, 3);
    await queues.report(one, {}, 3);
    await queues.waitUntilHandled();
    const track = await scene.api.get<{ attempts: { result: string }[]; staleCompletions: number }>(
      `/tracks/${trackId}`,
    );
    expect(track.attempts.map(({ result }) => result)).toEqual(['exit_code', 'succeed']);
    expect(track.staleCompletions).toBeGreaterThan(0);
    expect(await scene.listStarts(id)).toEqual(['A 1', 'A 2', 'B 1']);
    expect(await scene.judge()).toEqual([]);
  }),
  60_000 * ROUNDS,
);

test(
  'F26: what nobody can read is parked, visible and counted, and everybody works on',
  inRounds(async (round) => {
    const { completions, tracks, redis } = queues;
    const { stack } = scene;
    const before = await countParked();
    for (const queue of [completions, tracks]) {
      const texts = ['not { JSON', JSON.stringify({ v: 2, text: 'later' }), JSON.stringify('x'.repeat(5_000_000))];
      for (const text of texts) await addRaw(queue, text);
      await redis.set(`${stack.redisPrefix}:${queue.name}:stranger`, 'a key of nobody');
      await redis.lpush(`${stack.redisPrefix}:${queue.name}:wait`, `an-id-without-an-entry-${round}`);
    }
    // Of a track that is gone: refused by the claim, and forgotten.
    const gone = { trackId: 4_194_304 * 999_999, attempt: 1 };
    const names = { pipelineId: 999_999, pipeline: 'gone', vertex: 'A', graph: 'gone' };
    await tracks.add('gone', { v: 1, ...gone, seq: 1, ...names }, { jobId: `gone-${round}` });
    const completion = completionOf({ ...gone, runId: 'nobody-has-claimed-it' }, { workerId: WORKER_ID });
    await completions.add('gone', { v: 1, completion, signature: signCompletion('guessed', completion) });

    const after = { completions: before.completions + 5, tracks: before.tracks + 4 };
    await waitUntil(countParked, (counts) => counts.completions >= after.completions && counts.tracks >= after.tracks);
    const ids: number[] = [];
    for (let index = 0; index < 8; index += 1) ids.push(await scene.start('plain', `after-poison-${round}-${index}`));
    expect(await scene.waitForEnds(ids)).toEqual(ids.map(() => 'FINISH'));
    // People can read what is parked, and it is small.
    const kept = await Promise.all([completions.getFailed(), tracks.getFailed()]);
    expect(kept.flat().filter(({ data }) => JSON.stringify(data).length > 20_000)).toEqual([]);
    expect(await countInLogs(stack.processes, 'completion_parked')).toBe(after.completions);
    expect(await countInLogs(stack.processes, 'entry_parked')).toBe(after.tracks);
    expect(await readGauges('baton_queue_parked_entries')).toMatchObject(after);
    expect(await scene.judge()).toEqual([]);
  }),
  60_000 * ROUNDS,
);

test(
  'F30: an enqueueing that comes after those of two reconcile loops makes duplicates, and one start',
  inRounds(async (round) => {
    const { stack, api } = scene;
    const workers = stack.processes.filter(({ kind }) => kind === 'worker');
    for (const worker of workers) worker.kill('SIGSTOP');
    const stopped = stack.crashAt('api.committed', 'SIGSTOP');
    const started = scene.start('many', `late-${round}`);
    await stopped;
    const listWaiting = async (): Promise<string[]> => {
      const entries = await queues.tracks.getJobs(['prioritized']);
      return entries.flatMap(({ id }) => id?.replace(/^t\d+-/, '') ?? []).toSorted();
    };
    await waitUntil(listWaiting, (ids) => ids.length > 0);
    stack.process('api').kill('SIGCONT');
    const id = await started;
    await waitUntil(listWaiting, (ids) => ids.includes('a1-d1'));
    expect(await listWaiting()).toEqual([...MANY.map(() => 'a1-d1'), ...MANY.map(() => 'a1-d2')]);
    for (const worker of workers) worker.kill('SIGCONT');
    expect(await scene.waitForEnds([id])).toEqual(['FINISH']);
    await waitUntil(listWaiting, (ids) => ids.length === 0);
    expect((await scene.listStarts(id)).toSorted()).toEqual(MANY.map((name) => `${name} 1`));
    const tracks = await listTracks(api, id);
    expect(tracks.map(({ attempt }) => attempt)).toEqual(MANY.map(() => 1));
    expect(await scene.judge()).toEqual([]);
  }),
  60_000 * ROUNDS,
);

let raw = 0;
/** An entry whose data is this text. Nobody takes it before it is so. */
async function addRaw(queue: Queue, text: string): Promise<void> {
  const jobId = `strange-${(raw += 1)}`;
  await queue.pause();
  await queue.add('strange', {}, { jobId });
  await queues.redis.hset(`${scene.stack.redisPrefix}:${queue.name}:${jobId}`, 'data', text);
  await queue.resume();
}

async function countParked(): Promise<{ completions: number; tracks: number }> {
  const { completions, tracks } = queues;
  return { completions: await completions.getFailedCount(), tracks: await tracks.getFailedCount() };
}

/** Of /metrics, by queue. */
async function readGauges(name: string): Promise<Record<string, number>> {
  const lines = (await readMetrics(scene.stack)).matchAll(new RegExp(`^${name}\\{queue="([^"]+)"\\} (\\d+)$`, 'gm'));
  return Object.fromEntries([...lines].map(([, queue, value]) => [queue, Number(value)]));
}
