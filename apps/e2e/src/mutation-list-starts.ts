import type { Mutation } from './mutation.ts';

const DATABASE = 'packages/database/src';

/** Of starts that are written together. */
export const START_MUTATIONS: readonly Mutation[] = [
  {
    name: 'start: what was tried before is not looked for',
    changes: [
      {
        file: `${DATABASE}/remember-request.ts`,
        find: 'let tries = request.wasTried === true ? 1 : 0;',
        replace: 'let tries = 0;',
      },
    ],
    testFile: 'apps/api/src/join-starts.test.ts',
    test: 'a commit that was done unheard started each once, and each is told and enqueued',
  },
  {
    name: 'start: a lost try that is open yet is a refusal',
    changes: [
      {
        file: `${DATABASE}/remember-request.ts`,
        find: '? selectRows<KeyRow>(runner, SELECT_KEY, [tokenId, key])',
        replace: '? notWaiting(request, () => selectRows<KeyRow>(runner, `${SELECT_KEY} NOWAIT`, [tokenId, key]))',
      },
    ],
    testFile: `${DATABASE}/remember-request.test.ts`,
    test: 'what a lost try commits after all is the answer of the next one, which waits for it',
  },
  {
    name: 'start: ids go up by one',
    changes: [
      {
        file: `${DATABASE}/create-pipeline.ts`,
        find: 'const idStep = requests.length === 1 ? 0 : await readIdStep(runner);',
        replace: 'const idStep = 1;',
      },
    ],
    testFile: `${DATABASE}/start-together.test.ts`,
    test: 'where servers write beside each other, ids go up by more than one',
  },
  {
    name: 'start: it is committed whether anybody waits for it or not',
    changes: [
      {
        file: `${DATABASE}/start-together.ts`,
        find: '  for (const { signal } of joined) signal.throwIfAborted();\n',
        replace: '',
      },
    ],
    testFile: `${DATABASE}/start-together.test.ts`,
    test: 'where one is not wanted any more before the commit, nothing is written, and nobody is told anything',
  },
  {
    name: 'start: who saves a graph keeps the starts of others',
    changes: [
      {
        file: `${DATABASE}/find-graphs.ts`,
        find: "return flavor === 'mariadb' ? 'LOCK IN SHARE MODE SKIP LOCKED' : 'FOR SHARE SKIP LOCKED';",
        replace: "return '';",
      },
    ],
    testFile: `${DATABASE}/start-together.test.ts`,
    test: 'while somebody saves a graph, its starts are left out, and nobody waits',
  },
  {
    name: 'start: however much is written together',
    changes: [{ file: `${DATABASE}/start-together.ts`, find: ' || bytes + own > MAX_BYTES', replace: '' }],
    testFile: `${DATABASE}/start-together.test.ts`,
    test: 'what is much together is left out from there on',
  },
  {
    name: 'start: where those together fail, each has failed',
    changes: [{ file: 'apps/api/src/start-pipeline.ts', find: ".catch(() => 'unknown' as const)", replace: '' }],
    testFile: 'apps/api/src/join-starts.test.ts',
    test: 'one that is refused is told why, and takes no other with it',
  },
  {
    name: 'start: who has gone is written with the others',
    changes: [
      { file: 'apps/api/src/join-starts.ts', find: 'batch.filter(isWanted)', replace: 'batch.filter(() => true)' },
      { file: `${DATABASE}/start-together.ts`, find: ' || signal.aborted', replace: '' },
    ],
    testFile: 'apps/api/src/join-starts.test.ts',
    test: 'whoever has gone while he waited is not started, and takes no batch with him',
  },
  {
    name: 'start: what is slow keeps those that come after it',
    changes: [
      {
        file: 'apps/api/src/join-starts.ts',
        find: 'setTimeout(letNextBegin, patienceMs)',
        replace: 'setTimeout(letNextBegin, 600_000)',
      },
    ],
    testFile: 'apps/api/src/join-starts.test.ts',
    test: 'a batch that lasts keeps the next only for a moment',
  },
  {
    name: 'graphs: a large one is read under the locks of who needs it',
    changes: [
      {
        file: `${DATABASE}/load-flow-graph.ts`,
        find: 'return isTransaction(runner) && !runner.mayTakeLong;',
        replace: 'return isTransaction(runner) && runner.mayTakeLong;',
      },
    ],
    testFile: `${DATABASE}/load-flow-graph.test.ts`,
    test: 'a large graph is read while no transaction holds its locks, once for all that need it; a small one in the transaction',
  },
];
