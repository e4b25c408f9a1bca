import { expect, test } from '@jest/globals';
import { deletePool, findPool, findPools, setPool } from './pools.ts';
import { execute, selectRows } from './statements.ts';
import { useTestDatabase } from './testing-database.ts';
import { applyCompletions, completionOf, startPipelineOf, startTestFlow, storeTestGraph } from './testing.ts';
import { claimAll, makePoolName, whyOf } from './testing-limits.ts';

const database = useTestDatabase({ poolSize: 20 });

test('a pool says what runs in it and what waits for it', async () => {
  const name = makePoolName();
  expect(await setPool(database, name, 2)).toEqual({ isNew: true });
  expect(await findPool(database, name)).toEqual({ name, limit: 2, running: 0, waiting: 0 });
  const vertices = { A: { pools: [name] }, B: { pools: [name] }, C: { pools: [name] }, D: { limit: 1 } };
  const flow = await startTestFlow(database, { vertices });
  await claimAll(
    database,
    Object.keys(vertices).map((vertex) => flow.trackId(vertex)),
  );
  const pool = { name, limit: 2, running: 2, waiting: 1 };
  expect(await findPool(database, name)).toEqual(pool);
  expect((await findPools(database)).find((one) => one.name === name)).toEqual(pool);
  expect((await findPools(database)).every((one) => one.name.startsWith('pool-'))).toBe(true);
  expect(await setPool(database, name, 0)).toEqual({ isNew: false });
  expect(await findPool(database, name)).toEqual({ ...pool, limit: 0 });
});

test('an unknown pool is not found, also to be removed', async () => {
  await expect(findPool(database, 'nowhere')).rejects.toMatchObject({ code: 'pool_not_found' });
  await expect(deletePool(database, 'nowhere')).rejects.toMatchObject({ code: 'pool_not_found' });
});

test('a pool goes when no newest version, no live pipeline and no run needs it', async () => {
  const name = makePoolName();
  await setPool(database, name, 1);
  const graph = await storeTestGraph(database, { vertices: { A: { pools: [name] }, B: { pools: [`${name}-b`] } } });
  await expect(deletePool(database, name)).rejects.toMatchObject({
    code: 'pool_in_use',
    problems: [{ vertices: ['A'], message: expect.stringContaining(graph.graph) }],
  });
  const flow = await startPipelineOf(database, graph);
  const [run] = await claimAll(database, [flow.trackId('A')]);
  if (run?.granted !== true) throw new Error('A was not granted');
  // A newer version names it no longer; the pipeline goes on with the old one.
  await execute(database.dataSource, 'UPDATE graph SET latest_version = latest_version + 1 WHERE id = ?', [
    graph.graphId,
  ]);
  await expect(deletePool(database, name)).rejects.toMatchObject({ code: 'pool_in_use' });
  const sql = `UPDATE pipeline SET state = 'FAILED', finished_at = UTC_TIMESTAMP(6) WHERE id = ?`;
  await execute(database.dataSource, sql, [flow.pipelineId]);
  await expect(deletePool(database, name)).rejects.toMatchObject({
    code: 'pool_in_use',
    message: expect.stringMatching(/found 1 /),
  });
  await applyCompletions(flow, [completionOf({ trackId: run.trackId, attempt: 1, runId: run.runId })]);
  await deletePool(database, name);
  await expect(findPool(database, name)).rejects.toMatchObject({ code: 'pool_not_found' });
  const key = `pool:${name}`;
  expect(await selectRows(database.dataSource, 'SELECT 1 FROM limit_holder WHERE limit_key = ?', [key])).toEqual([]);
});

test('twenty changes, removals and claims of a pool at once: never more run than its largest limit', async () => {
  const name = makePoolName();
  const graph = await storeTestGraph(database, { vertices: { A: { pools: [name] } } });
  await execute(database.dataSource, 'UPDATE graph SET latest_version = latest_version + 1 WHERE id = ?', [
    graph.graphId,
  ]);
  const flows = await Promise.all(Array.from({ length: 10 }, () => startPipelineOf(database, graph)));
  const results = await Promise.all([
    ...[1, 2, 3, 1, 2].map((limit) => setPool(database, name, limit).then(() => [])),
    ...Array.from({ length: 5 }, () => deletePool(database, name).then(toNone, toNone)),
    ...flows.map((flow) => claimAll(database, [flow.trackId('A')])),
  ]);
  const granted = results.flat().filter((result) => whyOf(result) === 'granted');
  expect(granted.length).toBeLessThanOrEqual(3);
});

/** Whether it could be removed at that moment is not asked here. */
const toNone = (): never[] => [];
