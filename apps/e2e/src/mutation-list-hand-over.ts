import type { Mutation } from './mutation.ts';

/** Of hand-over: what is claimed for offered places. */
export const HAND_OVER_MUTATIONS: readonly Mutation[] = [
  {
    name: 'hand-over: a place starts as many runs as come for it',
    changes: [
      {
        file: 'apps/worker/src/hand-over.ts',
        find: 'this.#numbers.delete(id);\n    return offered?.ids.delete(id) === true ? offered : null;',
        replace: 'return offered ?? null;',
      },
    ],
    testFile: 'apps/worker/src/hand-over.test.ts',
    test: 'one place is for one run: the second one is given back',
  },
  {
    name: 'hand-over: an answer counts although a message before it was lost',
    changes: [
      {
        file: 'apps/worker/src/hand-over.ts',
        find: ' && offered.places - offered.ids.size >= told',
        replace: '',
      },
    ],
    testFile: 'apps/worker/src/hand-over.test.ts',
    test: 'an answer that tells of more runs than came is none',
  },
  {
    name: 'hand-over: two tracks of a place have one run id',
    changes: [
      {
        file: 'packages/queue/src/hand-over.ts',
        find: 'update(`${id}:${trackId}:${attempt}`)',
        replace: 'update(id)',
      },
    ],
    testFile: 'packages/queue/src/hand-over.test.ts',
    test: 'the tracks of one place have run ids that differ, each the same whoever claims it',
  },
  {
    name: 'hand-over: an offer that comes again is answered',
    changes: [{ file: 'apps/orchestrator/src/hand-over.ts', find: 'this.#knowsAll = stale === 0;', replace: '' }],
    testFile: 'apps/orchestrator/src/hand-over.test.ts',
    test: 'an entry that is delivered again is not answered, and nothing is claimed for its places',
  },
  {
    name: 'hand-over: workers that end are claimed for',
    changes: [{ file: 'packages/database/src/find-workers.ts', find: ' AND is_draining = 0', replace: '' }],
    testFile: 'apps/orchestrator/src/hand-over.test.ts',
    test: 'a worker that ends, or is gone, gets nothing: its attempts would be lost',
  },
  {
    name: 'hand-over: what has a limit is claimed without a place',
    changes: [
      {
        file: 'packages/database/src/hand-over-attempts.ts',
        find: 'return limitsOf(locked.graph, vertex, locked.pipeline.id).length === 0;',
        replace: 'return true;',
      },
    ],
    testFile: 'packages/database/src/hand-over-attempts.test.ts',
    test: 'what has a limit or runs a pipeline goes through its queue',
  },
];
