import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { LinkMode } from '../../chaos/tcp-proxy.ts';
import { linkOf } from '../fault-scene.ts';
import { ROUNDS } from '../rounds.ts';
import { openWorkerFaults, readLastSign, showSigns, type Outcome, type WorkerFaults } from '../worker-faults.ts';

/**
 * F20: the link between a worker and the API is silent, one way or both, or so slow that no call has its answer in time, at
 * each call that a worker makes: a claim, a renewal, output, values. What runs is dead before its lease is over on the
 * database's clock, nothing starts twice, and when the link is whole again the worker works on without a restart.
 */
const TIMEOUT_MS = 90_000 * ROUNDS;

let scene: WorkerFaults;
beforeAll(async () => {
  scene = await openWorkerFaults({ slots: 4 });
}, 120_000);
afterAll(() => scene.stack.stop());

/** What a worker is doing when its link is hurt. */
interface Doing {
  /** Signs of life of a script that prints nothing, and of one that prints all the time. */
  quiet: { id: number; signs: string };
  printing: { id: number; signs: string };
  /** A script that hands a value on; it ends when the file is there. */
  handing: { id: number; go: string };
}

async function keepBusy(label: string, round: number): Promise<Doing> {
  const fileOf = (name: string): string => join(scene.stack.directory, `${name}-${label}-${round}`);
  const [quietSigns, printingSigns, go] = [fileOf('quiet'), fileOf('printing'), fileOf('go')];
  const quiet = await scene.startOne(label, { onLost: 'retry', lines: showSigns(quietSigns) });
  const printing = await scene.startOne(label, { onLost: 'retry', lines: showSigns(printingSigns, 'echo line; ') });
  const lines = `until [ -e '${go}' ]; do sleep 0.05; done; echo key=value >> "$BATON_OUTPUT"`;
  const handing = await scene.startOne(label, { onLost: 'retry', lines });
  for (const id of [quiet, printing, handing]) await scene.waitForWritten(id, 'START 1');
  return {
    quiet: { id: quiet, signs: quietSigns },
    printing: { id: printing, signs: printingSigns },
    handing: { id: handing, go },
  };
}

async function hurtLink(label: string, mode: LinkMode): Promise<void> {
  const worker = await scene.addWorker(label);
  const api = linkOf(worker, 'api');
  for (let round = 0; round < ROUNDS; round += 1) {
    const { quiet, printing, handing } = await keepBusy(label, round);
    await api.setMode(mode);
    await writeFile(handing.go, '');
    const claimed = await scene.startOne(label, { onLost: 'retry' });
    await Promise.all([quiet, printing].map(({ id, signs }) => expectDeadBeforeLease(id, signs)));
    await api.setMode('pass');

    // Which attempt succeeds is decided by what had come through: each of them started once at most.
    for (const { id } of [quiet, printing]) {
      const { results, written } = await expectSuccess(id);
      expect(results[0]).toBe('lost');
      expect(written).not.toContain('END 1');
    }
    for (const id of [handing.id, claimed]) await expectSuccess(id);
    const { id: trackId } = await scene.getTrack(handing.id);
    expect(await scene.api.get(`/tracks/${trackId}/outputs`)).toMatchObject({ outputs: { key: 'value' } });
  }
}

async function expectSuccess(pipelineId: number): Promise<Outcome> {
  const outcome = await scene.waitForOutcome(pipelineId);
  expect(outcome).toMatchObject({ state: 'FINISH', results: expect.arrayContaining(['succeed']) });
  expect(new Set(outcome.written).size).toBe(outcome.written.length);
  return outcome;
}

async function expectDeadBeforeLease(pipelineId: number, signs: string): Promise<void> {
  const leaseEnd = await scene.waitForLost(pipelineId);
  expect(await readLastSign(signs)).toBeLessThan(leaseEnd);
}

const MODES: [string, LinkMode][] = [
  [
    'a link that is silent both ways: scripts are dead before their leases are over, and all goes on when it heals',
    'silent',
  ],
  [
    'requests that do not arrive: scripts are dead before their leases are over, and all goes on when it heals',
    'silent_requests',
  ],
  [
    'replies that do not arrive: scripts are dead before their leases are over, and all goes on when it heals',
    'silent_replies',
  ],
  ['a link so slow that no call is answered in its time: as if it were silent', { delayMs: 5000 }],
  ['a link so slow that answers come when leases are as good as over: nothing runs on them', { delayMs: 2300 }],
];

test.concurrent.each(MODES)(
  '%s',
  (title, mode) => hurtLink(`link-${MODES.findIndex(([one]) => one === title)}`, mode),
  TIMEOUT_MS,
);

test('all that the workers behind hurt links did is as the rules say', async () => {
  expect(await scene.judge()).toEqual([]);
});
