import { expect, test } from '@jest/globals';
import { openDatabase, type Database } from './data-source.ts';
import { countTracksByState, findPipeline, findPipelines } from './find-pipelines.ts';
import { execute, placeRows, selectRows } from './statements.ts';
import { useTestDatabase } from './testing-database.ts';
import { insertFlowRows, insertGraphRows, insertPipelineRows } from './testing-rows.ts';

const database = useTestDatabase();

const vertices = [{ name: 'A' }, { name: 'B' }, { name: 'C' }];

test('a pipeline has its graph, its parameters and its counts by state', async () => {
  const rows = await insertFlowRows(database, {
    graphName: '发布',
    pipelineName: 'night',
    params: { ip: '::1' },
    vertices,
    states: ['SUCCEED', 'RUNNING', 'WAITING'],
  });
  expect(await findPipeline(database, rows.pipelineId)).toMatchObject({
    id: rows.pipelineId,
    graph: '发布',
    version: 1,
    name: 'night',
    state: 'RUNNING',
    params: { ip: '::1' },
    totalTracks: 3,
    openTracks: 2,
    createdAt: expect.any(Date),
    finishedAt: null,
  });
  expect(await countTracksByState(database, rows.pipelineId)).toEqual({
    WAITING: 1,
    PENDING: 0,
    RUNNING: 1,
    SUCCEED: 1,
    FAILED: 0,
    SKIPPED: 0,
    CANCELLED: 0,
  });
  expect(await findPipeline(database, 999_999)).toBeNull();
});

test('pages go from the newest to the oldest, over several states, without a gap or a repeat', async () => {
  const graph = await insertGraphRows(database, { vertices });
  const ids: number[] = [];
  for (const pipelineState of ['RUNNING', 'FINISH', 'FAILED', 'FINISH', 'RUNNING', 'FAILED', 'FINISH'] as const) {
    ids.push((await insertPipelineRows(database, graph, { vertices, pipelineState })).pipelineId);
  }
  const filter = { graphId: graph.graphId, states: ['FINISH', 'FAILED'] as const, limit: 2 };
  const pages: number[][] = [];
  for (let beforeId: number | undefined; ;) {
    const page = await findPipelines(database, { ...filter, ...(beforeId === undefined ? {} : { beforeId }) });
    if (page.length === 0) break;
    pages.push(page.map(({ id }) => id));
    beforeId = page.at(-1)?.id;
  }
  expect(pages).toEqual([[ids[6], ids[5]], [ids[3], ids[2]], [ids[1]]]);
});

test('a name prefix is text, not a pattern; times bound both ways', async () => {
  const made = [];
  for (const pipelineName of ['100% sure', '100 more', '1000']) {
    made.push(await insertFlowRows(database, { pipelineName, vertices }));
  }
  const names = async (filter: object): Promise<string[]> =>
    (await findPipelines(database, { states: [], limit: 50, ...filter })).map(({ name }) => name);
  expect(await names({ namePrefix: '100%' })).toEqual(['100% sure']);
  expect(await names({ namePrefix: '100' })).toEqual(['1000', '100 more', '100% sure']);
  const middle = (await findPipeline(database, made[1]?.pipelineId ?? 0))?.createdAt ?? new Date(0);
  expect(await names({ namePrefix: '100', createdAfter: new Date(middle.getTime() + 60_000) })).toEqual([]);
  expect(await names({ namePrefix: '100', createdBefore: new Date(middle.getTime() - 60_000) })).toEqual([]);
});

test('a list by the time of creation reads little besides what is of that time', async () => {
  const { pipelineId } = await insertFlowRows(database, { vertices });
  const beganAt = Date.now();
  const agoOf = (minutes: number): Date => new Date(beganAt - minutes * 60_000);
  await insertOlder(pipelineId, agoOf, 4000);
  const single = await openDatabase({ url: database.url, poolSize: 1 });
  const look = async (filter: object): Promise<{ found: number; reads: number }> => {
    const before = await countReads(single);
    const page = await findPipelines(single, { states: [], parentTrackId: null, limit: 50, ...filter });
    return { found: page.length, reads: (await countReads(single)) - before };
  };
  try {
    for (const [found, filter] of [
      [10, { createdBefore: agoOf(3990.5) }],
      [0, { createdBefore: agoOf(9999) }],
      [50, { createdBefore: agoOf(10.5) }],
      [10, { createdAfter: agoOf(10.5), createdBefore: agoOf(0.5) }],
      [50, { createdAfter: agoOf(9999) }],
      [0, { createdAfter: agoOf(-10) }],
    ] as const) {
      const { reads, ...page } = await look(filter);
      expect(page).toEqual({ found });
      expect(reads).toBeLessThan(2000);
    }
  } finally {
    await single.close();
  }
});

/** Copies of a pipeline, as many minutes older than it as the last one is before the one that is made. */
async function insertOlder(copied: number, agoOf: (minutes: number) => Date, count: number): Promise<void> {
  const [row] = await selectRows<Record<string, unknown>>(
    database.dataSource,
    `SELECT version_id, graph_id, name, mode, on_failure, state, params, total_tracks, open_tracks, created_by
      FROM pipeline WHERE id = ?`,
    [copied],
  );
  const columns = [...Object.keys(row ?? {}), 'created_at'];
  const { places, values } = placeRows(
    Array.from({ length: count }, (_, index) => [...Object.values(row ?? {}), agoOf(count - index)]),
  );
  await execute(database.dataSource, `INSERT INTO pipeline (${columns.join(', ')}) VALUES ${places}`, values);
  await selectRows(database.dataSource, 'ANALYZE TABLE pipeline');
}

/** Index entries and rows that this session has asked its tables for. */
async function countReads({ dataSource }: Database): Promise<number> {
  const rows = await selectRows<{ Value: string }>(dataSource, `SHOW SESSION STATUS LIKE 'Handler\\_read\\_%'`);
  return rows.reduce((sum, { Value }) => sum + Number(Value), 0);
}
