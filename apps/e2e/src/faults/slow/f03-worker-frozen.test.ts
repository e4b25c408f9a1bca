import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ChaosProcess } from '../../chaos/chaos-stack.ts';
import { waitUntil } from '../../testing/call-api.ts';
import { linkOf } from '../fault-scene.ts';
import { inRounds, ROUNDS } from '../rounds.ts';
import { openWorkerFaults, readLastSign, showSigns, type WorkerFaults } from '../worker-faults.ts';

/**
 * F3: a worker is frozen for longer than its lease, and goes on. F4: its event loop is stuck for as long, while the process
 * lives and its connections stay open. It cannot fence itself: its guard does, before the lease is over on the database's
 * clock. Proved by the script's own signs of life.
 */
const TIMEOUT_MS = 90_000 * ROUNDS;

let scene: WorkerFaults;
/** Loaded into workers: at SIGUSR2 the event loop stands still until a file is there, which it takes away. */
let stallModule: string;

beforeAll(async () => {
  scene = await openWorkerFaults();
  stallModule = join(scene.stack.directory, 'stall.mjs');
  await writeFile(stallModule, STALL_SOURCE);
}, 120_000);
afterAll(() => scene.stack.stop());

const STALL_SOURCE = `import { existsSync, rmSync } from 'node:fs';
const cell = new Int32Array(new SharedArrayBuffer(4));
process.on('SIGUSR2', () => {
  while (!existsSync(process.env.STALL_END)) Atomics.wait(cell, 0, 0, 50);
  rmSync(process.env.STALL_END);
});
`;

/** How a worker is made to stand still, and to go on. */
interface Freeze {
  environment(label: string): Record<string, string>;
  begin(worker: ChaosProcess): void;
  end(worker: ChaosProcess, label: string): unknown;
}

const STOPPED: Freeze = {
  environment: () => ({}),
  begin: (worker) => worker.kill('SIGSTOP'),
  end: (worker) => worker.kill('SIGCONT'),
};

const endFile = (label: string): string => join(scene.stack.directory, `stall-end-${label}`);
const STUCK: Freeze = {
  environment: (label) => ({ NODE_OPTIONS: `--import=${stallModule}`, STALL_END: endFile(label) }),
  begin: (worker) => worker.kill('SIGUSR2'),
  end: (_worker, label) => writeFile(endFile(label), ''),
};

/**
 * A script runs on a worker that stands still until it is lost; then the worker goes on, and runs the next attempt.
 * @param freezeNow freezes it once the script has begun, at a moment of its own
 */
async function freezeMidScript(
  label: string,
  freeze: Freeze,
  freezeNow: (worker: ChaosProcess) => Promise<void>,
): Promise<void> {
  const frozen = await scene.addWorker(label, freeze.environment(label));
  for (let round = 0; round < ROUNDS; round += 1) {
    const signs = join(scene.stack.directory, `signs-${label}-${round}`);
    const id = await scene.startOne(label, { onLost: 'retry', lines: showSigns(signs) });
    await scene.waitForWritten(id, 'START 1');
    await freezeNow(frozen);
    const leaseEnd = await scene.waitForLost(id);
    expect(await readLastSign(signs)).toBeLessThan(leaseEnd);

    await freeze.end(frozen, label);
    const written = ['START 1', 'START 2', 'END 2'];
    expect(await scene.waitForOutcome(id)).toEqual({ state: 'FINISH', results: ['lost', 'succeed'], written });
    // What it says of the first attempt comes too late, and is kept for those who ask.
    await waitUntil(
      () => scene.getTrack(id),
      ({ staleCompletions }) => staleCompletions === 1,
    );
  }
}

async function freezeAtHeartbeat(worker: ChaosProcess, when: 'before' | 'after'): Promise<void> {
  const act = (): void => STOPPED.begin(worker);
  await linkOf(worker, 'api').intercept({ match: /POST \S*heartbeats/, when, act });
}

/** The worker, never started again, takes up its work. */
async function expectToWork(label: string): Promise<void> {
  const next = await scene.startOne(label);
  const written = ['START 1', 'END 1'];
  expect(await scene.waitForOutcome(next)).toEqual({ state: 'FINISH', results: ['succeed'], written });
}

test.concurrent(
  'F3: frozen in the middle of a script: the guard ends it before the lease does, and what is said later changes nothing',
  () => freezeMidScript('frozen', STOPPED, async (worker) => STOPPED.begin(worker)),
  TIMEOUT_MS,
);

test.concurrent(
  'F3: frozen while its heartbeat is on its way: the lease is not renewed, and the script ends before it',
  () => freezeMidScript('beating', STOPPED, (worker) => freezeAtHeartbeat(worker, 'before')),
  TIMEOUT_MS,
);

test.concurrent(
  'F3: frozen while its heartbeat is answered: the lease is renewed unheard, and the script ends before it',
  () => freezeMidScript('renewing', STOPPED, (worker) => freezeAtHeartbeat(worker, 'after')),
  TIMEOUT_MS,
);

test.concurrent(
  'F4: its event loop stuck in the middle of a script: the guard ends it before the lease does',
  () => freezeMidScript('stuck', STUCK, async (worker) => STUCK.begin(worker)),
  TIMEOUT_MS,
);

test.concurrent(
  'F3: frozen while idle: what waits starts once, on another worker or when it goes on',
  inRounds(async (round) => {
    const label = `idle-${round}`;
    const frozen = await scene.addWorker(label);
    frozen.kill('SIGSTOP');
    const id = await scene.startOne(label);
    const other = await scene.addWorker(label);
    const written = ['START 1', 'END 1'];
    expect(await scene.waitForOutcome(id)).toEqual({ state: 'FINISH', results: ['succeed'], written });
    other.kill('SIGTERM');
    await other.exited;
    frozen.kill('SIGCONT');
    await expectToWork(label);
    expect(await scene.listWritten(id)).toEqual(written);
  }),
  TIMEOUT_MS,
);

test('all that the frozen workers did is as the rules say', async () => {
  expect(await scene.judge()).toEqual([]);
});
