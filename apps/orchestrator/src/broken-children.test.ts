import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execute, startChildren } from '@baton/database';
import { claimTracks, readStates, startTestFlow, storeTestGraph, type TestFlow } from '@baton/database/testing';
import { reconcile } from './reconcile.ts';
import { createTestDeps, type TestDeps } from './testing.ts';

let deps: TestDeps;
beforeAll(async () => {
  deps = await createTestDeps();
});
afterAll(() => deps.close());

/** A pipeline whose track runs another one, of which nothing is left to run. */
async function startWithEndedChild(): Promise<TestFlow> {
  const { graph } = await storeTestGraph(deps.database, { vertices: { never: { when: 'false' } } });
  const pipeline = { graph, outputs: { value: 'never.key' } };
  const flow = await startTestFlow(deps.database, { vertices: { run: { script: undefined, pipeline } } });
  await startChildren(deps.database, [{ trackId: flow.trackId('run'), attempt: 1 }]);
  return flow;
}

test('a child that cannot be looked at keeps neither others nor lost runs from their ends', async () => {
  const broken = await startWithEndedChild();
  const sound = await startWithEndedChild();
  const lost = await startTestFlow(deps.database, { vertices: { L: {} } });
  await claimTracks(lost, ['L']);
  const runner = deps.database.dataSource;
  await execute(runner, 'UPDATE track SET due_at = UTC_TIMESTAMP(6) WHERE id = ?', [lost.trackId('L')]);
  await execute(runner, 'UPDATE pipeline SET map_vertex_id = 1, map_size = 1 WHERE parent_track_id = ?', [
    broken.trackId('run'),
  ]);
  expect(await reconcile(deps)).toMatchObject({ lost: 1 });
  expect(await readStates(lost)).toEqual({ L: 'FAILED' });
  expect(await readStates(sound)).toEqual({ run: 'SUCCEED' });
  expect(await readStates(broken)).toEqual({ run: 'RUNNING' });
  expect(deps.events).toContain('child_not_looked_at');
});
