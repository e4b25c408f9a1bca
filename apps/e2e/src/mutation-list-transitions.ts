import type { Mutation } from './mutation.ts';

const DOMAIN = 'packages/domain/src';
const DATABASE = 'packages/database/src';
const ORCHESTRATOR = 'apps/orchestrator/src';

const LOCK_PIPELINES = {
  file: `${DATABASE}/load-transition-context.ts`,
  find: 'FROM pipeline p WHERE p.id IN (?) ORDER BY p.id FOR UPDATE',
  replace: 'FROM pipeline p WHERE p.id IN (?) ORDER BY p.id',
};
const LOCK_TRACKS = {
  file: `${DATABASE}/load-transition-context.ts`,
  find: 'FROM track WHERE id IN (?) ORDER BY id FOR UPDATE',
  replace: 'FROM track WHERE id IN (?) ORDER BY id',
};

/** What keeps transitions right: locks, guards, claims, actions of persons, schedules, the history and the reconcile loop. */
export const TRANSITION_MUTATIONS: readonly Mutation[] = [
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
        file: `${DOMAIN}/attempt-rules.ts`,
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
        file: `${DATABASE}/track-updates.ts`,
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
        file: `${DATABASE}/claim-rows.ts`,
        find: "WHERE id IN (?) AND state = 'PENDING'`,\n    values: [\n      request.workerId",
        replace: 'WHERE id IN (?)`,\n    values: [\n      request.workerId',
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
    name: 'reconcile: a run is lost although its lease has been renewed since',
    changes: [
      {
        file: `${ORCHESTRATOR}/reconcile.ts`,
        find: 'groupByPipeline(completions, { ifLeaseIsOver: true })',
        replace: 'groupByPipeline(completions)',
      },
    ],
    testFile: `${ORCHESTRATOR}/reconcile.test.ts`,
    test: 'a run whose lease is renewed while it is about to be lost goes on',
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
    name: 'reconcile: what has lasted too long goes on',
    changes: [{ file: `${ORCHESTRATOR}/reconcile.ts`, find: 'result.expired = await endExpired(deps);', replace: '' }],
    testFile: `${ORCHESTRATOR}/expiries.test.ts`,
    test: 'what has lasted too long is ended within one round, and what may start then is enqueued',
  },
  {
    name: 'action: one that was done is not looked for',
    changes: [
      {
        file: `${DATABASE}/person-actions.ts`,
        find: 'if (row === undefined) return null;',
        replace: 'if (row === undefined || row.kind !== null) return null;',
      },
    ],
    testFile: `${DATABASE}/lost-commit.test.ts`,
    test: 'a resume whose commit was done unheard is done, not refused as one of what runs already',
  },
  {
    name: 'action: a refused one is written all the same',
    changes: [
      {
        file: `${DATABASE}/rerun-pipeline.ts`,
        find: "if (verdict.kind === 'refused') refuse([verdict.message]);",
        replace: '',
      },
    ],
    testFile: `${DATABASE}/rerun-pipeline.test.ts`,
    test: 'what the rules refuse leaves the version unsealed, and the parameters as they were',
  },
  {
    name: 'pause: tracks stay in sight of the reconcile loop',
    changes: [
      {
        file: `${DATABASE}/pipeline-updates.ts`,
        find: "if (before.state !== 'PAUSED' && after.state === 'PAUSED') await holdPendingTracks(runner, after.id);",
        replace: '',
      },
    ],
    testFile: `${DATABASE}/apply-person-action.test.ts`,
    test: 'a pause takes the PENDING out of sight and keeps claims away; a resume sets all going that may start',
  },
  {
    name: 'rerun: the deadline of before goes on to count',
    changes: [
      {
        file: `${DATABASE}/pipeline-updates.ts`,
        find: 'if (isPipelineEnded(before.state)) {',
        replace: 'if (isPipelineEnded(before.state) && false) {',
      },
    ],
    testFile: `${DATABASE}/rerun-pipeline.test.ts`,
    test: 'a reopened pipeline has its whole time once more',
  },
  {
    name: 'rerun: what is left of predecessors is moved, not counted anew',
    changes: [
      {
        file: `${DATABASE}/track-updates.ts`,
        find: 'if (countsAnew) changes',
        replace: 'if (countsAnew && false) changes',
      },
    ],
    testFile: `${DATABASE}/rerun-pipeline.test.ts`,
    test: 'a new vertex asks for what it lacks, one that others need runs first',
  },
  {
    name: 'choice: a second one counts',
    changes: [{ file: `${DOMAIN}/person-rules.ts`, find: "if (track.awaits !== 'choice') {", replace: 'if (false) {' }],
    testFile: 'apps/api/src/routes/manual-mode.test.ts',
    test: 'the same choice again changes nothing, another one is a conflict',
  },
  {
    name: 'cancel: the delay of a retry goes on',
    changes: [
      {
        file: `${DATABASE}/pipeline-updates.ts`,
        find: "awaits = NULL,\n       ${NO_PENDING_COLUMNS.join(', ')}",
        replace: 'awaits = NULL',
      },
    ],
    testFile: `${DATABASE}/apply-person-action.test.ts`,
    test: 'a cancelled pipeline leaves no PENDING-only columns behind',
  },
  {
    name: 'limit: claims do not wait for each other',
    changes: [
      {
        file: `${DATABASE}/limit-holders.ts`,
        find: 'WHERE name IN (?) ORDER BY name FOR UPDATE',
        replace: 'WHERE name IN (?) ORDER BY name',
      },
    ],
    testFile: `${DATABASE}/limits.test.ts`,
    test: 'twenty claims at once over a pool of 3, each in a call of its own: exactly 3 are granted',
  },
  {
    name: 'limit: the places of runs that are gone stay taken',
    changes: [
      {
        file: `${DATABASE}/limit-holders.ts`,
        find: 'COUNT(t.id) AS live FROM limit_holder h',
        replace: 'COUNT(*) AS live FROM limit_holder h',
      },
    ],
    testFile: `${DATABASE}/limits.test.ts`,
    test: 'places of runs that are gone, whatever became of them, count for nothing, and their rows are swept',
  },
  {
    name: 'schedule: its row is not locked before a due time is decided',
    changes: [
      {
        file: `${DATABASE}/schedules.ts`,
        find: 'paused_at IS NULL FOR UPDATE SKIP LOCKED',
        replace: 'paused_at IS NULL',
      },
    ],
    testFile: `${DATABASE}/fire-schedules.test.ts`,
    test: 'is decided once by 20 at once, each with whatever it sees',
  },
  {
    name: 'history: a later event may take the place of one that is there',
    changes: [
      {
        file: `${DATABASE}/pipeline-events.ts`,
        find: 'INSERT INTO pipeline_event (',
        replace: 'REPLACE INTO pipeline_event (',
      },
    ],
    testFile: `${DATABASE}/pipeline-events.test.ts`,
    test: 'one action has one event in its pipeline',
  },
  {
    name: 'history: choices are not kept',
    changes: [
      {
        file: `${DATABASE}/record-changes.ts`,
        find: 'entry.chosen = after.chosen;',
        replace: 'entry.chosen = before.chosen;',
      },
    ],
    testFile: `${DATABASE}/rebuild-pipeline.test.ts`,
    test: 'the tables can be folded from the history, whatever happens to a pipeline',
  },
  {
    name: 'signature: a completion is believed whoever sent it',
    changes: [
      {
        file: `${ORCHESTRATOR}/handle-completions.ts`,
        find: ' isCompletionSignedBy(completionKey(',
        replace: ' true || isCompletionSignedBy(completionKey(',
      },
    ],
    testFile: `${ORCHESTRATOR}/handle-completions.test.ts`,
    test: 'a forged completion is refused and changes nothing',
  },
];
