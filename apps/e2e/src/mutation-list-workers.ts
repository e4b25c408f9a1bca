import type { Mutation } from './mutation.ts';

/** Of workers and what they run. */
export const WORKER_MUTATIONS: readonly Mutation[] = [
  {
    name: 'output: a cut by the loss of a worker is not marked',
    changes: [
      {
        file: 'apps/api/src/send-output.ts',
        find: "return result === 'lost' ? CUT_BY_LOSS : NOTHING;",
        replace: "return result === 'lost' ? NOTHING : NOTHING;",
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
  },
  {
    name: 'kill: what it did not end is nobody’s trouble',
    changes: [{ file: 'apps/worker/src/run-track.ts', find: 'deps.troubles.set(runId, problem);', replace: '' }],
    testFile: 'apps/worker/src/run-track.test.ts',
    test: 'what KILL did not end stands in the output and is a trouble of the worker until it is gone',
  },
];
