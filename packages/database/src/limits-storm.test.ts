import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testServers } from '@baton/devstack/testing';
import type { VertexPolicies } from '@baton/domain';
import { createRandom } from '@baton/domain/testing';
import { openDatabase, type Database } from './data-source.ts';
import { findPool, setPool } from './pools.ts';
import { selectRows } from './statements.ts';
import { createTestDatabase, startPipelineOf, storeTestGraph, type TestDatabase, type TestFlow } from './testing.ts';
import { claimAll, makePoolName, whyOf } from './testing-limits.ts';
import { createStorm, isStormOver, stepStorm } from './testing-storm.ts';

/*
 * 300 tracks in five pipelines over a pool of 3 and limits of 2, claimed by eight at once, among ends, failures, vanished
 * workers, lost entries, lost wake-ups and a cancel. After every step the tracks themselves are asked how many run.
 */

const POOL_LIMIT = 3;
const VERTEX_LIMIT = 2;
const SEED = 20261123;

let database: TestDatabase;
let observer: Database;
beforeAll(async () => {
  database = await createTestDatabase(testServers().mysqlUrl, { poolSize: 20, sendsTogether: true });
  observer = await openDatabase({ url: database.url, poolSize: 8 });
});
afterAll(async () => {
  await observer.close();
  await database.close();
});

test('a storm of claims, ends, cancels and lost workers: never more than the limits, all ends, and as many again afterwards', async () => {
  const pool = makePoolName();
  await setPool(database, pool, POOL_LIMIT);
  const graph = await storeTestGraph(database, { vertices: makeVertices(pool) });
  const inPool = new Set([...graph.vertices.values()].filter((v) => v.policies.pools.length > 0).map(({ id }) => id));
  const limited = new Set([...graph.vertices.values()].filter((v) => v.policies.limit !== null).map(({ id }) => id));
  const flows: TestFlow[] = [];
  for (const priority of [0, 0, 1, 5, 5]) {
    flows.push(await startPipelineOf(database, graph, { priority, onFailure: 'continue' }));
  }
  const storm = createStorm(flows, createRandom(SEED));
  const most = { pool: 0, vertex: 0 };
  const observe = async (): Promise<void> => {
    // One statement sees one moment.
    const rows = await selectRows<{ vertexId: number; running: number }>(
      observer.dataSource,
      `SELECT vertex_id AS vertexId, COUNT(*) AS running FROM track WHERE state = 'RUNNING' GROUP BY vertex_id`,
    );
    const sum = rows.reduce((total, { vertexId, running }) => total + (inPool.has(vertexId) ? running : 0), 0);
    const top = Math.max(0, ...rows.map(({ vertexId, running }) => (limited.has(vertexId) ? running : 0)));
    most.pool = Math.max(most.pool, sum);
    most.vertex = Math.max(most.vertex, top);
  };
  let isOver = false;
  const claimer = async (): Promise<void> => {
    while (!isOver && most.pool <= POOL_LIMIT && most.vertex <= VERTEX_LIMIT) {
      await stepStorm(storm);
      await observe();
    }
  };
  const watch = async (): Promise<void> => {
    while (!isOver) isOver = most.pool > POOL_LIMIT || most.vertex > VERTEX_LIMIT || (await isStormOver(storm));
  };
  await Promise.all([...Array.from({ length: 8 }, claimer), watch()]);
  expect(most).toEqual({ pool: POOL_LIMIT, vertex: VERTEX_LIMIT });
  expect(storm.done['granted']).toBeGreaterThan(200);
  for (const what of ['limit', 'vanished', 'lost', 'wake-up lost', 'cancel']) expect(storm.done).toHaveProperty(what);
  expect(await findPool(database, pool)).toEqual({ name: pool, limit: POOL_LIMIT, running: 0, waiting: 0 });

  const after = [await startPipelineOf(database, graph), await startPipelineOf(database, graph)];
  const ids = after.flatMap((flow) => [...graph.vertices.values()].map(({ name }) => flow.trackId(name)));
  const granted = (await claimAll(database, ids)).filter((result) => whyOf(result) === 'granted');
  expect(granted.filter(({ trackId }) => inPool.has(trackId % 2 ** 22))).toHaveLength(POOL_LIMIT);
  expect((await findPool(database, pool)).running).toBe(POOL_LIMIT);
});

/** A third in the pool, a third in the pool and limited, a third limited. */
function makeVertices(pool: string): Record<string, Partial<VertexPolicies>> {
  const vertices: Record<string, Partial<VertexPolicies>> = {};
  for (let index = 0; index < 60; index += 1) {
    vertices[`V${index}`] = {
      pools: index < 40 ? [pool] : [],
      limit: index < 20 ? null : VERTEX_LIMIT,
      priority: index % 3,
      onLost: index % 2 === 0 ? 'retry' : 'fail',
    };
  }
  return vertices;
}
