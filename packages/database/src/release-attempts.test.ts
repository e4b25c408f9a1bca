import { describe, expect, test } from '@jest/globals';
import { vertexIdOf } from '@baton/domain';
import { claimAttempts, type RunKey } from './claim-attempts.ts';
import { setPool } from './pools.ts';
import { releaseAttempts, type ReleasedAttempts } from './release-attempts.ts';
import { execute, selectRows } from './statements.ts';
import { useTestDatabase } from './testing-database.ts';
import { makePoolName, whyOf } from './testing-limits.ts';
import { readWholePipeline, rebuildFromHistory, toComparable } from './testing-rebuild.ts';
import {
  actOn,
  applyCompletions,
  applyEventsOf,
  claimTracks,
  completionOf,
  makeRunId,
  readStates,
  startPipelineOf,
  startTestFlow,
  storeTestGraph,
  TEST_WORKER,
  type TestFlow,
} from './testing.ts';

const database = useTestDatabase({ poolSize: 20 });

const single = { vertices: { A: {} } };
const NOTHING: ReleasedAttempts = { kept: [], toDispatch: [] };

function release(runs: readonly RunKey[], workerId = TEST_WORKER): Promise<ReleasedAttempts> {
  return releaseAttempts(database, { workerId, runs });
}

async function claimOne(flow: TestFlow, attempt = 1): Promise<RunKey> {
  const [run] = await claimTracks(flow, ['A'], attempt);
  if (run === undefined) throw new Error('the claim was granted');
  return run;
}

/** Asks ahead of slots, as any worker. */
async function claimAhead(flow: TestFlow, isAhead = true): Promise<string> {
  const claims = [{ trackId: flow.trackId('A'), attempt: 1, runId: makeRunId(), isAhead }];
  const request = { workerId: 'another-worker', labels: ['default'], leaseMs: 60_000, claims };
  return (await claimAttempts(database, request)).map(whyOf).join();
}

async function readTrack(flow: TestFlow): Promise<Record<string, unknown> | undefined> {
  const [row] = await selectRows<Record<string, unknown>>(
    database.dataSource,
    `SELECT state, attempt, run_id AS runId, worker_id AS workerId, dispatch_seq AS seq, due_at IS NULL AS isUndue,
       started_at IS NULL AS isUnstarted, first_started_at IS NULL AS isNeverStarted
     FROM track WHERE id = ?`,
    [flow.trackId('A')],
  );
  return row;
}

async function expectFolded(flow: TestFlow): Promise<void> {
  const folded = await rebuildFromHistory(database, flow.pipelineId);
  expect(toComparable(folded)).toEqual(toComparable(await readWholePipeline(database, flow.pipelineId)));
}

async function readKinds(flow: TestFlow): Promise<string[]> {
  const sql = 'SELECT kind FROM pipeline_event WHERE pipeline_id = ? ORDER BY id';
  return (await selectRows<{ kind: string }>(database.dataSource, sql, [flow.pipelineId])).map(({ kind }) => kind);
}

test('what is given back is PENDING as if it had never been claimed, with another entry, and anybody claims it', async () => {
  const flow = await startTestFlow(database, single);
  const run = await claimOne(flow);
  const { kept, toDispatch } = await release([run]);
  expect(kept).toEqual([]);
  expect(toDispatch).toMatchObject([{ trackId: run.trackId, attempt: 1, seq: 2, vertex: 'A' }]);
  const unclaimed = { state: 'PENDING', attempt: 1, runId: null, workerId: null, seq: 2, isUndue: 0 };
  expect(await readTrack(flow)).toEqual({ ...unclaimed, isUnstarted: 1, isNeverStarted: 1 });
  expect(await readKinds(flow)).toEqual(['start', 'claim', 'release']);
  await expectFolded(flow);
  expect(await claimAhead(flow)).toBe('granted');
  expect(await readTrack(flow)).toMatchObject({ state: 'RUNNING', attempt: 1, workerId: 'another-worker' });
});

test('each release has an entry of its own, and when an earlier attempt started stays known', async () => {
  const flow = await startTestFlow(database, { vertices: { A: { retry: { max: 1, delayMs: 0 } } } });
  await applyCompletions(flow, [completionOf(await claimOne(flow), { exitCode: 1 })]);
  const seqs: unknown[] = [];
  for (let round = 0; round < 3; round += 1) {
    const { toDispatch } = await release([await claimOne(flow, 2)]);
    seqs.push(...toDispatch.map(({ attempt, seq }) => `${attempt} ${seq}`));
  }
  expect(new Set(seqs).size).toBe(3);
  expect(await readTrack(flow)).toMatchObject({ state: 'PENDING', attempt: 2, isUnstarted: 1, isNeverStarted: 0 });
  await expectFolded(flow);
});

describe('nothing changes', () => {
  test.each<[string, (run: RunKey) => Parameters<typeof release>]>([
    ['under another run id', (run) => [[{ ...run, runId: makeRunId() }]]],
    ['for another worker', (run) => [[run], 'another-worker']],
    ['for another attempt', (run) => [[{ ...run, attempt: 2 }]]],
    ['for a track that is not there', (run) => [[{ ...run, trackId: run.trackId + 1 }]]],
  ])('%s', async (_title, changed) => {
    const flow = await startTestFlow(database, single);
    const run = await claimOne(flow);
    expect(await release(...changed(run))).toEqual(NOTHING);
    expect(await readTrack(flow)).toMatchObject({ state: 'RUNNING', runId: run.runId, seq: 1 });
    expect(await readKinds(flow)).toEqual(['start', 'claim']);
  });

  test('where the attempt has ended', async () => {
    const flow = await startTestFlow(database, single);
    const run = await claimOne(flow);
    await applyCompletions(flow, [completionOf(run)]);
    expect(await release([run])).toEqual(NOTHING);
    expect(await readStates(flow)).toEqual({ A: 'SUCCEED' });
  });

  test('where it is asked again, in the same call and in another, whoever has the attempt by then', async () => {
    const flow = await startTestFlow(database, single);
    const run = await claimOne(flow);
    expect((await release([run, run])).toDispatch).toHaveLength(1);
    expect(await release([run])).toEqual(NOTHING);
    const next = await claimOne(flow);
    expect(await release([run])).toEqual(NOTHING);
    expect(await readTrack(flow)).toMatchObject({ state: 'RUNNING', runId: next.runId, seq: 2 });
    expect(await readKinds(flow)).toEqual(['start', 'claim', 'release', 'claim']);
  });
});

describe('kept is', () => {
  test.each<[string, (flow: TestFlow) => Promise<unknown>]>([
    ['what somebody wants gone', (flow) => applyEventsOf(flow, [{ kind: 'cancel' }])],
    [
      'what runs in a pipeline that has ended',
      ({ pipelineId }) => {
        const sql = `UPDATE pipeline SET state = 'FAILED', finished_at = UTC_TIMESTAMP(6) WHERE id = ?`;
        return execute(database.dataSource, sql, [pipelineId]);
      },
    ],
  ])('%s', async (_title, end) => {
    const flow = await startTestFlow(database, single);
    const run = await claimOne(flow);
    await end(flow);
    expect(await release([run])).toEqual({ kept: [run.runId], toDispatch: [] });
    expect(await readTrack(flow)).toMatchObject({ state: 'RUNNING', runId: run.runId });
  });

  test.each([
    ['its vertex', async (): Promise<object> => ({ limit: 1 })],
    [
      'a pool',
      async (): Promise<object> => {
        const pool = makePoolName();
        await setPool(database, pool, 1);
        return { pools: [pool] };
      },
    ],
  ])('what has the place of a limit, of %s: and such a track is never claimed ahead', async (_title, limited) => {
    const flow = await startTestFlow(database, { vertices: { A: await limited() } });
    expect(await claimAhead(flow)).toBe('needs_slot');
    expect(await readTrack(flow)).toMatchObject({ state: 'PENDING', seq: 1 });
    const run = await claimOne(flow);
    expect(await release([run])).toEqual({ kept: [run.runId], toDispatch: [] });
    expect(await readTrack(flow)).toMatchObject({ state: 'RUNNING', runId: run.runId });
  });
});

test('in a paused pipeline it is PENDING and not enqueued, until the resume', async () => {
  const flow = await startTestFlow(database, single);
  const run = await claimOne(flow);
  await actOn(flow, { kind: 'pause' });
  expect(await release([run])).toEqual(NOTHING);
  expect(await readTrack(flow)).toMatchObject({ state: 'PENDING', runId: null, isUndue: 1 });
  expect(await claimAhead(flow)).toBe('paused');
  const { toDispatch } = await actOn(flow, { kind: 'resume' });
  expect(toDispatch).toMatchObject([{ attempt: 1, seq: 2 }]);
  expect(await claimAhead(flow, false)).toBe('granted');
  await expectFolded(flow);
});

const NAMES = ['A', 'B', 'C', 'D'];

test.each([
  [
    'ends',
    (flow: TestFlow, runs: RunKey[]) =>
      applyCompletions(
        flow,
        runs.map((run) => completionOf(run)),
      ),
  ],
  ['a cancel', (flow: TestFlow) => applyEventsOf(flow, [{ kind: 'cancel' }])],
])(
  'releases, asked twice, race claims of others and %s: each attempt is given back or ended, never both',
  async (_title, act) => {
    const graph = await storeTestGraph(database, { vertices: Object.fromEntries(NAMES.map((name) => [name, {}])) });
    let given = 0;
    for (let round = 0; round < 25; round += 1) {
      const flow = await startPipelineOf(database, graph);
      const runs = await claimTracks(flow, NAMES);
      const claims = runs.map((run) => ({ ...run, runId: makeRunId(), isAhead: true }));
      const request = { workerId: 'another-worker', labels: ['default'], leaseMs: 60_000, claims };
      const moves: (() => Promise<unknown>)[] = [
        () => act(flow, runs),
        () => release(runs),
        () => claimAttempts(database, request),
        () => release(runs.toReversed()),
      ];
      await Promise.all<unknown>([...moves.slice(round % 4), ...moves.slice(0, round % 4)].map((move) => move()));
      const late = await release(runs);
      expect(late.toDispatch).toEqual([]);
      const { tracks, attempts } = await readWholePipeline(database, flow.pipelineId);
      for (const [index, { trackId, runId }] of runs.entries()) {
        const track = tracks.get(vertexIdOf(trackId));
        const hasEnded = attempts.some((one) => one.runId === runId);
        const isHeld = track?.runId === runId;
        const isReleased = !hasEnded && !isHeld;
        given += isReleased ? 1 : 0;
        expect({ trackId, attempt: track?.attempt }).toEqual({ trackId, attempt: 1 });
        if (hasEnded) expect(track).toMatchObject({ state: 'SUCCEED', runId: null });
        if (isHeld)
          expect([track.state, track.cancelRequested, late.kept.includes(runId)]).toEqual(['RUNNING', true, true]);
        if (isReleased) expect([null, claims[index]?.runId]).toContain(track?.runId);
      }
      await expectFolded(flow);
    }
    expect(given).toBeGreaterThan(0);
  },
  60_000,
);
