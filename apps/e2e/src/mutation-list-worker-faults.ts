import type { Mutation } from './mutation.ts';

/** Of the fault matrix, where workers are killed, frozen, cut off, without room or without the right time. */
export const WORKER_FAULT_MUTATIONS: readonly Mutation[] = [
  {
    name: 'worker: what an earlier life left on its disk is not sent',
    changes: [
      {
        file: 'apps/worker/src/start-worker.ts',
        find: 'const replayed = await reporter.replay();',
        replace: 'const replayed = 0;',
      },
    ],
    testFile: 'apps/e2e/src/faults/slow/f02-worker-killed.test.ts',
    test: 'killed when the end is on disk and not sent: its next life reports it, and nothing is lost',
  },
  {
    name: 'worker: what it runs outlives it',
    changes: [
      {
        file: 'apps/worker/src/runner/helper.ts',
        find: "['setpriv', '--pdeathsig', 'KILL'] as const",
        replace: "['env'] as const",
      },
      { file: 'apps/worker/src/runner/helper-script.ts', find: 'kill -9 $processes', replace: 'true $processes' },
    ],
    testFile: 'apps/e2e/src/faults/slow/f02-worker-killed.test.ts',
    test: 'killed in the middle of a script: nothing of it is left, and the attempt is lost',
  },
  {
    name: 'worker: the guard of a frozen one kills nothing',
    changes: [
      { file: 'apps/worker/src/runner/helper-script.ts', find: 'kill -9 $processes', replace: 'true $processes' },
    ],
    testFile: 'apps/e2e/src/faults/slow/f03-worker-frozen.test.ts',
    test: 'F4: its event loop stuck in the middle of a script: the guard ends it before the lease does',
  },
  {
    name: 'worker: the guard waits for as long as a lease lasts',
    changes: [
      {
        file: 'apps/worker/src/lease-keeper.ts',
        find: 'return Math.max(500, leaseMs - heartbeatMs - fenceMarginMs(leaseMs));',
        replace: 'return leaseMs;',
      },
    ],
    testFile: 'apps/e2e/src/faults/slow/f03-worker-frozen.test.ts',
    test: 'F3: frozen while its heartbeat is on its way: the lease is not renewed, and the script ends before it',
  },
  {
    name: 'worker: a guard that cannot write does not kill',
    changes: [{ file: 'apps/worker/src/runner/helper-script.ts', find: 'command : >"$fired"', replace: ': >"$fired"' }],
    testFile: 'apps/e2e/src/faults/slow/f22-worker-disk.test.ts',
    test: 'frozen on a disk that can only be read: the guard ends the script before the lease does all the same',
  },
  {
    name: 'worker: a claim without an answer is waited for at the end',
    changes: [{ file: 'apps/worker/src/stop-worker.ts', find: 'claimer.giveUp()', replace: 'undefined' }],
    testFile: 'apps/e2e/src/faults/slow/f05-worker-drained.test.ts',
    test: 'SIGTERM while the API is away: what runs is killed and lost, what was being claimed runs once later',
  },
  {
    name: 'worker: a report that Redis does not take is waited for at the end',
    changes: [
      {
        file: 'apps/worker/src/reporter.ts',
        find: 'await Promise.race([Promise.all([sent, one.released]), whenAborted(stopping)]);',
        replace: 'await Promise.all([sent, one.released]);',
      },
    ],
    testFile: 'apps/e2e/src/faults/slow/f05-worker-drained.test.ts',
    test: 'SIGTERM while Redis is away: the script ends by itself, the worker in its time, and its next life reports the end',
  },
  {
    name: 'worker: a lease that is not renewed ends nothing',
    changes: [
      {
        file: 'apps/worker/src/lease-keeper.ts',
        find: "if (this.isEnding(run.leaseUntil)) run.end('lost');",
        replace: 'this.isEnding(run.leaseUntil);',
      },
    ],
    testFile: 'apps/e2e/src/faults/slow/f20-worker-links.test.ts',
    test: 'a link that is silent both ways: scripts are dead before their leases are over, and all goes on when it heals',
  },
  {
    name: 'worker: one without room on its disk takes tracks',
    changes: [
      {
        file: 'apps/worker/src/prepare-worker.ts',
        find: "onChange: (problem) => troubles.set('disk', problem),",
        replace: 'onChange: () => {},',
      },
    ],
    testFile: 'apps/e2e/src/faults/slow/f22-worker-disk.test.ts',
    test: 'a full disk: the worker takes nothing more and says so, and goes on when there is room',
  },
  {
    name: 'worker: after a failure nobody looks at the disk',
    changes: [
      {
        file: 'apps/worker/src/run-track.ts',
        find: 'if (completion.exitCode !== 0) await deps.checkDisk();',
        replace: '',
      },
    ],
    testFile: 'apps/e2e/src/faults/slow/f22-worker-disk.test.ts',
    test: 'a disk that is full before the worker notices: at most one track a slot fails, with the reason',
  },
  {
    name: 'worker: lost by the clock of the orchestrator',
    changes: [
      {
        file: 'packages/database/src/find-stranded.ts',
        find: "WHERE state = 'RUNNING' AND due_at <= UTC_TIMESTAMP(6) ORDER",
        replace: "WHERE state = 'RUNNING' AND due_at <= '${new Date().toISOString().slice(0, 23)}' ORDER",
      },
    ],
    testFile: 'apps/e2e/src/faults/slow/f21-clocks.test.ts',
    test: 'under an orchestrator that is an hour behind leases, limits and retries are what they are',
  },
  {
    name: 'schedule: due by the clock of the orchestrator',
    changes: [
      {
        file: 'apps/orchestrator/src/run-schedules.ts',
        find: 'now: await readClock(deps.database.dataSource)',
        replace: 'now: new Date()',
      },
    ],
    testFile: 'apps/e2e/src/faults/slow/f21-clocks.test.ts',
    test: 'a schedule fires when it is due, and not before, under an orchestrator that is an hour behind',
  },
];
