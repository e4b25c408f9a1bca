import { expect, test } from '@jest/globals';
import { countTracksByState, findPipeline, findPipelines } from './find-pipelines.ts';
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
