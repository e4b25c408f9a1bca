import type { Mutation } from './mutation.ts';

const QUEUE = 'packages/queue/src';
const ORCHESTRATOR = 'apps/orchestrator/src';

/** What keeps an installation fit for what it promises: settings that are refused, consumers that are watched, counts. */
export const OPERATION_MUTATIONS: readonly Mutation[] = [
  {
    name: 'settings: a Redis that evicts is taken',
    changes: [
      { file: `${QUEUE}/redis-settings.ts`, find: `evictionPolicy !== 'noeviction'`, replace: `evictionPolicy === ''` },
    ],
    testFile: `${QUEUE}/redis.test.ts`,
    test: 'a Redis that may throw entries away is unsafe; one that is nearly full is doubtful',
  },
  {
    name: 'settings: an orchestrator looks as seldom as it likes',
    changes: [
      {
        file: `${ORCHESTRATOR}/refuse-unsafe-servers.ts`,
        find: 'refuseUnsafe(await judgeInterval(database, config.BATON_RECONCILE_MS), logger);',
        replace: '',
      },
    ],
    testFile: `${ORCHESTRATOR}/start-orchestrator.test.ts`,
    test: 'an orchestrator that would look more seldom than leases end does not start',
  },
  {
    name: 'settings: a MySQL that does not flush is taken',
    changes: [{ file: 'packages/database/src/server-settings.ts', find: `flush !== '1'`, replace: `flush === ''` }],
    testFile: 'apps/e2e/src/doctor.test.ts',
    test: 'all is well, and then settings are changed under it',
  },
  {
    name: 'watchdog: a consumer that stands still is left to itself',
    changes: [{ file: `${QUEUE}/consumer-watchdog.ts`, find: 'watched.renew();', replace: '' }],
    testFile: `${QUEUE}/consumer-watchdog.test.ts`,
    test: 'a consumer that stands still beside waiting entries is made anew, and what it had goes on',
  },
  {
    name: 'watchdog: a connection that answers nothing is waited for',
    changes: [{ file: `${QUEUE}/consumer-watchdog.ts`, find: 'redis.disconnect(true);', replace: '' }],
    testFile: `${QUEUE}/consumer-watchdog.test.ts`,
    test: 'a connection whose other end has vanished without a word is made anew',
  },
  {
    name: 'watchdog: a consumer that has no room counts as standing still',
    changes: [
      {
        file: `${QUEUE}/consumer.ts`,
        find: 'isPaused || countUnderWay(generations) >= concurrency',
        replace: 'false',
      },
    ],
    testFile: `${QUEUE}/consumer-watchdog.test.ts`,
    test: 'a consumer that is full, paused or idle is left alone',
  },
  {
    name: 'doctor: dropped keys are not missed',
    changes: [
      {
        file: 'packages/database/src/find-breaches.ts',
        find: 'if (missing.length === 0) return [];',
        replace: 'return [];',
      },
    ],
    testFile: 'packages/database/src/find-breaches.test.ts',
    test: 'a unique key that somebody dropped',
  },
];
