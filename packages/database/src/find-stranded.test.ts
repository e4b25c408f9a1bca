import { beforeEach, expect, test } from '@jest/globals';
import {
  findDueTracks,
  findExpiredRuns,
  findStrandedPipelines,
  makeAllTracksDue,
  makeTakenTracksDue,
  postponeQueuedTracks,
  takeDueTracks,
} from './find-stranded.ts';
import { execute, selectRows } from './statements.ts';
import { useTestDatabase } from './testing-database.ts';
import {
  applyCompletions,
  applyEventsOf,
  claimTracks,
  completionOf,
  runTracks,
  startPipelineOf,
  startTestFlow,
  storeTestGraph,
  TEST_WORKER,
  type TestFlow,
} from './testing.ts';

const database = useTestDatabase();
// What these statements find is looked for in the whole database: each test starts without live pipelines.
beforeEach(async () => {
  await execute(database.dataSource, 'DELETE FROM attempt');
  await execute(database.dataSource, 'DELETE FROM track');
  await execute(database.dataSource, 'DELETE FROM pipeline_event');
  await execute(database.dataSource, 'DELETE FROM pipeline');
});

const makeDue = (flow: TestFlow): Promise<unknown> =>
  execute(
    database.dataSource,
    'UPDATE track SET due_at = UTC_TIMESTAMP(6) WHERE pipeline_id = ? AND due_at IS NOT NULL',
    [flow.pipelineId],
  );

async function readDueIn(flow: TestFlow, name: string): Promise<{ seq: number; seconds: number | null }> {
  const [row] = await selectRows<{ seq: number; seconds: number | null }>(
    database.dataSource,
    `SELECT dispatch_seq AS seq, ROUND(TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), due_at) / 1e6) + 0E0 AS seconds
       FROM track WHERE id = ?`,
    [flow.trackId(name)],
  );
  if (row === undefined) throw new Error('the track is gone');
  return row;
}

const setPipeline = (flow: TestFlow, change: string): Promise<unknown> =>
  execute(database.dataSource, `UPDATE pipeline SET ${change} WHERE id = ?`, [flow.pipelineId]);
const setTrack = (flow: TestFlow, name: string, change: string): Promise<unknown> =>
  execute(database.dataSource, `UPDATE track SET ${change} WHERE id = ?`, [flow.trackId(name)]);

test('a track that nobody claimed in time is found as it was enqueued; held, running and fresh ones are not', async () => {
  const flow = await startTestFlow(database, { vertices: { A: { priority: 3 }, B: {}, H: {} }, held: ['H'] });
  expect(await findDueTracks(database, 10)).toEqual([]);
  await claimTracks(flow, ['B']);
  await makeDue(flow);
  expect(await findDueTracks(database, 10)).toEqual([
    { ...flow.toDispatch.find(({ vertex }) => vertex === 'A'), priority: 3, seq: 1 },
  ]);
});

test('two callers take the same due tracks at once: each track is taken once, with the next number', async () => {
  const names = Array.from({ length: 100 }, (_, index) => `V${index}`);
  const flow = await startTestFlow(database, { vertices: Object.fromEntries(names.map((name) => [name, {}])) });
  await makeDue(flow);
  const due = await findDueTracks(database, 1000);
  expect(due).toHaveLength(100);
  const taken = (await Promise.all([1, 2, 3, 4].map(() => takeDueTracks(database, due)))).flat();
  expect(taken).toHaveLength(100);
  expect(new Set(taken.map(({ trackId }) => trackId)).size).toBe(100);
  expect(new Set(taken.map(({ seq }) => seq))).toEqual(new Set([2]));
  expect(await readDueIn(flow, 'V7')).toEqual({ seq: 2, seconds: 10 });
  expect(await findDueTracks(database, 1000)).toEqual([]);
  expect(await takeDueTracks(database, due)).toEqual([]);
});

test('a track that was claimed or retried meanwhile is not taken', async () => {
  const flow = await startTestFlow(database, { vertices: { A: {}, B: { retry: { max: 1 } } } });
  await makeDue(flow);
  const due = await findDueTracks(database, 10);
  await claimTracks(flow, ['A']);
  await runTracks(flow, ['B'], { exitCode: 1 });
  await makeDue(flow);
  expect(due).toHaveLength(2);
  expect(await takeDueTracks(database, due)).toEqual([]);
});

test('the time to the next look doubles with each time, up to five minutes', async () => {
  const flow = await startTestFlow(database, { vertices: { A: {} } });
  const seconds: (number | null)[] = [];
  for (let round = 0; round < 8; round += 1) {
    await makeDue(flow);
    await takeDueTracks(database, await findDueTracks(database, 10));
    seconds.push((await readDueIn(flow, 'A')).seconds);
  }
  expect(seconds).toEqual([10, 20, 40, 80, 160, 300, 300, 300]);
});

test('taken tracks that could not be enqueued are due again soon; those claimed or taken again are left alone', async () => {
  const flow = await startTestFlow(database, { vertices: { A: {}, B: {}, C: {} } });
  await execute(database.dataSource, 'UPDATE track SET dispatch_seq = 9 WHERE pipeline_id = ?', [flow.pipelineId]);
  await makeDue(flow);
  const taken = await takeDueTracks(database, await findDueTracks(database, 10));
  await claimTracks(flow, ['B']);
  await setTrack(flow, 'C', 'dispatch_seq = 11');
  await makeTakenTracksDue(database, taken);
  const waits = await Promise.all(['A', 'B', 'C'].map((name) => readDueIn(flow, name)));
  expect(waits).toEqual([
    { seq: 10, seconds: 5 },
    { seq: 10, seconds: 60 },
    { seq: 11, seconds: 300 },
  ]);
});

test('a track that still waits in its queue is looked at again when it has waited twice as long', async () => {
  const flow = await startTestFlow(database, { vertices: { A: {}, B: {}, C: {} } });
  await makeDue(flow);
  const due = await findDueTracks(database, 10);
  await setTrack(flow, 'B', 'pending_at = UTC_TIMESTAMP(6) - INTERVAL 60 SECOND');
  await setTrack(flow, 'C', 'pending_at = UTC_TIMESTAMP(6) - INTERVAL 1 HOUR');
  await postponeQueuedTracks(database, due);
  const waits = await Promise.all(['A', 'B', 'C'].map((name) => readDueIn(flow, name)));
  expect(waits).toEqual([10, 60, 300].map((seconds) => ({ seq: 1, seconds })));
});

test('after Redis was emptied every enqueued track is due, a retry that waits is not', async () => {
  const flow = await startTestFlow(database, {
    vertices: { A: {}, R: { retry: { max: 1, delayMs: 60_000 } }, H: {} },
    held: ['H'],
  });
  await runTracks(flow, ['R'], { exitCode: 1 });
  expect(await makeAllTracksDue(database)).toBe(1);
  expect((await findDueTracks(database, 10)).map(({ vertex }) => vertex)).toEqual(['A']);
});

test('runs past their lease are found, those in time are not', async () => {
  const flow = await startTestFlow(database, { vertices: { A: {}, B: {} } });
  const [expired] = await claimTracks(flow, ['A', 'B']);
  expect(await findExpiredRuns(database, 10)).toEqual([]);
  await setTrack(flow, 'A', 'due_at = UTC_TIMESTAMP(6)');
  expect(await findExpiredRuns(database, 10)).toEqual([{ ...expired, workerId: TEST_WORKER }]);
});

test('nothing is stranded in any healthy stage of a flow', async () => {
  const edges = ['A->B', 'A->C', 'B->D', 'C->D'];
  const graph = await storeTestGraph(database, { edges });
  const expectNone = async (): Promise<void> => expect(await findStrandedPipelines(database, 10)).toEqual([]);
  const flow = await startPipelineOf(database, graph);
  await expectNone();
  for (const names of [['A'], ['B'], ['C'], ['D']]) {
    const runs = await claimTracks(flow, names);
    await expectNone();
    await applyCompletions(
      flow,
      runs.map((run) => completionOf(run)),
    );
    await expectNone();
  }
  for (const onFailure of ['stop', 'kill', 'continue', 'hold'] as const) {
    await runTracks(await startPipelineOf(database, graph, { onFailure }), ['A'], { exitCode: 1 });
    await expectNone();
  }
  await runTracks(await startPipelineOf(database, graph, { mode: 'manual' }), ['A']);
  await setPipeline(await startPipelineOf(database, graph), `state = 'PAUSED'`);
  await startPipelineOf(database, graph, { held: ['A'] });
  await expectNone();
});

test('every kind of stranded pipeline is found, and mended by a recount', async () => {
  const graph = await storeTestGraph(database, { edges: ['A->B', 'C->B'] });
  const finished = await startPipelineOf(database, graph);
  for (const names of [['A'], ['C'], ['B']]) await runTracks(finished, names);
  await setPipeline(finished, `state = 'RUNNING', finished_at = NULL`);
  const waitsForNothing = await startPipelineOf(database, graph);
  await runTracks(waitsForNothing, ['A']);
  await claimTracks(waitsForNothing, ['C']);
  await setTrack(waitsForNothing, 'B', 'predecessors_left = 0, predecessors_succeeded = 2');
  const unheard = await startPipelineOf(database, graph);
  await runTracks(unheard, ['A', 'C']);
  await setTrack(
    unheard,
    'B',
    `state = 'WAITING', pending_at = NULL, due_at = NULL, predecessors_left = 1, predecessors_succeeded = 1`,
  );
  const all = [finished, waitsForNothing, unheard];
  expect(await findStrandedPipelines(database, 10)).toEqual(all.map(({ pipelineId }) => pipelineId));
  expect(await findStrandedPipelines(database, 2)).toHaveLength(2);
  for (const flow of all) expect((await applyEventsOf(flow, [{ kind: 'recount' }])).repairs).toBeGreaterThan(0);
  expect(await findStrandedPipelines(database, 10)).toEqual([]);
});

test.each([0, 1, 7])(
  'a recount mends what is left of predecessors, found as %i, though their counts are right',
  async (left) => {
    const flow = await startTestFlow(database, { edges: ['A->C', 'B->C', 'C->D'] });
    await setTrack(flow, 'C', `predecessors_left = ${left}`);
    expect(await findStrandedPipelines(database, 10)).toEqual(left === 0 ? [flow.pipelineId] : []);
    expect(await applyEventsOf(flow, [{ kind: 'recount' }])).toMatchObject({ repairs: 1, toDispatch: [] });
    expect(await findStrandedPipelines(database, 10)).toEqual([]);
    expect(await applyEventsOf(flow, [{ kind: 'recount' }])).toMatchObject({ repairs: 0 });
    await runTracks(flow, ['A']);
    expect((await runTracks(flow, ['B'])).toDispatch).toEqual([expect.objectContaining({ vertex: 'C' })]);
  },
);
