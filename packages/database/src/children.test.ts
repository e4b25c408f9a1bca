import { describe, expect, test } from '@jest/globals';
import { trackIdOf, type TrackToDispatch } from '@baton/domain';
import { claimAttempts } from './claim-attempts.ts';
import { findChildrenToCancel, findLiveChildren } from './child-ends.ts';
import { findPipeline, findPipelines } from './find-pipelines.ts';
import { startChildren } from './start-children.ts';
import { useTestDatabase } from './testing-database.ts';
import { createChildStage } from './testing-children.ts';
import {
  actOn,
  completionOf,
  makeRunId,
  readStates,
  startPipelineOf,
  startTestFlow,
  storeTestGraph,
  TEST_WORKER,
} from './testing-flow.ts';
import { readTrackOutputs } from './track-outputs.ts';

const database = useTestDatabase({ sendsTogether: true });
const stage = createChildStage(database);

describe('a vertex that runs another graph', () => {
  test('is queued for orchestrators, and no worker may claim it', async () => {
    const graph = await stage.storeEcho();
    const flow = await startTestFlow(database, {
      vertices: { run: { script: undefined, pipeline: { graph, params: { word: 'x' } } } },
    });
    expect(flow.toDispatch).toMatchObject([{ trackId: flow.trackId('run'), runsPipeline: true }]);
    await expect(stage.runTrack(flow.trackId('run'))).rejects.toThrow('no_script');
  });

  test.each([
    [true, null],
    [false, 'expected what is given a secret to be declared secret'],
  ])('shows nobody a secret that it passes on (declared secret: %s)', async (secret, problem) => {
    const word = { type: 'string', secret };
    const { graph } = await storeTestGraph(database, { vertices: { say: { input: { word }, script: 'true' } } });
    const input = { pin: { type: 'string', secret: true } };
    const pipeline = { graph, params: { 'say.word': 'the pin is {pin}' } };
    const flow = await startTestFlow(database, {
      vertices: { run: { script: undefined, input, pipeline } },
      inputs: { run: { pin: 'hunter2' } },
    });
    await startChildren(database, [{ trackId: flow.trackId('run'), attempt: 1 }]);
    const { detail, childPipelineId } = await stage.trackOf(flow.trackId('run'));
    expect(detail).toEqual(problem === null ? null : expect.stringContaining(problem));
    expect(detail ?? '').not.toContain('hunter2');
    expect(childPipelineId === null).toBe(problem !== null);
  });

  test('passes parameters and outputs down, and the outputs of the child up', async () => {
    const graph = await stage.storeEcho();
    const pipeline = {
      graph,
      params: { word: '{greeting} {A.name}' },
      outputs: { said: 'say.word', none: 'say.nothing' },
    };
    const input = { greeting: { type: 'string', default: 'hello' } };
    const flow = await startTestFlow(database, {
      edges: ['A->run', 'run->B'],
      vertices: { run: { script: undefined, input, pipeline } },
      inputs: { run: { greeting: 'hello' } },
    });
    await stage.runTrack(flow.trackId('A'), { outputs: { name: '$(touch canary) world' } });
    const child = await stage.startChild(flow, 'run');
    expect(await findPipeline(database, child)).toMatchObject({
      state: 'RUNNING',
      parentTrackId: flow.trackId('run'),
      params: { word: 'hello $(touch canary) world' },
      createdBy: 'a test',
    });
    expect(await readStates(flow)).toEqual({ A: 'SUCCEED', run: 'RUNNING', B: 'WAITING' });
    await stage.runTrack(trackIdOf(child, 1), { outputs: { word: 'said it' } });
    expect(await readStates(flow)).toEqual({ A: 'SUCCEED', run: 'SUCCEED', B: 'PENDING' });
    expect(await readTrackOutputs(database.dataSource, flow.trackId('run'), 1)).toEqual({ said: 'said it' });
  });

  test('is started once, however many orchestrators try at once', async () => {
    const graph = await stage.storeEcho();
    const flow = await startTestFlow(database, {
      vertices: { run: { script: undefined, pipeline: { graph, params: { word: 'x' } } } },
    });
    const track = { trackId: flow.trackId('run'), attempt: 1 };
    const started = await Promise.all(Array.from({ length: 8 }, () => startChildren(database, [track])));
    const first: TrackToDispatch[] = started.flatMap(({ toDispatch }) => toDispatch);
    expect(first).toHaveLength(1);
    const children = await findPipelines(database, { states: [], parentTrackId: track.trackId, limit: 10 });
    expect(children).toHaveLength(1);
    expect(first[0]?.pipelineId).toBe(children[0]?.id);
  });

  test.each([
    ['a graph that is not there any more', { graph: 'no such graph' }, /no such graph/],
    ['a parameter that the other graph does not have', { params: { other: 1 } }, /other/],
    ['an output that was not handed on', { params: { word: '{A.missing}' } }, /missing/],
  ])('that cannot be started ends as failed: %s', async (_what, policy, detail) => {
    const pipeline = { graph: await stage.storeEcho(), params: { word: 'x' }, ...policy };
    const flow = await startTestFlow(database, {
      edges: ['A->run'],
      vertices: { run: { script: undefined, pipeline } },
    });
    await stage.runTrack(flow.trackId('A'));
    await expect(stage.startChild(flow, 'run')).rejects.toThrow('has no child');
    expect(await stage.trackOf(flow.trackId('run'))).toMatchObject({ state: 'FAILED', reason: 'spawn_error' });
    expect((await stage.trackOf(flow.trackId('run'))).detail).toMatch(detail);
    expect(await stage.stateOf(flow.pipelineId)).toBe('FAILED');
  });

  test('fails with its child, and a retry runs a child of its own', async () => {
    const graph = await stage.storeEcho();
    const run = { script: undefined, pipeline: { graph, params: { word: 'x' } }, retry: { max: 1 } };
    const flow = await startTestFlow(database, { vertices: { run } });
    const first = await stage.startChild(flow, 'run');
    await stage.runTrack(trackIdOf(first, 1), { exitCode: 3 });
    expect(await stage.stateOf(first)).toBe('FAILED');
    expect(await stage.trackOf(flow.trackId('run'))).toMatchObject({
      state: 'PENDING',
      attempt: 2,
      childPipelineId: null,
    });
    const second = await stage.startChild(flow, 'run', 2);
    expect(second).not.toBe(first);
    await stage.runTrack(trackIdOf(second, 1), { exitCode: 3 });
    expect(await stage.trackOf(flow.trackId('run'))).toMatchObject({ state: 'FAILED', reason: 'child_failed' });
    expect((await stage.trackOf(flow.trackId('run'))).detail).toBe(
      `pipeline ${second} is FAILED: track say: exit_code 3`,
    );
  });

  test('takes its place under the limit of its vertex for as long as its child runs', async () => {
    const graph = await stage.storeEcho();
    const run = { script: undefined, pipeline: { graph, params: { word: 'x' } }, limit: 1 };
    const flow = await startTestFlow(database, { vertices: { run } });
    const other = await startPipelineOf(database, flow.graph);
    const child = await stage.startChild(flow, 'run');
    await expect(stage.startChild(other, 'run')).rejects.toThrow('has no child');
    await stage.runTrack(trackIdOf(child, 1));
    await stage.startChild(other, 'run');
  });
});

describe('cancel', () => {
  test('goes down, and the track is CANCELLED only when the last script below is gone', async () => {
    const { flow, child } = await stage.startNested();
    const claim = { trackId: trackIdOf(child, 1), attempt: 1, runId: makeRunId() };
    await claimAttempts(database, { workerId: TEST_WORKER, labels: ['default'], leaseMs: 30_000, claims: [claim] });
    await stage.apply(new Map([[flow.pipelineId, [{ kind: 'cancel' }]]]));
    expect([await stage.stateOf(flow.pipelineId), await stage.stateOf(child)]).toEqual(['CANCELLED', 'CANCELLED']);
    expect(await readStates(flow)).toEqual({ run: 'RUNNING' });
    const gone = completionOf(claim, { outcome: 'cancelled', exitCode: null });
    await stage.apply(new Map([[child, [{ kind: 'completion', completion: gone }]]]));
    expect(await readStates(flow)).toEqual({ run: 'CANCELLED' });
  });

  test('of the track alone does the same', async () => {
    const { flow, child } = await stage.startNested();
    const applied = await actOn(flow, { kind: 'cancel_track', vertexId: 1 });
    await stage.settle(await findChildrenToCancel(database, applied.killRequested));
    expect(await stage.stateOf(child)).toBe('CANCELLED');
    expect(await readStates(flow)).toEqual({ run: 'CANCELLED' });
  });

  test('of the child by a person fails the track', async () => {
    const { flow, child } = await stage.startNested();
    await stage.apply(new Map([[child, [{ kind: 'cancel' }]]]));
    expect(await stage.trackOf(flow.trackId('run'))).toMatchObject({ state: 'FAILED', reason: 'child_failed' });
  });

  test('a child is found while it lives', async () => {
    const { flow, child } = await stage.startNested();
    expect(await findLiveChildren(database, flow.pipelineId)).toEqual([{ id: child, state: 'RUNNING' }]);
    await stage.apply(new Map([[child, [{ kind: 'cancel' }]]]));
    expect(await findLiveChildren(database, flow.pipelineId)).toEqual([]);
  });
});

describe('depth', () => {
  test('a graph that runs itself ends where there are too many above', async () => {
    const graph = await storeTestGraph(database, {
      vertices: { again: { script: undefined, pipeline: { graph: 'itself' } } },
    });
    const pipelineText = JSON.stringify({ pipeline: { graph: graph.graph, params: {}, outputs: {} } });
    await database.dataSource.query('UPDATE vertex SET policies = ? WHERE version_id = ?', [
      pipelineText,
      graph.versionId,
    ]);
    // Read anew: what is kept of a sealed version in memory still names the other graph.
    const again = graph.vertices.get(1);
    if (again !== undefined) again.policies.pipeline = { graph: graph.graph, params: {}, outputs: {} };
    const flow = await startPipelineOf(database, graph);
    let trackId = flow.trackId('again');
    let depth = 0;
    for (; depth < 20; depth += 1) {
      const { toDispatch, toLookAt } = await startChildren(database, [{ trackId, attempt: 1 }]);
      if (toLookAt.length > 0) await stage.settle(toLookAt);
      if (toDispatch[0] === undefined) break;
      trackId = toDispatch[0].trackId;
    }
    expect(depth).toBe(8);
    expect((await stage.trackOf(trackId)).detail).toMatch(/at most 8 pipelines above/);
    expect(await stage.trackOf(flow.trackId('again'))).toMatchObject({ state: 'FAILED', reason: 'child_failed' });
  });
});
