import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { CrashPoint } from '@baton/service';
import type { ChaosProcess } from '../../chaos/chaos-stack.ts';
import { listDescendants } from '../../testing/process-table.ts';
import { uniqueSleep, waitForProcesses } from '../../testing/worker-scene.ts';
import { ROUNDS } from '../rounds.ts';
import { openWorkerFaults, type Outcome, type WorkerFaults } from '../worker-faults.ts';

/**
 * F2: a worker is killed with KILL at every step between an entry of the queue and its end, and is started again. F6: the
 * worker and everything that it has started are killed at the same moment, as when its host goes down.
 */
const TIMEOUT_MS = 60_000 * ROUNDS;

let scene: WorkerFaults;
beforeAll(async () => {
  // Within a lease a worker must be killed, started again, and heard.
  scene = await openWorkerFaults({ environment: { BATON_LEASE_MS: '8000' } });
}, 120_000);
afterAll(() => scene.stack.stop());

interface Killing {
  label: string;
  onLost?: 'fail' | 'retry';
  /** What the script does in its first attempt. */
  lines?: string;
  /** Where the worker dies. */
  point?: CrashPoint;
  /** Done when the script's first attempt has begun. */
  hurt?: (worker: ChaosProcess) => unknown;
  /** Done while the worker is dead. */
  mend?: (worker: ChaosProcess) => unknown;
}

/** Each round kills the worker once, and starts it again. @returns what became of the pipelines */
async function killRounds(killing: Killing): Promise<Outcome[]> {
  const worker = await scene.addWorker(killing.label);
  const outcomes: Outcome[] = [];
  for (let round = 0; round < ROUNDS; round += 1) outcomes.push(await killOnce(worker, killing));
  return outcomes;
}

async function killOnce(worker: ChaosProcess, killing: Killing): Promise<Outcome> {
  const { label, onLost = 'fail', lines = 'true', point, hurt, mend } = killing;
  const sleep = uniqueSleep();
  const inFirst = `[ "$BATON_ATTEMPT" != 1 ] || { ${lines.replaceAll('SLEEP', sleep)}; }`;
  const { exited } = worker;
  if (point !== undefined) await scene.crashAt(worker, point);
  const id = await scene.startOne(label, { onLost, lines: `setsid ${sleep} &\n${inFirst}` });
  if (hurt !== undefined) await scene.waitForWritten(id, 'START 1');
  await hurt?.(worker);
  expect(await exited).toEqual({ code: null, signal: 'SIGKILL' });
  await waitForProcesses(sleep, 0);
  const { id: trackId } = await scene.getTrack(id);
  const leaseEnd = await scene.readLeaseEnd(trackId);
  await mend?.(worker);
  await worker.restart();
  const outcome = await scene.waitForOutcome(id);
  await waitForProcesses(sleep, 0);
  if (outcome.results[0] === 'lost') await scene.expectLostInTime(id, leaseEnd ?? Number.NaN);
  return outcome;
}

const inEachRound = (outcome: Outcome): Outcome[] => Array.from({ length: ROUNDS }, () => outcome);

/** What is lost with its worker: when it dies, and what its script has written by then. */
const LOSSES: [string, Killing, string[]][] = [
  [
    'killed between the claim and the start: the attempt is lost, and was never started',
    { label: 'claimed', point: 'worker.claimed' },
    [],
  ],
  [
    'killed in the middle of a script: nothing of it is left, and the attempt is lost',
    { label: 'mid', lines: 'SLEEP', hurt: (worker) => worker.kill('SIGKILL') },
    ['START 1'],
  ],
  [
    'killed when the script has ended and nothing of that is on disk: the attempt is lost',
    { label: 'ended', point: 'worker.ended' },
    ['START 1', 'END 1'],
  ],
  [
    'F6: the host goes down with a worker and all its children: the attempt is lost within its lease',
    { label: 'reboot', lines: 'SLEEP', hurt: killAll },
    ['START 1'],
  ],
];

test.concurrent.each(LOSSES)(
  '%s',
  async (_title, killing, written) => {
    const [failed, retried] = await Promise.all([
      killRounds({ ...killing, onLost: 'fail' }),
      killRounds({ ...killing, label: `${killing.label}-again`, onLost: 'retry' }),
    ]);
    expect(failed).toEqual(inEachRound({ state: 'FAILED', results: ['lost'], written }));
    const again = { state: 'FINISH', results: ['lost', 'succeed'], written: [...written, 'START 2', 'END 2'] };
    expect(retried).toEqual(inEachRound(again));
  },
  TIMEOUT_MS,
);

/** All at once: first none of them may go on, then each is killed. */
async function killAll(worker: ChaosProcess): Promise<void> {
  worker.kill('SIGSTOP');
  const pids = await listDescendants(worker.pid);
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  worker.kill('SIGKILL');
}

const SUCCESS: Outcome = { state: 'FINISH', results: ['succeed'], written: ['START 1', 'END 1'] };

test.concurrent(
  'killed with an entry that it has not claimed: the attempt starts once',
  async () => {
    expect(await killRounds({ label: 'fetched', point: 'worker.fetched' })).toEqual(inEachRound(SUCCESS));
  },
  TIMEOUT_MS,
);

test.concurrent(
  'killed when the end is on disk and not sent: its next life reports it, and nothing is lost',
  async () => {
    const go = join(scene.stack.directory, 'go');
    const outcomes = await killRounds({
      label: 'spooled',
      point: 'worker.spooled',
      lines: `until [ -e '${go}' ]; do sleep 0.05; done; rm '${go}'`,
      async hurt({ links }) {
        await links.redis.setMode('silent_requests');
        await writeFile(go, '');
      },
      async mend({ links }) {
        links.redis.cut();
        await links.redis.setMode('pass');
      },
    });
    expect(outcomes).toEqual(inEachRound(SUCCESS));
  },
  TIMEOUT_MS,
);

test.concurrent(
  'killed when the end is sent and its entry not done with: it counts, and the entry starts nothing',
  async () => {
    expect(await killRounds({ label: 'sent', point: 'worker.sent' })).toEqual(inEachRound(SUCCESS));
  },
  TIMEOUT_MS,
);

test('all that the killed workers did is as the rules say', async () => {
  expect(await scene.judge()).toEqual([]);
});
