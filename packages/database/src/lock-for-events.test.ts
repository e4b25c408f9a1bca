import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { trackIdOf, vertexIdOf } from '@baton/domain';
import { applyFlowEvents, LargeDecision } from './apply-flow-events.ts';
import { openDatabase, type Database } from './data-source.ts';
import { rerunPipeline } from './rerun-pipeline.ts';
import { useTestDatabase } from './testing-database.ts';
import { recordStatements } from './testing-explain.ts';
import { countPackets } from './testing-packets.ts';
import {
  applyCompletions,
  claimTracks,
  completionOf,
  readPipeline,
  readStates,
  startTestFlow,
} from './testing-flow.ts';
import { runTracks, storeNextVersion, type TestFlow } from './testing-flow.ts';

/** The API's, which claims and reruns; and the orchestrator's, which applies what has ended. */
const database = useTestDatabase();
let applying: Database;
beforeAll(async () => {
  applying = await openDatabase({ url: database.url, poolSize: 1, sendsTogether: true });
});
afterAll(() => applying.close());

const end = async (flow: TestFlow, names: readonly string[], attempt = 1): Promise<unknown> => {
  const runs = await claimTracks(flow, names, attempt);
  return applyCompletions(
    { ...flow, database: applying },
    runs.map((run) => completionOf(run)),
  );
};

/** Packets of the transaction that applies the ends of tracks. */
async function countPacketsOf(flow: TestFlow, names: readonly string[]): Promise<number> {
  const runs = await claimTracks(flow, names);
  const completions = runs.map((run) => completionOf(run));
  return countPackets(applying, () => applyCompletions({ ...flow, database: applying }, completions));
}

/** The vertices of the tracks that each statement locked. */
async function recordLocks(run: () => Promise<unknown>): Promise<number[][]> {
  const sent = await recordStatements(applying, run, /FROM track WHERE id IN \(\?\) ORDER BY id FOR UPDATE/);
  return sent.map(({ values }) => (values[0] as number[]).map(vertexIdOf));
}

test('a hop of a pipeline that was seen before is three packets, whatever its graph is like and how many end', async () => {
  const leaves = Array.from({ length: 50 }, (_, index) => `L${index}`);
  const edges = ['S->A', ...leaves.flatMap((leaf) => [`A->${leaf}`, `${leaf}->Z`]), 'Z->END'];
  const flow = await startTestFlow(database, { edges });
  expect(await countPacketsOf(flow, ['S'])).toBe(4);
  expect(await countPacketsOf(flow, ['A'])).toBe(3);
  expect(await countPacketsOf(flow, leaves)).toBe(3);
  expect(await countPacketsOf(flow, ['Z'])).toBe(3);
  expect(await countPacketsOf(flow, ['END'])).toBe(3);
  expect(await readPipeline(flow)).toMatchObject({ state: 'FINISH', openTracks: 0 });
});

test('many pipelines are one transaction of three packets, and those not seen before cost one more for all', async () => {
  const flows: TestFlow[] = [];
  for (let count = 0; count < 5; count += 1) flows.push(await startTestFlow(database, { edges: ['A->B', 'B->C'] }));
  const count = async (of: readonly TestFlow[], name: string): Promise<number> => {
    const events = new Map<number, { kind: 'completion'; completion: ReturnType<typeof completionOf> }[]>();
    for (const flow of of) {
      const runs = await claimTracks(flow, [name]);
      events.set(
        flow.pipelineId,
        runs.map((run) => ({ kind: 'completion', completion: completionOf(run) })),
      );
    }
    return countPackets(applying, () => applyFlowEvents(applying, events));
  };
  await count(flows.slice(0, 2), 'A');
  expect(await count(flows.slice(2, 4), 'A')).toBe(4);
  expect(await count(flows.slice(0, 4), 'B')).toBe(3);
  for (const flow of flows.slice(0, 4)) expect(await readStates(flow)).toMatchObject({ B: 'SUCCEED', C: 'PENDING' });
});

test('pipelines are locked before tracks, and both by their ids', async () => {
  const flows = [];
  for (let count = 0; count < 3; count += 1) flows.push(await startTestFlow(database, { edges: ['A->B', 'A->C'] }));
  const [one, two, three] = flows as [TestFlow, TestFlow, TestFlow];
  const eventsOf = (flow: TestFlow) => [flow.pipelineId, [{ kind: 'expire', vertexId: 1 }]] as const;
  const events = new Map([eventsOf(three), eventsOf(one), eventsOf(two)]);
  await applyFlowEvents(applying, events);
  const sent = await recordStatements(applying, () => applyFlowEvents(applying, events), /FOR UPDATE/);
  const ids = [one, two, three].map(({ pipelineId }) => pipelineId);
  expect(sent.map(({ values }) => values)).toEqual([
    [ids],
    [ids.flatMap((pipelineId) => [1, 2, 3].map((vertexId) => trackIdOf(pipelineId, vertexId)))],
  ]);
});

test('a pipeline that is on another version since is decided by that one', async () => {
  const vertices = { A: {}, B: {}, C: {} };
  const flow = await startTestFlow(database, { vertices, edges: ['A->B', 'B->C'] });
  await end(flow, ['A']);
  await runTracks(flow, ['B'], { exitCode: 1 });
  await storeNextVersion(database, flow.graph.graph, { vertices, edges: ['A->C', 'C->B'] });
  const action = { actor: 'ada', reason: null, actionId: null };
  const from = { vertexIds: [1], descendants: true };
  await rerunPipeline(database, { pipelineId: flow.pipelineId, from, version: 'latest' }, action);
  const locks = await recordLocks(() => end(flow, ['A'], 2));
  expect(locks).toEqual([
    [1, 2],
    [1, 3],
  ]);
  expect(await readStates(flow)).toMatchObject({ A: 'SUCCEED', B: 'WAITING', C: 'PENDING' });
  expect(await recordLocks(() => end(flow, ['C'], 1))).toEqual([[2, 3]]);
});

test('more tracks than the caller wants to wait for are not loaded on a guess either', async () => {
  const leaves = Array.from({ length: 20 }, (_, index) => `A->L${index}`);
  const flow = await startTestFlow(database, { edges: ['S->A', ...leaves] });
  await end(flow, ['S']);
  const runs = await claimTracks(flow, ['A']);
  const events = runs.map((run) => ({ kind: 'completion', completion: completionOf(run) }) as const);
  const apply = (): Promise<unknown> =>
    applyFlowEvents(applying, new Map([[flow.pipelineId, events]]), { maxTracks: 10 });
  expect(await recordLocks(() => expect(apply()).rejects.toThrow(LargeDecision))).toEqual([]);
  expect(await readStates(flow)).toMatchObject({ S: 'SUCCEED', A: 'RUNNING' });
});
