import type { Mutation } from './mutation.ts';

/** Of workers and what they run. */
export const WORKER_MUTATIONS: readonly Mutation[] = [
  {
    name: 'output: a cut by the loss of a worker is not marked',
    changes: [
      {
        file: 'apps/api/src/send-output.ts',
        find: "if (result === 'lost') return CUT_BY_LOSS;",
        replace: "if (result === 'lost') return NOTHING;",
      },
    ],
    testFile: 'apps/api/src/routes/output.test.ts',
    test: 'of a lost worker the cut is marked, whole, in a range and for a follower; what it sends later stands before the mark',
  },
  {
    name: 'kill: without namespaces nobody is the reaper of what hides',
    changes: [
      {
        file: 'apps/worker/src/runner/keeper-script.ts',
        find: 'const number = PRCTL[process.arch];',
        replace: "const number = PRCTL['mips'];",
      },
    ],
    testFile: 'apps/worker/src/runner/runner-isolation.test.ts',
    test: 'timeout: what ignores TERM is killed after the grace, with all that it hid',
    group: '(process-group)',
  },
  {
    name: 'worker: scripts give way to nobody',
    changes: [{ file: 'apps/worker/src/runner/helper.ts', find: '...composeNice(options.niceness), ', replace: '' }],
    testFile: 'apps/worker/src/runner/niceness.test.ts',
    test: 'a script and all that it starts give way, and run after run',
    group: '(process-group)',
  },
  {
    name: 'kill: what it did not end is nobody’s trouble',
    changes: [{ file: 'apps/worker/src/run-track.ts', find: 'deps.troubles.set(runId, problem);', replace: '' }],
    testFile: 'apps/worker/src/run-track.test.ts',
    test: 'what KILL did not end stands in the output and is a trouble of the worker until it is gone',
  },
  {
    name: 'output: an end that could not be sent is not marked',
    changes: [
      {
        file: 'apps/api/src/send-output.ts',
        find: '? CUT_BY_END : NOTHING;',
        replace: '? NOTHING : NOTHING;',
      },
    ],
    testFile: 'apps/api/src/routes/output.test.ts',
    test: 'of an attempt that ended in order, and whose worker could not send all, the missing end is marked until it comes',
  },
  {
    name: 'worker: a word to a dead worker ends its guard',
    changes: [{ file: 'apps/worker/src/runner/helper-script.ts', find: 'trap : PIPE', replace: '' }],
    testFile: 'apps/worker/src/runner/dead-reader.test.ts',
    test: 'a guard that cannot say what is wrong with its disk kills all the same',
  },
  {
    name: 'worker: a word to a dead worker ends a keeper',
    changes: [{ file: 'apps/worker/src/runner/keeper-script.ts', find: 'trap : PIPE', replace: '' }],
    testFile: 'apps/worker/src/runner/dead-reader.test.ts',
    test: 'a keeper that cannot say that its helper was killed ends what that has left',
  },
  {
    name: 'worker: one that still runs something is forgotten',
    changes: [
      {
        file: 'packages/database/src/forget-workers.ts',
        find: 'ids.filter((id) => !needed.has(id))',
        replace: 'ids.filter((id) => !needed.has(id) || true)',
      },
    ],
    testFile: 'packages/database/src/workers.test.ts',
    test: 'workers that have been silent for so long are forgotten, in steps, but for those whose track is RUNNING',
  },
];
