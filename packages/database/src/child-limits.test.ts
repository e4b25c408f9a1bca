import { describe, expect, test } from '@jest/globals';
import { trackIdOf } from '@baton/domain';
import { applyPersonAction } from './apply-person-action.ts';
import { rerunPipeline } from './rerun-pipeline.ts';
import { useTestDatabase } from './testing-database.ts';
import { createChildStage } from './testing-children.ts';
import { readStates, startTestFlow, storeTestGraph, type TestFlow } from './testing-flow.ts';
import { readTrackOutputs } from './track-outputs.ts';

const database = useTestDatabase();
const stage = createChildStage(database);

const action = { actor: 'alice', reason: null, actionId: null };

async function startChildOf(vertices: Record<string, object>, onFailure?: string): Promise<[TestFlow, number]> {
  const { graph, versionId } = await storeTestGraph(database, { vertices });
  await database.dataSource.query('UPDATE graph_version SET on_failure = ? WHERE id = ?', [
    onFailure ?? null,
    versionId,
  ]);
  const flow = await startTestFlow(database, { vertices: { run: { script: undefined, pipeline: { graph } } } });
  return [flow, await stage.startChild(flow, 'run')];
}

test('a child of which nothing is to run ends its track at once', async () => {
  const [flow, child] = await startChildOf({ never: { when: 'false' } });
  expect(await stage.stateOf(child)).toBe('FINISH');
  expect(await readStates(flow)).toEqual({ run: 'SUCCEED' });
});

test('a map whose items hand on more than one value may hold fails, and says so', async () => {
  const vertex = { input: { item: { type: 'integer' } }, map: { over: 'list' } };
  const input = { ...vertex.input, list: { type: 'json' } };
  const list = Array.from({ length: 3 }, (_, index) => index);
  const inputs = { each: { list } as never };
  const flow = await startTestFlow(database, { vertices: { each: { ...vertex, input } }, inputs });
  const child = await stage.startChild(flow, 'each');
  const text = 'x'.repeat(2 * 1024 * 1024);
  for (const item of [1, 2, 3]) await stage.runTrack(trackIdOf(child, item), { outputs: { text } });
  const { state, reason, detail } = await stage.trackOf(flow.trackId('each'));
  expect({ state, reason }).toEqual({ state: 'FAILED', reason: 'bad_output' });
  expect(detail).toContain('4194304');
  const outputs = await readTrackOutputs(database.dataSource, flow.trackId('each'), 1);
  expect(outputs).toEqual({ succeeded: '3', failed: '0' });
});

test('and so does one whose values are too long only as JSON', async () => {
  const input = { item: { type: 'integer' }, list: { type: 'json' } };
  const inputs = { each: { list: [0, 1, 2] } as never };
  const flow = await startTestFlow(database, { vertices: { each: { input, map: { over: 'list' } } }, inputs });
  const child = await stage.startChild(flow, 'each');
  const text = '\u0001'.repeat(1_300_000); // six characters each, as JSON
  for (const item of [1, 2, 3]) await stage.runTrack(trackIdOf(child, item), { outputs: { text } });
  const { state, reason } = await stage.trackOf(flow.trackId('each'));
  expect({ state, reason }).toEqual({ state: 'FAILED', reason: 'bad_output' });
});

describe('persons and tracks of children', () => {
  test('an item of a map under way is run again with what it has, and with nothing else', async () => {
    const input = { list: { type: 'json' }, item: { type: 'integer', required: true } };
    const vertices = { each: { input, map: { over: 'list' } } };
    const flow = await startTestFlow(database, { vertices, inputs: { each: { list: [7, 8] } as never } });
    const child = await stage.startChild(flow, 'each');
    await stage.runTrack(trackIdOf(child, 1), { exitCode: 1 });
    const request = { pipelineId: child, from: { vertexIds: [1], descendants: false } };
    const { verdict } = await rerunPipeline(database, { ...request, params: { item: 9 } }, action);
    expect(verdict).toEqual({ kind: 'refused', message: expect.stringContaining('no parameters') });
    expect((await rerunPipeline(database, request, action)).verdict).toEqual({ kind: 'done' });
    expect((await stage.trackOf(trackIdOf(child, 1))).input).toEqual({ item: 7 });
    for (const item of [1, 2]) await stage.runTrack(trackIdOf(child, item));
    expect(await readStates(flow)).toEqual({ each: 'SUCCEED' });
  });

  test.each(['skip', 'succeed'] as const)('%s brings no ended child back to life', async (kind) => {
    const [flow, child] = await startChildOf({ A: {} });
    await stage.runTrack(trackIdOf(child, 1), { exitCode: 1 });
    expect(await readStates(flow)).toEqual({ run: 'FAILED' });
    const event = { kind, vertexId: 1 };
    const { verdict } = await applyPersonAction(database, { pipelineId: child, event }, action);
    expect(verdict).toEqual({ kind: 'refused', message: expect.stringContaining(String(flow.trackId('run'))) });
    expect(await stage.stateOf(child)).toBe('FAILED');
  });

  test('a failed track of a child that holds is run again by itself', async () => {
    const [flow, child] = await startChildOf({ A: {} }, 'hold');
    await stage.runTrack(trackIdOf(child, 1), { exitCode: 1 });
    const from = { vertexIds: [1], descendants: false };
    const { verdict } = await rerunPipeline(database, { pipelineId: child, from }, action);
    expect(verdict).toEqual({ kind: 'done' });
    await stage.runTrack(trackIdOf(child, 1));
    expect(await readStates(flow)).toEqual({ run: 'SUCCEED' });
  });
});
