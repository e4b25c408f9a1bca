/** One safeguard taken away, and the test that must notice. docs/mutations.md is the same list for people. */
export interface Mutation {
  name: string;
  changes: readonly { file: string; find: string; replace: string }[];
  testFile: string;
  /** The whole name of the test. */
  test: string;
}

const DATABASE = 'packages/database/src';
const ORCHESTRATOR = 'apps/orchestrator/src';

const LOCK_PIPELINES = {
  file: `${DATABASE}/load-transition-context.ts`,
  find: 'FROM pipeline WHERE id IN (?) ORDER BY id FOR UPDATE',
  replace: 'FROM pipeline WHERE id IN (?) ORDER BY id',
};
const LOCK_TRACKS = {
  file: `${DATABASE}/load-transition-context.ts`,
  find: 'FROM track WHERE id IN (?) ORDER BY id FOR UPDATE',
  replace: 'FROM track WHERE id IN (?) ORDER BY id',
};

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'lock: pipelines and tracks are read without locks',
    changes: [LOCK_PIPELINES, LOCK_TRACKS],
    testFile: `${DATABASE}/join.test.ts`,
    test: '16 predecessors end at the same moment: in each of 100 rounds the join starts exactly once',
  },
  {
    name: 'lock: the row of the pipeline is not locked first',
    changes: [LOCK_PIPELINES],
    testFile: `${DATABASE}/join.test.ts`,
    test: 'the last 8 tracks end at the same moment: the pipeline is FINISH, and exactly one of them says so',
  },
  {
    name: 'guard: a late or repeated completion counts',
    changes: [
      {
        file: 'packages/domain/src/transition-rules.ts',
        find: 'const why = findStaleness(track, completion);',
        replace: 'const why = findStaleness(track, completion) && null;',
      },
    ],
    testFile: `${DATABASE}/apply-flow-events.test.ts`,
    test: 'stale completions change nothing and are kept once, however often they come',
  },
  {
    name: 'guard: a write does not say which state it expects',
    changes: [
      {
        file: `${DATABASE}/apply-changes.ts`,
        find: "const where = `state = '${before.state}' AND attempt = ${before.attempt}`;",
        replace: "const where = 'TRUE';",
      },
    ],
    testFile: `${DATABASE}/apply-flow-events.test.ts`,
    test: 'a row that changed although it was locked is not overwritten: every write says what it expects',
  },
  {
    name: 'claim: granted whatever the state of the track',
    changes: [
      {
        file: `${DATABASE}/claim-attempts.ts`,
        find: "if (track.state !== 'PENDING') return 'not_pending';",
        replace: '',
      },
      {
        file: `${DATABASE}/claim-attempts.ts`,
        find: "WHERE id IN (?) AND state = 'PENDING'`",
        replace: 'WHERE id IN (?)`',
      },
    ],
    testFile: `${DATABASE}/claim-attempts.test.ts`,
    test: 'twenty claims of one attempt over separate connections: exactly one is granted',
  },
  {
    name: 'claim: the state of the pipeline is not asked',
    changes: [
      {
        file: `${DATABASE}/claim-attempts.ts`,
        find: "if (isPipelineEnded(pipeline.state)) return 'ended';",
        replace: '',
      },
    ],
    testFile: `${DATABASE}/claim-attempts.test.ts`,
    test: 'a claim is refused for the attempt, a hold, a pause, an end, labels, or a track that is not there',
  },
  {
    name: 'reconcile: tracks that nobody claimed are not enqueued again',
    changes: [
      { file: `${ORCHESTRATOR}/reconcile.ts`, find: 'result.enqueued = await enqueueDueTracks(deps);', replace: '' },
    ],
    testFile: `${ORCHESTRATOR}/reconcile.test.ts`,
    test: 'a track whose entry was lost or never made is enqueued again, under a number of its own',
  },
  {
    name: 'reconcile: runs past their lease are left alone',
    changes: [
      { file: `${ORCHESTRATOR}/reconcile.ts`, find: 'result.lost = await declareLostRuns(deps);', replace: '' },
    ],
    testFile: `${ORCHESTRATOR}/reconcile.test.ts`,
    test: 'a run past its lease is lost, and what its policy says happens',
  },
  {
    name: 'reconcile: stranded pipelines are not mended',
    changes: [
      {
        file: `${ORCHESTRATOR}/reconcile.ts`,
        find: 'result.repairs = await mendStrandedPipelines(deps);',
        replace: '',
      },
    ],
    testFile: `${ORCHESTRATOR}/reconcile.test.ts`,
    test: 'a stranded pipeline is mended, counted, and goes on',
  },
  {
    name: 'rollback: a failed transaction goes back to the pool as it is',
    changes: [
      {
        file: `${DATABASE}/with-transaction.ts`,
        find: 'if (isUsable && queryRunner.isTransactionActive) {',
        replace: 'if (isUsable && queryRunner.isTransactionActive && false) {',
      },
    ],
    testFile: `${DATABASE}/with-transaction.test.ts`,
    test: 'after a lock wait nothing of the half-done transaction is kept',
  },
  {
    name: 'signature: a completion is believed whoever sent it',
    changes: [
      {
        file: `${ORCHESTRATOR}/handle-completions.ts`,
        find: 'if (!isCompletionSignedBy(',
        replace: 'if (false && !isCompletionSignedBy(',
      },
    ],
    testFile: `${ORCHESTRATOR}/handle-completions.test.ts`,
    test: 'a forged completion is refused and changes nothing',
  },
];
