import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { selectRows } from '@baton/database';
import type { LinkMode, TcpProxy } from '../../chaos/tcp-proxy.ts';
import { waitUntil } from '../../testing/call-api.ts';
import { commitAfter, linkOf } from '../fault-scene.ts';
import { inRounds, ROUNDS } from '../rounds.ts';
import { allWell, openServerScene, type ServerScene } from '../server-scene.ts';

/**
 * F18: the way to MySQL is cut after a COMMIT and before its reply, in each kind of transaction: what was done unheard is done
 * once. And it is silent, slow, half closed: pools recover, and no connection is left over.
 */
const POOL_SIZES = { api: 20, orchestrator: 10 };

/** Names of pipelines for which nobody asks. */
const MADE_BY_BATON = /^(parent \d+\/P|yearly \d+)$/;

let scene: ServerScene;
beforeAll(async () => {
  scene = await openServerScene({ environment: { BATON_LEASE_MS: '20000' } }, MADE_BY_BATON);
  await scene.makeGraph('pair', { A: 0, B: 0.2 }, ['A->B']);
  await scene.makeGraph('parent', { P: { pipeline: { graph: 'pair' } } });
}, 120_000);
afterAll(() => scene.stop(), 60_000);

interface Transaction {
  kind: string;
  process: 'api' | 'orchestrator';
  /** A statement of it. */
  statement: string;
  /** Before the trap is set. @returns a pipeline to act on */
  prepare?: () => Promise<number>;
  act: (pipelineId: number) => Promise<unknown>;
  /** How many pipelines there are then; one unless given. */
  pipelines?: number;
}

const startPair = async (): Promise<number> => (await scene.startOnce('pair')).id;

const TRANSACTIONS: Transaction[] = [
  { kind: 'a start', process: 'api', statement: 'INSERT INTO pipeline ', act: startPair },
  { kind: 'a claim', process: 'api', statement: "SET state = 'RUNNING'", act: startPair },
  { kind: 'a completion', process: 'orchestrator', statement: 'INSERT INTO attempt', act: startPair },
  {
    kind: 'an action',
    process: 'api',
    statement: "INSERT INTO pipeline_event[^]*'pause'",
    prepare: startPair,
    async act(id) {
      await scene.api.post(`/pipelines/${id}/pause`);
      await scene.api.post(`/pipelines/${id}/resume`);
    },
  },
  {
    kind: 'the reconcile loop',
    process: 'orchestrator',
    statement: 'UPDATE track SET dispatch_seq = ',
    async act() {
      const workers = scene.stack.processes.filter(({ kind }) => kind === 'worker');
      for (const worker of workers) worker.kill('SIGSTOP');
      await startPair();
      await scene.redis.flushall();
      for (const worker of workers) worker.kill('SIGCONT');
    },
  },
  {
    kind: 'a schedule that fires',
    process: 'orchestrator',
    statement: 'UPDATE schedule SET next_due_at',
    async act() {
      const name = `yearly ${Date.now()}`;
      await scene.api.post('/schedules', { name, graph: 'pair', cron: '0 0 1 1 *', catchUpLimit: 1 });
      await scene.stack.database.dataSource.query(
        'UPDATE schedule SET next_due_at = MAKEDATE(YEAR(UTC_TIMESTAMP()), 1) WHERE name = ?',
        [name],
      );
    },
  },
  {
    kind: 'the start of a pipeline by a track',
    process: 'orchestrator',
    statement: 'child_pipeline_id = ',
    act: () => scene.startOnce('parent'),
    pipelines: 2,
  },
];

test.each(TRANSACTIONS)(
  'F18: the reply to the COMMIT of $kind is lost',
  inRounds(async (_round, { process, statement, prepare, act, pipelines = 1 }: Transaction) => {
    const [{ newest } = { newest: 0 }] = await ask<{ newest: number }>(
      'SELECT COALESCE(MAX(id), 0) AS newest FROM pipeline',
    );
    const prepared = (await prepare?.()) ?? 0;
    const match = commitAfter(statement);
    const sprung = linkOf(scene.stack.process(process), 'mysql').intercept({ match, when: 'after' });
    await Promise.all([act(prepared), sprung]);
    const made = await ask<{ id: number }>('SELECT id FROM pipeline WHERE id > ?', [newest]);
    expect(made).toHaveLength(pipelines);
    expect(await scene.settle(made.map(({ id }) => id))).toEqual(allWell(2));
  }),
  60_000 * ROUNDS,
);

test.each<[string, LinkMode, number]>([
  ['silent', 'silent', 3000],
  ['silent in one direction', 'silent_replies', 1500],
  ['half closed', 'half_close', 1500],
  ['refused', 'refuse', 1500],
  ['slow', { delayMs: ROUNDS > 1 ? 250 : 60 }, 2000],
])(
  'F18: the way to MySQL is %s for a while',
  inRounds(async (_round, _how: string, mode: LinkMode, durationMs: number) => {
    const pids = scene.pids();
    const ids = await Promise.all([1, 2, 3].map(() => scene.start('pair')));
    await Promise.all(links().map((link) => link.setMode(mode)));
    const starting = [4, 5, 6].map(() => scene.start('pair'));
    await sleep(durationMs);
    await Promise.all(links().map((link) => link.setMode('pass')));
    expect(await scene.settle([...ids, ...(await Promise.all(starting))])).toEqual(allWell(12));
    expect(scene.pids()).toEqual(pids);
  }),
  90_000 * ROUNDS,
);

test('F18: after all that no connection is left over, and pools have all of theirs', async () => {
  const answers = await Promise.all(Array.from({ length: 60 }, () => scene.api.get('/pipelines?limit=5')));
  expect(answers).toHaveLength(60);
  for (const kind of ['api', 'orchestrator'] as const) {
    expect(linkOf(scene.stack.process(kind), 'mysql').connections.open).toBeLessThanOrEqual(POOL_SIZES[kind]);
  }
  // What the server has of them is what goes through the links, and nothing of it keeps a transaction open.
  const isWhole = ({ here, there }: { here: number; there: number }): boolean => there <= here;
  await waitUntil(countConnections, isWhole);
  await waitUntil(countTransactions, (count) => count === 0);
}, 60_000);

function links(): TcpProxy[] {
  return (['api', 'orchestrator'] as const).map((kind) => linkOf(scene.stack.process(kind), 'mysql'));
}

async function ask<T>(statement: string, values: readonly unknown[] = []): Promise<T[]> {
  return selectRows<T>(scene.stack.database.dataSource, statement, values);
}

/** Through the links, and on the server those that do not come from this process. */
async function countConnections(): Promise<{ here: number; there: number }> {
  const own = await scene.stack.database.dataSource.query('SELECT CONNECTION_ID() AS id');
  const [row] = await selectRows<{ count: number }>(
    scene.admin.dataSource,
    "SELECT COUNT(*) AS count FROM information_schema.processlist WHERE user = 'baton'",
  );
  const here = links().reduce((sum, link) => sum + link.connections.open, 0);
  return { here: here + own.length, there: row?.count ?? 0 };
}

async function countTransactions(): Promise<number> {
  await sleep(200); // the server makes this table anew only for those who do not ask all the time
  const [row] = await selectRows<{ count: number }>(
    scene.admin.dataSource,
    'SELECT COUNT(*) AS count FROM information_schema.innodb_trx',
  );
  return row?.count ?? 0;
}
