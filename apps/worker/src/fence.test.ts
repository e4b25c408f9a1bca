import { createLegTimes } from '@baton/service';
import { expect, test } from '@jest/globals';
import type { Completion } from '@baton/domain';
import { createLeaseKeeper } from './lease-keeper.ts';
import { createOutputSender } from './output-sender.ts';
import type { Reporter } from './reporter.ts';
import { runTrack } from './run-track.ts';
import { createRunner } from './runner/index.ts';
import {
  makeClaimedRun,
  makeDirectory,
  makeHeartbeatAnswer,
  makeWorkerReport,
  PLACE,
  recordEvents,
} from './testing.ts';

const LEASE_MS = 5000;
const MESSAGE = {
  v: 1 as const,
  trackId: 1,
  attempt: 1,
  seq: 0,
  pipelineId: 1,
  pipeline: 'p',
  vertex: 'A',
  graph: 'g',
};
/** Far longer than the lease. */
const GRACE_MS = 600_000;

test('a lease that cannot be renewed ends a script that ignores TERM before the lease does, whatever its grace', async () => {
  const directory = await makeDirectory();
  const { logger } = recordEvents();
  const reported: Completion[] = [];
  const reporter: Reporter = {
    report: async ({ completion }) => void reported.push(completion),
    unapplied: () => [],
    settle: () => Promise.resolve(),
    resendOverdue: () => Promise.resolve(),
    replay: () => Promise.resolve(0),
  };
  let isAway = false;
  const sendHeartbeat = async () => {
    if (isAway) throw new Error('the API is away');
    return makeHeartbeatAnswer({ leaseMs: LEASE_MS });
  };
  const leases = createLeaseKeeper({
    api: { sendHeartbeat },
    reporter,
    logger,
    describeWorker: makeWorkerReport,
    onAnswer: () => {},
  });
  const runner = await createRunner({ slots: 1, directory: directory.path, guardTimeoutMs: 60_000 });
  await leases.start();
  isAway = true;
  const script = 'trap "" TERM\nwhile :; do sleep 0.05; done\n';
  const leaseUntil = performance.now() + LEASE_MS;
  const granted = { runId: 'fenced', run: makeClaimedRun({ script, graceMs: GRACE_MS }), leaseUntil };
  const deps = {
    workerId: 'w-test',
    claimer: { claim: () => Promise.resolve(granted), giveUp: () => {} },
    releaser: { release: () => Promise.reject(new Error('the API is away')), stop: () => Promise.resolve() },
    lookAhead: { noteRun: () => {}, noteClaim: () => {}, noteGivenBack: () => {} },
    movedAt: () => 0,
    checkDisk: () => Promise.resolve(),
    legs: createLegTimes(),
    mayStart: () => true,
    leases,
    output: createOutputSender({ api: { sendOutput: () => Promise.reject(new Error('the API is away')) }, logger }),
    reporter,
    runner,
    lineDirectory: directory.path,
    defaults: { graceMs: GRACE_MS, maxOutputBytes: 1000 },
    running: new Set<(why: 'lost') => void>(),
    troubles: { set: () => {} },
    logger,
  };
  await runTrack(deps, MESSAGE, PLACE);
  expect(performance.now()).toBeLessThan(leaseUntil);
  expect(reported).toMatchObject([{ outcome: 'lost', signal: 'KILL' }]);
  await leases.stop();
  await runner.close();
  await directory.remove();
}, 20_000);
