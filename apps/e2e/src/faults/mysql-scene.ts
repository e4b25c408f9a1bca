import { expect } from '@jest/globals';
import { linkOf } from './fault-scene.ts';
import { allWell, openServerScene, type ServerScene } from './server-scene.ts';

/** Longer than MySQL takes to be there again. */
const LONG_SECONDS = 4;

/** A scene whose leases outlive what happens to MySQL, with the graphs `fork`, of four tracks, and `long`, of two. */
export async function openMysqlScene(): Promise<ServerScene> {
  const scene = await openServerScene({ environment: { BATON_LEASE_MS: '30000' } });
  await scene.makeGraph('fork', { A: 0, B: 0, C: 0, J: 0 }, ['A->B', 'A->C', 'B->J', 'C->J']);
  await scene.makeGraph('long', { L: LONG_SECONDS, after: 0 }, ['L->after']);
  return scene;
}

/** When MySQL is killed: at a request of a process that fits, before it has arrived or as its reply begins. */
export interface Moment {
  process: 'api' | 'orchestrator';
  match: RegExp;
  when: 'before' | 'after';
}

/** Kills MySQL while something runs and something starts, and starts it again: all goes on, and no process was started anew. */
export async function killMysql(scene: ServerScene, { process, match, when }: Moment): Promise<void> {
  const pids = scene.pids();
  const server = scene.stack.server('mysql');
  const long = await scene.start('long');
  await scene.waitForLines('START', long, 1);
  const { exited } = server;
  const link = linkOf(scene.stack.process(process), 'mysql');
  const killed = link.intercept({ match, when, act: () => server.kill('SIGKILL') });
  const starting = scene.start('fork');
  await killed;
  await exited;
  await server.restart();
  expect(await scene.settle([long, await starting])).toEqual(allWell(6));
  expect(scene.pids()).toEqual(pids);
}
