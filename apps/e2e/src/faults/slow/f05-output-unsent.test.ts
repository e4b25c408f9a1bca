import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { waitUntil } from '../../testing/call-api.ts';
import { linkOf } from '../fault-scene.ts';
import { inRounds, ROUNDS } from '../rounds.ts';
import { openWorkerFaults, type WorkerFaults } from '../worker-faults.ts';

/**
 * F5, the output: a worker is told to end while the API is away, and has the end of a script whose output it could not send
 * whole. The end goes through Redis and counts; that some of the output is missing must be seen.
 */
let scene: WorkerFaults;
beforeAll(async () => {
  scene = await openWorkerFaults({ environment: { BATON_LEASE_MS: '10000', BATON_DRAIN_MS: '1000' } });
}, 120_000);
afterAll(() => scene.stack.stop());

test(
  'SIGTERM with output that the API does not take: the end counts, and the missing end of the output is marked',
  inRounds(async (round) => {
    const label = `no-output-${round}`;
    const worker = await scene.addWorker(label);
    const api = linkOf(worker, 'api');
    const go = join(scene.stack.directory, `go-${round}`);
    const lines = `echo sent; while [ ! -e '${go}' ]; do sleep 0.05; done; echo not sent`;
    const id = await scene.startOne(label, { lines });
    await scene.waitForWritten(id, 'START 1');
    const output = `/tracks/${(await scene.getTrack(id)).id}/output`;
    const read = (): Promise<string> => scene.api.get<string>(output);
    await waitUntil(read, (text) => text === 'sent\n');
    await api.setMode('silent');
    await writeFile(go, '');
    await scene.waitForWritten(id, 'END 1');
    const { exited } = worker;
    worker.kill('SIGTERM');
    expect(await exited).toEqual({ code: 0, signal: null });
    // What the link held is lost with the process that had sent it.
    api.cut();
    await api.setMode('pass');
    const written = ['START 1', 'END 1'];
    expect(await scene.waitForOutcome(id)).toEqual({ state: 'FINISH', results: ['succeed'], written });
    expect(await read()).toBe('sent\n\n[baton: the end of the output is missing here: the worker could not send it]\n');
    expect(await scene.judge()).toEqual([]);
  }),
  60_000 * ROUNDS,
);
