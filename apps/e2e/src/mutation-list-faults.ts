import type { Mutation } from './mutation.ts';

const DATABASE = 'packages/database/src';
const FAULTS = 'apps/e2e/src/faults';

/** Of the fault matrix: what only a whole stack can show, because several safeguards stand behind each other. */
export const FAULT_MUTATIONS: readonly Mutation[] = [
  {
    name: 'key: it is not written with what was done',
    changes: [
      {
        file: `${DATABASE}/remember-request.ts`,
        find: '    if (!isOwn(request)) await insertKey(runner, request, hash);\n',
        replace: '',
      },
    ],
    testFile: `${FAULTS}/slow/f01-api-killed.test.ts`,
    test: 'a start is done once, whenever the API is killed, and the pipeline ends',
  },
  {
    name: 'claim: one that is asked for again is refused',
    changes: [
      {
        file: `${DATABASE}/claim-attempts.ts`,
        find: "if (isRepeat) return { kind: 'repeated', claim, track, ...owner };",
        replace: '',
      },
    ],
    testFile: `${FAULTS}/f07-crash-points.test.ts`,
    test: 'F1: a claim that is committed and never answered is the same worker’s still: its script starts once',
  },
  {
    name: 'completion: acknowledged before its commit, and never sent again',
    changes: [
      {
        file: 'apps/orchestrator/src/handle-completions.ts',
        find: 'const results = await Promise.allSettled([...forged.map(refuse), ...applied]);',
        replace: 'void Promise.allSettled(applied); const results = await Promise.allSettled(forged.map(refuse));',
      },
      {
        file: 'apps/worker/src/reporter.ts',
        find: '.filter(({ resendAt }) => resendAt <= now)',
        replace: '.filter(({ resendAt }) => resendAt < 0)',
      },
    ],
    testFile: `${FAULTS}/slow/f07-orchestrator-killed.test.ts`,
    test: 'a join of 16 and a chain go on, whenever the orchestrator is killed',
  },
  {
    name: 'idle transaction: the server never ends it',
    changes: [
      {
        file: `${DATABASE}/data-source.ts`,
        find: 'SET SESSION idle_transaction_timeout = 10',
        replace: 'SET SESSION idle_transaction_timeout = 0',
      },
      { file: `${DATABASE}/data-source.ts`, find: 'IDLE_SECONDS = 30', replace: 'IDLE_SECONDS = 3600' },
    ],
    testFile: `${FAULTS}/slow/f08-orchestrator-stopped.test.ts`,
    test: 'an orchestrator is stopped with pipelines locked: all others go on, and then these',
  },
  {
    name: 'completion: of any run of its attempt',
    changes: [
      {
        file: 'packages/domain/src/completion-rules.ts',
        find: "return completion.runId === track.runId ? null : 'other_run';",
        replace: 'return null;',
      },
    ],
    testFile: `${FAULTS}/f10-messages.test.ts`,
    test: 'F10: completions that are repeated, late, forged or of nobody change nothing',
  },
  {
    name: 'poison: what is no JSON is left to BullMQ',
    changes: [
      { file: 'packages/queue/src/lenient-worker.ts', find: "      JSON.parse(data.data || '{}');\n", replace: '' },
    ],
    testFile: 'packages/queue/src/consumer.test.ts',
    test: 'an entry that is no JSON is parked as one that people can read, and holds up nobody',
  },
  {
    name: 'poison: kept only where its maker wants it',
    changes: [
      {
        file: 'packages/queue/src/consumer.ts',
        find: 'if (options.keepFailed) entry.opts.removeOnFail = KEPT_FAILED;',
        replace: '',
      },
    ],
    testFile: `${FAULTS}/f10-messages.test.ts`,
    test: 'F26: what nobody can read is parked, visible and counted, and everybody works on',
  },
  {
    name: 'lease: not renewed while a completion is on its way',
    changes: [
      {
        file: 'apps/worker/src/lease-keeper.ts',
        find: 'const running = [...this.#held.values()].map(toRunKey);',
        replace: `const ended = new Set(this.#options.reporter.unapplied().map(({ runId }) => runId));
    const running = [...this.#held.values()].map(toRunKey).filter(({ runId }) => !ended.has(runId));`,
      },
    ],
    testFile: `${FAULTS}/slow/f27-slow-orchestrator.test.ts`,
    test: 'completions that are applied far slower than they are made pile up and are worked off; no lease expires',
  },
  {
    name: 'drain: what runs is killed at once',
    changes: [
      {
        file: 'apps/worker/src/stop-worker.ts',
        find: 'sleep(drainMs, false, UNHELD)',
        replace: 'sleep(1, false, UNHELD)',
      },
    ],
    testFile: `${FAULTS}/slow/f28-rolling-restart.test.ts`,
    test: 'every process is restarted in turn under load: nothing is lost, nothing starts twice',
  },
  {
    name: 'migration: several at once',
    changes: [
      {
        file: `${DATABASE}/migrate.ts`,
        find: "'SELECT GET_LOCK(?, ?) AS granted'",
        replace: "'SELECT 1 AS granted, ?, ?'",
      },
    ],
    testFile: `${FAULTS}/slow/f31-migrations.test.ts`,
    test: 'three processes migrate at once, and the one that does it is killed: another completes it',
  },
  {
    name: 'migration: a table that is there stops it',
    changes: [
      {
        file: `${DATABASE}/migrations/0004-control.ts`,
        find: 'CREATE TABLE IF NOT EXISTS track_output',
        replace: 'CREATE TABLE track_output',
      },
    ],
    testFile: `${FAULTS}/slow/f31-migrations.test.ts`,
    test: 'migrations that are cut off after each of their statements are completed by the next run',
  },
];
