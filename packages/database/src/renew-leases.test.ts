import { expect, test } from '@jest/globals';
import { findExpiredRuns } from './find-stranded.ts';
import { renewLeases } from './renew-leases.ts';
import { execute } from './statements.ts';
import { useTestDatabase } from './testing-database.ts';
import {
  applyCompletions,
  applyEventsOf,
  claimTracks,
  completionOf,
  lockRows,
  makeRunId,
  startPipelineOf,
  startTestFlow,
  storeTestGraph,
  TEST_WORKER,
} from './testing.ts';

const database = useTestDatabase({ poolSize: 16 });

const renewal = { workerId: TEST_WORKER, leaseMs: 60_000 };

test('a lease is held by its own run only; a cancelled run is told, an ended or foreign one is lost', async () => {
  const flow = await startTestFlow(database, { vertices: { A: {}, B: {} } });
  const [first, second] = await claimTracks(flow, ['A', 'B']);
  if (first === undefined || second === undefined) throw new Error('both claims were granted');
  const foreign = { ...first, runId: makeRunId() };
  const asked = { ...renewal, runs: [second, foreign, first] };
  expect(await renewLeases(database, asked)).toEqual([
    { runId: second.runId, state: 'held' },
    { runId: foreign.runId, state: 'lost' },
    { runId: first.runId, state: 'held' },
  ]);
  await applyCompletions(flow, [completionOf(second)]);
  await applyEventsOf(flow, [{ kind: 'cancel' }]);
  const states = (await renewLeases(database, asked)).map(({ state }) => state);
  expect(states).toEqual(['lost', 'lost', 'cancel']);
  expect(await renewLeases(database, { ...renewal, runs: [] })).toEqual([]);
});

test('a renewal counts from now on the clock of the database, and of nobody else', async () => {
  const flow = await startTestFlow(database, { vertices: { A: {} } });
  const runs = await claimTracks(flow, ['A']);
  const expire = (): Promise<unknown> =>
    execute(database.dataSource, 'UPDATE track SET due_at = UTC_TIMESTAMP(6) WHERE id = ?', [flow.trackId('A')]);
  await expire();
  await renewLeases(database, { ...renewal, workerId: 'another-worker', runs });
  expect(await findExpiredRuns(database, 10)).toHaveLength(1);
  await renewLeases(database, { ...renewal, runs });
  expect(await findExpiredRuns(database, 10)).toEqual([]);
});

test('leases are renewed while their pipelines are cancelled and completed: no deadlock surfaces', async () => {
  const names = Array.from({ length: 12 }, (_, index) => `V${index}`);
  const graph = await storeTestGraph(database, { vertices: Object.fromEntries(names.map((name) => [name, {}])) });
  for (let round = 0; round < 4; round += 1) {
    const flows = await Promise.all(
      [1, 2, 3, 4].map(() => startPipelineOf(database, graph, { onFailure: 'continue' })),
    );
    const runs = await Promise.all(flows.map((flow) => claimTracks(flow, names)));
    const renew = (): Promise<unknown> => renewLeases(database, { ...renewal, runs: runs.flat().toReversed() });
    const completeSome = flows.map((flow, index) =>
      applyCompletions(
        flow,
        (runs[index] ?? []).slice(0, 6).map((run) => completionOf(run)),
      ),
    );
    const cancels = flows.map((flow) => applyEventsOf(flow, [{ kind: 'cancel' }]));
    await Promise.all([renew(), ...completeSome, renew(), ...cancels, renew(), renew()]);
    const states = await renewLeases(database, { ...renewal, runs: runs.flat() });
    expect(states.map(({ state }) => state).filter((state) => state === 'held')).toEqual([]);
  }
});

test('a track that a hanging transaction has locked costs its worker no other lease', async () => {
  const flow = await startTestFlow(database, { vertices: { A: {}, B: {} } });
  const runs = await claimTracks(flow, ['A', 'B']);
  const [, second] = runs;
  const lock = await lockRows(database, 'track', flow.trackId('A'));
  expect(await renewLeases(database, { ...renewal, runs })).toEqual([{ runId: second?.runId, state: 'held' }]);
  await lock.release();
  expect((await renewLeases(database, { ...renewal, runs })).map(({ state }) => state)).toEqual(['held', 'held']);
});
