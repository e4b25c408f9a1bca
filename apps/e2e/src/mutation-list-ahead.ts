import type { Mutation } from './mutation.ts';

/** Of what is claimed ahead of slots, given back, and sent together. */
export const AHEAD_MUTATIONS: readonly Mutation[] = [
  {
    name: 'release: whoever asks gives an attempt back',
    changes: [
      {
        file: 'packages/database/src/release-attempts.ts',
        find: 'track.runId === run.runId && ',
        replace: '',
      },
    ],
    testFile: 'packages/database/src/release-attempts.test.ts',
    test: 'where it is asked again, in the same call and in another, whoever has the attempt by then',
  },
  {
    name: 'release: what somebody wants gone is given back',
    changes: [
      { file: 'packages/database/src/release-attempts.ts', find: 'track.isCancelled || ', replace: '' },
      {
        file: 'packages/database/src/release-attempts.ts',
        find: 'isPipelineEnded(pipeline.state) || limitsOf',
        replace: 'limitsOf',
      },
    ],
    testFile: 'apps/api/src/routes/worker-releases.test.ts',
    test: 'what somebody wants gone is kept, and its history says who gave back what',
  },
  {
    name: 'release: a script starts before the answer',
    changes: [
      {
        file: 'apps/worker/src/await-slot.ts',
        find: 'Promise.race([ended, deps.releaser.release(key)])',
        replace: 'Promise.race([ended, deps.releaser.release(key), place.slot().then(() => false)])',
      },
    ],
    testFile: 'apps/worker/src/await-slot.test.ts',
    test: 'is not started before the answer to its release, whether a slot has come by then or not',
  },
  {
    name: 'release: what may have been given back is the worker’s',
    changes: [{ file: 'apps/worker/src/releaser.ts', find: '        mayBeDone = true;', replace: '' }],
    testFile: 'apps/worker/src/releaser.test.ts',
    test: 'a refusal after a call whose end is unknown does not make it the worker’s: another may have started it',
  },
  {
    name: 'claim ahead: the place of a limit is taken',
    changes: [
      {
        file: 'packages/database/src/claim-attempts.ts',
        find: "claim.isAhead === true && limitsOf(graph, vertex, pipeline.id).length > 0 ? 'needs_slot' : null",
        replace: 'null',
      },
    ],
    testFile: 'apps/api/src/routes/worker-releases.test.ts',
    test: 'a track with a limit is not claimed ahead: it would take the place of one that could run',
  },
  {
    name: 'claim ahead: goes on although what was claimed had to be given back',
    changes: [{ file: 'apps/worker/src/look-ahead.ts', find: '      runMs = null;\n', replace: '' }],
    testFile: 'apps/worker/src/look-ahead.test.ts',
    test: 'once what was claimed ahead had to be given back, until a script has ended',
  },
  {
    name: 'claim ahead: an entry that needs a slot is kept from others',
    changes: [
      {
        file: 'apps/worker/src/run-track.ts',
        find: "if (!(await isSlotSoon(deps, place))) return 'give_back';",
        replace: 'await isSlotSoon(deps, place);',
      },
    ],
    testFile: 'apps/worker/src/await-slot.test.ts',
    test: 'is left to others where none comes soon: its entry is given back, and none is claimed ahead for now',
  },
  {
    name: 'completions: several go to an orchestrator of before',
    changes: [
      {
        file: 'packages/queue/src/completion-queue.ts',
        find: 'mayTogether() ? MAX_TOGETHER : 1',
        replace: 'MAX_TOGETHER',
      },
    ],
    testFile: 'packages/queue/src/completion-queue.test.ts',
    test: 'where an orchestrator of before is alive each has an entry of its own, of the form that it knows',
  },
];
