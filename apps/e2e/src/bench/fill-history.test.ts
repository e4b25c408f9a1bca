import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { findPipelineEvents, findPipelines, findTracks, insertEvents, selectRows } from '@baton/database';
import { createTestDatabase, insertFlowRows, type TestDatabase } from '@baton/database/testing';
import { testServers } from '@baton/devstack/testing';
import { trackIdOf } from '@baton/domain';
import { fillHistory } from './fill-history.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase(testServers().mysqlUrl);
}, 60_000);

afterAll(() => database.close());

test('copies of a pipeline have its tracks, attempts and history, under ids of their own', async () => {
  const vertices = [{ name: 'first' }, { name: 'second' }];
  const states = ['SUCCEED', 'SUCCEED'] as const;
  const copied = await insertFlowRows(database, { vertices, states, pipelineState: 'FINISH', pipelineName: 'copied' });
  const { pipelineId } = copied;
  const event = { pipelineId, kind: 'flow', actor: null, reason: null, actionId: null } as const;
  await insertEvents(database.dataSource, [
    { ...event, body: { tracks: [{ vertexId: 1 }] } },
    { ...event, body: { tracks: [{ vertexId: 2 }] } },
  ]);
  await database.dataSource.query(
    `INSERT INTO attempt (track_id, attempt, run_id, worker_id, result, pending_at, started_at, finished_at, duration_ms,
       output_bytes, cut_bytes)
     SELECT id, 1, 'run', 'worker', 'succeed', pending_at, started_at, finished_at, 1, 0, 0 FROM track`,
  );

  const first = await fillHistory(database, pipelineId, { pipelines: 250, atOnce: 100 });

  const found = await findPipelines(database, { states: [], namePrefix: 'copied-', limit: 1000 });
  expect(found.map(({ id, name }) => [id, name])).toEqual(
    Array.from({ length: 250 }, (_, index) => [first + 249 - index, `copied-${249 - index}`]),
  );
  expect(found.filter(({ state }) => state === 'CANCELLED').map(({ id }) => id - first)).toEqual([200, 100, 0]);
  const ages = found.map(({ createdAt }) => createdAt.getTime());
  expect(ages).toEqual(ages.toSorted((a, b) => b - a));
  const tracks = await findTracks(database, { pipelineId: first + 123, states: [], limit: 10 });
  expect(tracks.map(({ id, state }) => [id, state])).toEqual([
    [trackIdOf(first + 123, 1), 'SUCCEED'],
    [trackIdOf(first + 123, 2), 'SUCCEED'],
  ]);
  const events = await findPipelineEvents(database, first + 123, { after: 0, limit: 10 });
  expect(events.map(({ body }) => body.tracks?.[0]?.vertexId)).toEqual([1, 2]);
  const [attempts] = await selectRows<{ count: number }>(database.dataSource, 'SELECT COUNT(*) AS count FROM attempt');
  expect(Number(attempts?.count)).toBe(2 * 251);
}, 60_000);
