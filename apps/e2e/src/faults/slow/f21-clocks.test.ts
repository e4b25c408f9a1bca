import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execute } from '@baton/database';
import type { ChaosProcess } from '../../chaos/chaos-stack.ts';
import { journalLine } from '../../chaos/journal.ts';
import { waitForEnd, waitUntil } from '../../testing/call-api.ts';
import { inRounds, ROUNDS } from '../rounds.ts';
import { openWorkerFaults, type WorkerFaults } from '../worker-faults.ts';

/**
 * F21: clocks of workers and orchestrators that are an hour ahead, an hour behind, or jump from one to the other. Nothing is
 * decided by them: not when a lease is over, nor a time limit, nor the wait before a retry, nor when a schedule is due.
 */
const HOUR_MS = 3_600_000;
const HALF_AN_HOUR_MS = HOUR_MS / 2;

let scene: WorkerFaults;
let workers: { label: string; worker: ChaosProcess }[];
/** Loaded into a process: its Date is off, and at SIGUSR2 it jumps to the other side. */
let clockModule: string;

const CLOCK_SOURCE = `const RealDate = Date;
let offsetMs = Number(process.env.CLOCK_OFFSET_MS);
process.on('SIGUSR2', () => { offsetMs = -offsetMs; });
const now = () => RealDate.now() + offsetMs;
globalThis.Date = new Proxy(RealDate, {
  apply: () => new RealDate(now()).toString(),
  construct: (target, given, made) => Reflect.construct(target, given.length === 0 ? [now()] : given, made),
  get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
});
`;

const clockOf = (offsetMs: number): Record<string, string> => ({
  NODE_OPTIONS: `--import=${clockModule}`,
  CLOCK_OFFSET_MS: String(offsetMs),
});

beforeAll(async () => {
  scene = await openWorkerFaults({ orchestrators: 0, slots: 2 });
  clockModule = join(scene.stack.directory, 'clock.mjs');
  await writeFile(clockModule, CLOCK_SOURCE);
  const offsets = { ahead: HOUR_MS, behind: -HOUR_MS, jumping: HOUR_MS };
  workers = await Promise.all(
    Object.entries(offsets).map(async ([label, offsetMs]) => {
      return { label, worker: await scene.addWorker(label, clockOf(offsetMs)) };
    }),
  );
}, 120_000);
afterAll(() => scene.stack.stop());

const ORCHESTRATORS: [string, number, boolean][] = [
  ['under an orchestrator that is an hour behind leases, limits and retries are what they are', -HOUR_MS, false],
  [
    'under an orchestrator that is an hour ahead, and then jumps two hours back, leases, limits and retries are what they are',
    HOUR_MS,
    true,
  ],
];

test.each(ORCHESTRATORS)(
  '%s',
  inRounds(async (_round, _title: string, offsetMs: number, isJumping: boolean) => {
    const orchestrator = await scene.stack.addProcess('orchestrator', clockOf(offsetMs));
    const long = await Promise.all(workers.map(({ label }) => startLong(label)));
    const retried = await startRetried();
    for (const id of long) await scene.waitForWritten(id, 'START 1');
    for (const { label, worker } of workers) if (label === 'jumping') worker.kill('SIGUSR2');
    if (isJumping) orchestrator.kill('SIGUSR2');
    await expectKilledLostInTime();
    for (const id of long) {
      const written = ['START 1', 'END 1'];
      expect(await scene.waitForOutcome(id)).toEqual({ state: 'FINISH', results: ['succeed'], written });
    }
    expect(await scene.waitForOutcome(retried)).toMatchObject({ state: 'FINISH', results: ['exit_code', 'succeed'] });
    orchestrator.kill('SIGTERM');
    await orchestrator.exited;
  }),
  90_000 * ROUNDS,
);

/** Longer than a lease, far shorter than its time limits. */
function startLong(label: string): Promise<number> {
  return scene.startOne(label, { lines: 'sleep 6', timeoutMs: HALF_AN_HOUR_MS }, { timeoutMs: HALF_AN_HOUR_MS });
}

/** Its script ends with 1, and then with 0. */
function startRetried(): Promise<number> {
  const end = journalLine('END', scene.journalPath);
  const retry = { max: 1, delayMs: 1000 };
  return scene.startOne('ahead', { lines: `[ "$BATON_ATTEMPT" != 1 ] || { ${end}; exit 1; }`, retry });
}

/** A run that nobody renews any more is lost when its lease is over on the database's clock, neither before nor much later. */
async function expectKilledLostInTime(): Promise<void> {
  const worker = await scene.addWorker('killed', clockOf(-HOUR_MS));
  const id = await scene.startOne('killed', { lines: 'sleep 600' });
  await scene.waitForWritten(id, 'START 1');
  worker.kill('SIGKILL');
  const leaseEnd = await scene.waitForLost(id);
  expect((await waitForEnd(scene.api, id)).state).toBe('FAILED');
  await scene.expectLostInTime(id, leaseEnd);
}

test('all that happened under wrong clocks is as the rules say', async () => {
  expect(await scene.judge()).toEqual([]);
});

test.each([
  ['a schedule fires when it is due, and not before, under an orchestrator that is an hour ahead', HOUR_MS],
  ['a schedule fires when it is due, and not before, under an orchestrator that is an hour behind', -HOUR_MS],
])(
  '%s',
  inRounds(async (round, _title: string, offsetMs: number) => {
    const [due, later] = [`due-${offsetMs}-${round}`, `later-${offsetMs}-${round}`];
    await scene.putGraph(due, [scene.vertex('A', { labels: ['ahead'] })]);
    await addSchedule(due, { graph: due, at: new Date() });
    // Nobody was there for it in the first place.
    const minute = `UTC_TIMESTAMP() - INTERVAL SECOND(UTC_TIMESTAMP()) SECOND`;
    await execute(
      scene.stack.database.dataSource,
      `UPDATE schedule SET next_due_at = IF(next_due_at > ${minute}, next_due_at - INTERVAL 1 HOUR, next_due_at) WHERE name = ?`,
      [due],
    );
    await addSchedule(later, { graph: due, at: new Date(Date.now() + HALF_AN_HOUR_MS) });
    const orchestrator = await scene.stack.addProcess('orchestrator', clockOf(offsetMs));
    const fires = await waitUntil(
      () => listFires(due),
      (found) => found.length > 0,
    );
    expect(fires).toMatchObject([{ state: 'started' }]);
    expect(await listFires(later)).toEqual([]);
    orchestrator.kill('SIGTERM');
    await orchestrator.exited;
  }),
  60_000 * ROUNDS,
);

/** Due once an hour, at the minute of this time. */
async function addSchedule(name: string, { graph, at }: { graph: string; at: Date }): Promise<void> {
  await scene.api.post('/schedules', { name, graph, cron: `${at.getUTCMinutes()} * * * *` });
}

async function listFires(schedule: string): Promise<{ state: string }[]> {
  return (await scene.api.get<{ items: { state: string }[] }>(`/schedules/${schedule}/fires`)).items;
}
