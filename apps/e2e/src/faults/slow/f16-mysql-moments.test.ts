import { afterAll, beforeAll, test } from '@jest/globals';
import { commitAfter } from '../fault-scene.ts';
import { killMysql, openMysqlScene, type Moment } from '../mysql-scene.ts';
import { inRounds, ROUNDS } from '../rounds.ts';
import type { ServerScene } from '../server-scene.ts';

/** F16: MySQL is killed at further moments of the transactions of a completion, a claim, a start, and of the reconcile loop. */
let scene: ServerScene;
beforeAll(async () => {
  scene = await openMysqlScene();
}, 120_000);
afterAll(() => scene.stop(), 60_000);

const MOMENTS: [string, Moment][] = [
  ['while an orchestrator looks for what stands still', { process: 'orchestrator', match: /due_at/, when: 'before' }],
  ['in the transaction of a completion', { process: 'orchestrator', match: /INSERT INTO attempt/, when: 'after' }],
  [
    'with the COMMIT of a completion not arrived',
    { process: 'orchestrator', match: commitAfter('INSERT INTO attempt'), when: 'before' },
  ],
  ['in the transaction of a claim', { process: 'api', match: /SET state = 'RUNNING'/, when: 'after' }],
  [
    'with the COMMIT of a claim in flight',
    { process: 'api', match: commitAfter("SET state = 'RUNNING'"), when: 'after' },
  ],
  [
    'with the COMMIT of a start in flight',
    { process: 'api', match: commitAfter('INSERT INTO pipeline '), when: 'after' },
  ],
];

test.each(MOMENTS)(
  'F16: MySQL is killed %s',
  inRounds((_round, _title: string, moment: Moment) => killMysql(scene, moment)),
  90_000 * ROUNDS,
);
