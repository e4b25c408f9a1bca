import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ChaosProcess } from '../../chaos/chaos-stack.ts';
import { journalLine } from '../../chaos/journal.ts';
import { listTracks, waitForEnd, waitUntil } from '../../testing/call-api.ts';
import { openSmallDisk, type SmallDisk } from '../../testing/small-disk.ts';
import { inRounds, ROUNDS } from '../rounds.ts';
import { openWorkerFaults, readLastSign, showSigns, type WorkerFaults } from '../worker-faults.ts';

/**
 * F22: a worker's disk is full, or cannot be written to. It takes nothing more and says why; what runs ends as it would, or
 * fails with the reason; nothing is a success that was none. With room again it goes on, without a restart.
 */
let scene: WorkerFaults;
beforeAll(async () => {
  scene = await openWorkerFaults();
}, 120_000);
afterAll(() => scene.stack.stop());

/** A worker of its own label on a disk of its own. */
interface Place {
  disk: SmallDisk;
  worker: ChaosProcess;
  label: string;
}

let places = 0;

/** Each round in a place of its own. */
function onSmallDisk<Given extends unknown[]>(body: (place: Place, ...given: Given) => Promise<void>) {
  return inRounds(async (_round, ...given: Given) => {
    const label = `disk-${(places += 1)}`;
    const disk = await openSmallDisk();
    const worker = await scene.addWorker(label, { BATON_WORKER_DIRECTORY: disk.directory, BATON_WORKER_NAME: label });
    try {
      await body({ disk, worker, label }, ...given);
    } finally {
      await disk.heal();
      // Where the body has failed it may stand still.
      worker.kill('SIGCONT');
      worker.kill('SIGTERM');
      await worker.exited;
      await disk.remove();
    }
  });
}

/** What the worker says of itself where people look. */
async function waitForProblem(label: string, isWanted: (problem: string | null | undefined) => boolean): Promise<void> {
  const ask = (): Promise<{ items: { name: string; problem: string | null }[] }> => scene.api.get('/workers');
  await waitUntil(ask, ({ items }) => isWanted(items.find(({ name }) => name === label)?.problem));
}

const isNoRoom = (problem: string | null | undefined): boolean => /^disk (full|not usable): /.test(problem ?? '');
const isNone = (problem: string | null | undefined): boolean => problem === null;

const SUCCESS = { state: 'FINISH', results: ['succeed'], written: ['START 1', 'END 1'] };

/** Nobody takes the track, and whoever asks is told why. */
async function expectToWait(pipelineId: number): Promise<void> {
  const { id } = await scene.getTrack(pipelineId);
  const ask = (): Promise<{ blockers: { kind: string; sentence: string }[] }> => scene.api.get(`/tracks/${id}/why`);
  const { blockers } = await waitUntil(ask, (why) => why.blockers.some(({ kind }) => kind === 'no_worker'));
  expect(blockers.map(({ sentence }) => sentence).join()).toMatch(/takes nothing: disk/);
  expect(await scene.getTrack(pipelineId)).toMatchObject({ state: 'PENDING', attempt: 1 });
  expect(await scene.listWritten(pipelineId)).toEqual([]);
}

test.each<[string, (disk: SmallDisk) => Promise<void>]>([
  ['a full disk: the worker takes nothing more and says so, and goes on when there is room', (disk) => disk.fill()],
  ['a disk that can only be read: the same', (disk) => disk.makeReadOnly()],
])(
  '%s',
  onSmallDisk(async ({ disk, label }, _title: string, hurt: (disk: SmallDisk) => Promise<void>) => {
    await hurt(disk);
    await waitForProblem(label, isNoRoom);
    const id = await scene.startOne(label);
    await expectToWait(id);
    await disk.heal();
    expect(await scene.waitForOutcome(id)).toEqual(SUCCESS);
    await waitForProblem(label, isNone);
  }),
  60_000 * ROUNDS,
);

/** A script that waits for a file, and then does these lines. */
async function startWaiting(label: string, lines: string): Promise<{ id: number; go: () => Promise<void> }> {
  const file = join(scene.stack.directory, `go-${label}`);
  const id = await scene.startOne(label, { lines: `until [ -e '${file}' ]; do sleep 0.05; done\n${lines}` });
  await scene.waitForWritten(id, 'START 1');
  return { id, go: () => writeFile(file, '') };
}

test(
  'a disk that can only be read from the middle of a script on: its end is not spooled, is sent, and counts',
  onSmallDisk(async ({ disk, worker, label }) => {
    const { id, go } = await startWaiting(label, 'true');
    await disk.makeReadOnly();
    await go();
    expect(await scene.waitForOutcome(id)).toEqual(SUCCESS);
    // Sending does not wait for the disk: the word that it failed may come after the answer.
    await waitUntil(
      () => readFile(worker.logPath, 'utf8'),
      (log) => log.includes('"event":"spool_failed"'),
    );
    await waitForProblem(label, isNoRoom);
  }),
  60_000 * ROUNDS,
);

test(
  'a disk that is full when a script hands something on: it fails, and its output says why',
  onSmallDisk(async ({ disk, label }) => {
    const end = journalLine('END', scene.journalPath);
    const { id, go } = await startWaiting(label, `${end}\necho key=value >> "$BATON_OUTPUT"`);
    await disk.fill();
    await go();
    expect(await scene.waitForOutcome(id)).toEqual({ ...SUCCESS, state: 'FAILED', results: ['exit_code'] });
    const { id: trackId } = await scene.getTrack(id);
    expect(await scene.api.get(`/tracks/${trackId}/output`)).toMatch(/I\/O error|No space left|cannot create/);
  }),
  60_000 * ROUNDS,
);

test(
  'a disk that is full before the worker notices: at most one track a slot fails, with the reason',
  onSmallDisk(async ({ disk, label }) => {
    // So many that they go on for seconds; the worker looks at its disk by itself only now and then.
    const names = Array.from({ length: 100 }, (_, index) => `V${index}`);
    await scene.putGraph(
      label,
      names.map((name) => scene.vertex(name, { labels: [label] })),
    );
    const id = await scene.start(label, label, { onFailure: 'continue' });
    await scene.waitForLines('START', id, 3);
    await disk.fill();
    await waitForProblem(label, isNoRoom);
    await disk.heal();
    await waitForEnd(scene.api, id);
    const failed = (await listTracks(scene.api, id)).filter(({ state }) => state !== 'SUCCEED');
    expect(failed.length).toBeLessThanOrEqual(1);
    for (const track of failed) {
      const { attempts } = await scene.api.get<{ attempts: object[] }>(`/tracks/${track.id}`);
      expect(attempts).toMatchObject([
        { result: 'spawn_error', detail: expect.stringMatching(/ENOSPC|EACCES|No space left|I\/O error/) },
      ]);
    }
    expect(await scene.listWritten(id)).toHaveLength(2 * (names.length - failed.length));
  }),
  60_000 * ROUNDS,
);

test(
  'frozen on a disk that can only be read: the guard ends the script before the lease does all the same',
  onSmallDisk(async ({ disk, worker, label }) => {
    const signs = join(scene.stack.directory, `signs-${label}`);
    const id = await scene.startOne(label, { lines: showSigns(signs) });
    await scene.waitForWritten(id, 'START 1');
    await disk.makeReadOnly();
    worker.kill('SIGSTOP');
    const leaseEnd = await scene.waitForLost(id);
    expect(await readLastSign(signs)).toBeLessThan(leaseEnd);
    worker.kill('SIGCONT');
    expect(await scene.waitForOutcome(id)).toEqual({ state: 'FAILED', results: ['lost'], written: ['START 1'] });
  }),
  60_000 * ROUNDS,
);

test('all that the workers without room did is as the rules say', async () => {
  expect(await scene.judge()).toEqual([]);
});
