import { expect, test } from '@jest/globals';
import type { JsonValue } from '@baton/domain';
import { findAttempts } from './find-attempts.ts';
import { findPipelineEvents } from './pipeline-events.ts';
import { rerunPipeline, type AppliedRerun, type RerunRequest } from './rerun-pipeline.ts';
import { execute, selectRows } from './statements.ts';
import { useTestDatabase } from './testing-database.ts';
import { readWholePipeline, rebuildFromHistory, toComparable } from './testing-rebuild.ts';
import {
  claimTracks,
  readPipeline,
  readStates,
  runTracks,
  startTestFlow,
  storeNextVersion,
  type TestFlow,
} from './testing.ts';

const database = useTestDatabase({ poolSize: 22 });

function rerun(
  flow: TestFlow,
  request: Partial<RerunRequest> = {},
  actionId: string | null = null,
): Promise<AppliedRerun> {
  const action = { actor: 'ada', reason: 'once more', actionId };
  return rerunPipeline(database, { pipelineId: flow.pipelineId, from: 'failed', ...request }, action);
}

async function expectFoldable(flow: TestFlow): Promise<void> {
  const folded = toComparable(await rebuildFromHistory(database, flow.pipelineId));
  expect(folded).toEqual(toComparable(await readWholePipeline(database, flow.pipelineId)));
}

async function readInput(flow: TestFlow, name: string): Promise<unknown> {
  const sql = 'SELECT input FROM track WHERE id = ?';
  const [row] = await selectRows<{ input: string | null }>(database.dataSource, sql, [flow.trackId(name)]);
  return row?.input == null ? null : JSON.parse(row.input);
}

const shape = { edges: ['A->B', 'B->D', 'A->C', 'C->D'], onFailure: 'continue' as const };

/** B has failed, D is CANCELLED for it, A and C are SUCCEED. */
async function startFailed(changes: object = {}): Promise<TestFlow> {
  const flow = await startTestFlow(database, { ...shape, ...changes });
  await runTracks(flow, ['A']);
  await runTracks(flow, ['C']);
  await runTracks(flow, ['B'], { exitCode: 3 });
  expect(await readStates(flow)).toEqual({ A: 'SUCCEED', B: 'FAILED', C: 'SUCCEED', D: 'CANCELLED' });
  return flow;
}

test('from the failed: they and what follows run again, all else stays, earlier attempts are kept', async () => {
  const flow = await startFailed();
  const { verdict, plan, toDispatch } = await rerun(flow);
  expect(verdict).toEqual({ kind: 'done' });
  expect(plan).toEqual({
    version: { from: 1, to: 1 },
    tracks: [
      { vertexId: flow.trackId('B') % 2 ** 22, vertex: 'B', attempt: 2, isNew: false, changes: [] },
      { vertexId: flow.trackId('D') % 2 ** 22, vertex: 'D', attempt: 1, isNew: false, changes: [] },
    ],
  });
  expect(toDispatch.map(({ vertex, attempt, seq }) => [vertex, attempt, seq])).toEqual([['B', 2, 1]]);
  expect(await readStates(flow)).toEqual({ A: 'SUCCEED', B: 'PENDING', C: 'SUCCEED', D: 'WAITING' });
  expect(await readPipeline(flow)).toMatchObject({ state: 'RUNNING', reason: null, openTracks: 2, failures: 0 });
  await runTracks(flow, ['B'], { attempt: 2 });
  await runTracks(flow, ['D']);
  expect(await readPipeline(flow)).toMatchObject({ state: 'FINISH' });
  const attempts = await findAttempts(database, flow.trackId('B'));
  expect(attempts.map(({ attempt, result }) => [attempt, result])).toEqual([
    [1, 'exit_code'],
    [2, 'succeed'],
  ]);
  await expectFoldable(flow);
});

test('a track that was in the queue when its pipeline ended gets an entry of another name', async () => {
  const flow = await startTestFlow(database, { vertices: { A: {}, B: {} }, onFailure: 'stop' });
  await runTracks(flow, ['A'], { exitCode: 1 });
  const { toDispatch } = await rerun(flow);
  expect(toDispatch.map(({ vertex, attempt, seq }) => [vertex, attempt, seq])).toEqual([
    ['A', 2, 1],
    ['B', 1, 2],
  ]);
});

test('a reopened pipeline has its whole time once more', async () => {
  const flow = await startFailed({ timeoutMs: 60_000 });
  await execute(database.dataSource, 'UPDATE pipeline SET deadline_at = UTC_TIMESTAMP(6) WHERE id = ?', [
    flow.pipelineId,
  ]);
  await rerun(flow);
  const [row] = await selectRows<{ seconds: number }>(
    database.dataSource,
    'SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), deadline_at) AS seconds FROM pipeline WHERE id = ?',
    [flow.pipelineId],
  );
  expect(row?.seconds).toBeGreaterThan(50);
});

const input = { n: { type: 'integer', required: true }, key: { type: 'string', default: 'x' } };
const withInput = {
  vertices: { B: { input }, C: { input } },
  params: { n: 1, 'B.key': 'mine' },
  inputs: { B: { n: 1, key: 'mine' }, C: { n: 1, key: 'x' } },
};

test('changed parameters reach what runs again and nothing else', async () => {
  const flow = await startFailed(withInput);
  const { plan } = await rerun(flow, { params: { n: '2' } });
  expect(plan?.tracks[0]).toMatchObject({ vertex: 'B', changes: ['params.n'] });
  expect(await readInput(flow, 'B')).toEqual({ n: 2, key: 'mine' });
  expect(await readInput(flow, 'C')).toEqual({ n: 1, key: 'x' });
  const [row] = await selectRows<{ params: string }>(database.dataSource, 'SELECT params FROM pipeline WHERE id = ?', [
    flow.pipelineId,
  ]);
  expect(JSON.parse(row?.params ?? '')).toEqual({ n: '2', 'B.key': 'mine' });
  await expectFoldable(flow);
});

test.each<[string, Record<string, JsonValue>, string[]]>([
  ['of a wrong form', { n: 'many' }, ['invalid_parameter']],
  ['of what is kept', { 'C.n': 3 }, ['unknown_parameter']],
  ['unknown, and another of a wrong form', { m: 3, n: 1.5 }, ['unknown_parameter', 'invalid_parameter']],
])('parameters are refused, and nothing changes: %s', async (_what, params, codes) => {
  const flow = await startFailed(withInput);
  const before = await readWholePipeline(database, flow.pipelineId);
  const error: unknown = await rerun(flow, { params }).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'invalid_parameters', problems: codes.map((code) => ({ code })) });
  expect(await readWholePipeline(database, flow.pipelineId)).toEqual(before);
});

test('on the newest version: changed scripts, new vertices and new parameters, shown beforehand', async () => {
  const flow = await startFailed();
  const version = await storeNextVersion(database, flow.graph.graph, {
    edges: [...shape.edges, 'D->N'],
    vertices: {
      B: { script: 'echo mended', timeoutMs: 9000 },
      N: { input: { m: { type: 'integer', required: true } } },
    },
  });
  await expect(rerun(flow, { version: 'latest' })).rejects.toMatchObject({ code: 'invalid_parameters' });
  const before = await readWholePipeline(database, flow.pipelineId);
  const request = { version: 'latest', params: { m: 7 } } as const;
  const shown = await rerun(flow, { ...request, preview: true });
  expect(shown).toMatchObject({ verdict: { kind: 'done' }, toDispatch: [] });
  expect(await readWholePipeline(database, flow.pipelineId)).toEqual(before);
  expect(await isSealed(flow, version)).toBe(false);

  const done = await rerun(flow, request);
  expect(done.plan).toEqual(shown.plan);
  expect(done.plan?.version).toEqual({ from: 1, to: 2 });
  expect(done.plan?.tracks.map(({ vertex, isNew, changes }) => [vertex, isNew, changes])).toEqual([
    ['B', false, ['script', 'timeoutMs']],
    ['D', false, []],
    ['N', true, []],
  ]);
  expect(await isSealed(flow, version)).toBe(true);
  expect(await readStates(flow)).toMatchObject({ A: 'SUCCEED', B: 'PENDING', C: 'SUCCEED', D: 'WAITING' });
  const whole = await readWholePipeline(database, flow.pipelineId);
  expect(whole.pipeline).toMatchObject({ state: 'RUNNING', totalTracks: 5, openTracks: 3 });
  expect(whole.tracks.get(5)).toMatchObject({ state: 'WAITING', input: { m: 7 }, predecessorsLeft: 1 });
  await expectFoldable(flow);
  await runTracks(flow, ['B'], { attempt: 2 });
  await runTracks(flow, ['D']);
  const [claim] = await claimTracks({ ...flow, trackId: () => flow.trackId('A') - 1 + 5 }, ['N']);
  expect(claim).toBeDefined();
  await expectFoldable(flow);
});

async function isSealed(flow: TestFlow, version: number): Promise<boolean> {
  const [row] = await selectRows<{ sealedAt: Date | null }>(
    database.dataSource,
    'SELECT sealed_at AS sealedAt FROM graph_version WHERE graph_id = ? AND version = ?',
    [flow.graph.graphId, version],
  );
  return row?.sealedAt != null;
}

test('a new vertex asks for what it lacks, one that others need runs first', async () => {
  const flow = await startFailed();
  await storeNextVersion(database, flow.graph.graph, {
    edges: [...shape.edges, 'N->B'],
    vertices: { N: { onMissing: 'ask', input: { m: { type: 'integer', required: true } } } },
  });
  const { toDispatch } = await rerun(flow, { version: 'latest' });
  expect(toDispatch).toEqual([]);
  const { tracks } = await readWholePipeline(database, flow.pipelineId);
  expect(tracks.get(5)).toMatchObject({ state: 'PENDING', awaits: 'params' });
  expect(tracks.get(flow.trackId('B') % 2 ** 22)).toMatchObject({ state: 'WAITING', predecessorsLeft: 1, attempt: 2 });
  await expectFoldable(flow);
});

const OBSTACLES: Record<string, { shape: object; says: string }> = {
  'a vertex is gone': { shape: { edges: ['A->B', 'A->C'] }, says: 'found none of D' },
  'what is kept has others before it': { shape: { edges: [...shape.edges, 'N->C'] }, says: 'before C' },
  'a secret is shown': {
    shape: { edges: shape.edges, vertices: { A: { input: { key: { type: 'string' } } } } },
    says: 'A.key',
  },
};

test.each(Object.entries(OBSTACLES))(
  'a version is refused, and nothing changes: %s',
  async (_what, { shape: next, says }) => {
    const flow = await startFailed({ vertices: { A: { input: { key: { type: 'string', secret: true } } } } });
    const kept = { A: { input: { key: { type: 'string', secret: true } } } };
    const version = await storeNextVersion(database, flow.graph.graph, { vertices: kept, ...next });
    const before = await readWholePipeline(database, flow.pipelineId);
    const { verdict, plan } = await rerun(flow, { version });
    expect(verdict).toEqual({ kind: 'refused', message: expect.stringContaining(says) });
    expect(plan).toBeNull();
    expect(await readWholePipeline(database, flow.pipelineId)).toEqual(before);
    expect(await isSealed(flow, version)).toBe(false);
  },
);

test('what the rules refuse leaves the version unsealed, and the parameters as they were', async () => {
  const vertices = { A: {}, B: { input: { n: { type: 'integer' } } } };
  const flow = await startTestFlow(database, { vertices, onFailure: 'kill' });
  await claimTracks(flow, ['A']);
  await runTracks(flow, ['B'], { exitCode: 1 });
  const version = await storeNextVersion(database, flow.graph.graph, { vertices: { ...vertices, N: {} } });
  const before = await readWholePipeline(database, flow.pipelineId);
  const { verdict } = await rerun(flow, { version, params: { n: 2 } });
  expect(verdict).toEqual({ kind: 'refused', message: expect.stringContaining('found A RUNNING') });
  expect(await readWholePipeline(database, flow.pipelineId)).toEqual(before);
  expect(await isSealed(flow, version)).toBe(false);
});

test('a live pipeline keeps its version; a version that is not there is named', async () => {
  const flow = await startTestFlow(database, { ...shape, onFailure: 'hold' });
  await runTracks(flow, ['A'], { exitCode: 1 });
  await storeNextVersion(database, flow.graph.graph, { edges: [...shape.edges, 'D->N'] });
  expect((await rerun(flow, { version: 'latest' })).verdict).toMatchObject({ kind: 'refused' });
  await expect(rerun(flow, { version: 9 })).rejects.toMatchObject({ code: 'graph_not_found' });
  const { toDispatch } = await rerun(flow, { version: 1 });
  expect(toDispatch.map(({ vertex, attempt }) => [vertex, attempt])).toEqual([['A', 2]]);
});

test('the pipeline of a track is run again by that track only', async () => {
  const parent = await startTestFlow(database, { vertices: { P: {} } });
  const flow = await startFailed();
  await execute(database.dataSource, 'UPDATE pipeline SET parent_track_id = ?, depth = 1 WHERE id = ?', [
    parent.trackId('P'),
    flow.pipelineId,
  ]);
  const { verdict } = await rerun(flow);
  expect(verdict).toEqual({ kind: 'refused', message: expect.stringContaining(String(parent.trackId('P'))) });
});

test('the same rerun again does nothing; of 20 at once, one is done', async () => {
  const flow = await startFailed();
  const first = await rerun(flow, {}, 'again');
  const second = await rerun(flow, {}, 'again');
  expect(second).toMatchObject({ verdict: { kind: 'done' }, plan: null, toDispatch: first.toDispatch });
  await runTracks(flow, ['B'], { exitCode: 1, attempt: 2 });
  const all = await Promise.all(Array.from({ length: 20 }, () => rerun(flow)));
  expect(all.filter(({ verdict }) => verdict.kind === 'done')).toHaveLength(1);
  const events = await findPipelineEvents(database, flow.pipelineId, { after: 0, limit: 100 });
  expect(events.filter(({ kind }) => kind === 'rerun').map(({ actor, reason }) => [actor, reason])).toEqual([
    ['ada', 'once more'],
    ['ada', 'once more'],
  ]);
  await expectFoldable(flow);
});

test('nothing to run again, unknown tracks and pipelines', async () => {
  const flow = await startTestFlow(database, { vertices: { A: {} } });
  expect((await rerun(flow)).verdict).toMatchObject({ kind: 'refused' });
  expect((await rerun(flow, { from: { vertexIds: [1], descendants: false } })).verdict).toMatchObject({
    kind: 'refused',
    message: expect.stringContaining('A PENDING'),
  });
  const from = { vertexIds: [77], descendants: false };
  await expect(rerun(flow, { from })).rejects.toMatchObject({ code: 'track_not_found' });
  for (const version of ['same', 'latest'] as const) {
    await expect(rerun(flow, { pipelineId: 99_999, version })).rejects.toMatchObject({ code: 'pipeline_not_found' });
  }
});
