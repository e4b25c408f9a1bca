import type { Mutation } from './mutation.ts';

const DATABASE = 'packages/database/src';
const QUEUE = 'packages/queue/src';
const ORCHESTRATOR = 'apps/orchestrator/src';
const WORKER = 'apps/worker/src';
const FAULTS = 'apps/e2e/src/faults';

/** What makes faults of MySQL and Redis, and of the ways to them, pass by themselves. */
export const SERVER_MUTATIONS: readonly Mutation[] = [
  {
    name: 'rollback: a failed transaction goes back to the pool as it is',
    changes: [
      {
        file: `${DATABASE}/with-transaction.ts`,
        find: 'if (isUsable && transaction.isActive) {',
        replace: 'if (isUsable && transaction.isActive && false) {',
      },
    ],
    testFile: `${DATABASE}/with-transaction.test.ts`,
    test: 'after a lock wait nothing of the half-done transaction is kept',
  },
  {
    name: 'packets: any process may send several statements as one',
    changes: [
      {
        file: `${DATABASE}/data-source.ts`,
        find: 'multipleStatements: sendsTogether,',
        replace: 'multipleStatements: true,',
      },
    ],
    testFile: `${DATABASE}/send-together.test.ts`,
    test: 'a process that was not told otherwise cannot send two statements, whatever it joins',
  },
  {
    name: 'packets: what a check found is not looked at',
    changes: [{ file: `${DATABASE}/transaction.ts`, find: 'write.check?.(', replace: 'void (' }],
    testFile: `${DATABASE}/send-together.test.ts`,
    test: 'a row that is not as expected rolls back all of its packet',
  },
  {
    name: 'packets: the tracks of another version are taken for those of this one',
    changes: [
      {
        file: `${DATABASE}/lock-for-events.ts`,
        find: 'locked.get(id)?.graph === graph;',
        replace: 'locked.get(id)?.graph !== undefined || graph !== undefined;',
      },
    ],
    testFile: `${DATABASE}/lock-for-events.test.ts`,
    test: 'a pipeline that is on another version since is decided by that one',
  },
  {
    name: 'report: a completion that Redis forgot is not sent again',
    changes: [
      {
        file: `${WORKER}/reporter.ts`,
        find: '.filter(({ resendAt }) => resendAt <= now)',
        replace: '.filter(() => now < 0)',
      },
    ],
    testFile: `${FAULTS}/f11-redis-lost.test.ts`,
    test: 'F11: Redis is emptied with entries waiting, active and completions waiting',
  },
  {
    name: 'health: whether Redis takes entries is not asked',
    changes: [
      {
        file: `${QUEUE}/redis.ts`,
        find: "await redis.set(`${prefix}:probe`, '1', 'EX', PROBE_SECONDS);",
        replace: 'await redis.exists(`${prefix}:probe ${PROBE_SECONDS}`);',
      },
    ],
    testFile: `${FAULTS}/slow/f14-redis-refuses.test.ts`,
    test: 'F14: Redis is full',
  },
  {
    name: 'silence: a connection to Redis that owes an answer is kept',
    changes: [{ file: `${QUEUE}/redis.ts`, find: ', socketTimeout: SILENCE_MS }', replace: ' }' }],
    testFile: `${QUEUE}/redis.test.ts`,
    test: 'a producer whose connection has vanished without a word is refused, and gets another',
  },
  {
    name: 'silence: a connection to MySQL on which nothing is heard is kept',
    changes: [
      {
        file: `${DATABASE}/data-source.ts`,
        find: 'silence.watch((connection as unknown',
        replace: 'void ((connection as unknown',
      },
    ],
    testFile: `${DATABASE}/with-transaction.test.ts`,
    test: 'a server that says nothing any more is given up, with its connections, and the body done once it answers',
  },
  {
    name: 'retry: a deadlock ends the transaction for good',
    changes: [{ file: `${DATABASE}/database-errors.ts`, find: '[1213, {', replace: '[-1213, {' }],
    testFile: `${FAULTS}/f16-mysql-killed.test.ts`,
    test: 'F19: a completion whose transaction is the victim of a deadlock is applied',
  },
  {
    name: 'outage: a completion is given up while MySQL is away',
    changes: [
      {
        file: `${ORCHESTRATOR}/handle-completions.ts`,
        find: 'if (!isDatabaseAway(error) || signal.aborted) throw error;',
        replace: 'if (!isDatabaseAway(error) || signal.aborted || true) throw error;',
      },
    ],
    testFile: `${ORCHESTRATOR}/handle-completions.test.ts`,
    test: 'while MySQL is away completions are held, and applied when it is back',
  },
  {
    name: 'fence: a lease that cannot be renewed ends nothing',
    changes: [
      {
        file: `${WORKER}/lease-keeper.ts`,
        find: "if (this.isEnding(run.leaseUntil)) run.end('lost');",
        replace: 'void run;',
      },
    ],
    testFile: `${FAULTS}/slow/f17-mysql-outage.test.ts`,
    test: 'F17: MySQL stands still for longer than a lease: scripts are dead before it ends, and lost',
  },
  {
    name: 'outage: a full disk of MySQL counts against what was to be written',
    changes: [{ file: `${DATABASE}/database-errors.ts`, find: '1053, 1114, 1203', replace: '1053, 1203' }],
    testFile: `${DATABASE}/disk-full.test.ts`,
    test: 'the disk is full: the server counts as away, nothing is half done, and it is done when there is room',
  },
];
