import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { uniqueSleep, waitForProcesses } from '../../testing/worker-scene.ts';
import { linkOf } from '../fault-scene.ts';
import { ROUNDS } from '../rounds.ts';
import { openWorkerFaults, type WorkerFaults } from '../worker-faults.ts';

/**
 * F2, the output: a worker is killed with KILL in the middle of 100,000 numbered lines, as a piece of them is on its way to the
 * API or was just stored. What was sent is there, in order, without duplicates, and the cut is marked.
 */
const LINES = 100_000;
const MARK = '\n[baton: the worker was lost here; what it had not sent of the output is missing]\n';
const OUTPUT_CALL = /POST \/api\/v1\/worker\/output /;

/** 4 MB in all, of which a worker keeps little more than 1 MB that is not stored: so there are some calls. */
const ALL = Array.from({ length: LINES }, (_, n) => `line ${String(n + 1).padStart(7, '0')} of what is printed here\n`);
const WHOLE = ALL.join('');
const PRINT = `seq -f 'line %07.0f of what is printed here' 1 ${LINES}`;

let scene: WorkerFaults;
beforeAll(async () => {
  scene = await openWorkerFaults();
}, 120_000);
afterAll(() => scene.stack.stop());

test.each([
  { when: 'before', how: 'a piece does not reach the API' },
  { when: 'after', how: 'a piece is stored, and its reply never comes' },
] as const)(
  'killed as $how: of 100,000 lines those that were sent are there, once and in order, and the cut is marked',
  async ({ when }) => {
    const label = `cut-${when}`;
    const worker = await scene.addWorker(label);
    for (let round = 0; round < ROUNDS; round += 1) {
      const call = randomInt(2, 4);
      const sleep = uniqueSleep();
      const { exited } = worker;
      const api = linkOf(worker, 'api');
      const killed = (async () => {
        for (let n = 1; n < call; n += 1) await api.intercept({ match: OUTPUT_CALL, when: 'before', cuts: false });
        await api.intercept({ match: OUTPUT_CALL, when, act: () => worker.kill('SIGKILL') });
      })();
      const lines = `[ "$BATON_ATTEMPT" != 1 ] || setsid ${sleep} >/dev/null &\n${PRINT}`;
      const id = await scene.startOne(label, { onLost: 'retry', lines });
      await killed;
      await exited;
      await waitForProcesses(sleep, 0);
      await worker.restart();
      expect(await scene.waitForOutcome(id)).toMatchObject({ state: 'FINISH', results: ['lost', 'succeed'] });
      await expectCut((await scene.getTrack(id)).id);
    }
    expect(await scene.judge()).toEqual([]);
  },
  60_000 + 30_000 * ROUNDS,
);

/** Of the attempt that was lost there is a beginning, and the mark; of the next one everything. */
async function expectCut(trackId: number): Promise<void> {
  const lost = await scene.api.get<string>(`/tracks/${trackId}/output?attempt=1`);
  expect(lost.endsWith(MARK)).toBe(true);
  const sent = lost.slice(0, -MARK.length);
  expect(sent.length).toBeGreaterThan(0);
  expect(sent.length).toBeLessThan(WHOLE.length);
  expect(WHOLE.startsWith(sent)).toBe(true);
  const again = await scene.api.get<string>(`/tracks/${trackId}/output?attempt=2`);
  expect(again === WHOLE).toBe(true);
}
