import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { selectRows } from '@baton/database';
import { linkOf, openFaultScene, type FaultScene } from '../fault-scene.ts';
import { inRounds, ROUNDS } from '../rounds.ts';

/**
 * F8: an orchestrator is frozen inside a transaction, with pipelines locked. Another one goes on with all others; the server
 * ends the transaction of who says nothing, and then with those as well.
 */
let scene: FaultScene;

/** Until the server ends it: 10 s on MariaDB (idle_transaction_timeout), 30 s on MySQL (wait_timeout). */
const ENDS_WITHIN_MS = 55_000;
const PIPELINES = 6;

beforeAll(async () => {
  scene = await openFaultScene({ orchestrators: 2, workers: 1, slots: 8 });
  await scene.putGraph('single', [scene.vertex('A')]);
  const middle = ['B', 'C', 'D', 'E'];
  await scene.putGraph(
    'diamond',
    ['A', ...middle, 'F'].map((name) => scene.vertex(name)),
    middle.flatMap((name) => [['A', name] as const, [name, 'F'] as const]),
  );
}, 120_000);

afterAll(() => scene.stack.stop());

test(
  'an orchestrator is stopped with pipelines locked: all others go on, and then these',
  inRounds(async (round) => {
    const [frozen, other] = [scene.stack.process('orchestrator', 0), scene.stack.process('orchestrator', 1)];
    let locked: number[] = [];
    const stopped = linkOf(frozen, 'mysql').intercept({
      match: /FROM pipeline p WHERE p\.id IN \([\d, ]+\) ORDER BY p\.id FOR UPDATE/,
      when: 'after',
      cuts: false,
      act(statement) {
        frozen.kill('SIGSTOP');
        locked = [...statement.matchAll(/\d+/g)].map(Number);
      },
    });
    const names = Array.from({ length: PIPELINES }, (_, index) => `early-${round}-${index}`);
    const ids = await Promise.all(names.map((name) => scene.start('diamond', name)));
    await stopped;
    expect(await findLocked(locked)).toEqual(locked);
    // Of one track: on a busy machine it is to end long before the server lets the others go.
    const late = await scene.start('single', `late-${round}`);
    expect(await scene.waitForEnds([late])).toEqual(['FINISH']);
    expect(await findLocked(locked)).toEqual(locked);
    const free = ids.filter((id) => !locked.includes(id));
    expect(await scene.waitForEnds(free)).toEqual(free.map(() => 'FINISH'));
    expect(await scene.waitForEnds(locked, ENDS_WITHIN_MS)).toEqual(locked.map(() => 'FINISH'));
    frozen.kill('SIGCONT');
    // It has lost its connection and its entries, and works as ever.
    other.kill('SIGKILL');
    await other.exited;
    const alone = await scene.start('diamond', `alone-${round}`);
    expect(await scene.waitForEnds([alone])).toEqual(['FINISH']);
    await other.restart();
    expect(await scene.judge()).toEqual([]);
  }),
  120_000 * ROUNDS,
);

/** Which of these pipelines another transaction keeps. */
async function findLocked(ids: readonly number[]): Promise<number[]> {
  const { dataSource } = scene.stack.database;
  const rows = await selectRows<{ id: number }>(
    dataSource,
    'SELECT id FROM pipeline WHERE id IN (?) ORDER BY id FOR UPDATE SKIP LOCKED',
    [ids],
  );
  return ids.filter((id) => !rows.some((row) => row.id === id)).toSorted((one, two) => one - two);
}
