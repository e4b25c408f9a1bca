import { expect, test } from '@jest/globals';
import { createPipeline, type CreatedPipeline, type PipelineRequest } from './create-pipeline.ts';
import { findPipelineEvents } from './pipeline-events.ts';
import { execute, selectRows } from './statements.ts';
import { useTestDatabase } from './testing-database.ts';
import { readWholePipeline, rebuildFromHistory, toComparable } from './testing-rebuild.ts';
import { startTestFlow, storeTestGraph, type FlowShape } from './testing.ts';
import { withTransaction } from './with-transaction.ts';

const database = useTestDatabase();

async function create(shape: FlowShape, changes: Partial<PipelineRequest> = {}): Promise<CreatedPipeline> {
  const graph = await storeTestGraph(database, shape);
  const request: PipelineRequest = {
    graph,
    name: 'a pipeline',
    mode: 'auto',
    onFailure: 'stop',
    priority: 0,
    params: {},
    inputs: new Map(),
    held: new Set(),
    createdBy: 'ada',
    ...changes,
  };
  return withTransaction(database, (runner) => createPipeline(runner, request));
}

async function readStates(pipelineId: number): Promise<unknown[]> {
  const sql = `SELECT state, awaits, reason, predecessors_left AS left_, dispatch_seq AS seq, due_at IS NOT NULL AS isDue,
      ROUND(TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), expires_at) / 1e6) + 0E0 AS expiresIn
    FROM track WHERE pipeline_id = ? ORDER BY id`;
  const rows = await selectRows<Record<string, unknown>>(database.dataSource, sql, [pipelineId]);
  return rows.map(Object.values);
}

async function readPipeline(pipelineId: number): Promise<unknown> {
  const sql = `SELECT state, open_tracks AS openTracks, timeout_ms AS timeoutMs, parent_track_id AS parentTrackId, depth,
      map_vertex_id AS mapVertexId, map_size AS mapSize, schedule_id AS scheduleId, scheduled_for AS scheduledFor,
      ROUND(TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), deadline_at) / 1e6) + 0E0 AS deadlineIn
    FROM pipeline WHERE id = ?`;
  return (await selectRows(database.dataSource, sql, [pipelineId]))[0];
}

test('first vertices are held by gates and parameters, skipped by conditions, or start', async () => {
  const { pipelineId, toDispatch, state } = await create(
    {
      edges: ['A->E', 'B->E', 'C->F', 'D->F'],
      vertices: {
        A: { queueTimeoutMs: 30_000 },
        B: { gate: { expiresMs: 60_000 } },
        C: { when: 'params.n > 3', input: { n: { type: 'integer' } } },
        D: { when: 'params.n > 3', input: { n: { type: 'integer' } } },
        E: {},
        F: {},
      },
    },
    {
      held: new Set(['E']),
      inputs: new Map([
        ['C', { n: 3 }],
        ['D', { n: 4 }],
      ]),
    },
  );
  expect(toDispatch.map(({ vertex, seq }) => [vertex, seq])).toEqual([
    ['A', 1],
    ['D', 1],
  ]);
  // In the order of first mention: A, E, B, C, F, D.
  expect(await readStates(pipelineId)).toEqual([
    ['PENDING', null, null, 0, 1, 1, 30],
    ['WAITING', 'params', null, 2, 0, 0, null],
    ['PENDING', 'approval', null, 0, 0, 0, 60],
    ['SKIPPED', null, 'condition_false', 0, 0, 0, null],
    ['WAITING', null, null, 1, 0, 0, null],
    ['PENDING', null, null, 0, 1, 1, null],
  ]);
  expect(state).toBe('RUNNING');
  expect(await readPipeline(pipelineId)).toMatchObject({ openTracks: 5 });
});

test('a pipeline whose conditions leave nothing to run has ended, and nothing of it is enqueued', async () => {
  const skipped = await create({ edges: ['A->B'], vertices: { A: { when: 'false' } } });
  expect(skipped).toMatchObject({ state: 'FINISH', toDispatch: [] });
  const failed = await create({ vertices: { A: { when: 'int("x") > 1' }, B: {} } });
  expect(failed).toMatchObject({ state: 'FAILED', toDispatch: [] });
  expect((await readStates(failed.pipelineId)).map((row) => (row as unknown[]).slice(0, 3))).toEqual([
    ['FAILED', null, 'bad_condition'],
    ['CANCELLED', null, 'pipeline_failed'],
  ]);
  for (const { pipelineId } of [skipped, failed]) {
    const folded = toComparable(await rebuildFromHistory(database, pipelineId));
    expect(folded).toEqual(toComparable(await readWholePipeline(database, pipelineId)));
  }
});

test('the deadline is the one asked for, else the graph has one', async () => {
  const ofGraph = await create({ vertices: { A: {} }, timeoutMs: 60_000 });
  expect(await readPipeline(ofGraph.pipelineId)).toMatchObject({ timeoutMs: 60_000, deadlineIn: 60 });
  const asked = await create({ vertices: { A: {} }, timeoutMs: 60_000 }, { timeoutMs: 30_000 });
  expect(await readPipeline(asked.pipelineId)).toMatchObject({ timeoutMs: 30_000, deadlineIn: 30 });
  const none = await create({ vertices: { A: {} } });
  expect(await readPipeline(none.pipelineId)).toMatchObject({ timeoutMs: null, deadlineIn: null });
});

test('a pipeline knows the track that runs it, and the schedule that started it', async () => {
  const parent = await startTestFlow(database, { vertices: { P: {} } });
  const { insertId: scheduleId } = await execute(
    database.dataSource,
    `INSERT INTO schedule (name, cron, time_zone, graph, request, overlap_policy, catch_up_limit, created_by, created_at,
       updated_at) VALUES ('s', '* * * * *', 'UTC', 'g', '{}', 'allow', 0, 'ada', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`,
  );
  const parentTrackId = parent.trackId('P');
  const scheduledFor = new Date('2026-03-01T10:00:00Z');
  const child = { parentTrackId, depth: 1, mapVertexId: 1, mapSize: 1, scheduleId, scheduledFor };
  const { pipelineId } = await create({ vertices: { A: {} } }, child);
  expect(await readPipeline(pipelineId)).toMatchObject(child);
});

test('the history begins with the start: who, with what, and what it made of the first vertices', async () => {
  const { pipelineId } = await create(
    { edges: ['A->B', 'B->C'], vertices: { B: { input: { n: { type: 'integer' } } } } },
    { inputs: new Map([['B', { n: 1 }]]), params: { n: 1 }, held: new Set(['C']), priority: 7 },
  );
  const events = await findPipelineEvents(database, pipelineId, { after: 0, limit: 10, withValues: true });
  expect(events).toHaveLength(1);
  expect(events[0]).toMatchObject({ kind: 'start', actor: 'ada', reason: null });
  expect(events[0]?.body).toMatchObject({
    pipeline: { name: 'a pipeline', priority: 7, state: 'RUNNING', totalTracks: 3, openTracks: 3, params: { n: 1 } },
    tracks: [
      { vertexId: 1, state: 'PENDING' },
      { vertexId: 2, input: { n: 1 } },
      { vertexId: 3, awaits: 'params' },
    ],
  });
});
